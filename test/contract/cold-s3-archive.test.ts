/** What S3 does, asked of cold-s3 by the AWS SDK and by requests that no client would send: the archive classes, and uploads in parts. */
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import {
  b,
  base64,
  DAY,
  get,
  HOUR,
  head,
  MINUTE,
  put,
  refusal,
  restore,
  s3,
  server,
} from '../support/cold-s3-client.ts';
import { signed } from '../support/sign-s3.ts';

afterAll(() => server.close());

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
