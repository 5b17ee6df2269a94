/** The SQL on the rows of an archived table: read as canonical bytes, compared as such, deleted by name. */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Sql, Tx } from '../../../platform/db/port.ts';
import { RECORD } from '../format/records.ts';
import type { HeldSubject } from '../holds/hold.ts';
import type { Subject } from '../plan/subject.ts';

/** What decides the text of a row beside its values; in the manifest, and set in each transaction that makes or compares rows. */
export const SETTINGS = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'iso_8601',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
} as const;

/** Until the transaction ends. With row security off, a policy that would hide rows is an error. */
export async function pin(tx: Tx): Promise<void> {
  const settings = Object.entries({ ...SETTINGS, row_security: 'off' });
  await sql`SELECT ${sql.join(settings.map(([name, value]) => sql`set_config(${name}, ${value}, true)`))}`.execute(tx);
}

/**
 * Until the transaction ends, rows are reached by the key's index and read in the order of the archive's: the
 * planner would rather read and hash the whole table, or sort rows of a kilobyte on disk. Where others refer to the
 * rows it is left alone, since they are looked for by whatever index there is.
 */
export async function steer(tx: Tx, { references }: Pick<Subject, 'references'>): Promise<void> {
  const off = [
    'jit',
    ...(references.length > 0 ? [] : ['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan', 'enable_sort']),
  ];
  await sql`SELECT ${sql.join(off.map((name) => sql`set_config(${name}, 'off', true)`))}`.execute(tx);
}

/** Where the rows of a batch are: a table or a partition of it, and from when to when. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

export type Place = Pick<Subject, 'schema' | 'name'>;
const tableOf = ({ schema, name }: Place): RawBuilder<unknown> => sql.id(schema, name);
const col = (name: string): RawBuilder<unknown> => sql`t.${sql.id(name)}`;

/** The row as it is hashed, stored and compared: never parsed, never written again. */
export const canonicalOf = (subject: Subject): RawBuilder<unknown> =>
  sql`(SELECT row_to_json(c.*)::text FROM (SELECT ${columnsOf(subject)}) AS c)`;

const columnsOf = ({ columns }: Subject): RawBuilder<unknown> => sql.join(columns.map(({ name }) => col(name)));

const idBytes = ({ key }: Subject): RawBuilder<unknown> =>
  key.kind === 'uuid'
    ? sql`uuid_send(${col(key.column)})`
    : sql`('\\x0000000000000000'::bytea || int8send(${col(key.column)}::bigint))`;

/** The key in record `n` of the packed `given.records`, in the column's own type. */
const keyOfRecord = ({ key }: Subject): RawBuilder<unknown> =>
  key.kind === 'uuid'
    ? sql`encode(substring(given.records FROM number.n * ${sql.lit(RECORD)} + 1 FOR 16), 'hex')::uuid`
    : sql`('x' || encode(substring(given.records FROM number.n * ${sql.lit(RECORD)} + 9 FOR 8), 'hex'))::bit(64)::bigint::${sql.raw(key.type)}`;

const between = ({ column }: Subject, { from, to }: Range): RawBuilder<unknown> =>
  sql`${col(column.name)} >= ${from}::text::${sql.raw(column.type)} AND ${col(column.name)} < ${to}::text::${sql.raw(column.type)}`;

const unreferenced = ({ references, key }: Subject): RawBuilder<unknown> =>
  sql.join(
    [
      sql`true`,
      ...references.map(
        ({ table, column }) =>
          sql`NOT EXISTS (SELECT FROM ${sql.raw(table)} AS r WHERE r.${sql.id(column)} = ${col(key.column)})`,
      ),
    ],
    sql` AND `,
  );

/** Whether a row is under none of the holds. Times are compared as instants, a day beginning in UTC. */
export const unheld = ({ held }: HeldSubject): RawBuilder<unknown> =>
  sql.join(
    [
      sql`true`,
      ...held.map(({ rows: { kind, from, to }, column: { name, type } }) => {
        if (kind === 'keys') {
          const as = sql.raw(type === 'uuid' ? 'uuid' : 'bigint');
          return sql`NOT (${col(name)}::${as} >= ${from}::text::${as} AND ${col(name)}::${as} <= ${to}::text::${as})`;
        }
        const instant = /with time zone/.test(type) ? col(name) : sql`(${col(name)}::timestamp AT TIME ZONE 'UTC')`;
        return sql`(${instant} >= ${from}::text::timestamptz AND ${instant} < ${to}::text::timestamptz) IS NOT TRUE`;
      }),
    ],
    sql` AND `,
  );

/** Whether a row may leave, as far as others are concerned. */
const free = (subject: HeldSubject): RawBuilder<unknown> => sql`${unreferenced(subject)} AND ${unheld(subject)}`;

/** Where a run goes on: after this row, in the order of the archive. */
export interface Cursor {
  readonly at: string;
  readonly key: string;
}

