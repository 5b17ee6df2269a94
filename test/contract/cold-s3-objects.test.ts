/** What S3 does, asked of cold-s3 by the AWS SDK and by requests that no client would send: buckets and objects. */
import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { b, base64, DAY, get, head, put, refusal, START, s3, server } from '../support/cold-s3-client.ts';
import { signed } from '../support/sign-s3.ts';

afterAll(() => server.close());

describe('buckets', () => {
  it('are made, found, and refused a second time', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'made' }));
    await s3.send(new HeadBucketCommand({ Bucket: 'made' }));
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toContain('made');
    expect((await s3.send(new GetBucketLocationCommand({ Bucket: 'made' }))).LocationConstraint ?? '').toBe('');
    expect(await refusal(s3.send(new CreateBucketCommand({ Bucket: 'made' })))).toBe('BucketAlreadyOwnedByYou');
  });
  it.each(['Up', 'a_b', 'ab', '192.168.1.1'])('are not called %s', async (Bucket) => {
    expect((await signed(server, { method: 'PUT', path: `/${Bucket}` })).code).toBe('InvalidBucketName');
  });
  it('are missing where they are', async () => {
    expect(await refusal(s3.send(new HeadBucketCommand({ Bucket: 'absent' })))).toBe('404');
    expect(await refusal(put('x', { Bucket: 'absent' }))).toBe('NoSuchBucket');
    expect(await refusal(s3.send(new ListObjectsV2Command({ Bucket: 'absent' })))).toBe('NoSuchBucket');
  });
  it('are deleted when they are empty, and not before', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'emptied' }));
    await put('x', { Bucket: 'emptied' });
    expect(await refusal(s3.send(new DeleteBucketCommand({ Bucket: 'emptied' })))).toBe('BucketNotEmpty');
    await s3.send(new DeleteObjectCommand({ Bucket: 'emptied', Key: 'x' }));
    expect(await refusal(s3.send(new DeleteBucketCommand({ Bucket: 'emptied' })))).toBe('done');
  });
  it('answer with 501 what is not implemented, and never as if it were done', async () => {
    await put('tagged');
    expect(await refusal(s3.send(new GetObjectTaggingCommand({ Bucket: b, Key: 'tagged' })))).toBe('NotImplemented');
    expect(await signed(server, { method: 'PATCH', path: `/${b}` })).toMatchObject({ status: 405 });
  });
});

