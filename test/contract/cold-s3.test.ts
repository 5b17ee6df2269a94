/**
 * What S3 does, asked of cold-s3 by the AWS SDK, and by requests that no client would send. Each case
 * is a behaviour that AWS documents; that the server breaks none of them is what the other suites rest on.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  RestoreObjectCommand,
  S3Client,
  S3ServiceException,
  type Tier,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { summer } from '../support/cold-s3/checksums.ts';
import { type ColdS3, startColdS3 } from '../support/cold-s3/server.ts';
import { send, signed } from '../support/sign-s3.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-03-02T10:30:00Z');

let server: ColdS3;
let s3: S3Client;
/** As the SDK is out of the box: checksums wherever it can. */
let eager: S3Client;
const b = 'plain';
beforeAll(async () => {
  server = await startColdS3({ now: () => START });
  server.createBucket(b);
  server.createBucket('versions', { versioning: true });
  server.createBucket('locked', { lock: true });
  const access = {
    region: server.region,
    endpoint: server.url,
    forcePathStyle: true,
    credentials: server.credentials,
    maxAttempts: 1,
  };
  s3 = new S3Client({
    ...access,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  eager = new S3Client(access);
});
afterAll(() => server.close());

/** The code that S3 refuses with; of a HEAD, whose answer has no body, the status. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return ['UnknownError', 'Unknown', 'NotFound', '412', '403'].includes(error.name)
      ? String(error.$metadata.httpStatusCode)
      : error.name;
  }
  return 'done';
}

const put = (Key: string, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket: b, Key, Body: 'bytes', ...more }));
const head = (Key: string, Bucket = b) => s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
const get = async (Key: string, more: Partial<GetObjectCommandInput> = {}) => {
  const answer = await s3.send(new GetObjectCommand({ Bucket: b, Key, ...more }));
  return { ...answer, text: (await answer.Body?.transformToString()) ?? '' };
};
const restore = (Key: string, tier: Tier, days = 1) =>
  s3.send(
    new RestoreObjectCommand({ Bucket: b, Key, RestoreRequest: { Days: days, GlacierJobParameters: { Tier: tier } } }),
  );
const base64 = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('base64');

describe('checksums', () => {
  it.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
    ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ] as const)('%s of 123456789 is its published check value', (algorithm, expected) => {
    const sum = summer(algorithm);
    sum.update(Buffer.from('1234'));
    sum.update(Buffer.from('56789'));
    expect(sum.digest().toString('hex')).toBe(expected);
  });

  it('keeps a SHA-256 and tells it, of the whole object', async () => {
    const ChecksumSHA256 = base64('sha256', 'bytes');
    expect(await put('sum/sha', { ChecksumSHA256 })).toMatchObject({ ChecksumSHA256, ChecksumType: 'FULL_OBJECT' });
    expect(await head('sum/sha')).toMatchObject({ ChecksumSHA256, ChecksumType: 'FULL_OBJECT' });
    const without = await s3.send(new HeadObjectCommand({ Bucket: b, Key: 'sum/sha' }));
    expect(without.ChecksumSHA256).toBeUndefined();
    expect((await get('sum/sha', { ChecksumMode: 'ENABLED', Range: 'bytes=0-1' })).ChecksumSHA256).toBeUndefined();
  });

  it.each([
    ['another SHA-256', { ChecksumSHA256: base64('sha256', 'other') }, 'BadDigest'],
    ['a SHA-256 that is none', { ChecksumSHA256: 'abc' }, 'InvalidRequest'],
    ['another MD5', { ContentMD5: base64('md5', 'other') }, 'BadDigest'],
    ['an MD5 that is none', { ContentMD5: 'abc' }, 'InvalidDigest'],
    ['another CRC32C', { ChecksumCRC32C: 'AAAAAA==' }, 'BadDigest'],
  ] as const)('refuses a body with %s', async (_what, more, code) => {
    expect(await refusal(put('sum/wrong', more))).toBe(code);
    expect(await refusal(head('sum/wrong'))).toBe('404');
  });

  it.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)('takes %s that the SDK makes', async (ChecksumAlgorithm) => {
    await put(`sum/${ChecksumAlgorithm}`, { ChecksumAlgorithm });
    const answer = await eager.send(
      new GetObjectCommand({ Bucket: b, Key: `sum/${ChecksumAlgorithm}`, ChecksumMode: 'ENABLED' }),
    );
    expect(await answer.Body?.transformToString()).toBe('bytes');
    expect(answer[`Checksum${ChecksumAlgorithm}`]).toBeTypeOf('string');
  });

  it('takes a stream with a trailing checksum, and stores what was sent, not how', async () => {
    const bytes = Buffer.alloc(200_000, 'trailer ');
    await eager.send(
      new PutObjectCommand({ Bucket: b, Key: 'sum/stream', Body: Readable.from([bytes]), ContentLength: bytes.length }),
    );
    const answer = await get('sum/stream');
    expect(answer).toMatchObject({ ContentLength: bytes.length, text: bytes.toString() });
  });

  it('refuses two checksums at once', async () => {
    const answer = await signed(server, {
      method: 'PUT',
      path: `/${b}/sum/two`,
      body: 'bytes',
      headers: { 'x-amz-checksum-sha256': base64('sha256', 'bytes'), 'x-amz-checksum-sha1': base64('sha1', 'bytes') },
    });
    expect(answer.code).toBe('InvalidRequest');
  });
});

describe('signatures', () => {
  const path_ = `/${b}?list-type=2`;
  it('takes a right one', async () => {
    expect(await signed(server, { path: path_ })).toMatchObject({ status: 200 });
  });
  it.each([
    ['none', { after: ({ authorization: _, ...rest }: Record<string, string>) => rest }, 'AccessDenied'],
    ['another secret', { secret: 'other' }, 'SignatureDoesNotMatch'],
    ['another region', { region: 'eu-west-1' }, 'AuthorizationHeaderMalformed'],
    ['a time long ago', { at: new Date(Date.now() - 20 * MINUTE) }, 'RequestTimeTooSkewed'],
    ['a time to come', { at: new Date(Date.now() + 20 * MINUTE) }, 'RequestTimeTooSkewed'],
    [
      'a header that came later',
      { after: (headers: Record<string, string>) => ({ ...headers, 'x-amz-acl': 'public-read' }) },
      'AccessDenied',
    ],
    [
      'a header that changed',
      {
        headers: { 'x-amz-meta-a': '1' },
        after: (headers: Record<string, string>) => ({ ...headers, 'x-amz-meta-a': '2' }),
      },
      'SignatureDoesNotMatch',
    ],
    [
      'an older scheme',
      { after: (headers: Record<string, string>) => ({ ...headers, authorization: 'AWS key:signature' }) },
      'AuthorizationHeaderMalformed',
    ],
  ] as const)('refuses %s', async (_what, options, code) => {
    expect(await signed(server, { path: path_, ...options })).toMatchObject({ code });
  });
  it('refuses another key', async () => {
    const other = (headers: Record<string, string>) => ({
      ...headers,
      authorization: (headers.authorization ?? '').replace(server.credentials.accessKeyId, 'SOMEBODY'),
    });
    expect(await signed(server, { path: path_, after: other })).toMatchObject({
      status: 403,
      code: 'InvalidAccessKeyId',
    });
  });
  it('refuses a body that is not the one that was signed', async () => {
    const answer = await signed(server, {
      method: 'PUT',
      path: `/${b}/x`,
      body: 'bytes',
      payload: createHash('sha256').update('other').digest('hex'),
    });
    expect(answer.code).toBe('XAmzContentSHA256Mismatch');
  });
  it('takes a body that is not signed, if that was signed', async () => {
    expect(
      await signed(server, { method: 'PUT', path: `/${b}/unsigned`, body: 'bytes', payload: 'UNSIGNED-PAYLOAD' }),
    ).toMatchObject({ status: 200 });
  });
  it('takes every character of a key', async () => {
    const key = 'a b/ü+%&=\'()*!~@:;,[]{}|^`<>"\\/日本';
    await put(key, { Body: key });
    expect((await get(key)).text).toBe(key);
    const page = await s3.send(new ListObjectsV2Command({ Bucket: b, Prefix: 'a b/' }));
    expect(page.Contents?.map(({ Key }) => Key)).toEqual([key]);
  });

  const parts = [Buffer.alloc(9_000, 'a'), Buffer.alloc(70, 'b')];
  const whole = Buffer.concat(parts);
  it('takes signed chunks', async () => {
    expect(await signed(server, { method: 'PUT', path: `/${b}/chunks`, chunks: { parts } })).toMatchObject({
      status: 200,
    });
    expect((await get('chunks')).text).toBe(whole.toString());
  });
  it('takes signed chunks with a signed trailer', async () => {
    const trailer = ['x-amz-checksum-sha256', createHash('sha256').update(whole).digest('base64')] as const;
    expect(
      await signed(server, { method: 'PUT', path: `/${b}/chunks-trailer`, chunks: { parts, trailer } }),
    ).toMatchObject({ status: 200 });
    expect((await head('chunks-trailer')).ChecksumSHA256).toBe(trailer[1]);
  });
  it.each([
    ['a chunk that was changed', (wire: string) => wire.replace('bbbb', 'bbbc'), 'SignatureDoesNotMatch'],
    [
      'chunks that changed places',
      (wire: string) => {
        const [one = '', two = '', ...rest] = wire.split(/(?<=\r\n)(?=[0-9a-f]+;chunk)/);
        return [two, one, ...rest].join('');
      },
      'SignatureDoesNotMatch',
    ],
    [
      'a last chunk that is missing',
      (wire: string) => wire.slice(0, wire.indexOf('0;chunk-signature')),
      'IncompleteBody',
    ],
    [
      'a trailer that was changed',
      (wire: string) => wire.replace(/x-amz-checksum-sha256:..../, 'x-amz-checksum-sha256:AAAA'),
      'SignatureDoesNotMatch',
    ],
  ] as const)('refuses %s', async (_what, spoil, code) => {
    const trailer = ['x-amz-checksum-sha256', createHash('sha256').update(whole).digest('base64')] as const;
    expect(
      await signed(server, { method: 'PUT', path: `/${b}/spoilt`, chunks: { parts, trailer, spoil } }),
    ).toMatchObject({ code });
    expect(await refusal(head('spoilt'))).toBe('404');
  });
  it('refuses a trailer that is wrong and rightly signed', async () => {
    const trailer = ['x-amz-checksum-sha256', base64('sha256', 'other')] as const;
    expect(await signed(server, { method: 'PUT', path: `/${b}/spoilt`, chunks: { parts, trailer } })).toMatchObject({
      code: 'BadDigest',
    });
  });
});

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

describe('listings', () => {
  const keys = ['l/a', 'l/b/1', 'l/b/2', 'l/c', 'l/z'];
  beforeAll(async () => {
    for (const key of keys) await put(key);
  });
  it('come in pages, in order', async () => {
    const found: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket: b, Prefix: 'l/', MaxKeys: 2, ContinuationToken }));
      expect(page.KeyCount).toBeLessThanOrEqual(2);
      found.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(found).toEqual(keys);
  });
  it('roll up at a delimiter, page by page', async () => {
    const first = await s3.send(new ListObjectsV2Command({ Bucket: b, Prefix: 'l/', Delimiter: '/', MaxKeys: 2 }));
    expect(first).toMatchObject({
      IsTruncated: true,
      Contents: [{ Key: 'l/a' }],
      CommonPrefixes: [{ Prefix: 'l/b/' }],
    });
    const { NextContinuationToken: ContinuationToken } = first;
    const second = await s3.send(
      new ListObjectsV2Command({ Bucket: b, Prefix: 'l/', Delimiter: '/', ContinuationToken }),
    );
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['l/c', 'l/z']);
    expect(second.CommonPrefixes).toBeUndefined();
  });
  it('start after a key, by either version of the call', async () => {
    const after = await s3.send(new ListObjectsV2Command({ Bucket: b, Prefix: 'l/', StartAfter: 'l/b/1' }));
    expect(after.Contents?.map(({ Key }) => Key)).toEqual(['l/b/2', 'l/c', 'l/z']);
    const marker = await s3.send(new ListObjectsCommand({ Bucket: b, Prefix: 'l/', Marker: 'l/b/1', MaxKeys: 1 }));
    expect(marker).toMatchObject({ IsTruncated: true, NextMarker: 'l/b/2', Contents: [{ Key: 'l/b/2' }] });
  });
  it('refuse a token that they did not give, and a number that is none', async () => {
    expect(await refusal(s3.send(new ListObjectsV2Command({ Bucket: b, ContinuationToken: '!' })))).toBe(
      'InvalidArgument',
    );
    expect((await signed(server, { path: `/${b}?list-type=2&max-keys=x` })).code).toBe('InvalidArgument');
  });
  it('tell the class, and what became of a restore where that is asked', async () => {
    await put('thaw/a', { StorageClass: 'GLACIER' });
    await put('thaw/b', { StorageClass: 'GLACIER' });
    await restore('thaw/a', 'Standard');
    const Prefix = 'thaw/';
    const asked = await s3.send(
      new ListObjectsV2Command({ Bucket: b, Prefix, OptionalObjectAttributes: ['RestoreStatus'] }),
    );
    expect(asked.Contents).toMatchObject([
      { StorageClass: 'GLACIER', RestoreStatus: { IsRestoreInProgress: true } },
      { StorageClass: 'GLACIER' },
    ]);
    expect(asked.Contents?.[1]?.RestoreStatus).toBeUndefined();
    const plain = await s3.send(new ListObjectsV2Command({ Bucket: b, Prefix }));
    expect(plain.Contents?.[0]?.RestoreStatus).toBeUndefined();
  });
});

describe('versions', () => {
  const Bucket = 'versions';
  it('stay below each other until they are deleted by name', async () => {
    const one = await put('v', { Bucket, Body: 'one' });
    const two = await put('v', { Bucket, Body: 'two' });
    expect((await get('v', { Bucket })).text).toBe('two');
    expect((await get('v', { Bucket, VersionId: one.VersionId })).text).toBe('one');
    const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'v' }));
    expect(marker).toMatchObject({ DeleteMarker: true });
    expect(await refusal(get('v', { Bucket }))).toBe('NoSuchKey');
    expect(await refusal(get('v', { Bucket, VersionId: marker.VersionId }))).toBe('MethodNotAllowed');
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'v' }));
    expect(listed.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [two.VersionId, false],
      [one.VersionId, false],
    ]);
    expect(listed.DeleteMarkers).toMatchObject([{ VersionId: marker.VersionId, IsLatest: true }]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'v', VersionId: marker.VersionId }));
    expect((await get('v', { Bucket })).text).toBe('two');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'v', VersionId: two.VersionId }));
    expect((await get('v', { Bucket })).text).toBe('one');
    expect(await refusal(get('v', { Bucket, VersionId: two.VersionId }))).toBe('NoSuchVersion');
  });
  it('a hidden object may be written once again', async () => {
    await put('hidden', { Bucket, IfNoneMatch: '*' });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'hidden' }));
    expect(await refusal(put('hidden', { Bucket, IfNoneMatch: '*' }))).toBe('done');
  });
  it('are switched on and off', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'switched' }));
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket: 'switched' }))).Status).toBeUndefined();
    for (const Status of ['Enabled', 'Suspended'] as const) {
      await s3.send(new PutBucketVersioningCommand({ Bucket: 'switched', VersioningConfiguration: { Status } }));
      expect((await s3.send(new GetBucketVersioningCommand({ Bucket: 'switched' }))).Status).toBe(Status);
    }
    expect((await put('null', { Bucket: 'switched' })).VersionId).toBe('null');
    const VersioningConfiguration = { Status: 'Suspended' } as const;
    expect(await refusal(s3.send(new PutBucketVersioningCommand({ Bucket: 'locked', VersioningConfiguration })))).toBe(
      'InvalidBucketState',
    );
  });
});

describe('Object Lock', () => {
  const Bucket = 'locked';
  const until = (ms: number) => new Date(START + ms);
  const lock = (Key: string, mode: 'GOVERNANCE' | 'COMPLIANCE', more: Partial<PutObjectCommandInput> = {}) =>
    put(Key, {
      Bucket,
      ContentMD5: base64('md5', 'bytes'),
      ObjectLockMode: mode,
      ObjectLockRetainUntilDate: until(server.now() - START + DAY),
      ...more,
    });
  it.each(['GOVERNANCE', 'COMPLIANCE'] as const)('%s keeps a version from being deleted', async (mode) => {
    const { VersionId } = await lock(`keep/${mode}`, mode);
    const Key = `keep/${mode}`;
    expect(await refusal(s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })))).toBe('AccessDenied');
    const bypass = s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId, BypassGovernanceRetention: true }));
    expect(await refusal(bypass)).toBe(mode === 'GOVERNANCE' ? 'done' : 'AccessDenied');
  });
  it('does not keep a marker from hiding it', async () => {
    await lock('marked', 'COMPLIANCE');
    expect(await s3.send(new DeleteObjectCommand({ Bucket, Key: 'marked' }))).toMatchObject({ DeleteMarker: true });
  });
  it('needs a body that proves itself, both of its headers, a day to come, and a bucket with a lock', async () => {
    expect(await refusal(lock('x', 'COMPLIANCE', { ContentMD5: undefined }))).toBe('InvalidRequest');
    expect(await refusal(lock('x', 'COMPLIANCE', { ObjectLockRetainUntilDate: undefined }))).toBe('InvalidArgument');
    expect(await refusal(lock('x', 'COMPLIANCE', { ObjectLockRetainUntilDate: until(-DAY) }))).toBe('InvalidArgument');
    expect(await refusal(lock('x', 'COMPLIANCE', { Bucket: b }))).toBe('InvalidRequest');
    expect(await refusal(head('x', Bucket))).toBe('404');
  });
  it('is lengthened and hardened, and not weakened', async () => {
    await lock('longer', 'GOVERNANCE');
    const set = (Mode: 'GOVERNANCE' | 'COMPLIANCE', days: number) =>
      refusal(
        s3.send(
          new PutObjectRetentionCommand({
            Bucket,
            Key: 'longer',
            Retention: { Mode, RetainUntilDate: until(server.now() - START + days * DAY) },
          }),
        ),
      );
    expect(await set('GOVERNANCE', 2)).toBe('done');
    expect(await set('GOVERNANCE', 1)).toBe('AccessDenied');
    expect(await set('COMPLIANCE', 3)).toBe('done');
    expect(await set('GOVERNANCE', 4)).toBe('AccessDenied');
    const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket, Key: 'longer' }));
    expect(Retention?.Mode).toBe('COMPLIANCE');
  });
  it('holds until the hold is lifted', async () => {
    const { VersionId } = await put('hold', {
      Bucket,
      ContentMD5: base64('md5', 'bytes'),
      ObjectLockLegalHoldStatus: 'ON',
    });
    const remove = () =>
      refusal(s3.send(new DeleteObjectCommand({ Bucket, Key: 'hold', VersionId, BypassGovernanceRetention: true })));
    expect(await remove()).toBe('AccessDenied');
    expect((await s3.send(new GetObjectLegalHoldCommand({ Bucket, Key: 'hold' }))).LegalHold?.Status).toBe('ON');
    await s3.send(new PutObjectLegalHoldCommand({ Bucket, Key: 'hold', LegalHold: { Status: 'OFF' } }));
    expect(await remove()).toBe('done');
  });
  it('is a default of the bucket, where it is set', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'default-lock', ObjectLockEnabledForBucket: true }));
    const ObjectLockConfiguration = {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 2 } },
    } as const;
    await s3.send(new PutObjectLockConfigurationCommand({ Bucket: 'default-lock', ObjectLockConfiguration }));
    const read = await s3.send(new GetObjectLockConfigurationCommand({ Bucket: 'default-lock' }));
    expect(read.ObjectLockConfiguration).toEqual(ObjectLockConfiguration);
    expect(await refusal(put('d', { Bucket: 'default-lock' }))).toBe('InvalidRequest');
    await put('d', { Bucket: 'default-lock', ContentMD5: base64('md5', 'bytes') });
    expect(await head('d', 'default-lock')).toMatchObject({
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: new Date(server.now() + 2 * DAY),
    });
    expect(await refusal(s3.send(new GetObjectLockConfigurationCommand({ Bucket: b })))).toBe(
      'ObjectLockConfigurationNotFoundError',
    );
    expect(await refusal(s3.send(new PutObjectLockConfigurationCommand({ Bucket: b, ObjectLockConfiguration })))).toBe(
      'InvalidBucketState',
    );
  });
});

describe('the archive classes', () => {
  it('refuse a class that does not exist', async () => {
    const answer = await signed(server, {
      method: 'PUT',
      path: `/${b}/bogus`,
      body: 'x',
      headers: { 'x-amz-storage-class': 'BOGUS' },
    });
    expect(answer).toMatchObject({ status: 400, code: 'InvalidStorageClass' });
  });
  it.each(['GLACIER', 'DEEP_ARCHIVE'] as const)(
    '%s cannot be read or copied, and is still described',
    async (StorageClass) => {
      const ChecksumSHA256 = base64('sha256', 'bytes');
      await put(`cold/${StorageClass}`, { StorageClass, ChecksumSHA256 });
      expect(await refusal(get(`cold/${StorageClass}`))).toBe('InvalidObjectState');
      expect(await refusal(get(`cold/${StorageClass}`, { Range: 'bytes=0-1' }))).toBe('InvalidObjectState');
      expect(
        await refusal(s3.send(new CopyObjectCommand({ Bucket: b, Key: 'x', CopySource: `${b}/cold/${StorageClass}` }))),
      ).toBe('InvalidObjectState');
      expect(await head(`cold/${StorageClass}`)).toMatchObject({ StorageClass, ChecksumSHA256 });
      expect(await head(`cold/${StorageClass}`)).not.toHaveProperty('Restore');
    },
  );
  it.each(['STANDARD', 'STANDARD_IA', 'GLACIER_IR'] as const)(
    '%s is read as it is, and not restored',
    async (StorageClass) => {
      await put(`warm/${StorageClass}`, { StorageClass });
      expect((await get(`warm/${StorageClass}`)).text).toBe('bytes');
      expect(await refusal(restore(`warm/${StorageClass}`, 'Standard'))).toBe('InvalidObjectState');
    },
  );
  it.each([
    ['GLACIER', 'Expedited', 5 * MINUTE],
    ['GLACIER', 'Standard', 5 * HOUR],
    ['GLACIER', 'Bulk', 12 * HOUR],
    ['DEEP_ARCHIVE', 'Standard', 12 * HOUR],
    ['DEEP_ARCHIVE', 'Bulk', 48 * HOUR],
  ] as const)(
    '%s by %s is there after its time, until the midnight that follows its days',
    async (StorageClass, tier, wait) => {
      const key = `wait/${StorageClass}/${tier}`;
      await put(key, { StorageClass });
      expect((await restore(key, tier, 2)).$metadata.httpStatusCode).toBe(202);
      server.advance(wait - 1);
      expect((await head(key)).Restore).toBe('ongoing-request="true"');
      expect(await refusal(get(key))).toBe('InvalidObjectState');
      server.advance(1);
      const expiry = new Date((Math.floor((server.now() + 2 * DAY) / DAY) + 1) * DAY);
      expect(await head(key)).toMatchObject({
        StorageClass,
        Restore: `ongoing-request="false", expiry-date="${expiry.toUTCString()}"`,
      });
      expect((await get(key, { Range: 'bytes=1-2' })).text).toBe('yt');
      server.advance(expiry.getTime() - server.now());
      expect((await head(key)).Restore).toBeUndefined();
      expect(await refusal(get(key))).toBe('InvalidObjectState');
    },
  );
  it('answer a second request with 409, a faster one with 202, and one for a copy that is there with 200', async () => {
    await put('again', { StorageClass: 'GLACIER' });
    await restore('again', 'Bulk');
    expect(await refusal(restore('again', 'Bulk'))).toBe('RestoreAlreadyInProgress');
    expect((await restore('again', 'Standard')).$metadata.httpStatusCode).toBe(202);
    expect(await refusal(restore('again', 'Bulk'))).toBe('RestoreAlreadyInProgress');
    server.advance(5 * HOUR);
    expect((await restore('again', 'Bulk', 9)).$metadata.httpStatusCode).toBe(200);
    const expiry = new Date((Math.floor((server.now() + 9 * DAY) / DAY) + 1) * DAY);
    expect((await head('again')).Restore).toContain(expiry.toUTCString());
    await restore('again', 'Bulk', 1);
    expect((await head('again')).Restore).not.toContain(expiry.toUTCString());
  });
  it('refuse a restore that cannot be', async () => {
    await put('refused', { StorageClass: 'DEEP_ARCHIVE' });
    expect(await refusal(restore('refused', 'Expedited'))).toBe('InvalidArgument');
    expect(await refusal(restore('refused', 'Bulk', 0))).toBe('InvalidArgument');
    expect(await refusal(restore('nowhere', 'Bulk'))).toBe('NoSuchKey');
    for (const body of [
      '',
      '<RestoreRequest/>',
      '<RestoreRequest><Days>1</Days><GlacierJobParameters><Tier>Soon</Tier></GlacierJobParameters></RestoreRequest>',
      '<Other><Days>1</Days></Other>',
    ]) {
      expect((await signed(server, { method: 'POST', path: `/${b}/refused?restore`, body })).code).toBe('MalformedXML');
    }
    expect((await head('refused')).Restore).toBeUndefined();
  });
  it('tell what happened as events', async () => {
    await put('events', { StorageClass: 'GLACIER' });
    await restore('events', 'Expedited');
    server.advance(3 * DAY);
    const events = server.events().filter(({ key }) => key === 'events');
    expect(events.map(({ eventName }) => eventName)).toEqual([
      's3:ObjectCreated:Put',
      's3:ObjectRestore:Post',
      's3:ObjectRestore:Completed',
      's3:ObjectRestore:Delete',
    ]);
    expect(events[2]?.glacierEventData?.restoreEventData.lifecycleRestoreStorageClass).toBe('GLACIER');
  });
});

describe('uploads in parts', () => {
  const MIB5 = Buffer.alloc(5 * 1024 * 1024, 'p');
  const start = async (Key: string, more = {}) =>
    (await s3.send(new CreateMultipartUploadCommand({ Bucket: b, Key, ...more }))).UploadId;
  const part = (Key: string, UploadId: string | undefined, PartNumber: number, Body: Buffer) =>
    s3.send(new UploadPartCommand({ Bucket: b, Key, UploadId, PartNumber, Body }));
  const complete = (
    Key: string,
    UploadId: string | undefined,
    Parts: { PartNumber: number; ETag: string | undefined }[],
    more = {},
  ) => s3.send(new CompleteMultipartUploadCommand({ Bucket: b, Key, UploadId, MultipartUpload: { Parts }, ...more }));
  it('become one object, whose SHA-256 is of its parts', async () => {
    const Key = 'parts/one';
    const UploadId = await start(Key, { StorageClass: 'GLACIER', ChecksumAlgorithm: 'SHA256' });
    const send = (PartNumber: number, Body: Buffer) =>
      s3.send(new UploadPartCommand({ Bucket: b, Key, UploadId, PartNumber, Body, ChecksumAlgorithm: 'SHA256' }));
    const two = await send(2, Buffer.from('end'));
    const one = await send(1, MIB5);
    const listed = await s3.send(new ListPartsCommand({ Bucket: b, Key, UploadId }));
    expect(listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, MIB5.length],
      [2, 3],
    ]);
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: b }))).Uploads?.map(({ Key }) => Key)).toContain(
      Key,
    );
    expect(await refusal(head(Key))).toBe('404');
    await complete(Key, UploadId, [
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 2, ETag: two.ETag },
    ]);
    const sums = Buffer.concat([
      createHash('sha256').update(MIB5).digest(),
      createHash('sha256').update('end').digest(),
    ]);
    expect(await head(Key)).toMatchObject({
      StorageClass: 'GLACIER',
      ContentLength: MIB5.length + 3,
      ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/),
      ChecksumType: 'COMPOSITE',
      ChecksumSHA256: `${createHash('sha256').update(sums).digest('base64')}-2`,
    });
  });
  it('refuse parts that are too small, out of order, unknown, or changed', async () => {
    const Key = 'parts/wrong';
    const UploadId = await start(Key);
    const one = await part(Key, UploadId, 1, Buffer.from('small'));
    const two = await part(Key, UploadId, 2, Buffer.from('end'));
    const [first, second] = [
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 2, ETag: two.ETag },
    ];
    expect(await refusal(complete(Key, UploadId, [first, second]))).toBe('EntityTooSmall');
    expect(await refusal(complete(Key, UploadId, [second, first]))).toBe('InvalidPartOrder');
    expect(await refusal(complete(Key, UploadId, [{ PartNumber: 3, ETag: one.ETag }]))).toBe('InvalidPart');
    expect(await refusal(complete(Key, UploadId, [{ PartNumber: 1, ETag: two.ETag }]))).toBe('InvalidPart');
    expect(await refusal(part(Key, UploadId, 10_001, Buffer.from('x')))).toBe('InvalidArgument');
    await s3.send(new AbortMultipartUploadCommand({ Bucket: b, Key, UploadId }));
    expect(await refusal(complete(Key, UploadId, [first]))).toBe('NoSuchUpload');
    expect(await refusal(head(Key))).toBe('404');
  });
  it('are completed once, where that is asked', async () => {
    const Key = 'parts/once';
    const UploadId = await start(Key);
    const one = await part(Key, UploadId, 1, Buffer.from('x'));
    await put(Key);
    const parts = [{ PartNumber: 1, ETag: one.ETag }];
    expect(await refusal(complete(Key, UploadId, parts, { IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    expect(await refusal(start(Key, { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' }))).toBe(
      'InvalidRequest',
    );
  });
});

describe('faults and control', () => {
  const control = async (method: string, what: string, body?: unknown) => {
    const answer = await send(
      server,
      method,
      `/_cold-s3/${what}`,
      {},
      Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    );
    return { status: answer.status, json: JSON.parse(answer.body) };
  };
  it('an answer that is lost was still done; an error was not', async () => {
    server.fail({ kind: 'lost acknowledgement', operation: 'PutObject', key: 'lost' });
    await expect(put('lost')).rejects.toThrow();
    expect((await get('lost')).text).toBe('bytes');
    for (const [code, expected] of [
      ['InternalError', 'InternalError'],
      ['SlowDown', 'SlowDown'],
    ] as const) {
      server.fail({ kind: 'error', code, key: 'not-done' });
      expect(await refusal(put('not-done'))).toBe(expected);
    }
    server.fail({ kind: 'disconnect', key: 'not-done' });
    await expect(put('not-done')).rejects.toThrow();
    expect(await refusal(head('not-done'))).toBe('404');
  });
  it('bodies come slowly, torn or with a wrong bit', async () => {
    await put('harmed', { Body: 'abcdefgh' });
    server.fail({ kind: 'slow body', key: 'harmed', pieceBytes: 3, delayMs: 1 });
    expect((await get('harmed')).text).toBe('abcdefgh');
    server.fail({ kind: 'torn body', key: 'harmed', bytes: 5 });
    await expect(get('harmed')).rejects.toThrow();
    server.fail({ kind: 'corrupt body', key: 'harmed', at: 2 });
    expect((await get('harmed')).text).toBe('abbdefgh');
    server.damage(b, 'harmed', 0);
    expect((await get('harmed')).text).toBe('`bcdefgh');
  });
  it('the clock is moved, faults are set and taken back, by HTTP', async () => {
    const before = server.now();
    expect((await control('POST', 'clock', { advanceMs: 1000 })).json).toEqual({
      now: new Date(before + 1000).toISOString(),
    });
    await control('POST', 'faults', { kind: 'error', code: 'SlowDown', times: 3, after: 1 });
    expect((await control('GET', 'state')).json.faults).toHaveLength(1);
    expect(await refusal(put('counted'))).toBe('done');
    expect(await refusal(put('counted'))).toBe('SlowDown');
    await control('DELETE', 'faults');
    expect(await refusal(put('counted'))).toBe('done');
    for (const [method, what, body] of [
      ['POST', 'clock', { advanceMs: -1 }],
      ['POST', 'faults', { kind: 'error', code: 'Nonsense' }],
    ] as const) {
      expect((await control(method, what, body)).status).toBe(400);
    }
    expect((await control('GET', 'nonsense')).status).toBe(404);
  });
});

it('counts what it would cost', async () => {
  const own = await startColdS3({ now: () => START });
  own.createBucket(b);
  const client = new S3Client({
    region: own.region,
    endpoint: own.url,
    forcePathStyle: true,
    credentials: own.credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const Body = Buffer.alloc(1024 * 1024);
  const put = (Key: string) =>
    client.send(new PutObjectCommand({ Bucket: b, Key, Body, StorageClass: 'DEEP_ARCHIVE' }));
  await put('a');
  await put('b');
  own.advance(730 * HOUR);
  await client.send(
    new RestoreObjectCommand({
      Bucket: b,
      Key: 'a',
      RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: 'Bulk' } },
    }),
  );
  await client.send(new DeleteObjectCommand({ Bucket: b, Key: 'b' }));
  const { lines, totalUsd } = own.bill();
  const usd = Object.fromEntries(lines.map(({ what, usd }) => [what, usd]));
  // By hand: 2 x 1/1024 GB x 0.00099 for a month; each PUT 0.05 a thousand; Bulk 0.025 a thousand and 0.0025 a GB;
  // what goes after 730 hours of 180 days pays the 3,590 others, with its overhead of 32 KB and 8 KB.
  expect(usd).toMatchObject({
    'storage DEEP_ARCHIVE, byte-months': '0.000001932',
    'requests: writes DEEP_ARCHIVE': '0.000100000',
    'requests: restores DEEP_ARCHIVE Bulk': '0.000025000',
    'retrieval DEEP_ARCHIVE Bulk, bytes': '0.000002441',
    'overhead of DEEP_ARCHIVE, bytes': '0.000000410',
    'deleted early DEEP_ARCHIVE, byte-months': '0.000005765',
  });
  expect(Number(totalUsd)).toBeGreaterThan(0.000135);
  await own.close();
});

it('knows everything again in a new process, where it has a folder', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cold-s3-'));
  const credentials = { accessKeyId: 'A', secretAccessKey: 'B' };
  const open = async () => {
    const own = await startColdS3({ folder, credentials, now: () => START });
    const client = new S3Client({
      region: own.region,
      endpoint: own.url,
      forcePathStyle: true,
      credentials,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    return { own, client };
  };
  const first = await open();
  first.own.createBucket('kept', { lock: true });
  const at = { Bucket: 'kept', Key: 'k' };
  await first.client.send(
    new PutObjectCommand({
      ...at,
      Body: 'one',
      StorageClass: 'GLACIER',
      ContentMD5: base64('md5', 'one'),
      ObjectLockLegalHoldStatus: 'ON',
    }),
  );
  await first.client.send(
    new PutObjectCommand({ ...at, Body: 'two', StorageClass: 'GLACIER', ChecksumSHA256: base64('sha256', 'two') }),
  );
  await first.client.send(
    new RestoreObjectCommand({ ...at, RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: 'Expedited' } } }),
  );
  const before = await first.client.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }));
  const versions = await first.client.send(new ListObjectVersionsCommand({ Bucket: 'kept' }));
  await first.own.close();

  const second = await open();
  const after = await second.client.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }));
  expect({ ...after, $metadata: undefined }).toEqual({ ...before, $metadata: undefined });
  expect((await second.client.send(new ListObjectVersionsCommand({ Bucket: 'kept' }))).Versions).toEqual(
    versions.Versions,
  );
  second.own.advance(5 * MINUTE);
  expect(await (await second.client.send(new GetObjectCommand(at))).Body?.transformToString()).toBe('two');
  await second.own.close();
  rmSync(folder, { recursive: true });
});

it('runs alone, says how it is reached, and ends when told to', async () => {
  const main = 'test/support/cold-s3/main.ts';
  const child = spawn(process.execPath, [main, '--port', '0', '--speed', '3600', '--lock'], { stdio: 'pipe' });
  const said = await new Promise<string>((resolve) => {
    let text = '';
    child.stdout.on('data', (piece) => {
      text += String(piece);
      if (text.includes('--help')) resolve(text);
    });
  });
  const { url = '' } = /listens on (?<url>http:\S+),/.exec(said)?.groups ?? {};
  expect((await fetch(`${url}/_cold-s3/state`)).status).toBe(200);
  expect(said).toContain(`export AWS_ENDPOINT_URL=${url}`);
  child.kill('SIGTERM');
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
});
