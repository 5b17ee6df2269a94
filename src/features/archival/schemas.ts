/** What the API says of archival. */
import { z } from 'zod';
import { DECIMAL, TIMESTAMP } from '../../platform/http-server/port.ts';
import { CODECS } from './format/codec.ts';
import type { Plan } from './plan/plan.ts';
import { amountText } from './plan/prices.ts';
import { MOST_COUNTED } from './plan/summary.ts';
import { POLICY, type VersionedPolicy } from './policies/policy.ts';
import { type Batch, STATES } from './run/batch.ts';
import type { RunRow } from './run/store-runs.ts';
import type { ArchivedRow, ArchiveSummary } from './service.ts';
import type { ChecksumVerdict } from './verify/checksums.ts';
import type { Reconciled } from './verify/reconcile.ts';
import type { BatchVerdict } from './verify/verify.ts';

const COUNT = z.string().regex(/^\d+$/).describe('Whole number as a string');
const HASH = z.string().describe('SHA-256, hexadecimal');

export const POLICY_SET = z.object({
  table: z.string(),
  version: z.int(),
  policy: POLICY,
  set_by: z.string(),
  set_at: TIMESTAMP,
});

export const policyToJson = ({
  table,
  version,
  policy,
  setBy,
  setAt,
}: VersionedPolicy): z.output<typeof POLICY_SET> => ({
  ...{ table, version, policy },
  ...{ set_by: setBy, set_at: setAt.toISOString() },
});

export const PLAN = z.object({
  table: z.string(),
  policy: POLICY,
  before: TIMESTAMP.describe('Rows before it are old enough'),
  possible: z.boolean(),
  faults: z.array(z.object({ pointer: z.string(), message: z.string() })).describe('What makes it impossible'),
  risks: z.array(z.object({ code: z.string(), message: z.string() })),
  months: z.array(z.object({ month: z.string(), rows: z.int() })),
  rows: z.int(),
  objects: z.int(),
  raw_bytes: COUNT.describe('Estimated from a sample, as are all bytes below'),
  stored_bytes: COUNT,
  table_bytes: COUNT,
  freed_bytes: COUNT,
  pointer_bytes: COUNT,
  prices: z.object({ dated: z.string(), currency: z.string(), region: z.string(), sources: z.array(z.string()) }),
  cost_now_month: DECIMAL.nullable().describe('Of these rows in the database'),
  cost_later_month: DECIMAL.nullable().describe('Of their objects; null where the prices have no such region'),
  cost_upload: DECIMAL.nullable(),
  cost_minimum: DECIMAL.nullable().describe('Paid even when all is deleted the next day'),
  minimum_days: z.int().nullable(),
  retrieval: z.array(z.object({ tier: z.string(), cost: DECIMAL })),
});

export function planToJson(plan: Plan): z.output<typeof PLAN> {
  const { costNow, costLater } = plan;
  const amount = (units: bigint | undefined): string | null => (units === undefined ? null : amountText(units));
  return {
    ...{ table: plan.table, policy: plan.policy, before: plan.before, possible: plan.faults.length === 0 },
    ...{
      faults: [...plan.faults],
      risks: [...plan.risks],
      months: [...plan.months],
      rows: plan.rows,
      objects: plan.objects,
    },
    ...{
      raw_bytes: String(plan.rawBytes),
      stored_bytes: String(plan.storedBytes),
      table_bytes: String(plan.tableBytes),
    },
    ...{ freed_bytes: String(plan.freedBytes), pointer_bytes: String(plan.pointerBytes) },
    prices: { ...plan.prices, sources: [...plan.prices.sources] },
    ...{
      cost_now_month: amount(costNow),
      cost_later_month: amount(costLater?.month),
      cost_upload: amount(costLater?.upload),
    },
    ...{ cost_minimum: amount(costLater?.minimum), minimum_days: costLater?.minimumDays ?? null },
    retrieval: (costLater?.retrieval ?? []).map(({ tier, cost }) => ({ tier, cost: amountText(cost) })),
  };
}

