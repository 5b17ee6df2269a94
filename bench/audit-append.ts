/**
 * Durable appends to the log on PostgreSQL, fsync on, each with a key of its own, beside two others on
 * the same server and in the same run: the same bytes inserted into a table without any log, by as many
 * callers, whoever waits at a time in one statement, one statement after the other; and the chain as it is often
 * built, one row after the other.
 */
import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { assureStream } from '../src/features/audit/log/store.ts';
import { AuditLog } from '../src/features/audit/service.ts';
import { systemClock, systemRandom } from '../src/platform/clock/system.ts';
import { openPostgres } from '../src/platform/db/pg.ts';
import type { Db } from '../src/platform/db/port.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { findPostgres, startPostgres } from '../test/support/postgres.ts';
import type { Bench, Measurement } from './bench.ts';
import { percentile } from './timing.ts';

const STREAMS = ['payments', 'payouts', 'ledger_entries', 'audit_logs'];
const WARM = 20_000;
const APPENDS = 100_000;
const ROUNDS = 3;
const SERIAL_APPENDS = 1_000;
const BATCH = 4_096;
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', shared_buffers: '512MB' };
const DATA_HASH = createHash('sha256').update('a record').digest();

export const run: Bench = async () => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const server = await startPostgres(bin, DURABLE);
  const db = await openPostgres({ url: server.url });
  try {
    await applyMigrations(db);
    const log = new AuditLog({
      db,
      clock: systemClock,
      random: systemRandom,
      origin: 'example.org/bench',
      zone: 'UTC',
    });
    await log.open();
    for (const stream of STREAMS) await assureStream(db.sql, stream, false);
    const append = async (caller: number): Promise<void> => {
      const recordId = randomUUID();
      await log.append({
        ...{ stream: STREAMS[caller % STREAMS.length] ?? '', recordId, op: 'insert', actor: 'service' },
        ...{ content: { dataHash: DATA_HASH.toString('hex') }, key: recordId },
      });
    };
    const insert = await plainTable(db);
    await load(1_024, WARM, append);
    await load(1_024, WARM, insert);
    const { ours: many, floor } = await inTurn(1_024, APPENDS, append, insert);
    const { ours: few, floor: fewFloor } = await inTurn(64, APPENDS / 2, append, insert);
    const serial = await load(1, SERIAL_APPENDS, await chainTable(db));
    console.log(
      `  1024 callers: ${described(many)}; plain INSERT ${described(floor)}; 64 callers: ${described(few)}; plain INSERT ${described(fewFloor)}; one row after the other ${described(serial)}`,
    );
    const { rows } = await sql<{ leaves: bigint; bytes: bigint }>`
      SELECT (SELECT size FROM audit_log) AS leaves, pg_total_relation_size('audit_leaves') + pg_total_relation_size('audit_tiles') AS bytes`.execute(
      db.sql,
    );
    const bytes = Number(rows[0]?.bytes) / Number(rows[0]?.leaves);
    return [
      measured('audit-append-1024-callers', many, 40_000, floor, serial),
      measured('audit-append-64-callers', few, 25_000, fewFloor, serial),
      {
        ...{ name: 'audit-append-64-callers-p50', value: few.p50Ms, unit: 'ms', reference: 'bar of 3 ms' },
        ...{ ratio: few.p50Ms / 3, bar: '<= 1', pass: few.p50Ms <= 3 },
      },
      {
        ...{
          name: 'audit-bytes-a-leaf',
          value: bytes,
          unit: 'bytes',
          reference: 'bar of 350 bytes',
          ratio: bytes / 350,
        },
        ...{ bar: '<= 1', pass: bytes <= 350 },
      },
    ];
  } finally {
    await db.close();
    await server.stop();
  }
};

type Call = (caller: number) => Promise<void>;

interface Compared {
  readonly ours: Loaded;
  readonly floor: Loaded;
}

