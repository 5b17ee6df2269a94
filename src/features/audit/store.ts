/** The SQL that reads the log. */
import { type RawBuilder, sql } from 'kysely';
import type { BusinessDate } from '../../kernel/business-date.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';
import type { Leaf } from './log/batch.ts';
import { isBare } from './log/leaf.ts';
import { TILE_WIDTH } from './tlog/tiles.ts';

/** A leaf with its day. */
export interface LoggedLeaf extends Leaf {
  readonly date: BusinessDate;
}

interface LeafRow {
  readonly idx: bigint;
  readonly stream: string;
  readonly seq: bigint;
  readonly record_id: string;
  readonly op: string;
  readonly data_hash: string;
  readonly previous_hash: string;
  readonly leaf_hash: string;
  readonly at_us: bigint;
  readonly actor: string;
  readonly block_date: BusinessDate;
}

const LEAVES = sql`
  SELECT l.idx, s.name AS stream, l.seq, l.record_id, l.op, encode(l.data_hash, 'hex') AS data_hash,
    encode(coalesce(p.leaf_hash, audit_genesis(g.origin, s.name)), 'hex') AS previous_hash,
    encode(l.leaf_hash, 'hex') AS leaf_hash, l.at_us, l.actor, coalesce(d.date, g.open_date) AS block_date
  FROM audit_leaves l JOIN audit_streams s ON s.id = l.stream_id CROSS JOIN audit_log g
  LEFT JOIN audit_leaves p ON p.stream_id = l.stream_id AND p.seq = l.seq - 1
  LEFT JOIN LATERAL (SELECT date FROM audit_days WHERE size > l.idx ORDER BY size LIMIT 1) AS d ON true`;

function toLeaf(row: LeafRow): LoggedLeaf {
  const fields = {
    stream: row.stream,
    seq: Number(row.seq),
    recordId: row.record_id,
    op: row.op,
    dataHash: row.data_hash,
    previousHash: row.previous_hash,
    atUs: Number(row.at_us),
    actor: row.actor,
  };
  const { leaf_hash: leafHash } = row;
  return { ...fields, bare: isBare(fields, leafHash), index: Number(row.idx), leafHash, date: row.block_date };
}

async function leaves(db: Sql | Tx, rest: RawBuilder<unknown>): Promise<readonly LoggedLeaf[]> {
  const { rows } = await sql<LeafRow>`${LEAVES} ${rest}`.execute(db);
  return rows.map(toLeaf);
}

/** Those from `first` up to `end`, which is not among them, in order. */
export const readLeaves = (db: Sql | Tx, first: number, end: number): Promise<readonly LoggedLeaf[]> =>
  leaves(db, sql`WHERE l.idx >= ${first} AND l.idx < ${end} ORDER BY l.idx`);

export const readLeavesAt = (db: Sql | Tx, indices: readonly number[]): Promise<readonly LoggedLeaf[]> =>
  leaves(db, sql`WHERE l.idx = ANY (${`{${indices.join(',')}}`}::bigint[]) ORDER BY l.idx`);