export const SUMMARY = z.object({
  tables: z
    .array(
      z.object({
        table: z.string(),
        before: TIMESTAMP.describe('Rows before it are old enough'),
        due_rows: z
          .int()
          .nullable()
          .describe(
            `Rows that are old enough, ${MOST_COUNTED} at the most; null where they could not be counted within two seconds, or the policy fits its table no more`,
          ),
        oldest_due_at: TIMESTAMP.nullable(),
      }),
    )
    .describe('Of each policy that is enabled'),
  archived_rows: COUNT,
  objects: z.int(),
  stored_bytes: COUNT,
  currency: z.string(),
  prices_dated: z.string(),
  database_month: DECIMAL.describe('What the archived rows, as they were written, would cost in the database'),
  archive_month: DECIMAL.nullable().describe(
    'What their objects and pointers cost; null where the prices have no such region',
  ),
  saving_month: DECIMAL.nullable().describe('The difference; below zero where archiving costs more'),
  upload: DECIMAL.nullable().describe('Paid once'),
});

export function summaryToJson({ tables, saving, prices }: ArchiveSummary): z.output<typeof SUMMARY> {
  const amount = (units: bigint | undefined): string | null => (units === undefined ? null : amountText(units));
  const { databaseMonth, archiveMonth } = saving;
  return {
    tables: tables.map(({ table, before, due }) => ({
      ...{ table, before, due_rows: due?.rows ?? null, oldest_due_at: due?.oldest?.toISOString() ?? null },
    })),
    ...{ archived_rows: String(saving.rows), objects: saving.objects, stored_bytes: String(saving.storedBytes) },
    ...{ currency: prices.currency, prices_dated: prices.dated, database_month: amountText(databaseMonth) },
    ...{ archive_month: amount(archiveMonth), upload: amount(saving.upload) },
    saving_month: archiveMonth === undefined ? null : amountText(databaseMonth - archiveMonth),
  };
}

