/**
 * What S3 does with archived objects. Written apart from Plumbline's own rules (src/platform/objects), so
 * that the contract suite compares two readings of the same pages
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html).
 */
import { z } from 'zod';
import type { Version } from './model.ts';
import { S3Error } from './s3-error.ts';
import { parseXml } from './xml.ts';

export const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const;
export type Class = (typeof STORAGE_CLASSES)[number];

export const TIERS = ['Expedited', 'Standard', 'Bulk'] as const;
export type Tier = (typeof TIERS)[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Fastest first: a request may only be followed by one that is further left. */
const WAITS: Readonly<Partial<Record<Class, Readonly<Partial<Record<Tier, number>>>>>> = {
  GLACIER: { Expedited: 5 * MINUTE_MS, Standard: 5 * HOUR_MS, Bulk: 12 * HOUR_MS },
  DEEP_ARCHIVE: { Standard: 12 * HOUR_MS, Bulk: 48 * HOUR_MS },
};

/** Milliseconds; undefined where the class is not archived, or refuses the tier. */
export const waitOf = (storageClass: Class, tier: Tier): number | undefined => WAITS[storageClass]?.[tier];

/** The next midnight GMT, so many days on. */
export function expiryOf(fromMs: number, days: number): number {
  const end = new Date(fromMs + days * DAY_MS);
  return Date.UTC(end.getUTCFullYear(), end.getUTCMonth(), end.getUTCDate() + 1);
}

export interface Restoration {
  readonly tier: Tier;
  readonly requestedMs: number;
  readonly readyMs: number;
  readonly expiresMs: number;
}

export const isArchived = ({ storageClass }: Version): boolean => WAITS[storageClass] !== undefined;

export const isThawed = (version: Version, nowMs: number): boolean => {
  const { restoration } = version;
  return restoration !== undefined && restoration.readyMs <= nowMs && nowMs < restoration.expiresMs;
};

/** @throws `InvalidObjectState` for an archived object without a readable copy */
export function assertThawed(version: Version, nowMs: number): void {
  if (!isArchived(version) || isThawed(version, nowMs)) return;
  throw new S3Error('InvalidObjectState', "The operation is not valid for the object's storage class", {
    more: { StorageClass: version.storageClass },
  });
}

/** `x-amz-restore`; undefined where it was never asked for, or has expired. */
export function restoreHeader({ restoration }: Version, nowMs: number): string | undefined {
  if (restoration === undefined || nowMs >= restoration.expiresMs) return undefined;
  if (nowMs < restoration.readyMs) return 'ongoing-request="true"';
  return `ongoing-request="false", expiry-date="${new Date(restoration.expiresMs).toUTCString()}"`;
}

const REQUEST = z.strictObject({
  Days: z
    .string()
    .regex(/^-?\d{1,9}$/)
    .transform(Number)
    .optional(),
  GlacierJobParameters: z.strictObject({ Tier: z.enum(TIERS) }).optional(),
  Tier: z.enum(TIERS).optional(),
  Type: z.string().optional(),
  Description: z.string().optional(),
});

export interface RestoreRequest {
  readonly days: number;
  readonly tier: Tier;
}

export function restoreRequest(body: Buffer): RestoreRequest {
  const { Days, GlacierJobParameters, Tier, Type } = parseXml(body, 'RestoreRequest', REQUEST);
  if (Type !== undefined) throw new S3Error('NotImplemented', 'SELECT is not implemented here');
  if (Days === undefined) throw new S3Error('MalformedXML', 'Days are required for this storage class');
  if (Days < 1) throw new S3Error('InvalidArgument', 'restoration days should be at least 1');
  return { days: Days, tier: GlacierJobParameters?.Tier ?? Tier ?? 'Standard' };
}

/**
 * The restoration after a request, and S3's status for it.
 * @throws as S3 does
 */
export function restored(
  version: Version,
  { days, tier }: RestoreRequest,
  nowMs: number,
): { readonly status: 200 | 202; readonly restoration: Restoration } {
  if (!isArchived(version)) {
    throw new S3Error('InvalidObjectState', "Restore is not allowed for the object's current storage class", {
      more: { StorageClass: version.storageClass },
    });
  }
  const wait = waitOf(version.storageClass, tier);
  if (wait === undefined) {
    throw new S3Error('InvalidArgument', 'Retrieval option is not supported by this storage class', {
      more: { ArgumentName: 'Tier', ArgumentValue: tier },
    });
  }
  const { restoration } = version;
  if (restoration !== undefined && isThawed(version, nowMs)) {
    return { status: 200, restoration: { ...restoration, expiresMs: expiryOf(nowMs, days) } };
  }
  if (restoration !== undefined && nowMs < restoration.readyMs) {
    if (TIERS.indexOf(tier) >= TIERS.indexOf(restoration.tier)) {
      throw new S3Error('RestoreAlreadyInProgress', 'Object restore is already in progress');
    }
    const readyMs = Math.min(restoration.readyMs, nowMs + wait);
    return {
      status: 202,
      restoration: { tier, requestedMs: restoration.requestedMs, readyMs, expiresMs: expiryOf(readyMs, days) },
    };
  }
  const readyMs = nowMs + wait;
  return { status: 202, restoration: { tier, requestedMs: nowMs, readyMs, expiresMs: expiryOf(readyMs, days) } };
}
