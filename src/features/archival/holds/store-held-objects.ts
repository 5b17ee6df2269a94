/** The SQL of objects that have rows under a hold. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { pointerId } from '../pointers/key.ts';
import { pin } from '../run/store-rows.ts';
import type { Hold } from './hold.ts';

/**
 * Whether a batch may have rows of the hold. More than one key is told by the first and the last of the batch, a
 * time by its manifest; where that was made by another column, the batch is kept.
 */
function mayHave({ table, rows, column }: Hold): RawBuilder<unknown> {
  if (rows.kind === 'time') {
    return sql`(body::json #>> '{archive_column,name}' IS DISTINCT FROM ${column.name}
      OR (body::json #>> '{first,at}')::timestamptz < ${rows.to}::text::timestamptz AND (body::json #>> '{last,at}')::timestamptz >= ${rows.from}::text::timestamptz)`;
  }
  if (rows.from === rows.to) {
    return sql`b.no IN (SELECT batch FROM archive_find(${table}, ${pointerId(rows.from)}::uuid))`;
  }
  const overlaps = idRanges(rows).map(([from, to]) => sql`(b.lo_id <= ${to}::uuid AND b.hi_id >= ${from}::uuid)`);
  return sql`(${sql.join(overlaps, sql` OR `)})`;
}

/** Of pointers: a number below zero has a greater id than one above. */
export function idRanges({
  from,
  to,
}: {
  readonly from: string;
  readonly to: string;
}): readonly (readonly [string, string])[] {
  const [first, last] = [pointerId(from), pointerId(to)];
  return first <= last
    ? [[first, last]]
    : [
        [first, pointerId('-1')],
        [pointerId('0'), last],
      ];
}

/** Objects that have rows of the hold, those included that a lost database got back since. */
export async function insertHeldObjects(tx: Tx, hold: Hold): Promise<void> {
  await pin(tx);
  await sql`
    INSERT INTO archive_held_objects (hold, batch)
    SELECT ${hold.id}::uuid, b.no FROM archive_batches b JOIN archive_manifests m ON m.batch = b.no
    WHERE b.table_name = ${hold.table} AND b.state IN ('committing', 'committed', 'sealed') AND b.archived_rows > 0 AND ${mayHave(hold)}
    ON CONFLICT DO NOTHING`.execute(tx);
}

export interface HeldObject {
  readonly hold: string;
  readonly batch: number;
  /** Of the object, its manifest and its receipt. */
  readonly keys: readonly string[];
  readonly protected: boolean;
}

/** What the store is to be told: objects to be kept, and objects that no hold and no policy keeps any more. */
export async function readUntold(db: Sql, what: 'protect' | 'lift'): Promise<readonly HeldObject[]> {
  const condition =
    what === 'protect'
      ? sql`h.released_at IS NULL AND o.protected_at IS NULL`
      : sql`h.released_at IS NOT NULL AND o.lifted_at IS NULL`;
  const { rows } = await sql<{ hold: string; batch: number; keys: (string | null)[]; protected: boolean }>`
    SELECT o.hold, o.batch, ARRAY[b.object_key, b.manifest_key, b.receipt_key] AS keys, o.protected_at IS NOT NULL AS protected
    FROM archive_held_objects o JOIN archive_holds h ON h.id = o.hold JOIN archive_batches b ON b.no = o.batch
    WHERE ${condition} ORDER BY o.error_code NULLS FIRST, o.hold, o.batch LIMIT 1000`.execute(db);
  return rows.map(({ keys, ...row }) => ({ ...row, keys: keys.filter((key) => key !== null) }));
}

/** Whether another hold stands on the object, or the policy that it was archived by: it may be of several batches. */
export async function isKept(db: Sql, { hold, batch }: HeldObject): Promise<boolean> {
  const { rows } = await sql<{ kept: boolean }>`
    SELECT EXISTS (
      SELECT FROM archive_batches b JOIN archive_batches same ON same.object_key = b.object_key
      LEFT JOIN archive_policies p ON p.table_name = same.table_name AND p.version = same.policy_version
      WHERE b.no = ${batch} AND same.state <> 'abandoned' AND ((p.policy ->> 'legal_hold')::boolean IS TRUE OR EXISTS (
        SELECT FROM archive_held_objects o JOIN archive_holds h ON h.id = o.hold
        WHERE o.batch = same.no AND o.hold <> ${hold}::uuid AND h.released_at IS NULL))) AS kept`.execute(db);
  return rows[0]?.kept === true;
}

export async function setTold(
  db: Sql,
  { hold, batch }: HeldObject,
  told: {
    readonly what: 'protect' | 'lift';
    readonly at: Date | null;
    readonly error?: { readonly code: string; readonly message: string };
  },
): Promise<void> {
  const column = told.what === 'protect' ? sql`protected_at` : sql`lifted_at`;
  await sql`
    UPDATE archive_held_objects SET ${column} = ${told.at}, error_code = ${told.error?.code ?? null}, error_message = ${told.error?.message.slice(0, 2_000) ?? null}
    WHERE hold = ${hold}::uuid AND batch = ${batch}`.execute(db);
}

export interface HeldCount {
  readonly all: number;
  readonly protected: number;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

export async function countHeldObjects(db: Sql, hold: string): Promise<HeldCount> {
  const { rows } = await sql<{ all: number; protected: number; code: string | null; message: string | null }>`
    SELECT count(*)::integer AS all, count(*) FILTER (WHERE protected_at IS NOT NULL AND lifted_at IS NULL)::integer AS protected,
      min(error_code) AS code, min(error_message) AS message
    FROM archive_held_objects WHERE hold = ${hold}::uuid`.execute(db);
  const [row] = rows;
  const error = row?.code == null ? undefined : { code: row.code, message: row.message ?? '' };
  return { all: row?.all ?? 0, protected: row?.protected ?? 0, error };
}
