/** Object Lock (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html). */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Bucket, Lock, Version } from './model.ts';
import { S3Error } from './s3-error.ts';

const MODES = ['GOVERNANCE', 'COMPLIANCE'] as const;
const DAY_MS = 86_400_000;

export interface Protection {
  readonly lock: Lock | undefined;
  readonly hold: boolean;
  /** The request names a lock or a hold, and so has to prove its body. */
  readonly asked: boolean;
}

/** What an upload asks for, or the bucket's default. @throws as S3 does */
export function protectionOf(bucket: Bucket, headers: IncomingHttpHeaders, nowMs: number): Protection {
  const mode = one(headers, 'x-amz-object-lock-mode');
  const until = one(headers, 'x-amz-object-lock-retain-until-date');
  const hold = one(headers, 'x-amz-object-lock-legal-hold');
  const asked = mode !== undefined || until !== undefined || hold !== undefined;
  if (asked && !bucket.lockEnabled) throw noConfiguration();
  if ((mode === undefined) !== (until === undefined)) {
    throw new S3Error(
      'InvalidArgument',
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    );
  }
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF') {
    throw new S3Error('InvalidArgument', 'Legal Hold must be either of ON or OFF');
  }
  const lock =
    mode !== undefined && until !== undefined
      ? lockOf(mode, until, nowMs)
      : bucket.defaultLock === undefined
        ? undefined
        : { mode: bucket.defaultLock.mode, untilMs: nowMs + bucket.defaultLock.days * DAY_MS };
  return { lock, hold: hold === 'ON', asked: asked || lock !== undefined };
}

export const noConfiguration = (): S3Error =>
  new S3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration');

export function assertProven(proven: boolean): void {
  if (proven) return;
  throw new S3Error(
    'InvalidRequest',
    'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
  );
}

export function lockOf(mode: string, until: string, nowMs: number): Lock {
  const known = MODES.find((each) => each === mode);
  if (known === undefined) throw new S3Error('InvalidArgument', 'Unknown wormMode directive.');
  const untilMs = z.iso.datetime({ offset: true }).safeParse(until).success ? Date.parse(until) : Number.NaN;
  if (Number.isNaN(untilMs)) {
    throw new S3Error('InvalidArgument', 'The retain until date must be provided in ISO 8601 format');
  }
  if (untilMs <= nowMs) throw new S3Error('InvalidArgument', 'The retain until date must be in the future!');
  return { mode: known, untilMs };
}

/** @param bypass of GOVERNANCE */
export function assertDeletable(version: Version, bypass: boolean, nowMs: number): void {
  const { lock, hold } = version;
  const locked = lock !== undefined && lock.untilMs > nowMs && !(lock.mode === 'GOVERNANCE' && bypass);
  if (!hold && !locked) return;
  throw new S3Error('AccessDenied', 'Access Denied because object protected by object lock.');
}

export function assertLockable(version: Version, wanted: Lock | undefined, bypass: boolean, nowMs: number): void {
  const { lock } = version;
  if (lock === undefined || lock.untilMs <= nowMs) return;
  const stronger =
    wanted !== undefined &&
    wanted.untilMs >= lock.untilMs &&
    (wanted.mode === lock.mode || wanted.mode === 'COMPLIANCE');
  if (stronger || (lock.mode === 'GOVERNANCE' && bypass)) return;
  throw new S3Error('AccessDenied', 'Access Denied because object protected by object lock.');
}

export const bypasses = (headers: IncomingHttpHeaders): boolean =>
  headers['x-amz-bypass-governance-retention'] === 'true';

const one = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
};