export const RUN = z.object({
  id: z.uuid(),
  table: z.string(),
  policy_version: z.int(),
  started_by: z.string(),
  started_at: TIMESTAMP,
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  wanted: z.enum(['run', 'pause', 'stop']),
  phase: z.string(),
  rows_total: COUNT.nullable().describe('Old enough at the start'),
  rows_done: COUNT,
  rows_kept: COUNT.describe('Left in the table: changed meanwhile, in use, or referred to'),
  objects_done: z.int(),
  bytes_done: COUNT.describe('As they are stored'),
  ended_at: TIMESTAMP.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

export const runToJson = (row: RunRow): z.output<typeof RUN> => ({
  ...{ id: row.id, table: row.table_name, policy_version: row.policy_version, started_by: row.started_by },
  ...{ started_at: row.started_at.toISOString(), state: row.state, wanted: row.wanted, phase: row.phase },
  ...{ rows_total: row.rows_total === null ? null : String(row.rows_total), rows_done: String(row.rows_done) },
  ...{ rows_kept: String(row.rows_kept), objects_done: row.objects_done, bytes_done: String(row.bytes_done) },
  ended_at: row.ended_at?.toISOString() ?? null,
  error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
});

export const BATCH = z.object({
  no: z.int(),
  id: z.uuid(),
  table: z.string(),
  way: z.enum(['rows', 'partition', 'purge']),
  state: z.enum(STATES),
  from: z.string(),
  to: z.string(),
  claimed_at: TIMESTAMP,
  committed_at: TIMESTAMP.nullable(),
  archived_rows: z.int(),
  kept_rows: z.int(),
  abandoned_reason: z.string().nullable(),
  cooling_until: TIMESTAMP.nullable(),
  object: z
    .object({
      s3_bucket: z.string(),
      archive_path: z.string(),
      storage_class: z.string(),
      codec: z.enum(CODECS),
      rows: z.int(),
      raw_bytes: z.int(),
      bytes: z.int(),
      sha256: HASH,
      merkle_root: HASH,
      manifest_path: z.string(),
      manifest_sha256: HASH,
      previous_manifest_sha256: HASH.nullable(),
    })
    .nullable(),
});

export const batchToJson = (batch: Batch): z.output<typeof BATCH> => ({
  ...{ no: batch.no, id: batch.id, table: batch.table, way: batch.way, state: batch.state },
  ...{ from: batch.range.from, to: batch.range.to, claimed_at: batch.claimedAt.toISOString() },
  ...{ committed_at: batch.committedAt?.toISOString() ?? null, archived_rows: batch.archivedRows },
  ...{ kept_rows: batch.keptRows, abandoned_reason: batch.abandonedReason },
  cooling_until: batch.coolingUntil?.toISOString() ?? null,
  object:
    batch.object === undefined
      ? null
      : {
          ...{
            s3_bucket: batch.object.bucket,
            archive_path: batch.object.key,
            storage_class: batch.object.storageClass,
          },
          ...{ codec: batch.object.codec, rows: batch.object.rows, raw_bytes: batch.object.rawBytes },
          ...{ bytes: batch.object.bytes, sha256: batch.object.sha256, merkle_root: batch.object.merkleRoot },
          ...{ manifest_path: batch.object.manifestKey, manifest_sha256: batch.object.manifestSha256 },
          previous_manifest_sha256: batch.object.previousManifestSha256,
        },
});

export const RECORD = z.object({ row: z.int().describe('Of the object, from 0'), data_hash: HASH, batch: BATCH });

export const recordToJson = ({ pointer, batch }: ArchivedRow): z.output<typeof RECORD> => ({
  ...{ row: pointer.seq, data_hash: pointer.dataHash },
  batch: batchToJson(batch),
});

export const VERDICT = z.object({
  batch: z.int(),
  table: z.string(),
  archive_path: z.string().nullable(),
  sound: z.boolean(),
  object: z.enum(['bytes', 'checksum', 'not readable', 'damaged']).describe('By what it was verified'),
  findings: z.array(z.object({ kind: z.string(), where: z.string(), message: z.string() })),
});

export const verdictToJson = ({ batch, findings, object }: BatchVerdict): z.output<typeof VERDICT> => ({
  ...{ batch: batch.no, table: batch.table, archive_path: batch.object?.key ?? null, object },
  ...{ sound: findings.length === 0, findings: [...findings] },
});

export const CHECKSUMS_BEGUN = z.object({
  job: z.string().describe('Ask for its end with it'),
  objects: z.int(),
});

export const CHECKSUMS = z.object({
  state: z.enum(['running', 'done']),
  objects: z.int().describe('That the store was asked to read; 0 while it does'),
  findings: z
    .array(z.object({ archive_path: z.string(), batches: z.array(z.int()), message: z.string() }))
    .describe('Objects that are not what was stored, or could not be read'),
});

export const checksumsToJson = (verdicts: readonly ChecksumVerdict[] | undefined): z.output<typeof CHECKSUMS> => ({
  ...{ state: verdicts === undefined ? 'running' : 'done', objects: verdicts?.length ?? 0 },
  findings: (verdicts ?? []).flatMap(({ archivePath, batches, finding }) =>
    finding === undefined ? [] : [{ archive_path: archivePath, batches: [...batches], message: finding }],
  ),
});

export const RECONCILED = z.object({
  sound: z.boolean(),
  differences: z.array(
    z.object({
      kind: z.enum(['orphan', 'phantom', 'mismatch', 'unlogged', 'forgotten', 'chain']),
      key: z.string(),
      message: z.string(),
    }),
  ),
  batches: z.int(),
  objects: z.int(),
  manifests: z.int(),
  logged: z.int(),
  foreign: z.int().describe('Keys of others in the same bucket'),
});

export const reconciledToJson = ({ differences, ...counts }: Reconciled): z.output<typeof RECONCILED> => ({
  ...counts,
  ...{ sound: differences.length === 0, differences: [...differences] },
});
