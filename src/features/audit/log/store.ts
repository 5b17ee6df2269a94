/** The SQL that appends to the log. The database recomputes what it is given (migrations/000024_audit_append.sql). */
import { sql } from 'kysely';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import type { Json } from '../../../kernel/canonical.ts';
import { integerArray, textArray, uuidArray } from '../../../platform/db/array-binary.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { Frontier } from '../tlog/tree.ts';
import type { Batch, Entry, LogState, StreamHead } from './batch.ts';

/** The log of this database, as it was made first, whoever comes later. @returns whose it is */
export async function assureLog(
  db: Sql,
  log: { readonly origin: string; readonly zone: string; readonly openDate: BusinessDate },
): Promise<{ readonly origin: string; readonly zone: string }> {
  await sql`
    INSERT INTO audit_log (origin, zone, open_date) VALUES (${log.origin}, ${log.zone}, ${log.openDate})
    ON CONFLICT DO NOTHING`.execute(db);
  const { rows } = await sql<{ origin: string; zone: string }>`SELECT origin, zone FROM audit_log`.execute(db);
  return rows[0] ?? log;
}

export async function assureStream(db: Sql, name: string, salted: boolean): Promise<StreamHead | undefined> {
  await sql`INSERT INTO audit_streams (name, salted) VALUES (${name}, ${salted}) ON CONFLICT DO NOTHING`.execute(db);
  return (await readStreams(db)).get(name);
}

interface LogRow {
  readonly origin: string;
  readonly zone: string;
  readonly size: bigint;
  readonly frontier: Uint8Array;
  readonly at_us: bigint;
  readonly open_date: BusinessDate;
}

const LOCKS = { none: sql``, wait: sql`FOR UPDATE`, skip: sql`FOR UPDATE SKIP LOCKED` };

/** Where the log stands; undefined before it was made, and with `skip` while somebody else appends. */
export async function readState(db: Sql | Tx, lock: 'none' | 'wait' | 'skip' = 'none'): Promise<LogState | undefined> {
  const { rows } = await sql<LogRow>`
    SELECT origin, zone, size, frontier, at_us, open_date FROM audit_log
    ${LOCKS[lock]}`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    origin: row.origin,
    zone: row.zone,
    frontier: Frontier.decode(Number(row.size), row.frontier),
    atUs: Number(row.at_us),
    openDate: row.open_date,
    streams: await readStreams(db),
  };
}

async function readStreams(db: Sql | Tx): Promise<ReadonlyMap<string, StreamHead>> {
  const { rows } = await sql<{ id: number; name: string; salted: boolean; size: bigint; head: string | null }>`
    SELECT id, name, salted, size, encode(head, 'hex') AS head FROM audit_streams`.execute(db);
  return new Map(
    rows.map(({ head, size, ...row }) => [row.name, { ...row, size: Number(size), head: head ?? undefined }]),
  );
}

export interface Append {
  readonly batch: Batch;
  /** The day that the batch closes: it is one leaf, which says so. */
  readonly closes?: BusinessDate;
  /** Leaves whose payloads are forgotten: the batch's last leaf says so. */
  readonly redacted?: readonly number[];
}

const NO_SALT = Buffer.alloc(32);

/**
 * What appends a batch, all or nothing: it answers whether it did, which it did not where the log is another one by
 * now. Its size alone would not tell: somebody else may have appended as many leaves as a batch that was refused.
 * Everything that can be made ready before is.
 */
