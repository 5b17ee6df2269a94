/**
 * Whether a table has exactly the rows that an earlier snapshot saw, known without reading their values again.
 *
 * PostgreSQL never changes a row in place: a change is a new version, which carries the transaction that wrote it.
 * Where every version was written by a transaction before the oldest one that was under way at the snapshot, the
 * snapshot saw each of them; and where there are as many as it saw, none is gone and none has come. A transaction
 * of a savepoint is younger than the one around it, so it is never taken for one that was over.
 * https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND
 */
import { sql } from 'kysely';
import type { Tx } from '../../../platform/db/port.ts';
import type { Place } from './store-rows.ts';

/** What is known of a snapshot. It says nothing to another start of the server, where numbers may be used again. */
export interface Seen {
  readonly server: string;
  /** The oldest transaction that was under way, all 64 bits of its number. */
  readonly oldest: bigint;
}

const SERVER = sql`(SELECT oid || ' ' || pg_postmaster_start_time() FROM pg_database WHERE datname = current_database())`;

/** Of the transaction's own snapshot. */
export async function seenBy(tx: Tx): Promise<Seen | undefined> {
  const { rows } = await sql<Seen>`
    SELECT ${SERVER} AS server, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest`.execute(tx);
  return rows[0];
}

/**
 * Ages are counted in 32 bits: within 2^30 transactions none that is younger than the snapshot looks older, while
 * an old one may look younger.
 * @returns how many rows there are; undefined where some may not have been seen, or it cannot be known
 */
export async function seenRows(tx: Tx, place: Place, { server, oldest }: Seen): Promise<number | undefined> {
  const { rows: facts } = await sql<{ comparable: boolean }>`
    SELECT ${SERVER} = ${server} AND a.amname = 'heap'
      AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint - ${oldest}::bigint BETWEEN 0 AND 1::bigint << 30 AS comparable
    FROM pg_class c JOIN pg_am a ON a.oid = c.relam
    WHERE c.oid = format('%I.%I', ${place.schema}::text, ${place.name}::text)::regclass`.execute(tx);
  if (facts[0]?.comparable !== true) return undefined;
  const { rows } = await sql<{ n: bigint; youngest: number | null; seen: number }>`
    SELECT count(*) AS n, min(age(t.xmin)) AS youngest, age((${oldest}::bigint % (1::bigint << 32))::text::xid) AS seen
    FROM ${sql.id(place.schema, place.name)} AS t`.execute(tx);
  const [row] = rows;
  if (row === undefined || (row.youngest ?? Number.POSITIVE_INFINITY) <= row.seen) return undefined;
  return Number(row.n);
}
