/** The SQL of packed records: pointers of archived rows, and rows that an object has and their table kept. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { packed } from '../format/records.ts';

/** Pages a statement: their bytes are hexadecimal on the way, and more of them would make the heap grow. */
const AT_ONCE = 25;

/** @param records in any order */
export async function insertPacked(
  tx: Tx,
  table: 'archive_pointers' | 'archive_pointer_parts' | 'archive_kept',
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
    if (some.length === AT_ONCE) await insert();
  }
  await insert();
}

/** All pointers of a batch, or what it kept, packed, in no order. */
export async function readPacked(
  db: Sql | Tx,
  table: 'archive_all_pointers' | 'archive_kept',
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
      ORDER BY part, lo LIMIT ${sql.lit(AT_ONCE)}`.execute(db);
    for (const { records } of rows) {
      if (filled + records.length > whole.length) whole = Buffer.concat([whole, Buffer.alloc(filled + records.length)]); // written meanwhile
      whole.set(records, filled);
      filled += records.length;
    }
    after = rows.at(-1);
    if (rows.length < AT_ONCE) return whole.subarray(0, filled);
  }
}

/** Rows of the object whose page of pointers is not found by its first id: the page is named by another. */
export async function readMisnamed(db: Sql | Tx, batch: number): Promise<readonly Buffer[]> {
  const { rows } = await sql<{ records: Uint8Array }>`
    SELECT records FROM archive_all_pointers
    WHERE batch = ${batch} AND uuid_send(lo) <> substring(records FROM 1 FOR 16) ORDER BY part, lo`.execute(db);
  return rows.map(({ records }) => Buffer.from(records));
}

/** Parts whose records are in archive_pointers now. */
export async function deleteParts(tx: Tx, batch: number): Promise<void> {
  await sql`SELECT set_config('plumbline.archive_exchanges', 'yes', true)`.execute(tx);
  await sql`DELETE FROM archive_pointer_parts WHERE batch = ${batch}`.execute(tx);
  await sql`DELETE FROM archive_pointers WHERE batch = ${batch} AND part > 0`.execute(tx); // of an earlier version
  await sql`SELECT set_config('plumbline.archive_exchanges', '', true)`.execute(tx);
}

/** Parts that are gone give their room back, at once and not when autovacuum comes. */
export async function vacuumParts(db: Sql): Promise<void> {
  // Without the right to do it, autovacuum does, in its own time.
  await sql`VACUUM archive_pointer_parts`.execute(db).catch(() => undefined);
}
