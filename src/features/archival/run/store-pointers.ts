/** The SQL of packed records: pointers of archived rows, and rows that an object has and their table kept. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { ID_BYTES, PACKED, packed, RECORD } from '../format/records.ts';

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

/**
 * Counts the pointers of a batch, and brings those that each chunk left in a part of its own into one order over the
 * whole batch. PostgreSQL does both by itself: fetched and sent again, they were what archiving took most memory for.
 * @returns how many there are, and an id that has two, if there is one
 */
export async function settlePointers(
  tx: Tx,
  { no, parts }: { readonly no: number; readonly parts: number },
): Promise<{ readonly count: number; readonly twice: string | undefined }> {
  // A plan of so many rows is costly enough to be compiled, which takes longer than to carry it out.
  await sql`SELECT set_config('jit', 'off', true), set_config('plumbline.archive_exchanges', 'yes', true)`.execute(tx);
  const pages = sql`, pages AS (
      INSERT INTO archive_pointers (batch, part, lo, records)
      SELECT ${no}::integer, 0, encode(substring(records FOR 16), 'hex')::uuid, records
      FROM (SELECT string_agg(record, ''::bytea ORDER BY place) AS records FROM ordered GROUP BY place / ${sql.lit(PACKED)}) AS page
    )`;
  // Materialized: else each record would be sorted with its whole page at its side.
  const { rows } = await sql<{ count: bigint; twice: string | null }>`
    WITH unpacked AS MATERIALIZED (
      SELECT substring(records FROM n * ${sql.lit(RECORD)} + 1 FOR ${sql.lit(RECORD)}) AS record
      FROM archive_all_pointers, generate_series(0, octet_length(records) / ${sql.lit(RECORD)} - 1) AS n WHERE batch = ${no}
    ), ordered AS (
      SELECT record, row_number() OVER ids - 1 AS place,
        substring(record FOR ${sql.lit(ID_BYTES)}) = substring(lag(record) OVER ids FOR ${sql.lit(ID_BYTES)}) AS again
      FROM unpacked WINDOW ids AS (ORDER BY record)
    )${parts > 0 ? pages : sql``}
    SELECT count(*) AS count, min(encode(substring(record FOR ${sql.lit(ID_BYTES)}), 'hex')) FILTER (WHERE again) AS twice FROM ordered`.execute(
    tx,
  );
  if (parts > 0) {
    await sql`DELETE FROM archive_pointer_parts WHERE batch = ${no}`.execute(tx);
    await sql`DELETE FROM archive_pointers WHERE batch = ${no} AND part > 0`.execute(tx); // of an earlier version
  }
  await sql`SELECT set_config('plumbline.archive_exchanges', '', true)`.execute(tx);
  return { count: Number(rows[0]?.count ?? 0n), twice: rows[0]?.twice ?? undefined };
}

/** Parts that are gone give their room back, at once and not when autovacuum comes. */
export async function vacuumParts(db: Sql): Promise<void> {
  // Without the right to do it, autovacuum does, in its own time.
  await sql`VACUUM archive_pointer_parts`.execute(db).catch(() => undefined);
}
