/** The SQL of rows that come back: into archive_restored_rows, and from there into their table. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { RECORD } from '../format/records.ts';
import type { Place } from '../run/store-rows.ts';
import type { Shape } from './mapping.ts';
import type { RestoreObject } from './request.ts';

/** Which rows of a chunk are wanted: all of them, or those whose archive column is in a time. */
export interface Between {
  readonly column: string;
  readonly type: string;
  readonly from: string;
  readonly to: string;
}

/**
 * A chunk of an object's rows. The database hashes each again, and takes none that does not have its hash.
 * @param records 52 bytes each, in the order of `rows`
 * @returns false where the object is not where it was read: somebody else went on with it, and nothing was written
 */
export async function landChunk(
  tx: Tx,
  object: RestoreObject,
  {
    records,
    rows,
    between,
  }: { readonly records: Buffer; readonly rows: readonly string[]; readonly between: Between | undefined },
  nextSeq: number,
  at: Date,
): Promise<RestoreObject | undefined> {
  const wanted =
    between === undefined
      ? sql`true`
      : sql`(r.text::json ->> ${between.column}::text)::${sql.raw(between.type)} >= ${between.from}::text::${sql.raw(between.type)}
          AND (r.text::json ->> ${between.column}::text)::${sql.raw(between.type)} < ${between.to}::text::${sql.raw(between.type)}`;
  const held = await sql`
    SELECT FROM archive_restore_objects WHERE restore = ${object.restore}::uuid AND batch = ${object.batch} AND state = 'readable' AND next_seq = ${object.nextSeq} FOR UPDATE`.execute(
    tx,
  );
  if (held.rows.length === 0) return undefined;
  const { rows: landed } = await sql`
    INSERT INTO archive_restored_rows (restore, batch, seq, original_id, data_hash, row, landed_at)
    SELECT ${object.restore}::uuid, ${object.batch}::integer,
      ('x' || encode(substring(given.records FROM (r.n::integer - 1) * ${sql.lit(RECORD)} + 17 FOR 4), 'hex'))::bit(32)::integer,
      encode(substring(given.records FROM (r.n::integer - 1) * ${sql.lit(RECORD)} + 1 FOR 16), 'hex')::uuid,
      substring(given.records FROM (r.n::integer - 1) * ${sql.lit(RECORD)} + 21 FOR 32), r.text, ${at}::timestamptz
    FROM (SELECT ${records}::bytea AS records) AS given
    CROSS JOIN json_array_elements_text(${JSON.stringify(rows)}::text::json) WITH ORDINALITY AS r (text, n)
    WHERE ${wanted}
    RETURNING seq`.execute(tx);
  const next = { nextSeq, landedRows: object.landedRows + landed.length };
  await sql`
    UPDATE archive_restore_objects SET next_seq = ${next.nextSeq}, landed_rows = ${next.landedRows}, changed_at = ${at}
    WHERE restore = ${object.restore}::uuid AND batch = ${object.batch}`.execute(tx);
  return { ...object, ...next, changedAt: at };
}

/** Rows of the batch that are in their table again, ascending. */
export async function readReturned(db: Sql | Tx, batch: number): Promise<readonly number[]> {
  const { rows } = await sql<{
    seq: number;
  }>`SELECT seq FROM archive_returned WHERE batch = ${batch} ORDER BY seq`.execute(db);
  return rows.map(({ seq }) => seq);
}

/** Nobody changes the table's shape until the transaction ends. */
export async function holdShape(tx: Tx, { schema, name }: Place): Promise<void> {
  await sql`LOCK TABLE ${sql.id(schema, name)} IN ROW EXCLUSIVE MODE`.execute(tx);
}

/**
 * Marks the next landed rows as returned.
 * @returns `seen`: how many there were; `own`: those that nobody had returned before
 */
export async function markReturned(
  tx: Tx,
  { restore, batch }: RestoreObject,
  limit: number,
  at: Date,
): Promise<{ readonly seen: number; readonly own: readonly number[] }> {
  const { rows } = await sql<{ seq: number; own: boolean }>`
    WITH next AS MATERIALIZED (
      SELECT seq, original_id FROM archive_restored_rows
      WHERE restore = ${restore}::uuid AND batch = ${batch} AND returned_at IS NULL ORDER BY seq LIMIT ${limit} FOR UPDATE
    ), marked AS (
      INSERT INTO archive_returned (batch, seq, original_id, restore, returned_at)
      SELECT ${batch}::integer, seq, original_id, ${restore}::uuid, ${at}::timestamptz FROM next
      ON CONFLICT (batch, seq) DO NOTHING RETURNING seq
    ), done AS (
      UPDATE archive_restored_rows AS a SET returned_at = ${at} FROM next
      WHERE a.restore = ${restore}::uuid AND a.batch = ${batch} AND a.seq = next.seq
    )
    SELECT next.seq, marked.seq IS NOT NULL AS own FROM next LEFT JOIN marked USING (seq) ORDER BY 1`.execute(tx);
  return { seen: rows.length, own: rows.filter(({ own }) => own).map(({ seq }) => seq) };
}

const chosen = ({ restore, batch }: RestoreObject, seqs: readonly number[]): RawBuilder<unknown> =>
  sql`a.restore = ${restore}::uuid AND a.batch = ${batch} AND a.seq = ANY (${`{${seqs.join(',')}}`}::text::integer[])`;