describe('objects', () => {
  it('keep their headers and metadata', async () => {
    await put('meta', {
      ContentType: 'text/x',
      ContentEncoding: 'zstd',
      CacheControl: 'no-store',
      Metadata: { a: 'b' },
    });
    expect(await head('meta')).toMatchObject({
      ContentType: 'text/x',
      ContentEncoding: 'zstd',
      CacheControl: 'no-store',
      Metadata: { a: 'b' },
      ContentLength: 5,
      AcceptRanges: 'bytes',
      ServerSideEncryption: 'AES256',
      LastModified: new Date(START),
      ETag: `"${createHash('md5').update('bytes').digest('hex')}"`,
    });
    expect(await head('meta')).not.toHaveProperty('StorageClass');
  });
  it('encrypted by KMS say so, and have no MD5 for their ETag', async () => {
    await put('kms', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1' });
    const answer = await head('kms');
    expect(answer).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1' });
    expect(answer.ETag).not.toContain(createHash('md5').update('bytes').digest('hex'));
  });
  it('are written once where that is asked', async () => {
    await put('once', { IfNoneMatch: '*' });
    expect(await refusal(put('once', { IfNoneMatch: '*', Body: 'other' }))).toBe('PreconditionFailed');
    expect((await get('once')).text).toBe('bytes');
    await put('once', { Body: 'other' });
    expect((await get('once')).text).toBe('other');
  });
  it('let one of many writers win', async () => {
    const writers = Array.from({ length: 8 }, (_, index) =>
      refusal(put('race', { IfNoneMatch: '*', Body: `writer ${index}` })),
    );
    const said = await Promise.all(writers);
    expect(said.filter((each) => each === 'done')).toHaveLength(1);
    expect((await get('race')).text).toBe(`writer ${said.indexOf('done')}`);
  });
  it('are replaced only from the state that was read', async () => {
    const { ETag } = await put('swap');
    await put('swap', { Body: 'next', IfMatch: ETag });
    expect(await refusal(put('swap', { Body: 'late', IfMatch: ETag }))).toBe('PreconditionFailed');
    expect(await refusal(put('absent', { IfMatch: ETag }))).toBe('NoSuchKey');
  });
  it.each([
    ['bytes=0-1', 'by', 'bytes 0-1/5'],
    ['bytes=3-', 'es', 'bytes 3-4/5'],
    ['bytes=-2', 'es', 'bytes 3-4/5'],
    ['bytes=-50', 'bytes', 'bytes 0-4/5'],
    ['bytes=4-900', 's', 'bytes 4-4/5'],
    ['bytes=2-1', 'bytes', undefined],
    ['lines=0-1', 'bytes', undefined],
  ])('answer the range %s', async (Range, text, ContentRange) => {
    await put('range');
    const answer = await get('range', { Range });
    expect([answer.text, answer.ContentRange]).toEqual([text, ContentRange]);
  });
  it('refuse a range behind their end', async () => {
    await put('range');
    expect(await refusal(get('range', { Range: 'bytes=5-' }))).toBe('InvalidRange');
    await put('empty', { Body: '', ContentLength: 0 });
    expect(await refusal(get('empty', { Range: 'bytes=0-0' }))).toBe('InvalidRange');
    expect((await get('empty')).text).toBe('');
  });
  it('answer conditions', async () => {
    const { ETag } = await put('conditions');
    expect(await refusal(get('conditions', { IfMatch: '"other"' }))).toBe('PreconditionFailed');
    expect(await refusal(get('conditions', { IfUnmodifiedSince: new Date(START - DAY) }))).toBe('PreconditionFailed');
    expect(await signed(server, { path: `/${b}/conditions`, headers: { 'if-none-match': ETag ?? '' } })).toMatchObject({
      status: 304,
      body: '',
    });
    const since = new Date(START).toUTCString();
    expect(await signed(server, { path: `/${b}/conditions`, headers: { 'if-modified-since': since } })).toMatchObject({
      status: 304,
    });
  });
  it('are missing where they are', async () => {
    expect(await refusal(get('nowhere'))).toBe('NoSuchKey');
    expect(await refusal(head('nowhere'))).toBe('404');
    expect((await s3.send(new DeleteObjectCommand({ Bucket: b, Key: 'nowhere' }))).$metadata.httpStatusCode).toBe(204);
  });
  it('need a length, and a name of at most 1024 bytes', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    expect(
      (
        await signed(server, {
          method: 'PUT',
          path: `/${b}/no-length`,
          body: 'x',
          after: (all) => ({ ...all, ...headers }),
        })
      ).code,
    ).toBe('MissingContentLength');
    expect(await refusal(put('k'.repeat(1025)))).toBe('KeyTooLongError');
  });
  it('are deleted many at once, with proof of what was asked', async () => {
    await put('many/1');
    await put('many/2');
    const Delete = { Objects: [{ Key: 'many/1' }, { Key: 'many/2' }, { Key: 'many/3' }] };
    const answer = await s3.send(new DeleteObjectsCommand({ Bucket: b, Delete }));
    expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(['many/1', 'many/2', 'many/3']);
    const body = '<Delete><Object><Key>a</Key></Object></Delete>';
    expect((await signed(server, { method: 'POST', path: `/${b}?delete`, body })).code).toBe('InvalidRequest');
    const md5 = base64('md5', '<Delete>');
    expect(
      (
        await signed(server, {
          method: 'POST',
          path: `/${b}?delete`,
          body: '<Delete>',
          headers: { 'content-md5': md5 },
        })
      ).code,
    ).toBe('MalformedXML');
  });
  it('are copied, with their metadata or without', async () => {
    await put('from', { Metadata: { a: 'b' }, ChecksumSHA256: base64('sha256', 'bytes') });
    await s3.send(
      new CopyObjectCommand({ Bucket: b, Key: 'to', CopySource: `${b}/from`, StorageClass: 'STANDARD_IA' }),
    );
    expect(await head('to')).toMatchObject({
      Metadata: { a: 'b' },
      StorageClass: 'STANDARD_IA',
      ChecksumSHA256: base64('sha256', 'bytes'),
    });
    await s3.send(
      new CopyObjectCommand({
        Bucket: b,
        Key: 'to2',
        CopySource: `${b}/from`,
        MetadataDirective: 'REPLACE',
        Metadata: { c: 'd' },
      }),
    );
    expect((await head('to2')).Metadata).toEqual({ c: 'd' });
    expect(await refusal(s3.send(new CopyObjectCommand({ Bucket: b, Key: 'from', CopySource: `${b}/from` })))).toBe(
      'InvalidRequest',
    );
    expect(await refusal(s3.send(new CopyObjectCommand({ Bucket: b, Key: 'x', CopySource: `${b}/nowhere` })))).toBe(
      'NoSuchKey',
    );
    expect(
      await refusal(
        s3.send(new CopyObjectCommand({ Bucket: b, Key: 'x', CopySource: `${b}/from`, CopySourceIfMatch: '"other"' })),
      ),
    ).toBe('PreconditionFailed');
  });
});
