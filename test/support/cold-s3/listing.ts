/** Listings: objects (both versions of the call), their versions, uploads. */
import { type Call, header, numberOf, type Reply, xmlReply } from './call.ts';
import { headerOf } from './checksums.ts';
import { isArchived, restoreHeader } from './glacier.ts';
import { ascending, type Bucket, current, type Version } from './model.ts';
import { S3Error } from './s3-error.ts';
import { encoded } from './signature.ts';
import type { Xml } from './xml.ts';

interface Page {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** The last key or prefix of the page; undefined when nothing follows. */
  readonly next: string | undefined;
}

/** Keys after `after`, rolled up at the delimiter. */
function page(sorted: readonly string[], prefix: string, delimiter: string, after: string, max: number): Page {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  for (const key of sorted) {
    if (!key.startsWith(prefix)) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    if (after !== '' && (ascending(name, after) <= 0 || (cut >= 0 && after.startsWith(name)))) continue;
    if (cut >= 0 && prefixes.at(-1) === name) continue;
    if (keys.length + prefixes.length >= max) return { keys, prefixes, next: max === 0 ? undefined : last };
    if (cut < 0) keys.push(name);
    else prefixes.push(name);
    last = name;
  }
  return { keys, prefixes, next: undefined };
}

const coder = (call: Call): ((text: string) => string) => {
  const type = call.query.get('encoding-type');
  if (type === undefined) return (text) => text;
  if (type === 'url') return (text) => encoded(text).replaceAll('%2F', '/');
  throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request');
};

const sortedKeys = (bucket: Bucket): readonly string[] =>
  [...bucket.objects.keys()].filter((key) => current(bucket, key) !== undefined).sort(ascending);

export async function listObjects(call: Call): Promise<Reply> {
  const { state, query } = call;
  const bucket = state.bucket(call.bucket);
  const second = query.get('list-type') === '2';
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const max = numberOf(call, 'max-keys', 1000, 1000);
  const code = coder(call);
  const token = query.get('continuation-token');
  const after = second
    ? token === undefined
      ? (query.get('start-after') ?? '')
      : fromToken(token)
    : (query.get('marker') ?? '');
  const found = page(sortedKeys(bucket), prefix, delimiter, after, max);
  const withStatus = (header(call, 'x-amz-optional-object-attributes') ?? '').split(',').includes('RestoreStatus');
  const contents = found.keys.flatMap((key) => {
    const version = current(bucket, key);
    return version === undefined ? [] : [line(version, code, state.now(), withStatus)];
  });
  return xmlReply('ListBucketResult', {
    Name: bucket.name,
    Prefix: code(prefix),
    Delimiter: delimiter === '' ? undefined : code(delimiter),
    MaxKeys: max,
    EncodingType: query.get('encoding-type'),
    IsTruncated: found.next !== undefined,
    ...(second
      ? {
          KeyCount: found.keys.length + found.prefixes.length,
          ContinuationToken: token,
          NextContinuationToken: found.next === undefined ? undefined : toToken(found.next),
          StartAfter: query.has('start-after') ? code(query.get('start-after') ?? '') : undefined,
        }
      : { Marker: code(after), NextMarker: found.next === undefined ? undefined : code(found.next) }),
    Contents: contents,
    CommonPrefixes: found.prefixes.map((each) => ({ Prefix: code(each) })),
  });
}

const toToken = (name: string): string => Buffer.from(name).toString('base64url');

function fromToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString();
  if (toToken(name) === token) return name;
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
}

function line(
  version: Version,
  code: (text: string) => string,
  nowMs: number,
  withStatus: boolean,
): Record<string, Xml> {
  const restore = restoreHeader(version, nowMs);
  const ongoing = restore?.includes('"true"') === true;
  return {
    Key: code(version.key),
    LastModified: new Date(version.modifiedMs),
    ETag: version.etag,
    ChecksumAlgorithm: version.checksum?.algorithm,
    ChecksumType: version.checksum?.type,
    Size: version.blob?.size ?? 0,
    StorageClass: version.storageClass,
    RestoreStatus:
      !withStatus || !isArchived(version) || restore === undefined
        ? undefined
        : {
            IsRestoreInProgress: ongoing,
            RestoreExpiryDate:
              ongoing || version.restoration === undefined ? undefined : new Date(version.restoration.expiresMs),
          },
  };
}

