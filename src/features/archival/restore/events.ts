/**
 * What S3 says of objects that were restored: as it sends it to a queue or a topic, and as EventBridge does
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html). It comes more than once, late or never,
 * and from anybody: it is a reason to look, and what is seen then counts.
 */
import { z } from 'zod';

const RECORD = z.object({
  eventName: z.string().max(100),
  s3: z.object({
    bucket: z.object({ name: z.string().max(100) }),
    object: z.object({ key: z.string().max(4_096).describe('As a form encodes it') }),
  }),
});

export const EVENT = z.union([
  z.object({ Records: z.array(RECORD).max(1_000) }),
  z.object({
    source: z.literal('aws.s3'),
    'detail-type': z.string().max(100),
    detail: z.object({
      bucket: z.object({ name: z.string().max(100) }),
      object: z.object({ key: z.string().max(1_024) }),
    }),
  }),
  z.object({ Service: z.literal('Amazon S3'), Event: z.literal('s3:TestEvent') }),
]);
export type S3Event = z.output<typeof EVENT>;

/** Objects that became readable, as it is said, of one bucket. */
export function completedIn(event: S3Event, bucket: string): readonly string[] {
  if ('Records' in event) {
    return event.Records.filter(
      ({ eventName, s3 }) => /^(s3:)?ObjectRestore:Completed$/.test(eventName) && s3.bucket.name === bucket,
    ).flatMap(({ s3 }) => decoded(s3.object.key));
  }
  if (!('detail' in event) || event['detail-type'] !== 'Object Restore Completed') return [];
  return event.detail.bucket.name === bucket ? [event.detail.object.key] : [];
}

function decoded(key: string): readonly string[] {
  try {
    return [decodeURIComponent(key.replaceAll('+', ' '))];
  } catch {
    return []; // no key of S3's
  }
}
