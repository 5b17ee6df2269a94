/** The SQL of batches. Every change is fenced: who was taken over from changes nothing. */
import { type RawBuilder, sql } from 'kysely';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { ColdHead, StorageClass } from '../../../platform/objects/cold-port.ts';
import type { Codec } from '../format/codec.ts';
import { packed } from '../format/records.ts';
import type { Batch, BatchObject, BatchState, Way } from './batch.ts';

interface Row {
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

const COLUMNS = sql`no, id, table_name, policy_version, way, state, fence, range_from, range_to, partition, partition_bound, detached, claimed_at,
  s3_bucket, object_key, storage_class, version_id, codec, row_count, raw_bytes, object_bytes, encode(object_sha256, 'hex') AS object_sha256,
  encode(merkle_root, 'hex') AS merkle_root, encode(index_sha256, 'hex') AS index_sha256, manifest_key, encode(manifest_sha256, 'hex') AS manifest_sha256,
  encode(previous_manifest_sha256, 'hex') AS previous_manifest_sha256, lo_id, hi_id, cooling_until, stored_bytes, encode(stored_sha256, 'hex') AS stored_sha256, next_seq, parts, archived_rows, kept_rows,
  committed_at, receipt_key, encode(receipt_sha256, 'hex') AS receipt_sha256, abandoned_reason`;

function objectOf(row: Row): BatchObject | undefined {
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

const toBatch = (row: Row): Batch => ({
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

export interface NewBatch {
  readonly id: string;
  readonly table: string;
  readonly policyVersion: number;
  readonly way: Way;
  readonly range: Batch['range'];
  readonly partition?: { readonly name: string; readonly bound: string };
  readonly at: Date;
}

export async function insertBatch(db: Sql, batch: NewBatch): Promise<Batch> {
  const { rows } = await sql<Row>`
    INSERT INTO archive_batches (id, table_name, policy_version, way, state, range_from, range_to, partition, partition_bound, claimed_at, changed_at)
    VALUES (${batch.id}, ${batch.table}, ${batch.policyVersion}, ${batch.way}, 'claimed', ${batch.range.from}, ${batch.range.to},
      ${batch.partition?.name ?? null}, ${batch.partition?.bound ?? null}, ${batch.at}, ${batch.at})
    RETURNING ${COLUMNS}`.execute(db);
  return only(rows.map(toBatch), batch.id);
}

/** The batches of a table that have not come to an end, taken over from whoever worked on them; oldest first. */
export async function takeUnfinished(db: Sql, table: string): Promise<readonly Batch[]> {
  const { rows } = await sql<Row>`
    UPDATE archive_batches SET fence = fence + 1
    WHERE table_name = ${table} AND state NOT IN ('sealed', 'purged', 'abandoned') RETURNING ${COLUMNS}`.execute(db);
  return rows.map(toBatch).sort((a, b) => a.no - b.no);
}

/** Holds the batch until the transaction ends. @throws `archive.fenced` (conflict): somebody took it over */
export async function holdBatch(tx: Tx, { no, fence, state }: Batch): Promise<Batch> {
  const { rows } = await sql<Row>`
    SELECT ${COLUMNS} FROM archive_batches WHERE no = ${no} AND fence = ${fence} AND state = ${state} FOR UPDATE`.execute(
    tx,
  );
  const [row] = rows;
  if (row === undefined) throw fenced(no);
  return toBatch(row);
}

/** @throws `archive.fenced` (conflict): somebody took the batch over */
async function change(db: Sql | Tx, { no, fence, state }: Batch, set: RawBuilder<unknown>, at: Date): Promise<Batch> {
  const { rows } = await sql<Row>`
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
  await insertPacked(tx, 'archive_pointers', batch.no, part, archived);
  await insertPacked(tx, 'archive_kept', batch.no, part, kept);
  const [gone, stay] = [archived.length / 52, kept.length / 52];
  return change(
    tx,
    batch,
    sql`next_seq = next_seq + ${gone + stay}, archived_rows = archived_rows + ${gone}, kept_rows = kept_rows + ${stay}, parts = ${part}`,
    at,
  );
}

/** @param records in any order */
async function insertPacked(
  tx: Tx,
  table: 'archive_pointers' | 'archive_kept',
  batch: number,
  part: number,
  records: Buffer,
): Promise<void> {
  let some: RawBuilder<unknown>[] = [];
  const insert = async (): Promise<void> => {
    if (some.length === 0) return;
    await sql`INSERT INTO ${sql.id(table)} (batch, part, lo, records) VALUES ${sql.join(some)}`.execute(tx);
    some = [];
  };
  for (const { lo, records: cut } of packed(records)) {
    some.push(sql`(${batch}::integer, ${part}::integer, ${lo}::uuid, ${cut}::bytea)`);
    if (some.length === 100) await insert();
  }
  await insert();
}

/** The rest of the object's rows stay in the table: what would be needed to compare them is lost. */
export const setCutShort = (tx: Tx, batch: Batch, at: Date): Promise<Batch> =>
  change(tx, batch, sql`kept_rows = kept_rows + row_count - next_seq, next_seq = row_count`, at);

/** All pointers of a batch, or what it kept, packed, in no order. */
export async function readPacked(
  db: Sql | Tx,
  table: 'archive_pointers' | 'archive_kept',
  batch: number,
): Promise<Buffer> {
  const { rows: sizes } = await sql<{ bytes: bigint }>`
    SELECT coalesce(sum(octet_length(records)), 0)::bigint AS bytes FROM ${sql.id(table)} WHERE batch = ${batch}`.execute(
    db,
  );
  let whole = Buffer.allocUnsafeSlow(Number(sizes[0]?.bytes ?? 0n));
  let filled = 0;
  let after: { readonly part: number; readonly lo: string } | undefined;
  for (;;) {
    const { rows } = await sql<{ part: number; lo: string; records: Uint8Array }>`
      SELECT part, lo, records FROM ${sql.id(table)}
      WHERE batch = ${batch} AND ${after === undefined ? sql`true` : sql`(part, lo) > (${after.part}, ${after.lo}::uuid)`}
      ORDER BY part, lo LIMIT 100`.execute(db);
    for (const { records } of rows) {
      if (filled + records.length > whole.length) whole = Buffer.concat([whole, Buffer.alloc(filled + records.length)]); // written meanwhile
      whole.set(records, filled);
      filled += records.length;
    }
    after = rows.at(-1);
    if (rows.length < 100) return whole.subarray(0, filled);
  }
}

/** Pointers in one order over the whole batch, in place of a part for each chunk. @param records of all of them, in any order */
export async function setCommitted(tx: Tx, batch: Batch, records: Buffer, at: Date): Promise<Batch> {
  if (batch.parts > 0) {
    await sql`SELECT set_config('plumbline.archive_exchanges', 'yes', true)`.execute(tx);
    await sql`DELETE FROM archive_pointers WHERE batch = ${batch.no}`.execute(tx);
    await sql`SELECT set_config('plumbline.archive_exchanges', '', true)`.execute(tx);
    await insertPacked(tx, 'archive_pointers', batch.no, 0, records);
  }
  return change(tx, batch, sql`state = 'committed', parts = 0, committed_at = ${at}`, at);
}

/** The parts that were exchanged make room for the next batch's, at once and not when autovacuum comes. */
export async function vacuumPointers(db: Sql): Promise<void> {
  // Without the right to do it, autovacuum does, in its own time.
  await sql`VACUUM (TRUNCATE false) archive_pointers`.execute(db).catch(() => undefined);
}

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

/** The manifest that the table's next one names: of the newest batch that is not abandoned, but for itself. */
export async function previousManifest(db: Sql | Tx, table: string, except: number): Promise<string | null> {
  const { rows } = await sql<{ sha256: string }>`
    SELECT encode(manifest_sha256, 'hex') AS sha256 FROM archive_batches
    WHERE table_name = ${table} AND no <> ${except} AND state NOT IN ('claimed', 'abandoned') AND manifest_sha256 IS NOT NULL
    ORDER BY no DESC LIMIT 1`.execute(db);
  return rows[0]?.sha256 ?? null;
}

export async function readManifestText(db: Sql | Tx, batch: number): Promise<string | undefined> {
  const { rows } = await sql<{ body: string }>`SELECT body FROM archive_manifests WHERE batch = ${batch}`.execute(db);
  return rows[0]?.body;
}

/** Keys in the store that no batch needs any more: of abandoned ones, where no other batch has the same. */
export async function readSweepable(
  db: Sql,
  table: string,
): Promise<readonly { readonly no: number; readonly keys: readonly string[] }[]> {
  const { rows } = await sql<{ no: number; keys: (string | null)[] }>`
    SELECT b.no, ARRAY(SELECT k FROM unnest(ARRAY[b.object_key, b.manifest_key]) AS k
      WHERE NOT EXISTS (SELECT FROM archive_batches o WHERE o.no <> b.no AND o.state <> 'abandoned'
        AND (k IN (o.object_key, o.manifest_key) OR (k = b.manifest_key AND o.previous_manifest_sha256 = b.manifest_sha256)))) AS keys
    FROM archive_batches b WHERE b.table_name = ${table} AND b.state = 'abandoned' AND NOT b.swept ORDER BY b.no`.execute(
    db,
  );
  return rows.map(({ no, keys }) => ({ no, keys: keys.filter((key) => key !== null) }));
}

export async function setSwept(db: Sql, no: number): Promise<void> {
  await sql`UPDATE archive_batches SET swept = true WHERE no = ${no}`.execute(db);
}

export interface BatchQuery {
  readonly table?: string | undefined;
  readonly id?: string | undefined;
  readonly no?: number | undefined;
  readonly states?: readonly BatchState[] | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listBatches(
  db: Sql | Tx,
  { table, id, no, states, before, limit }: BatchQuery,
): Promise<readonly Batch[]> {
  const conditions = [
    sql`true`,
    ...(table === undefined ? [] : [sql`table_name = ${table}`]),
    ...(id === undefined ? [] : [sql`id = ${id}::uuid`]),
    ...(no === undefined ? [] : [sql`no = ${no}`]),
    ...(before === undefined ? [] : [sql`no < ${before}`]),
    ...(states === undefined ? [] : [sql`state = ANY (${`{${states.join(',')}}`}::text[])`]),
  ];
  const { rows } = await sql<Row>`
    SELECT ${COLUMNS} FROM archive_batches WHERE ${sql.join(conditions, sql` AND `)} ORDER BY no DESC LIMIT ${limit}`.execute(
    db,
  );
  return rows.map(toBatch);
}

function only(batches: readonly Batch[], id: string): Batch {
  const [batch] = batches;
  if (batch === undefined)
    throw new PlumblineError('internal', 'archive.batch_missing', `the batch ${id} was not written`);
  return batch;
}

const fenced = (no: number): PlumblineError =>
  new PlumblineError(
    'conflict',
    'archive.fenced',
    `batch ${no} was taken over by another process, which goes on with it`,
  );
