/**
 * How long an archived object takes to be read, and how long its copy lives. The times are the slow ends
 * of what S3 states (https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html),
 * so that nobody's plan rests on a fast day.
 */
import type { Readability, RestoreTier, Retention, StorageClass } from './cold-port.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type ArchivedClass = Exclude<StorageClass, 'STANDARD'>;

const WAITS: Readonly<Record<ArchivedClass, Readonly<Record<RestoreTier, number | undefined>>>> = {
  GLACIER: { Expedited: 5 * MINUTE, Standard: 5 * HOUR, Bulk: 12 * HOUR },
  DEEP_ARCHIVE: { Expedited: undefined, Standard: 12 * HOUR, Bulk: 48 * HOUR },
};

/** Milliseconds until an object can be read; undefined where the class refuses the tier. */
export const restoreWaitMs = (storageClass: ArchivedClass, tier: RestoreTier): number | undefined =>
  WAITS[storageClass][tier];

/** The end of a copy's life, epoch milliseconds: so many days on, and then the midnight (GMT) that follows. */
export const expiryAfter = (from: number, days: number): number => (Math.floor((from + days * DAY) / DAY) + 1) * DAY;

/** One restoration: `readyAt` and `until` are epoch milliseconds. */
export interface Restoration {
  readonly tier: RestoreTier;
  readonly readyAt: number;
  readonly until: number;
}

export function readabilityOf(
  storageClass: StorageClass,
  restoration: Restoration | undefined,
  now: number,
): Readability {
  if (storageClass === 'STANDARD') return { state: 'readable' };
  if (restoration === undefined || now >= restoration.until) return { state: 'archived' };
  if (now < restoration.readyAt) return { state: 'restoring' };
  return { state: 'restored', until: new Date(restoration.until) };
}

export type Asked =
  | { readonly outcome: 'tier refused' }
  | { readonly outcome: 'under way' }
  | { readonly outcome: 'requested' | 'extended'; readonly restoration: Restoration };

/**
 * What a request to restore leads to.
 * @param before of an earlier request, expired or not
 * @param speed waits are divided by it; 1 is real
 */
export function ask(
  storageClass: ArchivedClass,
  before: Restoration | undefined,
  request: { readonly days: number; readonly tier: RestoreTier },
  now: number,
  speed: number,
): Asked {
  const wait = restoreWaitMs(storageClass, request.tier);
  if (wait === undefined) return { outcome: 'tier refused' };
  const { state } = readabilityOf(storageClass, before, now);
  if (state === 'restored' && before !== undefined) {
    const until = Math.max(before.until, expiryAfter(now, request.days));
    return { outcome: 'extended', restoration: { ...before, until } };
  }
  const readyAt = now + Math.ceil(wait / speed);
  if (state === 'restoring' && before !== undefined && !isFaster(storageClass, request.tier, before.tier)) {
    return { outcome: 'under way' };
  }
  // A faster request that comes late does not make it slower.
  const ready = state === 'restoring' && before !== undefined ? Math.min(before.readyAt, readyAt) : readyAt;
  return {
    outcome: 'requested',
    restoration: { tier: request.tier, readyAt: ready, until: expiryAfter(ready, request.days) },
  };
}

const isFaster = (storageClass: ArchivedClass, tier: RestoreTier, than: RestoreTier): boolean =>
  (restoreWaitMs(storageClass, tier) ?? Number.POSITIVE_INFINITY) <
  (restoreWaitMs(storageClass, than) ?? Number.POSITIVE_INFINITY);

/** Why `wanted` would be weaker than the retention that stands; undefined where it is not. */
export function weakerThan(standing: Retention | undefined, wanted: Retention, now: number): string | undefined {
  if (standing === undefined || standing.until.getTime() <= now) return undefined;
  if (standing.mode === 'COMPLIANCE' && wanted.mode !== 'COMPLIANCE') return 'COMPLIANCE does not become GOVERNANCE';
  if (wanted.until >= standing.until) return undefined;
  return `it stands until ${standing.until.toISOString()}, and ${wanted.until.toISOString()} is earlier`;
}