interface Loaded {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** So many callers, each of whom waits for its answer before it calls again. */
async function load(callers: number, calls: number, call: Call): Promise<Loaded> {
  const times: number[] = [];
  let left = calls;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (; left > 0; left -= 1) {
        const from = performance.now();
        await call(caller);
        times.push(performance.now() - from);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  return { perSecond: times.length / seconds, p50Ms: percentile(times, 50), p99Ms: percentile(times, 99) };
}

/** The round in which what is ours is in the middle of all, of rounds in which each has its turn. */
async function inTurn(callers: number, calls: number, append: Call, insert: Call): Promise<Compared> {
  const rounds: Compared[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    rounds.push({ ours: await load(callers, calls, append), floor: await load(callers, calls, insert) });
  const [middle] = rounds.toSorted((a, b) => ratioOf(a) - ratioOf(b)).slice((ROUNDS - 1) / 2);
  if (middle === undefined) throw new RangeError('no rounds');
  return middle;
}

const ratioOf = ({ ours, floor }: Compared): number => ours.perSecond / floor.perSecond;

function measured(name: string, ours: Loaded, least: number, floor: Loaded, serial: Loaded): Measurement {
  const ratio = ours.perSecond / floor.perSecond;
  return {
    ...{ name, value: ours.perSecond, unit: 'appends/s', ratio },
    reference: `plain INSERT ${floor.perSecond.toFixed(0)}/s, one after the other ${serial.perSecond.toFixed(0)}/s`,
    bar: `>= 0.4, ${least} appends/s`,
    pass: ratio >= 0.4 && ours.perSecond >= least,
  };
}

const described = ({ perSecond, p50Ms, p99Ms }: Loaded): string =>
  `${perSecond.toFixed(0)}/s (p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms)`;

/** The columns of a leaf, as many bytes sent and kept, and one index: what has queued while a commit was under way is the next one. */
async function plainTable(db: Db): Promise<() => Promise<void>> {
  await sql`CREATE TABLE plain (idx bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, seq bigint, at_us bigint, stream_id smallint,
    idem uuid, data_hash bytea, leaf_hash bytea, record_id text, op text, actor text)`.execute(db.sql);
  const waiting: { readonly id: string; readonly done: () => void }[] = [];
  let committing = false;
  const commit = async (): Promise<void> => {
    committing = true;
    for (let batch = waiting.splice(0, BATCH); batch.length > 0; batch = waiting.splice(0, BATCH)) {
      const all = (value: (id: string) => string): string => `{${batch.map(({ id }) => value(id)).join(',')}}`;
      await sql`INSERT INTO plain (seq, at_us, stream_id, idem, data_hash, leaf_hash, record_id, op, actor)
        SELECT seq, 2000000000000000, stream_id, idem, substring(${Buffer.concat(batch.map(() => DATA_HASH))}::bytea FROM (ord::integer - 1) * 32 + 1 FOR 32),
          substring(${Buffer.concat(batch.map(() => DATA_HASH))}::bytea FROM (ord::integer - 1) * 32 + 1 FOR 32), record_id, op, actor
        FROM unnest(${all(() => '1')}::bigint[], ${all(() => '1')}::smallint[], ${all((id) => id)}::uuid[], ${all((id) => `"${id}"`)}::text[],
          ${all(() => '"insert"')}::text[], ${all(() => '"service"')}::text[]) WITH ORDINALITY AS u (seq, stream_id, idem, record_id, op, actor, ord)`.execute(
        db.sql,
      );
      for (const { done } of batch) done();
    }
    committing = false;
  };
  return () =>
    new Promise((done) => {
      waiting.push({ id: randomUUID(), done });
      if (!committing) void commit();
    });
}

/** A hash chain in a table with an index for every question, each row linked to the newest one. */
async function chainTable(db: Db): Promise<() => Promise<void>> {
  await sql`CREATE TABLE chain (id uuid PRIMARY KEY, table_name text, record_id text, data_hash text, previous_hash text,
    merkle_root text, block_number bigint, created_at timestamptz DEFAULT clock_timestamp(), UNIQUE (table_name, record_id))`.execute(
    db.sql,
  );
  for (const column of ['data_hash', 'previous_hash', 'merkle_root', 'block_number', 'created_at']) {
    await sql`CREATE INDEX ON chain (${sql.raw(column)})`.execute(db.sql);
  }
  return () =>
    db.transaction({}, async (tx) => {
      const { rows } = await sql<{ data_hash: string; block_number: bigint }>`
        SELECT data_hash, block_number FROM chain ORDER BY block_number DESC LIMIT 1 FOR UPDATE`.execute(tx);
      const id = randomUUID();
      await sql`INSERT INTO chain (id, table_name, record_id, data_hash, previous_hash, block_number)
        VALUES (${id}, 'payments', ${id}, ${DATA_HASH.toString('hex')}, ${rows[0]?.data_hash ?? null}, ${Number(rows[0]?.block_number ?? 0) + 1})`.execute(
        tx,
      );
    });
}
