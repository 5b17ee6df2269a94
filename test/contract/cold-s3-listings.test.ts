/** What S3 does, asked of cold-s3 by the AWS SDK and by requests that no client would send: listings, versions and Object Lock. */
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  type PutObjectCommandInput,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { b, base64, DAY, get, head, put, refusal, restore, START, s3, server } from '../support/cold-s3-client.ts';
import { signed } from '../support/sign-s3.ts';

afterAll(() => server.close());

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
