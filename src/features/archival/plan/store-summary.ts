/** The SQL of what is due, and of what is stored. */
import { sql } from 'kysely';
import { sqlState } from '../../../platform/db/errors.ts';
import type { Db, Sql } from '../../../platform/db/port.ts';
import type { StorageClass } from '../../../platform/objects/cold-port.ts';
import { pin } from '../run/store-rows.ts';
import type { Subject } from './subject.ts';

/** Somebody only looks: the database is not worked for it. */
const PATIENCE = '2s';
const CANCELED = '57014';

/**
 * Rows before the instant, `most` of them at the most, and the oldest.
 * @returns undefined where that takes longer than two seconds
 */
export async function readDue(
  db: Db,
  subject: Subject,
  before: string,
  most: number,
): Promise<{ readonly rows: number; readonly oldest: Date | undefined } | undefined> {
  const column = sql`t.${sql.id(subject.column.name)}`;
  const table = sql.id(subject.schema, subject.name);
  const old = sql`${column} >= '0001-01-01' AND ${column} < ${before}::text::${sql.raw(subject.column.type)}`;
  try {
    return await db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
      await pin(tx);
      await sql`SELECT set_config('statement_timeout', ${PATIENCE}, true)`.execute(tx);
      const { rows } = await sql<{ rows: bigint }>`
        SELECT count(*) AS rows FROM (SELECT FROM ${table} AS t WHERE ${old} LIMIT ${most}) AS due`.execute(tx);
      const first = await sql<{ oldest: Date | null }>`
        SELECT min(${column})::timestamptz AS oldest FROM ${table} AS t WHERE ${old}`.execute(tx);
      return { rows: Number(rows[0]?.rows ?? 0n), oldest: first.rows[0]?.oldest ?? undefined };
    });
  } catch (error) {
    if (sqlState(error) === CANCELED) return undefined;
    throw error;
  }
}

export interface StoredClass {
  readonly storageClass: StorageClass;
  readonly objects: bigint;
  readonly rows: bigint;
  readonly rawBytes: bigint;
  readonly bytes: bigint;
}

/** Of what was archived and let go, by storage class. */
export async function readStored(db: Sql): Promise<readonly StoredClass[]> {
  const { rows } = await sql<StoredClass>`
    SELECT storage_class AS "storageClass", count(*) AS objects, coalesce(sum(archived_rows), 0)::bigint AS rows,
      coalesce(sum(raw_bytes), 0)::bigint AS "rawBytes", coalesce(sum(object_bytes), 0)::bigint AS bytes
    FROM archive_batches WHERE state IN ('committed', 'sealed') AND storage_class IS NOT NULL
    GROUP BY storage_class ORDER BY storage_class`.execute(db);
  return rows;
}
