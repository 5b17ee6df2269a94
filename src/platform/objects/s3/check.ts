/** Whether a bucket can be used as it is configured, found out by using it. */

import { createHash } from 'node:crypto';
import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { unfit } from '../faults.ts';
import { OWN } from '../key.ts';
import type { Attempts } from './attempts.ts';
import { codeOf, statusOf, upstream } from './failures.ts';

/**
 * The one object that a check leaves: it stays, since under a bucket's default retention it could not be
 * taken away again.
 */
const PROBE = `${OWN}probe`;

/** @throws `objects.unavailable` (upstream), `objects.unfit` (invalid) */
export async function checkBucket({
  client,
  bucket,
  attempt,
  retention,
}: {
  readonly client: S3Client;
  readonly bucket: string;
  readonly attempt: Attempts;
  readonly retention: boolean;
}): Promise<void> {
  const Bucket = bucket;
  try {
    await attempt((abortSignal) => client.send(new HeadBucketCommand({ Bucket }), { abortSignal }));
  } catch (error) {
    if (statusOf(error) === 404) {
      throw unfit(`there is no bucket ${bucket}; create it, or correct S3_BUCKET`, { bucket }, error);
    }
    throw upstream(bucket, 'HeadBucket', error);
  }
  if (retention) await checkLock(client, bucket, attempt);

  const probe = (): Promise<'stored' | 'refused'> =>
    attempt((abortSignal) =>
      client.send(new PutObjectCommand({ Bucket, Key: PROBE, Body: TEXT, ContentMD5: MD5, IfNoneMatch: '*' }), {
        abortSignal,
      }),
    ).then(
      () => 'stored' as const,
      (error: unknown) => {
        if (codeOf(error) === 'PreconditionFailed' || statusOf(error) === 412) return 'refused' as const;
        throw upstream(bucket, 'PutObject', error);
      },
    );
  await probe();
  if ((await probe()) === 'refused') return;
  throw unfit(
    `the bucket ${bucket} takes an object twice under one key (it does not keep If-None-Match), so one could be overwritten; use a server that does`,
    { bucket },
  );
}

const TEXT = 'Plumbline found that it can write here.\n';
/** An MD5, since a bucket with a default retention asks for a checksum, and every server knows this one. */
const MD5 = createHash('md5').update(TEXT).digest('base64');

async function checkLock(client: S3Client, bucket: string, attempt: Attempts): Promise<void> {
  const Bucket = bucket;
  const versioning = await attempt((abortSignal) =>
    client.send(new GetBucketVersioningCommand({ Bucket }), { abortSignal }),
  ).catch((error: unknown) => {
    throw upstream(bucket, 'GetBucketVersioning', error);
  });
  if (versioning.Status !== 'Enabled') {
    throw unfit(`the bucket ${bucket} keeps no versions, and retention needs them; enable versioning`, { bucket });
  }
  const lock = await attempt((abortSignal) =>
    client.send(new GetObjectLockConfigurationCommand({ Bucket }), { abortSignal }),
  ).catch((error: unknown) => {
    if (codeOf(error) === 'ObjectLockConfigurationNotFoundError') return undefined;
    throw upstream(bucket, 'GetObjectLockConfiguration', error);
  });
  if (lock?.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled') return;
  throw unfit(`the bucket ${bucket} has no Object Lock, and retention needs it; enable it on the bucket`, { bucket });
}
