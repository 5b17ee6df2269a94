/** The SQL that reads a whole log to verify it. Nothing here trusts a constraint or an index to hold. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';

export interface StoredLog {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly frontier: Uint8Array;
  readonly atUs: number;
}

export async function readLog(db: Sql | Tx): Promise<StoredLog | undefined> {
  const { rows } = await sql<{ origin: string; size: bigint; root: Uint8Array; frontier: Uint8Array; at_us: bigint }>`
    SELECT origin, size, root, frontier, at_us FROM audit_log`.execute(db);
  const [row] = rows;
  return row && { ...row, size: Number(row.size), atUs: Number(row.at_us) };
}

export interface StoredStream {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly head: string | null;
}

export async function readStoredStreams(db: Sql | Tx): Promise<readonly StoredStream[]> {
  const { rows } = await sql<Omit<StoredStream, 'size'> & { size: bigint }>`
    SELECT id, name, size, encode(head, 'hex') AS head FROM audit_streams ORDER BY id`.execute(db);
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}

/** A row as it is stored, with its payload. Hashes are lower-case hex. */
export interface StoredLeaf {
  readonly index: number;
  readonly streamId: number;
  readonly seq: number;
  readonly atUs: number;
  readonly recordId: string;
  readonly op: string;
  readonly actor: string;
  readonly dataHash: string;
  readonly leafHash: string;
  readonly salt: Uint8Array | null;
  readonly record: string | null;
}

interface LeafRow extends Omit<StoredLeaf, 'index' | 'seq' | 'atUs'> {
  readonly idx: bigint;
  readonly seq: bigint;
  readonly at_us: bigint;
}

/** Those from `first` up to `end`, which is not among them, in order. */
export async function readStored(db: Sql | Tx, first: number, end: number): Promise<readonly StoredLeaf[]> {
  const { rows } = await sql<LeafRow>`
    SELECT l.idx, l.stream_id AS "streamId", l.seq, l.at_us, l.record_id AS "recordId", l.op, l.actor,
      encode(l.data_hash, 'hex') AS "dataHash", encode(l.leaf_hash, 'hex') AS "leafHash", p.salt, p.record
    FROM audit_leaves l LEFT JOIN audit_payloads p ON p.idx = l.idx
    WHERE l.idx >= ${first} AND l.idx < ${end} ORDER BY l.idx`.execute(db);
  return rows.map(({ idx, at_us: atUs, ...row }) => ({
    ...row,
    index: Number(idx),
    seq: Number(row.seq),
    atUs: Number(atUs),
  }));
}

/** Indices of rows that the log has no place for. */
export async function strayLeaves(db: Sql | Tx, size: number): Promise<readonly number[]> {
  const { rows } = await sql<{ idx: bigint }>`
    SELECT idx FROM audit_leaves WHERE idx < 0 OR idx >= ${size} ORDER BY idx LIMIT 100`.execute(db);
  return rows.map(({ idx }) => Number(idx));
}

/** Indices of payloads that no leaf stands before. */
export async function strayPayloads(db: Sql | Tx): Promise<readonly number[]> {
  const { rows } = await sql<{ idx: bigint }>`
    SELECT idx FROM audit_payloads p WHERE NOT EXISTS (SELECT FROM audit_leaves l WHERE l.idx = p.idx) ORDER BY idx LIMIT 100`.execute(
    db,
  );
  return rows.map(({ idx }) => Number(idx));
}

export interface StoredTile {
  readonly n: number;
  readonly hashes: Uint8Array;
  readonly root: Uint8Array;
}

/** Full tiles of a level from the `first`th up to the `end`th, which is not among them. */
export async function readStoredTiles(
  db: Sql | Tx,
  level: number,
  first: number,
  end: number,
): Promise<ReadonlyMap<number, StoredTile>> {
  const { rows } = await sql<Omit<StoredTile, 'n'> & { n: bigint }>`
    SELECT n, hashes, root FROM audit_tiles WHERE level = ${level} AND n >= ${first} AND n < ${end}`.execute(db);
  return new Map(rows.map((row) => [Number(row.n), { ...row, n: Number(row.n) }]));
}

/** Of tiles that a log of this size has no place for: level and number. */
export async function strayTiles(
  db: Sql | Tx,
  size: number,
): Promise<readonly { readonly level: number; readonly n: number }[]> {
  const { rows } = await sql<{ level: number; n: bigint }>`
    SELECT level, n FROM audit_tiles
    WHERE level < 0 OR level > 6 OR n < 0 OR (n + 1) * 256::numeric ^ (level + 1) > ${size} ORDER BY level, n LIMIT 100`.execute(
    db,
  );
  return rows.map(({ level, n }) => ({ level, n: Number(n) }));
}

export interface StoredDay {
  readonly date: string;
  readonly firstIndex: number;
  readonly size: number;
  readonly root: Uint8Array;
}

/** All of them, in the order of their sizes. */
export async function readStoredDays(db: Sql | Tx): Promise<readonly StoredDay[]> {
  const { rows } = await sql<{ date: string; first_idx: bigint; size: bigint; root: Uint8Array }>`
    SELECT date, first_idx, size, root FROM audit_days ORDER BY size, date`.execute(db);
  return rows.map(({ first_idx: first, size, ...row }) => ({ ...row, firstIndex: Number(first), size: Number(size) }));
}

/** By index of what was forgotten, with the leaf that says so and what that leaf recorded. */
export interface StoredRedaction {
  readonly index: number;
  readonly leaf: number;
  readonly stream: string | null;
  readonly record: string | null;
}

