/** The SQL of legal holds. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { Subject } from '../plan/subject.ts';
import type { HeldSubject, Hold, Release } from './hold.ts';

interface HoldRow {
  readonly id: string;
  readonly table_name: string;
  readonly kind: Hold['rows']['kind'];
  readonly column_name: string;
  readonly column_type: string;
  readonly held_from: string;
  readonly held_to: string;
  readonly reason: string;
  readonly placed_by: string;
  readonly placed_at: Date;
  readonly released_by: string | null;
  readonly released_at: Date | null;
  readonly release_reason: string | null;
  readonly release_approved_by: string | null;
}

const COLUMNS = sql`id, table_name, kind, column_name, column_type, held_from, held_to, reason, placed_by, placed_at,
  released_by, released_at, release_reason, release_approved_by`;

function releaseOf(row: HoldRow): Release | undefined {
  const { released_by: by, released_at: at, release_reason: reason, release_approved_by: approvedBy } = row;
  return by === null || at === null || reason === null ? undefined : { by, at, reason, approvedBy };
}

const toHold = (row: HoldRow): Hold => ({
  ...{ id: row.id, table: row.table_name, rows: { kind: row.kind, from: row.held_from, to: row.held_to } },
  ...{ column: { name: row.column_name, type: row.column_type }, reason: row.reason },
  ...{ placedBy: row.placed_by, placedAt: row.placed_at, release: releaseOf(row) },
});

const lockKey = (table: string): RawBuilder<unknown> => sql`hashtextextended(${`archive-holds/${table}`}, 0)`;

/** The table with the holds that stand now. */
export async function underHolds(db: Sql | Tx, subject: Subject): Promise<HeldSubject> {
  const { rows } = await sql<HoldRow>`
    SELECT ${COLUMNS} FROM archive_holds WHERE table_name = ${subject.table} AND released_at IS NULL ORDER BY id`.execute(
    db,
  );
  return { ...subject, held: rows.map(toHold) };
}

/** The same for rows that leave in this transaction: no hold is placed before it ends. */
export async function underStandingHolds(tx: Tx, subject: Subject): Promise<HeldSubject> {
  await sql`SELECT pg_advisory_xact_lock_shared(${lockKey(subject.table)})`.execute(tx);
  return underHolds(tx, subject);
}

/** Waits for rows that are leaving at this moment: none that it is of leaves after it. */
export async function insertHold(tx: Tx, hold: Hold): Promise<void> {
  const { rows: held, column } = hold;
  await sql`SELECT set_config('plumbline.actor', ${hold.placedBy}, true), pg_advisory_xact_lock(${lockKey(hold.table)})`.execute(
    tx,
  );
  await sql`
    INSERT INTO archive_holds (id, table_name, kind, column_name, column_type, held_from, held_to, reason, placed_by, placed_at)
    VALUES (${hold.id}, ${hold.table}, ${held.kind}, ${column.name}, ${column.type}, ${held.from}, ${held.to}, ${hold.reason}, ${hold.placedBy}, ${hold.placedAt})`.execute(
    tx,
  );
}

/** @returns undefined where it is not there, or was released */
export async function releaseHold(
  tx: Tx,
  id: string,
  { by, at, reason, approvedBy }: Release,
): Promise<Hold | undefined> {
  await sql`SELECT set_config('plumbline.actor', ${by}, true)`.execute(tx);
  const { rows } = await sql<HoldRow>`
    UPDATE archive_holds SET released_by = ${by}, released_at = ${at}, release_reason = ${reason}, release_approved_by = ${approvedBy}
    WHERE id = ${id}::uuid AND released_at IS NULL RETURNING ${COLUMNS}`.execute(tx);
  return rows.map(toHold)[0];
}

export async function findHold(db: Sql | Tx, id: string): Promise<Hold | undefined> {
  const { rows } = await sql<HoldRow>`SELECT ${COLUMNS} FROM archive_holds WHERE id = ${id}::uuid`.execute(db);
  return rows.map(toHold)[0];
}

/** Newest first. @param which `released`: those that do not stand any more as well */
export async function listHolds(
  db: Sql,
  {
    table,
    released,
    limit,
  }: { readonly table?: string | undefined; readonly released: boolean; readonly limit: number },
): Promise<readonly Hold[]> {
  const { rows } = await sql<HoldRow>`
    SELECT ${COLUMNS} FROM archive_holds
    WHERE (${table ?? null}::text IS NULL OR table_name = ${table ?? null}) AND (${released} OR released_at IS NULL)
    ORDER BY placed_at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows.map(toHold);
}
