/** The SQL of a batch's way from one state to the next. Each step is fenced: who was taken over from changes nothing. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { ColdHead } from '../../../platform/objects/cold-port.ts';
import { countOf } from '../format/records.ts';
import type { Batch, BatchObject } from './batch.ts';
import { type BatchRow, COLUMNS, toBatch } from './store-batch-row.ts';
import { fenced, holdKey } from './store-batches.ts';
import { insertPacked } from './store-pointers.ts';

/** @throws `archive.fenced` (conflict): somebody took the batch over */
async function change(db: Sql | Tx, { no, fence, state }: Batch, set: RawBuilder<unknown>, at: Date): Promise<Batch> {
  const { rows } = await sql<BatchRow>`
    UPDATE archive_batches SET ${set}, changed_at = ${at}
    WHERE no = ${no} AND fence = ${fence} AND state = ${state} RETURNING ${COLUMNS}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw fenced(no);
  return toBatch(row);
}

export async function setExported(
  tx: Tx,
  batch: Batch,
  object: BatchObject,
  manifest: string,
  at: Date,
): Promise<Batch> {
  await holdKey(tx, batch.no, object.key);
  const hex = (text: string | null): RawBuilder<unknown> => sql`decode(${text}::text, 'hex')`;
  const exported = await change(
    tx,
    batch,
    sql`state = 'exported', s3_bucket = ${object.bucket}, object_key = ${object.key}, storage_class = ${object.storageClass}, codec = ${object.codec},
      row_count = ${object.rows}, raw_bytes = ${object.rawBytes}, object_bytes = ${object.bytes}, object_sha256 = ${hex(object.sha256)},
      merkle_root = ${hex(object.merkleRoot)}, index_sha256 = ${hex(object.indexSha256)}, manifest_key = ${object.manifestKey},
      manifest_sha256 = ${hex(object.manifestSha256)}, previous_manifest_sha256 = ${hex(object.previousManifestSha256)},
      lo_id = ${object.lo}::uuid, hi_id = ${object.hi}::uuid`,
    at,
  );
  await sql`INSERT INTO archive_manifests (batch, body) VALUES (${batch.no}, ${manifest})`.execute(tx);
  return exported;
}

export const setUploaded = (
  db: Sql,
  batch: Batch,
  head: Pick<ColdHead, 'size' | 'sha256' | 'versionId'>,
  at: Date,
): Promise<Batch> =>
  change(
    db,
    batch,
    sql`state = 'uploaded', version_id = ${head.versionId ?? null}, stored_bytes = ${head.size}, stored_sha256 = decode(${head.sha256 ?? null}::text, 'hex')`,
    at,
  );

export const setVerified = (db: Sql, batch: Batch, coolingUntil: Date | null, at: Date): Promise<Batch> =>
  change(db, batch, sql`state = 'verified', cooling_until = ${coolingUntil}`, at);

/** From here on rows leave. What their manifest is goes to the audit log in the same transaction. */
export async function setCommitting(tx: Tx, batch: Batch, object: BatchObject, at: Date): Promise<Batch> {
  const committing = await change(tx, batch, sql`state = 'committing'`, at);
  const said = {
    batch: batch.id,
    table: batch.table,
    manifest_key: object.manifestKey,
    manifest_sha256: object.manifestSha256,
    previous_manifest_sha256: object.previousManifestSha256,
    object_sha256: object.sha256,
    object_bytes: object.bytes,
    merkle_root: object.merkleRoot,
    rows: object.rows,
  };
  await sql`SELECT audit_capture('archive_manifests', ${object.key}::text, 'archive', ${JSON.stringify(said)}::text::jsonb, 'plumbline')`.execute(
    tx,
  );
  return committing;
}

/** One chunk of rows was dealt with: those that are gone have pointers, the others are kept. Records in any order. */
export async function setChunk(
  tx: Tx,
  batch: Batch,
  { archived, kept, parts = 1 }: { readonly archived: Buffer; readonly kept: Buffer; readonly parts?: 0 | 1 },
  at: Date,
): Promise<Batch> {
  const part = batch.parts + parts;
  await insertPacked(tx, part === 0 ? 'archive_pointers' : 'archive_pointer_parts', batch.no, part, archived);
  await insertPacked(tx, 'archive_kept', batch.no, part, kept);
  const [gone, stay] = [countOf(archived), countOf(kept)];
  return change(
    tx,
    batch,
    sql`next_seq = next_seq + ${gone + stay}, archived_rows = archived_rows + ${gone}, kept_rows = kept_rows + ${stay}, parts = ${part}`,
    at,
  );
}

/** All rows of the object are gone at once, with their partition. @param pieces their records, ascending by id */
export async function setExchanged(tx: Tx, batch: Batch, pieces: AsyncIterable<Buffer>, at: Date): Promise<Batch> {
  let gone = 0;
  for await (const records of pieces) {
    await insertPacked(tx, 'archive_pointers', batch.no, 0, records);
    gone += countOf(records);
  }
  return change(tx, batch, sql`next_seq = next_seq + ${gone}, archived_rows = archived_rows + ${gone}`, at);
}

/** The rest of the object's rows stay in the table: what would be needed to compare them is lost. */
export const setCutShort = (tx: Tx, batch: Batch, at: Date): Promise<Batch> =>
  change(tx, batch, sql`kept_rows = kept_rows + row_count - next_seq, next_seq = row_count`, at);

/** All its pointers are in one order. */
export const setCommitted = (tx: Tx, batch: Batch, at: Date): Promise<Batch> =>
  change(tx, batch, sql`state = 'committed', parts = 0, committed_at = ${at}`, at);

export const setSealed = (db: Sql, batch: Batch, key: string, sha256: string, at: Date): Promise<Batch> =>
  change(db, batch, sql`state = 'sealed', receipt_key = ${key}, receipt_sha256 = decode(${sha256}::text, 'hex')`, at);

export const setAbandoned = (db: Sql, batch: Batch, reason: string, at: Date): Promise<Batch> =>
  change(db, batch, sql`state = 'abandoned', abandoned_reason = ${reason.slice(0, 500)}`, at);

export const setDetached = (db: Sql | Tx, batch: Batch, detached: boolean, at: Date): Promise<Batch> =>
  change(db, batch, sql`detached = ${detached}`, at);

/** So many rows are deleted for good. */
export async function setPurging(tx: Tx, batch: Batch, gone: number, at: Date): Promise<Batch> {
  const changed = await change(
    tx,
    batch,
    sql`next_seq = next_seq + ${gone}, archived_rows = archived_rows + ${gone}`,
    at,
  );
  await capturePurge(tx, batch, 'purge', { rows: gone });
  return changed;
}

export const setPurged = (db: Sql, batch: Batch, at: Date): Promise<Batch> =>
  change(db, batch, sql`state = 'purged', committed_at = ${at}`, at);

async function capturePurge(
  tx: Tx,
  { id, table, range, policyVersion }: Batch,
  op: string,
  more: object,
): Promise<void> {
  const said = { table, from: range.from, to: range.to, policy_version: policyVersion, ...more };
  await sql`SELECT audit_capture('archive_purges', ${id}::text, ${op}, ${JSON.stringify(said)}::text::jsonb, 'plumbline')`.execute(
    tx,
  );
}