export interface LeafQuery {
  readonly stream?: string | undefined;
  readonly recordId?: string | undefined;
  readonly actor?: string | undefined;
  /** Epoch microseconds; from is included, to is not. */
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  /** Only those before this index. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export function findLeaves(db: Sql | Tx, query: LeafQuery): Promise<readonly LoggedLeaf[]> {
  const conditions = [
    query.stream === undefined ? [] : ofStream(query.stream, query.before),
    query.recordId === undefined
      ? []
      : sql`hashtext(l.record_id) = hashtext(${query.recordId}::text COLLATE "C") AND l.record_id = ${query.recordId}`,
    query.actor === undefined ? [] : sql`l.actor = ${query.actor}`,
    query.fromUs === undefined ? [] : sql`l.idx >= audit_index_at(${query.fromUs})`,
    query.toUs === undefined ? [] : sql`l.idx < audit_index_at(${query.toUs})`,
    query.before === undefined ? [] : sql`l.idx < ${query.before}`,
  ].flat();
  const where = conditions.length === 0 ? sql`` : sql`WHERE ${sql.join(conditions, sql` AND `)}`;
  // A stream's order is the log's: by its own number there is an index of it.
  const order = query.stream === undefined || query.recordId !== undefined ? sql`l.idx` : sql`l.seq`;
  return leaves(db, sql`${where} ORDER BY ${order} DESC LIMIT ${query.limit}`);
}

/** @param before an index: where it is one of this stream, its place there says where to go on */
function ofStream(name: string, before: number | undefined): RawBuilder<unknown> {
  const id = sql`(SELECT id FROM audit_streams WHERE name = ${name})`;
  if (before === undefined) return sql`l.stream_id = ${id}`;
  return sql`l.stream_id = ${id}
    AND l.seq < coalesce((SELECT seq FROM audit_leaves WHERE idx = ${before} AND stream_id = ${id}), ${Number.MAX_SAFE_INTEGER})`;
}

export interface Payload {
  readonly salt: Uint8Array | null;
  /** Canonical JSON. */
  readonly record: string;
}

/** By index; those that were never kept, and those that were forgotten, are not among them. */
export async function readPayloads(db: Sql | Tx, indices: readonly number[]): Promise<ReadonlyMap<number, Payload>> {
  const { rows } = await sql<Payload & { idx: bigint }>`
    SELECT idx, salt, record FROM audit_payloads WHERE idx = ANY (${`{${indices.join(',')}}`}::bigint[])`.execute(db);
  return new Map(rows.map(({ idx, ...payload }) => [Number(idx), payload]));
}

/** By index of what was forgotten: the leaf that says so. */
export async function readRedactions(db: Sql | Tx, indices: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const { rows } = await sql<{ idx: bigint; leaf: bigint }>`
    SELECT idx, leaf FROM audit_redactions WHERE idx = ANY (${`{${indices.join(',')}}`}::bigint[])`.execute(db);
  return new Map(rows.map(({ idx, leaf }) => [Number(idx), Number(leaf)]));
}

export interface Day {
  readonly date: string;
  readonly firstIndex: number;
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
}

export async function readDays(
  db: Sql | Tx,
  {
    before,
    date,
    limit,
  }: { readonly before?: string | undefined; readonly date?: string | undefined; readonly limit: number },
): Promise<readonly Day[]> {
  const { rows } = await sql<{ date: string; first_idx: bigint; size: bigint; root: string }>`
    SELECT date, first_idx, size, encode(root, 'hex') AS root FROM audit_days
    WHERE (${before ?? null}::date IS NULL OR date < ${before ?? null}::date)
      AND (${date ?? null}::date IS NULL OR date = ${date ?? null}::date)
    ORDER BY date DESC LIMIT ${limit}`.execute(db);
  return rows.map((row) => ({
    date: row.date,
    firstIndex: Number(row.first_idx),
    size: Number(row.size),
    root: row.root,
  }));
}

/** The sizes at which days were closed, after one and up to another. */
export async function readClosings(
  db: Sql,
  after: number,
  upTo: number,
): Promise<readonly { readonly size: number; readonly root: Uint8Array }[]> {
  const { rows } = await sql<{ size: bigint; root: Uint8Array }>`
    SELECT size, root FROM audit_days WHERE size > ${after} AND size <= ${upTo} ORDER BY size`.execute(db);
  return rows.map(({ size, root }) => ({ size: Number(size), root }));
}

/** As they are stored, from one index up to another. */
export async function readLeafHashes(db: Sql, from: number, to: number): Promise<readonly Uint8Array[]> {
  const { rows } = await sql<{ leaf_hash: Uint8Array }>`
    SELECT leaf_hash FROM audit_leaves WHERE idx >= ${from} AND idx < ${to} ORDER BY idx`.execute(db);
  return rows.map(({ leaf_hash }) => leaf_hash);
}

/** Whether there are leaves that the newest checkpoint does not cover. */
export async function isUnpublished(db: Sql): Promise<boolean> {
  const { rows } = await sql<{ grown: boolean }>`
    SELECT g.size > coalesce(p.size, 0) AS grown FROM audit_log g LEFT JOIN audit_published p ON true`.execute(db);
  return rows[0]?.grown ?? false;
}

/** A full tile's hashes, or undefined where it is not full. */
export async function readTile(db: Sql | Tx, level: number, n: number): Promise<Buffer | undefined> {
  const { rows } = await sql<{ hashes: Uint8Array }>`
    SELECT hashes FROM audit_tiles WHERE level = ${level} AND n = ${n}`.execute(db);
  return rows[0] === undefined ? undefined : Buffer.from(rows[0].hashes);
}

/** The hashes that a tile which is not full consists of: of leaves, or of the tiles below it that are full. */
export async function readPartialTile(db: Sql | Tx, level: number, n: number, width: number): Promise<Buffer> {
  const first = n * TILE_WIDTH;
  const { rows } = await (level === 0
    ? sql<{ hashes: Uint8Array | null }>`
        SELECT string_agg(leaf_hash, ''::bytea ORDER BY idx) AS hashes FROM audit_leaves WHERE idx >= ${first} AND idx < ${first + width}`
    : sql<{ hashes: Uint8Array | null }>`
        SELECT string_agg(root, ''::bytea ORDER BY n) AS hashes FROM audit_tiles WHERE level = ${level - 1} AND n >= ${first} AND n < ${first + width}`
  ).execute(db);
  return Buffer.from(rows[0]?.hashes ?? []);
}

export interface SignedHead {
  readonly size: number;
  readonly note: string;
  readonly signedAt: Date;
}

const HEAD = sql`size, note, signed_at AS "signedAt"`;
const toHead = (row: { size: bigint; note: string; signedAt: Date } | undefined): SignedHead | undefined =>
  row && { ...row, size: Number(row.size) };

/** The newest signed checkpoint. */
export async function readPublished(db: Sql | Tx): Promise<SignedHead | undefined> {
  const { rows } = await sql<{
    size: bigint;
    note: string;
    signedAt: Date;
  }>`SELECT ${HEAD} FROM audit_published`.execute(db);
  return toHead(rows[0]);
}

export async function writePublished(db: Sql, { size, note, signedAt }: SignedHead): Promise<void> {
  await sql`
    INSERT INTO audit_published (size, note, signed_at) VALUES (${size}, ${note}, ${signedAt})
    ON CONFLICT (one) DO UPDATE SET size = excluded.size, note = excluded.note, signed_at = excluded.signed_at
    WHERE audit_published.size <= excluded.size`.execute(db);
}

/** Kept for good: of a day, or with the witnesses' signatures. */
export async function keepCheckpoint(
  db: Sql,
  kind: 'daily' | 'witnessed',
  { size, note, signedAt }: SignedHead,
): Promise<void> {
  await sql`
    INSERT INTO audit_checkpoints (kind, size, note, signed_at) VALUES (${kind}, ${size}, ${note}, ${signedAt})
    ON CONFLICT DO NOTHING`.execute(db);
}

/** The kept one of exactly this size, a witnessed one first. */
export async function readCheckpoint(db: Sql | Tx, size: number): Promise<SignedHead | undefined> {
  const { rows } = await sql<{ size: bigint; note: string; signedAt: Date }>`
    SELECT ${HEAD} FROM audit_checkpoints WHERE size = ${size} ORDER BY kind DESC, id DESC LIMIT 1`.execute(db);
  return toHead(rows[0]);
}

/** Those of days, oldest first, after a size. */
export async function readDailyCheckpoints(db: Sql, after: number, limit: number): Promise<readonly SignedHead[]> {
  const { rows } = await sql<{ size: bigint; note: string; signedAt: Date }>`
    SELECT ${HEAD} FROM audit_checkpoints WHERE kind = 'daily' AND size > ${after} ORDER BY size LIMIT ${limit}`.execute(
    db,
  );
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}

/** The kept ones, oldest first, after a size. */
export async function readCheckpoints(
  db: Sql | Tx,
  after: number,
  limit: number,
): Promise<readonly (SignedHead & { readonly kind: string })[]> {
  const { rows } = await sql<{ size: bigint; note: string; signedAt: Date; kind: string }>`
    SELECT ${HEAD}, kind FROM audit_checkpoints WHERE size > ${after} ORDER BY size, id LIMIT ${limit}`.execute(db);
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}

export interface Log {
  readonly origin: string;
  readonly zone: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
  readonly openDate: string;
}

export async function readLog(db: Sql | Tx): Promise<Log | undefined> {
  const { rows } = await sql<{ origin: string; zone: string; size: bigint; root: string; open_date: string }>`
    SELECT origin, zone, size, encode(root, 'hex') AS root, open_date FROM audit_log`.execute(db);
  return rows[0] && { ...rows[0], size: Number(rows[0].size), openDate: rows[0].open_date };
}

export interface Stream {
  readonly name: string;
  readonly salted: boolean;
  readonly size: number;
  /** Hash of its newest leaf, lower-case hex; null before the first. */
  readonly head: string | null;
}

/** @param names undefined: all of them */
export async function readStreams(db: Sql | Tx, names?: readonly string[]): Promise<readonly Stream[]> {
  const { rows } = await sql<Omit<Stream, 'size'> & { size: bigint }>`
    SELECT name, salted, size, encode(head, 'hex') AS head FROM audit_streams
    WHERE ${names === undefined} OR name IN (SELECT jsonb_array_elements_text(${JSON.stringify(names ?? [])}::jsonb))
    ORDER BY name`.execute(db);
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}

/** What is to be forgotten. */
export type Forgotten =
  | { readonly stream: string; readonly recordId: string }
  | { readonly actors: readonly string[]; readonly recordIds: readonly string[] }
  | { readonly stream?: string | undefined; readonly fromUs: number; readonly toUs: number };

/** Leaves whose payload is there and that are meant, oldest first; never those of the log's own streams. */
export async function findPayloads(
  db: Sql,
  what: Forgotten,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly number[]> {
  const { rows } = await sql<{ idx: bigint }>`
    SELECT l.idx FROM audit_leaves l JOIN audit_payloads p ON p.idx = l.idx JOIN audit_streams s ON s.id = l.stream_id
    WHERE l.idx > ${after} AND left(s.name, 10) <> 'plumbline.' AND ${meant(what)}
    ORDER BY l.idx LIMIT ${limit}`.execute(db);
  return rows.map(({ idx }) => Number(idx));
}

function meant(what: Forgotten): RawBuilder<unknown> {
  if ('recordId' in what) {
    return sql`hashtext(l.record_id) = hashtext(${what.recordId}::text COLLATE "C") AND l.record_id = ${what.recordId} AND s.name = ${what.stream}`;
  }
  if ('actors' in what) {
    return sql`(l.actor IN (SELECT jsonb_array_elements_text(${JSON.stringify(what.actors)}::jsonb))
      OR l.record_id IN (SELECT jsonb_array_elements_text(${JSON.stringify(what.recordIds)}::jsonb)))`;
  }
  const ofStream = what.stream === undefined ? sql`` : sql` AND s.name = ${what.stream}`;
  return sql`l.idx >= audit_index_at(${what.fromUs}) AND l.idx < audit_index_at(${what.toUs})${ofStream}`;
}
