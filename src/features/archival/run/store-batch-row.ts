/** A batch as its row in the database says it. */
import { sql } from 'kysely';
import type { StorageClass } from '../../../platform/objects/cold-port.ts';
import type { Codec } from '../format/codec.ts';
import type { Batch, BatchObject, BatchState, Way } from './batch.ts';

export interface BatchRow {
  readonly no: number;
  readonly id: string;
  readonly table_name: string;
  readonly policy_version: number;
  readonly way: Way;
  readonly state: BatchState;
  readonly fence: bigint;
  readonly range_from: string;
  readonly range_to: string;
  readonly partition: string | null;
  readonly partition_bound: string | null;
  readonly detached: boolean;
  readonly claimed_at: Date;
  readonly s3_bucket: string | null;
  readonly object_key: string | null;
  readonly storage_class: StorageClass | null;
  readonly version_id: string | null;
  readonly codec: Codec | null;
  readonly row_count: number | null;
  readonly raw_bytes: bigint | null;
  readonly object_bytes: bigint | null;
  readonly object_sha256: string | null;
  readonly merkle_root: string | null;
  readonly index_sha256: string | null;
  readonly manifest_key: string | null;
  readonly manifest_sha256: string | null;
  readonly previous_manifest_sha256: string | null;
  readonly lo_id: string | null;
  readonly hi_id: string | null;
  readonly cooling_until: Date | null;
  readonly stored_bytes: bigint | null;
  readonly stored_sha256: string | null;
  readonly next_seq: number;
  readonly parts: number;
  readonly archived_rows: number;
  readonly kept_rows: number;
  readonly committed_at: Date | null;
  readonly receipt_key: string | null;
  readonly receipt_sha256: string | null;
  readonly abandoned_reason: string | null;
}

export const COLUMNS = sql`no, id, table_name, policy_version, way, state, fence, range_from, range_to, partition, partition_bound, detached, claimed_at,
  s3_bucket, object_key, storage_class, version_id, codec, row_count, raw_bytes, object_bytes, encode(object_sha256, 'hex') AS object_sha256,
  encode(merkle_root, 'hex') AS merkle_root, encode(index_sha256, 'hex') AS index_sha256, manifest_key, encode(manifest_sha256, 'hex') AS manifest_sha256,
  encode(previous_manifest_sha256, 'hex') AS previous_manifest_sha256, lo_id, hi_id, cooling_until, stored_bytes, encode(stored_sha256, 'hex') AS stored_sha256, next_seq, parts, archived_rows, kept_rows,
  committed_at, receipt_key, encode(receipt_sha256, 'hex') AS receipt_sha256, abandoned_reason`;

function objectOf(row: BatchRow): BatchObject | undefined {
  const { s3_bucket, object_key, storage_class, codec, object_sha256, merkle_root, index_sha256 } = row;
  const { manifest_key, manifest_sha256, lo_id, hi_id } = row;
  if (
    s3_bucket === null ||
    object_key === null ||
    storage_class === null ||
    codec === null ||
    object_sha256 === null ||
    merkle_root === null ||
    index_sha256 === null ||
    manifest_key === null ||
    manifest_sha256 === null ||
    lo_id === null ||
    hi_id === null
  ) {
    return undefined;
  }
  return {
    ...{ bucket: s3_bucket, key: object_key, storageClass: storage_class, codec, rows: row.row_count ?? 0 },
    ...{ rawBytes: Number(row.raw_bytes), bytes: Number(row.object_bytes), sha256: object_sha256 },
    ...{ merkleRoot: merkle_root, indexSha256: index_sha256, manifestKey: manifest_key },
    ...{ manifestSha256: manifest_sha256, previousManifestSha256: row.previous_manifest_sha256, lo: lo_id, hi: hi_id },
  };
}

export const toBatch = (row: BatchRow): Batch => ({
  ...{ no: row.no, id: row.id, table: row.table_name, policyVersion: row.policy_version, way: row.way },
  ...{ state: row.state, fence: row.fence, range: { from: row.range_from, to: row.range_to } },
  ...{ partition: row.partition, partitionBound: row.partition_bound, detached: row.detached },
  ...{ claimedAt: row.claimed_at, object: objectOf(row), versionId: row.version_id, coolingUntil: row.cooling_until },
  ...{ nextSeq: row.next_seq, parts: row.parts, archivedRows: row.archived_rows, keptRows: row.kept_rows },
  ...{ committedAt: row.committed_at, receiptKey: row.receipt_key, receiptSha256: row.receipt_sha256 },
  abandonedReason: row.abandoned_reason,
  stored:
    row.stored_bytes === null ? undefined : { bytes: Number(row.stored_bytes), sha256: row.stored_sha256 ?? undefined },
});
