/** What the API says of restores. */
import { z } from 'zod';
import { DECIMAL, TIMESTAMP } from '../../../platform/http-server/port.ts';
import { amountText } from '../plan/prices.ts';
import type { ColdAnswer } from '../query/query.ts';
import { MAPPING } from './mapping.ts';
import type { Quote } from './quote.ts';
import type { ReadRecord } from './read.ts';
import { OBJECT_STATES, PURPOSES, stateOf, TIERS, WHAT } from './request.ts';
import type { RestoreView } from './restores.ts';

const HASH = z.string().describe('SHA-256, hexadecimal');

export const QUOTE = z.object({
  table: z.string(),
  objects: z.int(),
  readable: z.int().describe('Objects that can be read already'),
  rows: z.int().describe('At the most'),
  bytes: z.string().describe('As they are stored; a whole number as a string'),
  cost: DECIMAL.nullable().describe(
    'Retrieval, and the copies for their days; null where the prices have no such region',
  ),
  currency: z.string(),
  prices_dated: z.string(),
  wait_seconds: z.int().describe('Until the last object can be read, at the slow end'),
});

export const quoteToJson = (
  quote: Quote,
  { currency, dated }: { readonly currency: string; readonly dated: string },
): z.output<typeof QUOTE> => ({
  ...{ table: quote.table, objects: quote.objects.length, readable: quote.readable, rows: quote.rows },
  ...{ bytes: String(quote.bytes), cost: quote.cost === undefined ? null : amountText(quote.cost), currency },
  ...{ prices_dated: dated, wait_seconds: Math.ceil(quote.waitMs / 1_000) },
});

export const RESTORE_VIEW = z.object({
  id: z.uuid(),
  table: z.string(),
  what: WHAT,
  purpose: z.enum(PURPOSES),
  tier: z.enum(TIERS),
  days: z.int(),
  mapping: MAPPING.nullable(),
  state: z.enum(OBJECT_STATES).describe('As far as the object that is furthest behind'),
  cost: DECIMAL.nullable(),
  currency: z.string(),
  wait_seconds: z.int(),
  requested_by: z.string(),
  requested_at: TIMESTAMP,
  approved_by: z.string().nullable(),
  landed_rows: z.int(),
  returned_rows: z.int(),
  objects: z.array(
    z.object({
      batch: z.int(),
      state: z.enum(OBJECT_STATES),
      tier: z.enum(TIERS),
      asked_at: TIMESTAMP.nullable(),
      readable_until: TIMESTAMP.nullable(),
      landed_rows: z.int(),
      returned_rows: z.int(),
      attempts: z.int(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});

export function restoreToJson({ restore, objects }: RestoreView): z.output<typeof RESTORE_VIEW> {
  const sum = (of: (object: (typeof objects)[number]) => number): number =>
    objects.reduce((n, each) => n + of(each), 0);
  return {
    ...{ id: restore.id, table: restore.table, what: restore.what, purpose: restore.purpose, tier: restore.tier },
    ...{ days: restore.days, mapping: restore.mapping ?? null, state: stateOf(objects) },
    ...{
      cost: restore.quotedCost ?? null,
      currency: restore.currency,
      wait_seconds: Math.ceil(restore.waitMs / 1_000),
    },
    ...{ requested_by: restore.requestedBy, requested_at: restore.requestedAt.toISOString() },
    ...{ approved_by: restore.approvedBy, landed_rows: sum(({ landedRows }) => landedRows) },
    returned_rows: sum(({ returnedRows }) => returnedRows),
    objects: objects.map((each) => ({
      ...{ batch: each.batch, state: each.state, tier: each.tier, attempts: each.attempts },
      ...{ asked_at: each.askedAt?.toISOString() ?? null, readable_until: each.readableUntil?.toISOString() ?? null },
      ...{ landed_rows: each.landedRows, returned_rows: each.returnedRows, error: each.error ?? null },
    })),
  };
}

export const READ = z.object({
  table: z.string(),
  row: z.string().describe('The canonical bytes that were hashed, as text'),
  data_hash: HASH,
  proof: z.object({
    row_number: z.int().describe('Of the object, from 0'),
    rows: z.int(),
    path: z.array(HASH).describe('From the leaf to merkle_root, nearest first, as in RFC 6962'),
    merkle_root: HASH,
    manifest_path: z.string(),
    manifest_sha256: HASH.describe('It is in the audit log, stream archive_manifests'),
  }),
  archive_path: z.string(),
  bytes_read: z.int(),
});

export const readToJson = (read: ReadRecord): z.output<typeof READ> => ({
  ...{ table: read.table, row: read.row, data_hash: read.dataHash, bytes_read: read.bytesRead },
  archive_path: read.batch.object?.key ?? '',
  proof: {
    ...{ row_number: read.seq, rows: read.rows, path: [...read.path], merkle_root: read.merkleRoot },
    manifest_path: read.batch.object?.manifestKey ?? '',
    manifest_sha256: read.batch.object?.manifestSha256 ?? '',
  },
});

export const ANSWER = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string().nullable())).describe('Values as text'),
  more: z.boolean().describe('There are more rows than the limit'),
  complete: z.boolean().describe('Every archived row of the tables could be read'),
  objects_read: z.int(),
  bytes_read: z.int(),
  not_readable: z.array(z.object({ batch: z.int(), archive_path: z.string(), rows: z.int() })),
});

export const answerToJson = ({ notReadable, ...answer }: ColdAnswer): z.output<typeof ANSWER> => ({
  ...{ columns: [...answer.columns], rows: answer.rows.map((row) => [...row]), more: answer.more },
  ...{ complete: notReadable.length === 0, objects_read: answer.objectsRead, bytes_read: answer.bytesRead },
  not_readable: notReadable.map(({ batch, archivePath, rows }) => ({ batch, archive_path: archivePath, rows })),
});

export const REBUILT = z.object({
  data: z.array(
    z.object({
      batch: z.string(),
      table: z.string(),
      archive_path: z.string(),
      state: z.enum(['rebuilt', 'known', 'pending', 'unfinished', 'damaged']),
      message: z.string(),
    }),
  ),
});
