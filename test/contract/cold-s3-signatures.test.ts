/** What S3 does, asked of cold-s3 by the AWS SDK and by requests that no client would send: signatures and checksums. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { summer } from '../support/cold-s3/checksums.ts';
import { b, base64, eager, get, head, MINUTE, put, refusal, s3, server } from '../support/cold-s3-client.ts';
import { signed } from '../support/sign-s3.ts';

afterAll(() => server.close());

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
