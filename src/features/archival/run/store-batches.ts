/** The SQL of batches: claimed, taken over, held and found. How one goes on: store-transitions.ts. */
import { sql } from 'kysely';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { Batch, BatchState, Way } from './batch.ts';
import { type BatchRow, COLUMNS, toBatch } from './store-batch-row.ts';

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
  const { rows } = await sql<BatchRow>`
    INSERT INTO archive_batches (id, table_name, policy_version, way, state, range_from, range_to, partition, partition_bound, claimed_at, changed_at)
    VALUES (${batch.id}, ${batch.table}, ${batch.policyVersion}, ${batch.way}, 'claimed', ${batch.range.from}, ${batch.range.to},
      ${batch.partition?.name ?? null}, ${batch.partition?.bound ?? null}, ${batch.at}, ${batch.at})
    RETURNING ${COLUMNS}`.execute(db);
  return only(rows.map(toBatch), batch.id);
}

/** The batches of a table that have not come to an end, taken over from whoever worked on them; oldest first. */
export async function takeUnfinished(db: Sql, table: string): Promise<readonly Batch[]> {
  const { rows } = await sql<BatchRow>`
    UPDATE archive_batches SET fence = fence + 1
    WHERE table_name = ${table} AND state NOT IN ('sealed', 'purged', 'abandoned') RETURNING ${COLUMNS}`.execute(db);
  return rows.map(toBatch).sort((a, b) => a.no - b.no);
}

/** Which of these batches have come to an end. */
export async function readEnded(db: Sql, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM archive_batches WHERE id = ANY (${`{${ids.join(',')}}`}::uuid[]) AND state IN ('sealed', 'purged', 'abandoned')`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

/** Holds the batch until the transaction ends. @throws `archive.fenced` (conflict): somebody took it over */
export async function holdBatch(tx: Tx, { no, fence, state }: Batch): Promise<Batch> {
  const { rows } = await sql<BatchRow>`
    SELECT ${COLUMNS} FROM archive_batches WHERE no = ${no} AND fence = ${fence} AND state = ${state} FOR UPDATE`.execute(
    tx,
  );
  const [row] = rows;
  if (row === undefined) throw fenced(no);
  return toBatch(row);
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
  const { rows } = await sql<BatchRow>`
    SELECT ${COLUMNS} FROM archive_batches WHERE ${sql.join(conditions, sql` AND `)} ORDER BY no DESC LIMIT ${limit}`.execute(
    db,
  );
  return rows.map(toBatch);
}

/** The manifest that the table's next one names: of the newest batch that is not abandoned, but for itself. */
export async function previousManifest(db: Sql | Tx, table: string, except: number): Promise<string | null> {
  const { rows } = await sql<{ sha256: string }>`
    SELECT encode(manifest_sha256, 'hex') AS sha256 FROM archive_batches
    WHERE table_name = ${table} AND no <> ${except} AND state NOT IN ('claimed', 'abandoned') AND manifest_sha256 IS NOT NULL
    ORDER BY no DESC LIMIT 1`.execute(db);
  return rows[0]?.sha256 ?? null;
}

/** Whether a batch that was given up names the key. */
export async function isGivenUp(db: Sql | Tx, key: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM archive_batches WHERE object_key = ${key} AND state = 'abandoned' LIMIT 1`.execute(db);
  return rows.length > 0;
}

/**
 * Until the transaction ends, nobody gives up a batch that names the key.
 * @throws `archive.fenced` (conflict) where somebody has meanwhile: its object may be removed at any time
 */
export async function holdKey(tx: Tx, no: number, key: string): Promise<void> {
  const { rows } = await sql<{ state: BatchState }>`
    SELECT state FROM archive_batches WHERE object_key = ${key} AND no <> ${no} FOR SHARE`.execute(tx);
  if (rows.some(({ state }) => state === 'abandoned')) throw fenced(no);
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

function only(batches: readonly Batch[], id: string): Batch {
  const [batch] = batches;
  if (batch === undefined)
    throw new PlumblineError('internal', 'archive.batch_missing', `the batch ${id} was not written`);
  return batch;
}

export const fenced = (no: number): PlumblineError =>
  new PlumblineError(
    'conflict',
    'archive.fenced',
    `batch ${no} was taken over by another process, which goes on with it`,
  );