/** `"name":` as row_to_json writes it, and the value's own text: nothing is parsed on the way. */
const member = (name: string, from: string): RawBuilder<unknown> =>
  sql`to_json(${name}::text)::text || ':' || (a.row::json -> ${from}::text)::text`;

const objectText = (pairs: readonly { readonly name: string; readonly from: string }[]): RawBuilder<unknown> =>
  pairs.length === 0
    ? sql`'{}'`
    : sql`'{' || ${sql.join(
        pairs.map(({ name, from }) => member(name, from)),
        sql` || ',' || `,
      )} || '}'`;

export interface Target {
  readonly place: Place;
  readonly shape: Shape;
  /** Of the table of today, and where the archive has it. */
  readonly key: { readonly live: string; readonly archived: string; readonly type: string };
}

/** The rows with their key in the table's own type, worked out once a row, whatever way they are joined. */
const keyed = (object: RestoreObject, { key }: Target, seqs: readonly number[]): RawBuilder<unknown> =>
  sql`a AS MATERIALIZED (SELECT a.seq, a.row, (a.row::json ->> ${key.archived}::text)::${sql.raw(key.type)} AS key
    FROM archive_restored_rows AS a WHERE ${chosen(object, seqs)})`;

/** A row of the table that has the key of one that is to go back. */
export async function findTaken(
  tx: Tx,
  object: RestoreObject,
  target: Target,
  seqs: readonly number[],
): Promise<string | undefined> {
  const { rows } = await sql<{ key: string }>`
    WITH ${keyed(object, target, seqs)}
    SELECT a.key::text AS key FROM a JOIN ${sql.id(target.place.schema, target.place.name)} AS t ON t.${sql.id(target.key.live)} = a.key LIMIT 1`.execute(
    tx,
  );
  return rows[0]?.key;
}

/** @returns how many rows came into the table */
export async function insertBack(
  tx: Tx,
  object: RestoreObject,
  { place, shape }: Target,
  seqs: readonly number[],
): Promise<number> {
  const table = sql.id(place.schema, place.name);
  const columns = [...shape.insert.map(({ live }) => live), ...shape.nulls];
  const values = [...shape.insert.map(({ live }) => sql`v.${sql.id(live)}`), ...shape.nulls.map(() => sql`NULL`)];
  const text = shape.whole
    ? sql`a.row`
    : objectText(shape.insert.map(({ archived, live }) => ({ name: live, from: archived })));
  const { rows } = await sql`
    INSERT INTO ${table} (${sql.join(columns.map((name) => sql.id(name)))}) OVERRIDING SYSTEM VALUE
    SELECT ${sql.join(values)} FROM archive_restored_rows AS a
    CROSS JOIN LATERAL json_populate_record(NULL::${table}, (${text})::json) AS v
    WHERE ${chosen(object, seqs)} ORDER BY a.seq RETURNING 1`.execute(tx);
  return rows.length;
}

/** Of these rows, how many read back from their table, in the columns that are what they were, as the text that was archived. */
export async function countSame(
  tx: Tx,
  object: RestoreObject,
  target: Target,
  seqs: readonly number[],
): Promise<number> {
  const { place, shape } = target;
  if (shape.same.length === 0) return seqs.length;
  const again = sql`(SELECT row_to_json(c)::text FROM (SELECT ${sql.join(
    shape.same.map(({ archived, live }) => sql`t.${sql.id(live)} AS ${sql.id(archived)}`),
  )}) AS c)`;
  const archived = shape.whole
    ? sql`a.row`
    : objectText(shape.same.map((pair) => ({ name: pair.archived, from: pair.archived })));
  const { rows } = await sql<{ n: number }>`
    WITH ${keyed(object, target, seqs)}
    SELECT count(DISTINCT a.seq)::integer AS n FROM a
    JOIN ${sql.id(place.schema, place.name)} AS t ON t.${sql.id(target.key.live)} = a.key WHERE ${again} = ${archived}`.execute(
    tx,
  );
  return rows[0]?.n ?? 0;
}

/** What has no place in the table of today stays beside it; what went back is counted, and is in the audit log. */
export async function setReturned(
  tx: Tx,
  object: RestoreObject,
  { place, shape }: Target,
  own: readonly number[],
  at: Date,
): Promise<void> {
  if (shape.overflow.length > 0) {
    const overflow = objectText(shape.overflow.map((name) => ({ name, from: name })));
    await sql`UPDATE archive_restored_rows AS a SET _overflow = (${overflow})::jsonb WHERE ${chosen(object, own)}`.execute(
      tx,
    );
  }
  await sql`
    UPDATE archive_restore_objects SET returned_rows = returned_rows + ${own.length}, changed_at = ${at}
    WHERE restore = ${object.restore}::uuid AND batch = ${object.batch}`.execute(tx);
  const said = {
    batch: object.batch,
    table: `${place.schema}.${place.name}`,
    rows: own.length,
    first: own[0] ?? null,
    last: own.at(-1) ?? null,
  };
  await sql`SELECT audit_capture('archive_returns', ${object.restore}::text, 'return', ${JSON.stringify(said)}::text::jsonb, 'plumbline')`.execute(
    tx,
  );
}
