/** PUT, GET, HEAD, DELETE and copy of objects. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Blob } from './blobs.ts';
import { bodyOf, type Call, header, type Reply, xmlReply } from './call.ts';
import { headerOf } from './checksums.ts';
import { assertThawed, type Class, restoreHeader, STORAGE_CLASSES } from './glacier.ts';
import { assertDeletable, assertProven, bypasses, protectionOf } from './locking.ts';
import { type Bucket, current, type Version, versionOf } from './model.ts';
import { S3Error } from './s3-error.ts';
import { parseXml } from './xml.ts';

const KEPT =
  /^(content-type|cache-control|content-disposition|content-language|expires|x-amz-meta-.+|x-amz-server-side-encryption|x-amz-server-side-encryption-aws-kms-key-id|x-amz-website-redirect-location)$/;

export function classOf(headers: IncomingHttpHeaders): Class {
  const text = headers['x-amz-storage-class'] ?? 'STANDARD';
  const storageClass = STORAGE_CLASSES.find((each) => each === text);
  if (storageClass !== undefined) return storageClass;
  throw new S3Error('InvalidStorageClass', 'The storage class you specified is not valid');
}

/** What is answered later as it was sent. @throws `InvalidArgument` for an encryption that does not exist */
export function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const [name, value] of Object.entries(headers)) {
    if (KEPT.test(name) && typeof value === 'string') kept[name] = value;
  }
  const coding = headers['content-encoding']
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== 'aws-chunked');
  if (coding !== undefined && coding.length > 0) kept['content-encoding'] = coding.join(',');
  kept['x-amz-server-side-encryption'] ??= 'AES256';
  const encryption = kept['x-amz-server-side-encryption'];
  if (encryption !== 'AES256' && encryption !== 'aws:kms' && encryption !== 'aws:kms:dsse') {
    throw new S3Error('InvalidArgument', 'The encryption method specified is not supported');
  }
  if (encryption === 'aws:kms') kept['x-amz-server-side-encryption-aws-kms-key-id'] ??= 'arn:aws:kms:alias/aws/s3';
  if (Object.keys(headers).some((name) => name.startsWith('x-amz-server-side-encryption-customer'))) {
    throw new S3Error('NotImplemented', 'SSE-C is not implemented here');
  }
  return kept;
}

/** With a key of KMS it is no MD5, so that nobody relies on one. */
export const etagOf = (md5: Buffer, headers: Readonly<Record<string, string>>): string =>
  `"${headers['x-amz-server-side-encryption'] === 'AES256' ? md5.toString('hex') : randomBytes(16).toString('hex')}"`;

/** `If-None-Match: *` and `If-Match` of what is written. Judged at the moment of the commit. */
export function assertWritable(call: Call, bucket: Bucket): void {
  const noneMatch = header(call, 'if-none-match');
  const match = header(call, 'if-match');
  if (noneMatch !== undefined && noneMatch !== '*') {
    throw new S3Error('NotImplemented', 'A header you provided implies functionality that is not implemented');
  }
  const there = current(bucket, call.key);
  const failed = (noneMatch === '*' && there !== undefined) || (match !== undefined && there?.etag !== match);
  if (match !== undefined && there === undefined) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  if (!failed) return;
  throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    more: { Condition: noneMatch === undefined ? 'If-Match' : 'If-None-Match' },
  });
}

export async function putObject(call: Call): Promise<Reply> {
  const { state, request, key } = call;
  if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError', 'Your key is too long');
  const bucket = state.bucket(call.bucket);
  const storageClass = classOf(request.headers);
  const headers = keptHeaders(request.headers);
  const protection = protectionOf(bucket, request.headers, state.now());
  const body = await call.receive();
  try {
    if (protection.asked) assertProven(body.proven);
    assertWritable(call, bucket);
  } catch (error) {
    body.blob.remove();
    throw error;
  }
  const version: Version = {
    key,
    versionId: state.newVersionId(bucket),
    modifiedMs: state.now(),
    blob: body.blob,
    etag: etagOf(body.md5, headers),
    headers,
    storageClass,
    checksum: body.checksum === undefined ? undefined : { ...body.checksum, type: 'FULL_OBJECT' },
    lock: protection.lock,
    hold: protection.hold,
    restoration: undefined,
  };
  state.add(bucket, version, 's3:ObjectCreated:Put');
  return { status: 200, headers: { ...writtenHeaders(bucket, version), ...checksumHeaders(version) } };
}

export const writtenHeaders = (bucket: Bucket, { etag, headers, versionId }: Version): Record<string, string> => ({
  etag,
  ...Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-server-side-encryption'))),
  ...(bucket.versioning === undefined ? {} : { 'x-amz-version-id': versionId }),
});