export function appending({ batch, closes, redacted = [] }: Append): (db: Sql | Tx) => Promise<boolean> {
  const { entries, leaves, next } = batch;
  const payloads = entries.flatMap(({ content }, at) =>
    content.kind === 'record' ? [{ at: at + 1, ...content }] : [],
  );
  const statement = sql<{ size: bigint | null }>`
    SELECT audit_append(
      ${next.frontier.size - leaves.length}::bigint, ${next.atUs}::bigint, ${closes ?? null}::date,
      ${integerArray('smallint', batch.streamIds)}::smallint[],
      ${integerArray(
        'bigint',
        leaves.map(({ seq }) => seq),
      )}::bigint[],
      ${integerArray('integer', batch.follows)}::integer[],
      ${textArray(entries.map(({ recordId }) => recordId))}::text[],
      ${textArray(entries.map(({ op }) => op))}::text[],
      ${textArray(entries.map(({ actor }) => actor))}::text[],
      ${uuidArray(entries.map(({ idem }) => idem))}::uuid[],
      ${batch.dataHashes}::bytea, ${batch.leafHashes}::bytea, ${next.frontier.root()}::bytea, ${next.frontier.encode()}::bytea,
      ${batch.tileRoots}::bytea,
      ${integerArray(
        'integer',
        payloads.map(({ at }) => at),
      )}::integer[],
      ${Buffer.concat(payloads.map(({ salt }) => salt ?? NO_SALT))}::bytea,
      ${textArray(payloads.map(({ record }) => record))}::text[],
      ${integerArray('bigint', redacted)}::bigint[]
    ) AS size FROM audit_log WHERE root = ${batch.root}`;
  return async (db) => (await statement.execute(db)).rows[0]?.size != null;
}

/** A leaf that an idempotency key stands for, with its record where that is still there. */
export interface Known {
  readonly idem: string;
  readonly index: number;
  readonly stream: string;
  readonly record_id: string;
  readonly op: string;
  readonly data_hash: string;
  readonly record: string | null;
  readonly redacted: boolean;
}

export async function findByIdem(db: Sql, idems: readonly string[]): Promise<readonly Known[]> {
  const { rows } = await sql<Omit<Known, 'index'> & { index: bigint }>`
    SELECT replace(l.idem::text, '-', '') AS idem, l.idx AS index, s.name AS stream, l.record_id, l.op, encode(l.data_hash, 'hex') AS data_hash, p.record,
      r.idx IS NOT NULL AS redacted
    FROM audit_leaves l JOIN audit_streams s ON s.id = l.stream_id
    LEFT JOIN audit_payloads p ON p.idx = l.idx LEFT JOIN audit_redactions r ON r.idx = l.idx
    WHERE l.idem = ANY (${uuidArray(idems)}::uuid[])`.execute(db);
  return rows.map((row) => ({ ...row, index: Number(row.index) }));
}

/** What business transactions have said, oldest first; it is gone with the caller's transaction. */
export async function takeOutbox(
  tx: Tx,
  limit: number,
): Promise<readonly (Omit<Entry, 'content'> & { readonly record: Json })[]> {
  const { rows } = await sql<{ stream: string; record_id: string; op: string; actor: string; record: Json }>`
    WITH taken AS (
      DELETE FROM audit_outbox WHERE id IN (SELECT id FROM audit_outbox ORDER BY id LIMIT ${limit})
      RETURNING id, stream_id, record_id, op, actor, record
    )
    SELECT s.name AS stream, t.record_id, t.op, t.actor, t.record
    FROM taken t JOIN audit_streams s ON s.id = t.stream_id ORDER BY t.id`.execute(tx);
  return rows.map(({ record_id: recordId, ...row }) => ({ ...row, recordId }));
}

export async function isOutboxEmpty(db: Sql): Promise<boolean> {
  const { rows } = await sql`SELECT FROM audit_outbox LIMIT 1`.execute(db);
  return rows.length === 0;
}

/** How long what was said waits, of the oldest, in milliseconds, and how much waits. */
export async function outboxLag(db: Sql): Promise<{ readonly waiting: number; readonly oldestMs: number }> {
  const { rows } = await sql<{ waiting: bigint; ms: number | null }>`
    SELECT count(*) AS waiting, (extract(epoch FROM clock_timestamp() - min(said_at)) * 1000)::float8 AS ms FROM audit_outbox`.execute(
    db,
  );
  return { waiting: Number(rows[0]?.waiting ?? 0), oldestMs: rows[0]?.ms ?? 0 };
}

/** Leaves of the open day so far, and where the last closed day ended. */
export async function closedSize(db: Sql | Tx): Promise<number> {
  const { rows } = await sql<{ size: bigint | null }>`SELECT max(size) AS size FROM audit_days`.execute(db);
  return Number(rows[0]?.size ?? 0);
}
