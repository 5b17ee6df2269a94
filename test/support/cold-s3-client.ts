/** The AWS SDK beside a cold-s3 of the test file's own, and short ways to ask it. Who imports this closes `server`. */
import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  RestoreObjectCommand,
  S3Client,
  S3ServiceException,
  type Tier,
} from '@aws-sdk/client-s3';
import { startColdS3 } from './cold-s3/server.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const START = Date.parse('2026-03-02T10:30:00Z');

export const b = 'plain';
export const server = await startColdS3({ now: () => START });
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
export const s3 = new S3Client({
  ...access,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
});
/** As the SDK is out of the box: checksums wherever it can. */
export const eager = new S3Client(access);

/** The code that S3 refuses with; of a HEAD, whose answer has no body, the status. */
export async function refusal(work: Promise<unknown>): Promise<string> {
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

export const put = (Key: string, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket: b, Key, Body: 'bytes', ...more }));
export const head = (Key: string, Bucket = b) =>
  s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
export const get = async (Key: string, more: Partial<GetObjectCommandInput> = {}) => {
  const answer = await s3.send(new GetObjectCommand({ Bucket: b, Key, ...more }));
  return { ...answer, text: (await answer.Body?.transformToString()) ?? '' };
};
export const restore = (Key: string, tier: Tier, days = 1) =>
  s3.send(
    new RestoreObjectCommand({ Bucket: b, Key, RestoreRequest: { Days: days, GlacierJobParameters: { Tier: tier } } }),
  );
export const base64 = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('base64');