const checksumHeaders = ({ checksum }: Version): Record<string, string> =>
  checksum === undefined
    ? {}
    : { [headerOf(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };

function describe(call: Call, bucket: Bucket, version: Version & { readonly blob: Blob }): Record<string, string> {
  const restore = restoreHeader(version, call.state.now());
  const { lock } = version;
  return {
    ...version.headers,
    ...writtenHeaders(bucket, version),
    'last-modified': new Date(version.modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    ...(version.storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': version.storageClass }),
    ...(restore === undefined ? {} : { 'x-amz-restore': restore }),
    ...(lock === undefined
      ? {}
      : {
          'x-amz-object-lock-mode': lock.mode,
          'x-amz-object-lock-retain-until-date': new Date(lock.untilMs).toISOString(),
        }),
    ...(version.hold ? { 'x-amz-object-lock-legal-hold': 'ON' } : {}),
  };
}

/** GET and HEAD. */
export async function readObject(call: Call, withBody: boolean): Promise<Reply> {
  const { state, key, query } = call;
  const bucket = state.bucket(call.bucket);
  const version = versionOf(bucket, key, query.get('versionId'));
  if (query.has('partNumber')) throw new S3Error('NotImplemented', 'partNumber is not implemented here');
  const unmodified = assertConditions(call, version);
  if (withBody) assertThawed(version, state.now());
  const { blob } = version;
  const headers = describe(call, bucket, version);
  if (unmodified) return { status: 304, headers };
  const range = rangeOf(header(call, 'range'), blob.size);
  const whole = range === undefined;
  const { start, end } = range ?? { start: 0, end: blob.size };
  const sums = whole && header(call, 'x-amz-checksum-mode') === 'ENABLED' ? checksumHeaders(version) : {};
  return {
    status: whole ? 200 : 206,
    headers: {
      ...headers,
      ...sums,
      ...(whole ? {} : { 'content-range': `bytes ${start}-${end - 1}/${blob.size}` }),
    },
    length: end - start,
    ...(withBody ? { body: blob.read(start, end) } : {}),
  };
}

/** Undefined for the whole object, which is also the answer to a range that cannot be read. */
function rangeOf(text: string | undefined, size: number): { start: number; end: number } | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(text ?? '');
  if (parts === null || (parts[1] === '' && parts[2] === '')) return undefined;
  const [, first = '', last = ''] = parts;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start < end) return { start, end };
  throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
    headers: { 'content-range': `bytes */${size}` },
    more: { RangeRequested: text ?? '', ActualObjectSize: String(size) },
  });
}

/** @returns whether the reader has it already */
function assertConditions(call: Call, { etag, modifiedMs }: Version): boolean {
  const match = header(call, 'if-match');
  const noneMatch = header(call, 'if-none-match');
  const since = Date.parse(header(call, 'if-modified-since') ?? '');
  const unless = Date.parse(header(call, 'if-unmodified-since') ?? '');
  const seconds = Math.floor(modifiedMs / 1000) * 1000;
  const isSame = (list: string): boolean => list.split(',').some((each) => ['*', etag].includes(each.trim()));
  if ((match !== undefined && !isSame(match)) || (match === undefined && seconds > unless)) {
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  return noneMatch === undefined ? seconds <= since : isSame(noneMatch);
}

export async function deleteObject(call: Call): Promise<Reply> {
  const bucket = call.state.bucket(call.bucket);
  const gone = remove(call, bucket, call.key, call.query.get('versionId'));
  return {
    status: 204,
    headers: {
      'x-amz-version-id': gone.versionId,
      'x-amz-delete-marker': gone.marker ? 'true' : undefined,
    },
  };
}

interface Gone {
  readonly versionId: string | undefined;
  readonly marker: boolean;
}

function remove(call: Call, bucket: Bucket, key: string, versionId: string | undefined): Gone {
  const { state, request } = call;
  const versions = bucket.objects.get(key) ?? [];
  if (versionId !== undefined) {
    const version = versions.find((each) => each.versionId === versionId);
    if (version === undefined) return { versionId, marker: false };
    assertDeletable(version, bypasses(request.headers), state.now());
    state.remove(bucket, version);
    state.tell(bucket.name, version, 's3:ObjectRemoved:Delete');
    return { versionId, marker: version.blob === undefined };
  }
  if (bucket.versioning === undefined) {
    const [version] = versions;
    if (version !== undefined) {
      state.remove(bucket, version);
      state.tell(bucket.name, version, 's3:ObjectRemoved:Delete');
    }
    return { versionId: undefined, marker: false };
  }
  const marker: Version = {
    key,
    versionId: state.newVersionId(bucket),
    modifiedMs: state.now(),
    blob: undefined,
    etag: '',
    headers: {},
    storageClass: 'STANDARD',
    checksum: undefined,
    lock: undefined,
    hold: false,
    restoration: undefined,
  };
  state.add(bucket, marker, 's3:ObjectRemoved:DeleteMarkerCreated');
  return { versionId: marker.versionId, marker: true };
}

const DELETE = z.object({
  Quiet: z.string().optional(),
  Object: z
    .array(z.object({ Key: z.string(), VersionId: z.string().optional() }))
    .min(1)
    .max(1000),
});

export async function deleteObjects(call: Call): Promise<Reply> {
  const bucket = call.state.bucket(call.bucket);
  const { Quiet, Object: wanted } = parseXml(await bodyOf(call, true), 'Delete', DELETE);
  const results = wanted.map(({ Key, VersionId }) => {
    try {
      const gone = remove(call, bucket, Key, VersionId);
      return {
        deleted: {
          Key,
          VersionId,
          DeleteMarker: gone.marker || undefined,
          DeleteMarkerVersionId: gone.marker ? gone.versionId : undefined,
        },
      };
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      return { failed: { Key, VersionId, Code: error.code, Message: error.message } };
    }
  });
  return xmlReply('DeleteResult', {
    Deleted: Quiet === 'true' ? [] : results.flatMap(({ deleted }) => (deleted === undefined ? [] : [deleted])),
    Error: results.flatMap(({ failed }) => (failed === undefined ? [] : [failed])),
  });
}
