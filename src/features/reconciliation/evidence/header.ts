/** What names everything that belongs to a final report by its hash, and the header before it. */
import { z } from 'zod';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import { sha256Hex } from '../../../kernel/hash.ts';

/** Counted up with every change of what `makeReport` says of the same book and readings. */
export const RULES = 1;

/** The header before the first. */
export const GENESIS = '0'.repeat(64);

/** What comes from JSON.parse or goes into a jsonb column is JSON. */
export const JSON_VALUE = z.custom<Json>((value) => value !== undefined);

const HEX32 = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits');

export const HEADER = z.strictObject({
  format: z.literal('plumbline-reconciliation/1'),
  /** Of `makeReport`, by which the report was made: RULES. */
  rules: z.int().min(1),
  book: z.string(),
  book_hash: HEX32,
  /** Place in the chain, from 0: the order in which reports became final. */
  seq: z.int().min(0),
  /** Hash of the header before. */
  prev: HEX32,
  report_id: z.uuid(),
  business_date: z.iso.date(),
  attempt: z.int().min(1),
  /** The final report that this one replaces. */
  supersedes: z.uuid().nullable(),
  status: z.enum(['balanced', 'surplus', 'deficit']),
  /** Of the canonical JSON of: the report, its row, what was read, the attempts before. */
  report_hash: HEX32,
  row_hash: HEX32,
  inputs_hash: HEX32,
  attempts_hash: HEX32,
});

export type Header = z.output<typeof HEADER>;

export const hashOf = (value: Json): string => sha256Hex(canonicalJson(value));