const after = (subject: Subject, cursor: Cursor | undefined): RawBuilder<unknown> =>
  cursor === undefined
    ? sql`true`
    : sql`(${col(subject.column.name)}, ${col(subject.key.column)}) > (${cursor.at}::text::${sql.raw(subject.column.type)}, ${cursor.key}::text::${sql.raw(subject.key.type)})`;

const order = ({ column, key }: Subject): RawBuilder<unknown> => sql`${col(column.name)}, ${col(key.column)}`;

/** Rows from before our era, and those of no time at all (-infinity), are never archived. */
const FIRST_YEAR = '0001-01-01';

/** When the oldest row after the cursor was written; undefined where none is old enough. */
export async function oldest(
  db: Sql | Tx,
  subject: HeldSubject,
  before: string,
  cursor: Cursor | undefined,
): Promise<string | undefined> {
  const { rows } = await sql<{ at: string }>`
    SELECT ${col(subject.column.name)}::text AS at FROM ${tableOf(subject)} AS t
    WHERE ${between(subject, { from: FIRST_YEAR, to: before })} AND ${after(subject, cursor)} AND ${free(subject)}
    ORDER BY ${order(subject)} LIMIT 1`.execute(db);
  return rows[0]?.at;
}

export async function countOld(db: Sql | Tx, subject: HeldSubject, before: string): Promise<bigint> {
  const { rows } = await sql<{ n: bigint }>`
    SELECT count(*) AS n FROM ${tableOf(subject)} AS t WHERE ${between(subject, { from: FIRST_YEAR, to: before })} AND ${unheld(subject)}`.execute(
    db,
  );
  return rows[0]?.n ?? 0n;
}

/** The rows of a range as a binary COPY of id and canonical text, in the order of the archive. */
export function copyRange(
  db: Db,
  tx: Tx,
  subject: HeldSubject,
  place: Place,
  { range, cursor, limit }: { readonly range: Range; readonly cursor?: Cursor | undefined; readonly limit: number },
): AsyncIterable<Uint8Array> {
  // A row of the inner query is what `canonicalOf` makes of one of the table, without a query for each.
  const query = sql`
    SELECT ${idBytes(subject)} AS id, row_to_json(t.*) AS row FROM (
      SELECT ${columnsOf(subject)} FROM ${tableOf(place)} AS t
      WHERE ${between(subject, range)} AND ${after(subject, cursor)} AND ${free(subject)}
      ORDER BY ${order(subject)} LIMIT ${limit}) AS t`;
  return db.copyOut(tx, query, [
    { name: 'id', type: 'bytea' },
    { name: 'row', type: 'json' },
  ]);
}

/** Where the row of this id stands in the order of the archive: the first of them, where an id stands twice. */
export async function markOf(
  tx: Tx,
  subject: Subject,
  place: Place,
  range: Range,
  id: Buffer,
): Promise<Cursor | undefined> {
  const given = Buffer.concat([id, Buffer.alloc(RECORD - id.length)]);
  const { rows } = await sql<Cursor>`
    SELECT ${col(subject.column.name)}::text AS at, ${col(subject.key.column)}::text AS key
    FROM (SELECT ${given}::bytea AS records) AS given CROSS JOIN (SELECT 0 AS n) AS number
    JOIN ${tableOf(place)} AS t ON ${col(subject.key.column)} = ${keyOfRecord(subject)} AND ${between(subject, range)}
    ORDER BY ${order(subject)} LIMIT 1`.execute(tx);
  return rows[0];
}

/**
 * Deletes the rows of these records whose bytes are still those that were exported. A row that was changed,
 * is being changed, or is referred to, is left as it is.
 * @param records 52 bytes each, 5,000 at the most. @returns which of them, by their place, are gone
 */
export async function deleteUnchanged(
  tx: Tx,
  subject: HeldSubject,
  place: Place,
  range: Range,
  records: Buffer,
): Promise<readonly number[]> {
  const { rows } = await sql<{ n: number }>`
    WITH asked AS MATERIALIZED (
      SELECT n, ${keyOfRecord(subject)} AS key, substring(given.records FROM n * ${sql.lit(RECORD)} + 21 FOR 32) AS hash
      FROM (SELECT ${records}::bytea AS records) AS given CROSS JOIN generate_series(0, ${sql.lit(records.length / RECORD - 1)}) AS number (n)
    ), same AS MATERIALIZED (
      SELECT asked.n, asked.key FROM asked JOIN ${tableOf(place)} AS t ON ${col(subject.key.column)} = asked.key
      WHERE ${between(subject, range)} AND (sha256(convert_to(${canonicalOf(subject)}, 'UTF8')) = asked.hash) IS TRUE AND ${free(subject)}
      FOR UPDATE OF t SKIP LOCKED
    )
    DELETE FROM ${tableOf(place)} AS t USING same
    WHERE ${col(subject.key.column)} = same.key AND ${between(subject, range)} RETURNING same.n`.execute(tx);
  return rows.map(({ n }) => n);
}

