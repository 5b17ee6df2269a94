/** The SQL of requests to restore, and of their objects. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { pin } from '../run/store-rows.ts';
import type { ObjectState, Restore, RestoreObject, What } from './request.ts';

interface RestoreRow {
  readonly id: string;
  readonly table_name: string;
  readonly what: What;
  readonly purpose: Restore['purpose'];
  readonly tier: Restore['tier'];
  readonly days: number;
  readonly mapping: Restore['mapping'] | null;
  readonly quoted_cost: string | null;
  readonly currency: string;
  readonly wait_ms: bigint;
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly approved_by: string | null;
}

const toRestore = (row: RestoreRow): Restore => ({
  ...{ id: row.id, table: row.table_name, what: row.what, purpose: row.purpose, tier: row.tier, days: row.days },
  ...{ mapping: row.mapping ?? undefined, quotedCost: row.quoted_cost ?? undefined, currency: row.currency },
  ...{ waitMs: Number(row.wait_ms), requestedBy: row.requested_by, requestedAt: row.requested_at },
  approvedBy: row.approved_by,
});

interface ObjectRow {
  readonly restore: string;
  readonly batch: number;
  readonly state: ObjectState;
  readonly tier: RestoreObject['tier'];
  readonly asked_at: Date | null;
  readonly readable_until: Date | null;
  readonly next_seq: number;
  readonly landed_rows: number;
  readonly returned_rows: number;
  readonly attempts: number;
  readonly changed_at: Date;
  readonly error_code: string | null;
  readonly error_message: string | null;
}

const toObject = (row: ObjectRow): RestoreObject => ({
  ...{ restore: row.restore, batch: row.batch, state: row.state, tier: row.tier, askedAt: row.asked_at },
  ...{ readableUntil: row.readable_until, nextSeq: row.next_seq, landedRows: row.landed_rows },
  ...{ returnedRows: row.returned_rows, attempts: row.attempts, changedAt: row.changed_at },
  error: row.error_code === null ? undefined : { code: row.error_code, message: row.error_message ?? '' },
});

export async function insertRestore(
  tx: Tx,
  restore: Restore,
  { batches, pricesDated }: { readonly batches: readonly number[]; readonly pricesDated: string },
): Promise<void> {
  const mapping = restore.mapping === undefined ? null : JSON.stringify(restore.mapping);
  await sql`SELECT set_config('plumbline.actor', ${restore.requestedBy}, true)`.execute(tx);
  await sql`
    INSERT INTO archive_restores (id, table_name, what, purpose, tier, days, mapping, quoted_cost, currency, prices_dated, wait_ms, requested_by, requested_at, approved_by)
    VALUES (${restore.id}, ${restore.table}, ${JSON.stringify(restore.what)}::text::jsonb, ${restore.purpose}, ${restore.tier}, ${restore.days},
      ${mapping}::text::jsonb, ${restore.quotedCost ?? null}::text::numeric, ${restore.currency}, ${pricesDated}::text::date, ${restore.waitMs},
      ${restore.requestedBy}, ${restore.requestedAt}, ${restore.approvedBy})`.execute(tx);
  await sql`
    INSERT INTO archive_restore_objects (restore, batch, state, tier, changed_at)
    SELECT ${restore.id}::uuid, batch, 'requested', ${restore.tier}, ${restore.requestedAt}::timestamptz
    FROM unnest(${`{${batches.join(',')}}`}::text::integer[]) AS batch`.execute(tx);
}

const RESTORE_COLUMNS = sql`id, table_name, what, purpose, tier, days, mapping, quoted_cost::text, currency, wait_ms, requested_by, requested_at, approved_by`;
const OBJECT_COLUMNS = sql`restore, batch, state, tier, asked_at, readable_until, next_seq, landed_rows, returned_rows, attempts, changed_at, error_code, error_message`;

export async function findRestore(db: Sql | Tx, id: string): Promise<Restore | undefined> {
  const { rows } = await sql<RestoreRow>`
    SELECT ${RESTORE_COLUMNS} FROM archive_restores WHERE id = ${id}::uuid`.execute(db);
  return rows.map(toRestore)[0];
}

/** Newest first. */
export async function listRestores(db: Sql, limit: number): Promise<readonly Restore[]> {
  const { rows } = await sql<RestoreRow>`
    SELECT ${RESTORE_COLUMNS} FROM archive_restores ORDER BY requested_at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows.map(toRestore);
}

export async function readObjects(db: Sql | Tx, restore: string): Promise<readonly RestoreObject[]> {
  const { rows } = await sql<ObjectRow>`
    SELECT ${OBJECT_COLUMNS} FROM archive_restore_objects WHERE restore = ${restore}::uuid ORDER BY batch`.execute(db);
  return rows.map(toObject);
}

/** Those that wait for the store, or for being read; oldest request first. */
export async function readLive(db: Sql): Promise<readonly RestoreObject[]> {
  const { rows } = await sql<ObjectRow>`
    SELECT ${OBJECT_COLUMNS} FROM archive_restore_objects WHERE state IN ('requested', 'restoring', 'readable') ORDER BY restore, batch`.execute(
    db,
  );
  return rows.map(toObject);
}

/** How many of these objects the store was asked for, and are not known to be readable. */
export async function countWaiting(db: Sql, keys: readonly string[]): Promise<number> {
  if (keys.length === 0) return 0;
  const { rows } = await sql<{ n: bigint }>`
    SELECT count(DISTINCT b.object_key) AS n FROM archive_restore_objects o JOIN archive_batches b ON b.no = o.batch
    WHERE o.state IN ('requested', 'restoring') AND b.object_key = ANY (${keys})`.execute(db);
  return Number(rows[0]?.n ?? 0n);
}

export interface ObjectChange {
  readonly state: ObjectState;
  readonly tier?: RestoreObject['tier'];
  readonly askedAt?: Date;
  readonly readableUntil?: Date | null;
  readonly attempts?: number;
  /** Null takes away what was said. */
  readonly error?: { readonly code: string; readonly message: string } | null;
}

/** @returns undefined where the object is not as it was read: somebody else went on with it */
export async function changeObject(
  db: Sql | Tx,
  before: RestoreObject,
  change: ObjectChange,
  at: Date,
): Promise<RestoreObject | undefined> {
  const sets: RawBuilder<unknown>[] = [sql`state = ${change.state}`, sql`changed_at = ${at}`];
  if (change.tier !== undefined) sets.push(sql`tier = ${change.tier}`);
  if (change.askedAt !== undefined) sets.push(sql`asked_at = ${change.askedAt}`);
  if (change.readableUntil !== undefined) sets.push(sql`readable_until = ${change.readableUntil}`);
  if (change.attempts !== undefined) sets.push(sql`attempts = ${change.attempts}`);
  if (change.error !== undefined) {
    sets.push(sql`error_code = ${change.error?.code ?? null}`);
    sets.push(sql`error_message = ${change.error?.message.slice(0, 2_000) ?? null}`);
  }
  const { rows } = await sql<ObjectRow>`
    UPDATE archive_restore_objects SET ${sql.join(sets)}
    WHERE restore = ${before.restore}::uuid AND batch = ${before.batch} AND state = ${before.state} AND tier = ${before.tier}
    RETURNING ${OBJECT_COLUMNS}`.execute(db);
  return rows.map(toObject)[0];
}

/** A faster tier for what still waits; the store is asked again. @returns how many objects */
export async function speedUp(tx: Tx, restore: string, tier: RestoreObject['tier'], at: Date): Promise<number> {
  const { rows } = await sql`
    UPDATE archive_restore_objects SET tier = ${tier}, state = 'requested', changed_at = ${at}
    WHERE restore = ${restore}::uuid AND state IN ('requested', 'restoring') RETURNING batch`.execute(tx);
  return rows.length;
}

/** Batches with rows that were written in this time: by month, and then by their first and last row. */
export async function batchesBetween(
  tx: Tx,
  table: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly number[]> {
  await pin(tx);
  const { rows } = await sql<{ no: number }>`
    SELECT no FROM archive_batches JOIN archive_manifests ON batch = no
    WHERE table_name = ${table} AND state IN ('committing', 'committed', 'sealed') AND archived_rows > 0
      AND range_from::timestamptz < ${to}::text::timestamptz AND range_to::timestamptz > ${from}::text::timestamptz
      AND (body::json #>> '{first,at}')::timestamptz < ${to}::text::timestamptz AND (body::json #>> '{last,at}')::timestamptz >= ${from}::text::timestamptz
    ORDER BY no`.execute(tx);
  return rows.map(({ no }) => no);
}

/** Newest first: the same bytes archived twice have the same path. */
export async function batchesAt(db: Sql, table: string, key: string): Promise<readonly number[]> {
  const { rows } = await sql<{ no: number }>`
    SELECT no FROM archive_batches WHERE table_name = ${table} AND object_key = ${key} AND state IN ('committing', 'committed', 'sealed') ORDER BY no DESC`.execute(
    db,
  );
  return rows.map(({ no }) => no);
}

/** What the view of archived rows says of the batch. */
export async function setBatchRestore(
  db: Sql | Tx,
  batch: number,
  set: {
    readonly state: 'archived' | 'restoring' | 'restored' | 'failed';
    readonly tier: string | null;
    readonly at: Date | null;
    readonly until: Date | null;
  },
): Promise<void> {
  await sql`
    UPDATE archive_batches SET restore_state = ${set.state}, restore_tier = ${set.tier}, restore_requested_at = ${set.at}, restored_until = ${set.until}
    WHERE no = ${batch}`.execute(db);
}

export interface RowPointer {
  readonly batch: number;
  readonly seq: number;
  readonly returned: boolean;
}

/** Where a row is: first where it has not come back from, newest batch first. @param id its original_id */
export async function pointersOf(db: Sql, table: string, id: string): Promise<readonly RowPointer[]> {
  const { rows } = await sql<RowPointer>`
    SELECT f.batch, f.seq, r.batch IS NOT NULL AS returned FROM archive_find(${table}, ${id}::uuid) AS f
    LEFT JOIN archive_returned AS r ON r.batch = f.batch AND r.seq = f.seq ORDER BY 3, 1 DESC`.execute(db);
  return rows;
}
