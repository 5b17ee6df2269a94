/** The log as JSON. */
import { z } from 'zod';
import { parseBusinessDate } from '../../kernel/business-date.ts';
import { TIMESTAMP } from '../../platform/http-server/port.ts';
import type { Change, Proof, ReadEntry } from './reader.ts';
import type { Day, LoggedLeaf, SignedHead } from './store.ts';

const INDEX = z.int().min(0);
const HASH = z.string().describe('SHA-256, lower-case hex');
export const DATE = z.string().describe('Business date, YYYY-MM-DD').transform(parseBusinessDate);

/** An index or a size in a path or a query: digits alone, so that each has one form. */
export const COUNT = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'must be a whole number in digits')
  .transform(Number)
  .refine(Number.isSafeInteger, 'must not be above 2^53 - 1');

export const LEAF = z.object({
  index: INDEX.describe('Its place in the log, from 0'),
  stream: z.string(),
  seq: INDEX.describe('Its place in its stream, from 0'),
  record_id: z.string(),
  op: z.string(),
  actor: z.string(),
  at: z.iso.datetime({ offset: true, precision: 6 }).describe('When it was sequenced, to the microsecond'),
  business_date: z.iso.date().describe('The day that it belongs to'),
  data_hash: HASH.describe('SHA-256 of the salt, where there is one, and the canonical JSON (RFC 8785) of the record'),
  previous_hash: HASH.describe('leaf_hash of the leaf before it in its stream'),
  leaf_hash: HASH.describe('SHA-256 of 0x00 and the leaf: its node in the tree (RFC 6962)'),
});

const CONTENT = z.object({
  record: z.unknown().nullable().describe('null where it was not kept here, or was forgotten'),
  salt: z.string().nullable().describe('Lower-case hex; null: the stream has none'),
  forgotten_by: INDEX.nullable().describe('The leaf that says that the record was forgotten'),
});

export const ENTRY = LEAF.extend({
  leaf: z.string().describe('The bytes that leaf_hash is of'),
  ...CONTENT.shape,
});

export const PROOF = z.object({
  size: INDEX.describe('Leaves of the tree that it is in'),
  root: HASH,
  hashes: z.array(HASH).describe("From the leaf's sibling up (RFC 6962 2.1.1)"),
});

export const CHANGE = LEAF.extend({
  ...CONTENT.shape,
  before: CONTENT.extend({ index: INDEX }).nullable().describe('What this record was before; null: nothing'),
  proof: PROOF.nullable().describe('null unless asked for'),
});

export const DAY = z.object({
  date: z.iso.date(),
  first_index: INDEX,
  size: INDEX.describe("Leaves of the log at the day's end, its day-close leaf included"),
  entries: INDEX.describe('Leaves of the day'),
  merkle_root: HASH.describe('Root of the tree of that size'),
});

export const PUBLISHED = z.object({ size: INDEX, signed_at: TIMESTAMP });

const timeOf = (micros: number): string => {
  const seconds = new Date(Math.floor(micros / 1_000)).toISOString().slice(0, -1);
  return `${seconds}${String(micros % 1_000).padStart(3, '0')}Z`;
};

export const leafToJson = (leaf: LoggedLeaf): z.input<typeof LEAF> => ({
  index: leaf.index,
  stream: leaf.stream,
  seq: leaf.seq,
  record_id: leaf.recordId,
  op: leaf.op,
  actor: leaf.actor,
  at: timeOf(leaf.atUs),
  business_date: leaf.date,
  data_hash: leaf.dataHash,
  previous_hash: leaf.previousHash,
  leaf_hash: leaf.leafHash,
});

export const contentToJson = ({ payload, redactedBy }: ReadEntry): z.input<typeof CONTENT> => ({
  record: payload === undefined ? null : JSON.parse(payload.record), // safe integers alone: it parses exactly
  salt: payload?.salt == null ? null : Buffer.from(payload.salt).toString('hex'),
  forgotten_by: redactedBy ?? null,
});

export const proofToJson = ({ size, root, hashes }: Proof): z.input<typeof PROOF> => ({
  size,
  root: hex(root),
  hashes: hashes.map(hex),
});

export const changeToJson = (change: Change, proof: Proof | undefined): z.input<typeof CHANGE> => ({
  ...leafToJson(change.leaf),
  ...contentToJson(change),
  before: change.before === undefined ? null : { index: change.before.leaf.index, ...contentToJson(change.before) },
  proof: proof === undefined ? null : proofToJson(proof),
});

export const dayToJson = (day: Day): z.input<typeof DAY> => ({
  date: day.date,
  first_index: day.firstIndex,
  size: day.size,
  entries: day.size - day.firstIndex,
  merkle_root: day.root,
});

export const publishedToJson = (head: SignedHead | undefined): z.input<typeof PUBLISHED> | null =>
  head === undefined ? null : { size: head.size, signed_at: head.signedAt.toISOString() };

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
