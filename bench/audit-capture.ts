/**
 * What capture costs a business transaction, and how long what it said waits for its leaf: 16 writers on
 * one table, with and without its triggers, the log drained all the while.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { createDrainer } from '../src/features/audit/capture/drainer.ts';
import { unwatch, watch } from '../src/features/audit/capture/watch.ts';
import { AuditLog } from '../src/features/audit/service.ts';
import { systemClock, systemRandom } from '../src/platform/clock/system.ts';
import { openPostgres } from '../src/platform/db/pg.ts';
import type { Db } from '../src/platform/db/port.ts';
import { silentLogger } from '../src/platform/telemetry/silent.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { findPostgres, startPostgres } from '../test/support/postgres.ts';
import { type Bench, median } from './bench.ts';
import { percentile } from './timing.ts';

const WRITERS = 16;
const SECONDS = 3;
const ROUNDS = 3;
const MOST_LAG_MS = 100;
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', shared_buffers: '512MB' };

export const run: Bench = async () => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const server = await startPostgres(bin, DURABLE);
  const db = await openPostgres({ url: server.url, poolSize: WRITERS + 4 });
  try {
    await applyMigrations(db);
    await sql`CREATE TABLE payments (id uuid PRIMARY KEY, amount numeric(20,2) NOT NULL, status text NOT NULL, at timestamptz NOT NULL)`.execute(
      db.sql,
    );
    const log = new AuditLog({
      db,
      clock: systemClock,
      random: systemRandom,
      origin: 'example.org/bench',
      zone: 'UTC',
    });
    await log.open();
    const drainer = createDrainer({
      ...{ clock: systemClock, log: silentLogger, drain: () => log.drain(), closeDays: () => log.closeDays() },
    });
    drainer.start();
    const [without, captured]: [number[], number[]] = [[], []];
    await write(db); // to warm up
    for (let round = 0; round < ROUNDS; round += 1) {
      without.push(await write(db));
      await watch(db, { table: 'payments', actor: 'bench', snapshot: false });
      captured.push(await write(db));
      await db.transaction({}, (tx) => sql`SELECT 1`.execute(tx));
      await unwatch(db, 'payments');
      await log.drainAll();
    }
    await watch(db, { table: 'payments', actor: 'bench', snapshot: false });
    const lags = await lagsWhile(db, write(db));
    await drainer.stop();
    const [plain, ours] = [median(without), median(captured)];
    const lag = percentile(lags, 99);
    console.log(
      `  ${WRITERS} writers: ${plain.toFixed(0)} transactions/s without capture, ${ours.toFixed(0)} with; from commit to leaf p50 ${percentile(lags, 50).toFixed(0)} ms, p99 ${lag.toFixed(0)} ms of ${lags.length}`,
    );
    return [
      {
        ...{ name: 'audit-capture-transactions', value: ours, unit: 'transactions/s', ratio: ours / plain },
        ...{ reference: `without capture ${plain.toFixed(0)}/s`, bar: 'printed', pass: true },
      },
      {
        ...{ name: 'audit-capture-lag-p99', value: lag, unit: 'ms', reference: `bar of ${MOST_LAG_MS} ms` },
        ...{ ratio: lag / MOST_LAG_MS, bar: '<= 1', pass: lag <= MOST_LAG_MS },
      },
    ];
  } finally {
    await db.close();
    await server.stop();
  }
};

/** @returns transactions a second */
async function write(db: Db): Promise<number> {
  let count = 0;
  const end = performance.now() + SECONDS * 1_000;
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      while (performance.now() < end) {
        await sql`INSERT INTO payments VALUES (${randomUUID()}, 1000.50, 'paid', now())`.execute(db.sql);
        count += 1;
      }
    }),
  );
  return count / SECONDS;
}

/** How long rows wait between their commit and their leaf: probes of one row each, meanwhile. */
async function lagsWhile(db: Db, work: Promise<unknown>): Promise<readonly number[]> {
  const lags: number[] = [];
  let working = true;
  void work.finally(() => {
    working = false;
  });
  while (working) {
    const id = randomUUID();
    await sql`INSERT INTO payments VALUES (${id}, 1, 'probe', now())`.execute(db.sql);
    const committed = performance.now();
    for (let found = false; !found; ) {
      const { rows } =
        await sql`SELECT FROM audit_leaves WHERE hashtext(record_id) = hashtext(${id}::text COLLATE "C") AND record_id = ${id}`.execute(
          db.sql,
        );
      found = rows.length > 0;
      if (!found) await delay(1);
    }
    lags.push(performance.now() - committed);
  }
  return lags;
}
