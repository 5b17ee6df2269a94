/** S3's notifications in each form, and what else may be posted. */
import { expect, it } from 'vitest';
import { completedIn, EVENT } from './events.ts';

const record = (eventName: string, key: string, bucket = 'b') => ({
  ...{ eventVersion: '2.1', eventSource: 'aws:s3', awsRegion: 'us-east-1', eventName },
  s3: { s3SchemaVersion: '1.0', bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` }, object: { key, size: 1 } },
});
const bridge = (type: string, key: string, bucket = 'b') => ({
  ...{ version: '0', source: 'aws.s3', 'detail-type': type },
  detail: { version: '0', bucket: { name: bucket }, object: { key }, 'source-storage-class': 'GLACIER' },
});

it.each([
  [{ Records: [record('ObjectRestore:Completed', '2023/10/t%3D20/a+b.zst')] }, ['2023/10/t=20/a b.zst']],
  [{ Records: [record('s3:ObjectRestore:Completed', 'a'), record('ObjectRestore:Post', 'b')] }, ['a']],
  [{ Records: [record('ObjectRestore:Completed', 'a', 'other'), record('ObjectRestore:Completed', '%')] }, []],
  [{ Records: [] }, []],
  [bridge('Object Restore Completed', '2023/10/a+b%20.zst'), ['2023/10/a+b%20.zst']],
  [bridge('Object Restore Initiated', 'a'), []],
  [bridge('Object Restore Completed', 'a', 'other'), []],
  [{ Service: 'Amazon S3', Event: 's3:TestEvent', Time: '2026-01-01T00:00:00Z', Bucket: 'b' }, []],
])('says which objects of the bucket are there: %j', (body, keys) => {
  expect(completedIn(EVENT.parse(body), 'b')).toEqual(keys);
});

it.each([{}, [], { Records: [{}] }, { source: 'aws.ec2', 'detail-type': 'x', detail: {} }])('refuses %j', (body) => {
  expect(EVENT.safeParse(body).success).toBe(false);
});