export async function listVersions(call: Call): Promise<Reply> {
  const { state, query } = call;
  const bucket = state.bucket(call.bucket);
  const prefix = query.get('prefix') ?? '';
  const max = numberOf(call, 'max-keys', 1000, 1000);
  const marker = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker');
  const code = coder(call);
  if (query.get('delimiter') !== undefined && query.get('delimiter') !== '') {
    throw new S3Error('NotImplemented', 'A delimiter of versions is not implemented here');
  }
  const all = [...bucket.objects.keys()]
    .filter((key) => key.startsWith(prefix) && (marker === '' || ascending(key, marker) >= 0))
    .sort(ascending)
    .flatMap((key) => bucket.objects.get(key) ?? []);
  const at = all.findIndex(({ key, versionId }) => key === marker && versionId === versionMarker);
  const rest = marker === '' ? all : at >= 0 ? all.slice(at + 1) : all.filter(({ key }) => ascending(key, marker) > 0);
  const shown = rest.slice(0, max);
  const last = shown.at(-1);
  const describe = (version: Version): Record<string, Xml> => ({
    ...(version.blob === undefined
      ? { Key: code(version.key), LastModified: new Date(version.modifiedMs) }
      : line(version, code, state.now(), false)),
    VersionId: version.versionId,
    IsLatest: bucket.objects.get(version.key)?.[0] === version,
  });
  return xmlReply('ListVersionsResult', {
    Name: bucket.name,
    Prefix: code(prefix),
    KeyMarker: code(marker),
    MaxKeys: max,
    EncodingType: query.get('encoding-type'),
    IsTruncated: rest.length > shown.length,
    ...(rest.length > shown.length && last !== undefined
      ? { NextKeyMarker: code(last.key), NextVersionIdMarker: last.versionId }
      : {}),
    Version: shown.filter(({ blob }) => blob !== undefined).map(describe),
    DeleteMarker: shown.filter(({ blob }) => blob === undefined).map(describe),
  });
}

export async function listUploads(call: Call): Promise<Reply> {
  const bucket = call.state.bucket(call.bucket);
  const prefix = call.query.get('prefix') ?? '';
  return xmlReply('ListMultipartUploadsResult', {
    Bucket: bucket.name,
    Prefix: prefix,
    IsTruncated: false,
    Upload: [...bucket.uploads.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ key, id, storageClass, startedMs }) => ({
        Key: key,
        UploadId: id,
        StorageClass: storageClass,
        Initiated: new Date(startedMs),
      })),
  });
}

export async function listParts(call: Call): Promise<Reply> {
  const { state, key, query } = call;
  const upload = state.bucket(call.bucket).uploads.get(query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== key)
    throw new S3Error('NoSuchUpload', 'The specified upload does not exist.');
  const { algorithm } = upload;
  return xmlReply('ListPartsResult', {
    Bucket: call.bucket,
    Key: key,
    UploadId: upload.id,
    StorageClass: upload.storageClass,
    IsTruncated: false,
    Part: [...upload.parts.values()]
      .sort((a, b) => a.number - b.number)
      .map((part) => ({
        PartNumber: part.number,
        LastModified: new Date(part.modifiedMs),
        ETag: `"${part.md5.toString('hex')}"`,
        Size: part.blob.size,
        ...(algorithm === undefined || part.checksum === undefined
          ? {}
          : {
              [headerOf(algorithm).replace(
                /^x-amz-checksum-(.*)$/,
                (_, name: string) => `Checksum${name.toUpperCase()}`,
              )]: part.checksum,
            }),
      })),
  });
}
