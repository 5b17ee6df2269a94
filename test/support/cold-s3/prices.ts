/**
 * What S3 charges in us-east-1, as of 2026-10-01, by https://aws.amazon.com/s3/pricing/ and pages that
 * quote it. In billionths of a dollar, so that no figure is rounded before the sum is.
 */
import type { Class, Tier } from './glacier.ts';

/** Billionths of a dollar. */
export type Nano = bigint;

export const PRICED = { region: 'us-east-1', asOf: '2026-10-01' } as const;

/** A GB of S3's bill is 2^30 bytes, a month here 730 hours. */
export const GB = 1024n ** 3n;
export const MONTH_MS = 730n * 3_600_000n;

/** For a GB and a month. */
export const STORAGE: Readonly<Record<Class, Nano>> = {
  STANDARD: 23_000_000n,
  REDUCED_REDUNDANCY: 24_000_000n,
  STANDARD_IA: 12_500_000n,
  ONEZONE_IA: 10_000_000n,
  INTELLIGENT_TIERING: 23_000_000n,
  GLACIER_IR: 4_000_000n,
  GLACIER: 3_600_000n,
  DEEP_ARCHIVE: 990_000n,
};

/** For each PUT, COPY, POST or LIST. */
export const WRITE: Readonly<Record<Class, Nano>> = {
  STANDARD: 5_000n,
  REDUCED_REDUNDANCY: 5_000n,
  STANDARD_IA: 10_000n,
  ONEZONE_IA: 10_000n,
  INTELLIGENT_TIERING: 5_000n,
  GLACIER_IR: 20_000n,
  GLACIER: 30_000n,
  DEEP_ARCHIVE: 50_000n,
};

/** For each GET, HEAD and the like. */
export const READ: Nano = 400n;

/** For a restore: each request, and each GB. */
export const RETRIEVAL: Readonly<
  Partial<Record<Class, Readonly<Partial<Record<Tier, { readonly request: Nano; readonly gigabyte: Nano }>>>>>
> = {
  GLACIER: {
    Expedited: { request: 10_000_000n, gigabyte: 30_000_000n },
    Standard: { request: 50_000n, gigabyte: 10_000_000n },
    Bulk: { request: 0n, gigabyte: 0n },
  },
  DEEP_ARCHIVE: {
    Standard: { request: 100_000n, gigabyte: 20_000_000n },
    Bulk: { request: 25_000n, gigabyte: 2_500_000n },
  },
};

/** What an archived object takes beside its bytes: an index of its class, and its name at STANDARD's price. */
export const OVERHEAD = { atClass: 32n * 1024n, atStandard: 8n * 1024n } as const;

/** What is deleted earlier is charged as if it had stayed. */
export const LEAST_DAYS: Readonly<Partial<Record<Class, bigint>>> = {
  STANDARD_IA: 30n,
  ONEZONE_IA: 30n,
  GLACIER_IR: 90n,
  GLACIER: 90n,
  DEEP_ARCHIVE: 180n,
};
