/** CopyObject. */
import { createHash } from 'node:crypto';
import { type Call, header, type Reply, xmlReply } from './call.ts';
import { algorithmOf, summer } from './checksums.ts';
import { assertThawed } from './glacier.ts';
import { protectionOf } from './locking.ts';
import { type Version, versionOf } from './model.ts';
import { assertWritable, classOf, etagOf, keptHeaders, writtenHeaders } from './objects.ts';
import { S3Error } from './s3-error.ts';

export async function copyObject(call: Call, from: string): Promise<Reply> {
  const { state, request, key } = call;
  const bucket = state.bucket(call.bucket);
  const [path = '', version] = from.split('?versionId=');
  const [, sourceBucket = '', sourceKey = ''] = /^\/?([^/]+)\/(.+)$/.exec(decodeURIComponent(path)) ?? [];
  if (sourceKey === '') {
    throw new S3Error('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  }
  const source = versionOf(state.bucket(sourceBucket), sourceKey, version);
  const replace = header(call, 'x-amz-metadata-directive') === 'REPLACE';
  const storageClass = classOf(request.headers);
  const sameClass = storageClass === source.storageClass;
  if (sourceBucket === call.bucket && sourceKey === key && !replace && sameClass && version === undefined) {
    throw new S3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const match = header(call, 'x-amz-copy-source-if-match');
  const noneMatch = header(call, 'x-amz-copy-source-if-none-match');
  if ((match !== undefined && match !== source.etag) || noneMatch === source.etag) {
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  assertThawed(source, state.now());
  const own = keptHeaders(request.headers);
  const headers = replace
    ? own
    : { ...source.headers, 'x-amz-server-side-encryption': own['x-amz-server-side-encryption'] ?? 'AES256' };
  const protection = protectionOf(bucket, request.headers, state.now());
  const asked = algorithmOf(header(call, 'x-amz-checksum-algorithm') ?? '');
  const algorithm = asked ?? source.checksum?.algorithm;
  assertWritable(call, bucket);
  const writer = state.blobs.writer();
  const md5 = createHash('md5');
  const sum = algorithm === undefined ? undefined : summer(algorithm);
  for (const piece of source.blob.read(0, source.blob.size)) {
    md5.update(piece);
    sum?.update(piece);
    writer.write(piece);
  }
  const copy: Version = {
    key,
    versionId: state.newVersionId(bucket),
    modifiedMs: state.now(),
    blob: writer.finish(),
    etag: etagOf(md5.digest(), headers),
    headers,
    storageClass,
    checksum:
      algorithm === undefined || sum === undefined
        ? undefined
        : { algorithm, value: sum.digest().toString('base64'), type: 'FULL_OBJECT' },
    lock: protection.lock,
    hold: protection.hold,
    restoration: undefined,
  };
  state.add(bucket, copy, 's3:ObjectCreated:Copy');
  const reply = xmlReply('CopyObjectResult', {
    LastModified: new Date(copy.modifiedMs),
    ETag: copy.etag,
    ...(copy.checksum === undefined ? {} : { [`Checksum${copy.checksum.algorithm}`]: copy.checksum.value }),
  });
  return { ...reply, headers: { ...reply.headers, ...writtenHeaders(bucket, copy) } };
}