/** Of the leaves from `first` up to `end`, which is not among them. */
export async function readStoredRedactions(
  db: Sql | Tx,
  first: number,
  end: number,
): Promise<ReadonlyMap<number, StoredRedaction>> {
  const { rows } = await sql<Omit<StoredRedaction, 'index' | 'leaf'> & { idx: bigint; leaf: bigint }>`
    SELECT r.idx, r.leaf, s.name AS stream, p.record FROM audit_redactions r
    LEFT JOIN audit_leaves l ON l.idx = r.leaf LEFT JOIN audit_streams s ON s.id = l.stream_id LEFT JOIN audit_payloads p ON p.idx = r.leaf
    WHERE r.idx >= ${first} AND r.idx < ${end}`.execute(db);
  return new Map(
    rows.map(({ idx, leaf, stream, record }) => [
      Number(idx),
      { index: Number(idx), leaf: Number(leaf), stream, record },
    ]),
  );
}

export interface StoredNote {
  readonly id: number;
  readonly kind: string;
  readonly size: number;
  readonly note: string;
  readonly signedAt: Date;
}

/** Kept checkpoints after one of them, in the order in which they were kept. */
export async function readNotes(db: Sql | Tx, afterId: number, limit: number): Promise<readonly StoredNote[]> {
  const { rows } = await sql<Omit<StoredNote, 'id' | 'size'> & { id: bigint; size: bigint }>`
    SELECT id, kind, size, note, signed_at AS "signedAt" FROM audit_checkpoints WHERE id > ${afterId} ORDER BY id LIMIT ${limit}`.execute(
    db,
  );
  return rows.map((row) => ({ ...row, id: Number(row.id), size: Number(row.size) }));
}

/** What a watched table's rows are compared by. */
export interface RowsQuery {
  /** Quoted. */
  readonly table: string;
  readonly stream: string;
  readonly key: readonly string[];
  readonly without: readonly string[];
}

export interface RowDifference {
  readonly recordId: string;
  /** Of the newest leaf of the record. */
  readonly index: number | null;
  readonly kind: 'row-altered' | 'row-missing' | 'row-unrecorded';
}

/** Whether its trigger speaks of changes of rows that are there: where it does not, only their being there is recorded. */
export async function recordsUpdates(db: Sql | Tx, table: string): Promise<boolean> {
  const { rows } = await sql<{ updates: boolean }>`
    SELECT tgtype::integer & 16 <> 0 AS updates FROM pg_trigger WHERE tgname = 'audit_watched' AND tgrelid = to_regclass(${table})`.execute(
    db,
  );
  return rows.some(({ updates }) => updates);
}

/** Rows are as `audit_watch` records them: whatever the session is set to. */
export async function setForms(tx: Tx): Promise<void> {
  await sql`SELECT set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true), set_config('intervalstyle', 'iso_8601', true),
    set_config('extra_float_digits', '1', true), set_config('bytea_output', 'hex', true)`.execute(tx);
}

/**
 * Rows that are not what their newest leaf recorded. Records of which something waits in the outbox are
 * left out: their newest change is no leaf yet. What was forgotten is compared by nothing.
 */
export async function differingRows(
  tx: Tx,
  { table, stream, key, without }: RowsQuery,
  compare: { readonly contents: boolean },
): Promise<readonly RowDifference[]> {
  const contents: RawBuilder<unknown> = compare.contents
    ? sql`l.record_id IS NOT NULL AND t.id IS NOT NULL AND l.record IS NOT NULL AND l.record <> t.row`
    : sql`false`;
  const { rows } = await sql<{ recordId: string; idx: bigint | null; kind: RowDifference['kind'] }>`
    WITH s AS (SELECT id FROM audit_streams WHERE name = ${stream}),
    emptied AS (
      SELECT coalesce(max(seq), -1) AS seq FROM audit_leaves WHERE stream_id = (SELECT id FROM s) AND record_id = '*' AND op = 'truncate'
    ), waiting AS (
      SELECT DISTINCT record_id FROM audit_outbox WHERE stream_id = (SELECT id FROM s)
    ), newest AS (
      SELECT DISTINCT ON (record_id) record_id, idx, op FROM audit_leaves
      WHERE stream_id = (SELECT id FROM s) AND seq > (SELECT seq FROM emptied) ORDER BY record_id, seq DESC
    ), l AS (
      SELECT n.record_id, n.idx, p.record::jsonb AS record FROM newest n LEFT JOIN audit_payloads p ON p.idx = n.idx WHERE n.op <> 'delete'
    ), t AS (
      SELECT audit_row_id(to_jsonb(w), ${arrayOf(key)}::text[]) AS id, audit_row(to_jsonb(w), ${arrayOf(without)}::text[]) AS row
      FROM ${sql.raw(table)} AS w
    )
    SELECT coalesce(l.record_id, t.id) AS "recordId", coalesce(l.idx, (SELECT idx FROM newest WHERE newest.record_id = t.id)) AS idx,
      CASE WHEN t.id IS NULL THEN 'row-missing' WHEN l.record_id IS NULL THEN 'row-unrecorded' ELSE 'row-altered' END AS kind
    FROM l FULL JOIN t ON t.id = l.record_id
    WHERE (t.id IS NULL OR l.record_id IS NULL OR (${contents}))
      AND coalesce(l.record_id, t.id) NOT IN (SELECT record_id FROM waiting)
      AND NOT EXISTS (SELECT FROM waiting WHERE record_id = '*')
    ORDER BY 2, 1 LIMIT 1000`.execute(tx);
  return rows.map(({ idx, ...row }) => ({ ...row, index: idx === null ? null : Number(idx) }));
}

const arrayOf = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
