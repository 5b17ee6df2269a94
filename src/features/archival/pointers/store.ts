/** The SQL of looking up one archived row. */
import { sql } from 'kysely';
import type { Sql } from '../../../platform/db/port.ts';

export interface Pointer {
  readonly batch: number;
  /** Row of the object, from 0. */
  readonly seq: number;
  /** Hex. */
  readonly dataHash: string;
}

/** Where rows of this id are, newest batch first: more than one where a row came back and was archived again. */
export async function findPointers(db: Sql, table: string, id: string): Promise<readonly Pointer[]> {
  const { rows } = await sql<Pointer>`
    SELECT batch, seq, encode(data_hash, 'hex') AS "dataHash" FROM archive_find(${table}, ${id}::uuid)`.execute(db);
  return rows;
}
