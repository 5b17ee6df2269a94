/** What the platform signs of a run: the root, the total, and which header it follows. */
import { z } from 'zod';

export const HEX32 = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits');
export const UINT = z.string().regex(/^(0|[1-9]\d{0,38})$/, 'a whole number of minor units, without leading zeros');
const UUID = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID in lower case');

/** The header before the first. */
export const GENESIS = '0'.repeat(64);

export const HEADER = z.strictObject({
  v: z.literal('pol/v1'),
  book: z.string().min(1).max(64),
  businessDate: z.iso.date(),
  asset: z.string().regex(/^[A-Z][A-Z0-9]{1,7}$/),
  /** Digits after the point: amounts are counted in units of 10^-decimals. */
  decimals: z.int().min(0).max(30),
  /** The instant as of which balances are; null where the query can only say what stands now. */
  cut: z.iso.datetime().nullable(),
  /** The reconciliation report that this belongs to. */
  report: UUID,
  runTag: z.string().regex(/^[0-9a-f]{16}$/),
  leaves: z.int().min(0),
  /** Leaves a merchant. */
  split: z.int().min(1).max(16),
  /** Of all leaves, in minor units. */
  total: UINT,
  /** The root of the tree. */
  digest: HEX32,
  /** Merchants with a part of their balance below zero, and the sum of those parts: in no leaf, in no total. */
  negatives: z.strictObject({ merchants: z.int().min(0), total: z.string().regex(/^(0|-[1-9]\d{0,38})$/) }),
  /** Place in the chain of this book's and asset's headers, from 0. */
  seq: z.int().min(0),
  /** Hash of the header before it. */
  prev: HEX32,
  /** The database's snapshot, as pg_current_snapshot() writes it. */
  snapshot: z.string().max(2000),
  ratesHash: HEX32.nullable(),
  reportHash: HEX32.nullable(),
});

export type Header = z.output<typeof HEADER>;
