/** Uploads in parts (https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html). */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { bodyOf, type Call, header, numberOf, type Reply, xmlReply } from './call.ts';
import { algorithmOf, headerOf, summer } from './checksums.ts';
import { protectionOf } from './locking.ts';
import type { StoredChecksum, Upload, UploadedPart, Version } from './model.ts';
import { assertWritable, classOf, etagOf, keptHeaders, writtenHeaders } from './objects.ts';
import { S3Error } from './s3-error.ts';
import { parseXml } from './xml.ts';

const LEAST_PART = 5 * 1024 * 1024;

const uploadOf = ({ state, bucket, key, query }: Call): Upload => {
  const upload = state.bucket(bucket).uploads.get(query.get('uploadId') ?? '');
  if (upload !== undefined && upload.key === key) return upload;
  throw new S3Error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
};

export async function createUpload(call: Call): Promise<Reply> {
  const { state, request, key } = call;
  await bodyOf(call);
  const bucket = state.bucket(call.bucket);
  const named = header(call, 'x-amz-checksum-algorithm');
  const algorithm = named === undefined ? undefined : algorithmOf(named);
  if (named !== undefined && algorithm === undefined) {
    throw new S3Error('InvalidRequest', 'Checksum algorithm provided is unsupported.');
  }
  const type = header(call, 'x-amz-checksum-type') ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type !== 'FULL_OBJECT' && type !== 'COMPOSITE') {
    throw new S3Error('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.');
  }
  // A SHA of a whole object cannot be made from those of its parts, and S3 does not try.
  if (type === 'FULL_OBJECT' && algorithm?.startsWith('SHA') === true) {
    throw new S3Error(
      'InvalidRequest',
      `The FULL_OBJECT checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  }
  const { lock, hold } = protectionOf(bucket, request.headers, state.now());
  const upload: Upload = {
    id: randomBytes(16).toString('hex'),
    key,
    startedMs: state.now(),
    headers: keptHeaders(request.headers),
    storageClass: classOf(request.headers),
    lock,
    hold,
    algorithm,
    checksumType: type,
    parts: new Map(),
  };
  bucket.uploads.set(upload.id, upload);
  const reply = xmlReply('InitiateMultipartUploadResult', { Bucket: call.bucket, Key: key, UploadId: upload.id });
  return {
    ...reply,
    headers: {
      ...reply.headers,
      ...(algorithm === undefined ? {} : { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type }),
    },
  };
}

export async function uploadPart(call: Call): Promise<Reply> {
  const upload = uploadOf(call);
  if (header(call, 'x-amz-copy-source') !== undefined) {
    throw new S3Error('NotImplemented', 'UploadPartCopy is not implemented here');
  }
  const number = numberOf(call, 'partNumber', 0, 1_000_000);
  if (number < 1 || number > 10_000) {
    throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
  }
  const { blob, md5, checksum } = await call.receive();
  if (upload.algorithm !== undefined && checksum?.algorithm !== upload.algorithm) {
    blob.remove();
    throw new S3Error(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, actual checksum Type: ${checksum?.algorithm.toLowerCase() ?? 'null'}`,
    );
  }
  upload.parts.get(number)?.blob.remove();
  upload.parts.set(number, { number, blob, md5, checksum: checksum?.value, modifiedMs: call.state.now() });
  return {
    status: 200,
    headers: {
      etag: `"${md5.toString('hex')}"`,
      ...(checksum === undefined ? {} : { [headerOf(checksum.algorithm)]: checksum.value }),
    },
  };
}

export async function abortUpload(call: Call): Promise<Reply> {
  const upload = uploadOf(call);
  call.state.bucket(call.bucket).uploads.delete(upload.id);
  for (const { blob } of upload.parts.values()) blob.remove();
  return { status: 204 };
}

const PART = z.looseObject({ PartNumber: z.string().regex(/^\d{1,5}$/), ETag: z.string() });
const COMPLETE = z.object({ Part: z.array(PART).min(1) });

export async function completeUpload(call: Call): Promise<Reply> {
  const { state, key } = call;
  const { Part: named } = parseXml(await bodyOf(call), 'CompleteMultipartUpload', COMPLETE);
  const upload = uploadOf(call);
  const bucket = state.bucket(call.bucket);
  if (named.some((part, index) => index > 0 && Number(part.PartNumber) <= Number(named[index - 1]?.PartNumber))) {
    throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  const parts = named.map((part, index): UploadedPart => {
    const number = Number(part.PartNumber);
    const uploaded = upload.parts.get(number);
    const said = upload.algorithm === undefined ? undefined : part[`Checksum${upload.algorithm}`];
    const matches =
      uploaded !== undefined &&
      part.ETag.replaceAll('"', '') === uploaded.md5.toString('hex') &&
      (said === undefined || said === uploaded.checksum);
    if (!matches) throw new S3Error('InvalidPart', 'One or more of the specified parts could not be found.');
    if (index < named.length - 1 && uploaded.blob.size < LEAST_PART) {
      throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    }
    return uploaded;
  });
  assertWritable(call, bucket);
  const writer = state.blobs.writer();
  const whole = upload.algorithm === undefined ? undefined : summer(upload.algorithm);
  for (const { blob } of parts) {
    for (const piece of blob.read(0, blob.size)) {
      whole?.update(piece);
      writer.write(piece);
    }
  }
  const blob = writer.finish();
  const checksum = checksumOf(upload, parts, whole?.digest());
  const expected = header(call, `x-amz-checksum-${upload.algorithm?.toLowerCase() ?? ''}`);
  if (expected !== undefined && expected !== checksum?.value) {
    blob.remove();
    throw new S3Error('BadDigest', `The ${upload.algorithm} you specified did not match the calculated checksum.`);
  }
  const md5s = createHash('md5').update(Buffer.concat(parts.map(({ md5 }) => md5)));
  const etag = etagOf(md5s.digest(), upload.headers).replace(/"$/, `-${parts.length}"`);
  const version: Version = {
    key,
    versionId: state.newVersionId(bucket),
    modifiedMs: state.now(),
    blob,
    etag,
    headers: upload.headers,
    storageClass: upload.storageClass,
    checksum,
    lock: upload.lock,
    hold: upload.hold,
    restoration: undefined,
  };
  bucket.uploads.delete(upload.id);
  for (const part of upload.parts.values()) part.blob.remove();
  state.add(bucket, version, 's3:ObjectCreated:CompleteMultipartUpload');
  const reply = xmlReply('CompleteMultipartUploadResult', {
    Location: `/${call.bucket}/${key}`,
    Bucket: call.bucket,
    Key: key,
    ETag: version.etag,
    ...(checksum === undefined
      ? {}
      : { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }),
  });
  return { ...reply, headers: { ...reply.headers, ...writtenHeaders(bucket, version) } };
}

function checksumOf(
  { algorithm, checksumType }: Upload,
  parts: readonly UploadedPart[],
  whole: Buffer | undefined,
): StoredChecksum | undefined {
  if (algorithm === undefined || whole === undefined) return undefined;
  if (checksumType === 'FULL_OBJECT') return { algorithm, value: whole.toString('base64'), type: checksumType };
  const sum = summer(algorithm);
  for (const { checksum } of parts) sum.update(Buffer.from(checksum ?? '', 'base64'));
  return { algorithm, value: `${sum.digest().toString('base64')}-${parts.length}`, type: checksumType };
}