/** Deletes old rows for good, the oldest first. @returns how many there were to delete, and how many are gone */
export async function purge(
  tx: Tx,
  subject: HeldSubject,
  range: Range,
  limit: number,
): Promise<{ readonly found: number; readonly gone: number }> {
  const { rows } = await sql<{ found: number; gone: number }>`
    WITH doomed AS MATERIALIZED (
      SELECT ${col(subject.key.column)} AS key FROM ${tableOf(subject)} AS t
      WHERE ${between(subject, range)} AND ${free(subject)}
      ORDER BY ${order(subject)} LIMIT ${limit} FOR UPDATE OF t SKIP LOCKED
    ), gone AS (
      DELETE FROM ${tableOf(subject)} AS t USING doomed WHERE ${col(subject.key.column)} = doomed.key AND ${between(subject, range)} RETURNING 1
    )
    SELECT (SELECT count(*) FROM doomed)::integer AS found, (SELECT count(*) FROM gone)::integer AS gone`.execute(tx);
  return rows[0] ?? { found: 0, gone: 0 };
}

/** Keeps everybody from the table until the transaction ends. */
export async function lockTable(tx: Tx, place: Place): Promise<void> {
  await sql`LOCK TABLE ${tableOf(place)} IN ACCESS EXCLUSIVE MODE`.execute(tx);
}

/** Of the first rows of a table, id and hash, in the order of the archive, as a binary COPY of two columns. */
export const copyHashes = (db: Db, tx: Tx, subject: Subject, place: Place, most: number): AsyncIterable<Uint8Array> =>
  db.copyOut(
    tx,
    sql`SELECT ${idBytes(subject)} AS id, sha256(convert_to(${canonicalOf(subject)}, 'UTF8')) AS hash FROM ${tableOf(place)} AS t ORDER BY ${order(subject)} LIMIT ${most}`,
    [
      { name: 'id', type: 'bytea' },
      { name: 'hash', type: 'bytea' },
    ],
  );

export async function countAll(db: Sql | Tx, place: Place, atMost: number): Promise<number> {
  const { rows } = await sql<{
    n: bigint;
  }>`SELECT count(*) AS n FROM (SELECT FROM ${tableOf(place)} LIMIT ${atMost}) AS counted`.execute(db);
  return Number(rows[0]?.n ?? 0n);
}

/** Whether a row of the table is under a hold. */
export async function hasHeld(db: Sql | Tx, subject: HeldSubject, place: Place): Promise<boolean> {
  if (subject.held.length === 0) return false;
  const { rows } = await sql<{ held: boolean }>`
    SELECT EXISTS (SELECT FROM ${tableOf(place)} AS t WHERE NOT (${unheld(subject)})) AS held`.execute(db);
  return rows[0]?.held !== false;
}

export type Attachment = 'attached' | 'detaching' | 'detached' | 'gone';

export async function attachmentOf(db: Sql | Tx, place: Place): Promise<Attachment> {
  const { rows } = await sql<{ pending: boolean | null; exists: boolean }>`
    SELECT to_regclass(format('%I.%I', ${place.schema}::text, ${place.name}::text)) IS NOT NULL AS exists,
      (SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass(format('%I.%I', ${place.schema}::text, ${place.name}::text))) AS pending`.execute(
    db,
  );
  const [row] = rows;
  if (row?.exists !== true) return 'gone';
  return row.pending === null ? 'detached' : row.pending ? 'detaching' : 'attached';
}

/** Beside readers and writers of the other partitions, where the engine has any: a statement of its own, in no transaction. */
export async function detach(db: Db, parent: Place, place: Place, how: 'begin' | 'finalize'): Promise<void> {
  const way = how === 'finalize' ? sql`FINALIZE` : db.engine === 'pglite' ? sql`` : sql`CONCURRENTLY`;
  await sql`ALTER TABLE ${tableOf(parent)} DETACH PARTITION ${tableOf(place)} ${way}`.execute(db.sql);
}

/** @param bound as the catalogue wrote it: `FOR VALUES FROM (...) TO (...)` */
export async function attach(db: Sql | Tx, parent: Place, place: Place, bound: string): Promise<void> {
  await sql`ALTER TABLE ${tableOf(parent)} ATTACH PARTITION ${tableOf(place)} ${sql.raw(bound)}`.execute(db);
}

export async function dropTable(tx: Tx, place: Place): Promise<void> {
  await sql`DROP TABLE ${tableOf(place)}`.execute(tx);
}

/** Whether a range that ends there is old enough as a whole. */
export async function isOver(db: Sql | Tx, { column }: Subject, to: string, before: string): Promise<boolean> {
  const type = sql.raw(column.type);
  const { rows } = await sql<{
    over: boolean;
  }>`SELECT ${to}::text::${type} <= ${before}::text::${type} AS over`.execute(db);
  return rows[0]?.over ?? false;
}

/** Schema and name of `schema.name`, quoted where SQL needs it. */
export async function splitName(db: Sql | Tx, name: string): Promise<Place | undefined> {
  const { rows } = await sql<{ parts: string[] }>`SELECT parse_ident(${name}) AS parts`.execute(db);
  const [schema, table] = rows[0]?.parts ?? [];
  return schema === undefined || table === undefined ? undefined : { schema, name: table };
}
