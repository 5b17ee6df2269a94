/**
 * A run over 10,000,000 merchant balances against its floor: the one SUM that any answer needs, on the
 * same connection and in the same run. What the run adds is the snapshot, three lines and the merchants
 * below zero instead of one sum, and the report.
 */
import { sql } from 'kysely';
import { openPostgres } from '../src/platform/db/pg.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { findPostgres, startPostgres } from '../test/support/postgres.ts';
import { bookText, reconciliationOver } from '../test/support/reconciliation.ts';
import { type Bench, median } from './bench.ts';

const MERCHANTS = 10_000_000;
const RUNS = 3;
const BAR = 2.5;
const PARTS = ['available', 'pending', 'reserved'];

const OWED = `SELECT ${PARTS.map((part) => `sum(greatest(${part}_vnd, 0)) AS ${part}`).join(', ')}, count(*) AS merchants,
  count(*) FILTER (WHERE least(available_vnd, pending_vnd, reserved_vnd) < 0) AS below_zero FROM merchant_balances`;
const BOOK = bookText(
  [{ id: 'pool', sql: 'SELECT vnd AS amount FROM pool' }],
  PARTS.map((part) => ({ id: part, sql: OWED, column: part })),
);

export const run: Bench = async () => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin);
  const db = await openPostgres({ url: server.url });
  try {
    await applyMigrations(db);
    await sql`CREATE TABLE merchant_balances AS
      SELECT n AS merchant_id, (n * 7 % 1000003)::numeric(20,2) AS available_vnd, (n % 977)::numeric(20,2) AS pending_vnd,
        (n % 13)::numeric(20,2) AS reserved_vnd FROM generate_series(1, ${MERCHANTS}::int) AS n`.execute(db.sql);
    await sql`CREATE TABLE pool AS SELECT sum(available_vnd + pending_vnd + reserved_vnd) AS vnd FROM merchant_balances`.execute(
      db.sql,
    );
    await sql`VACUUM ANALYZE merchant_balances`.execute(db.sql);
    const { service } = reconciliationOver({ db, book: BOOK, queryTimeoutMs: 120_000 });

    const time = async (work: () => Promise<unknown>): Promise<number> => {
      const from = performance.now();
      await work();
      return performance.now() - from;
    };
    const floor = () =>
      sql`SELECT sum(available_vnd + pending_vnd + reserved_vnd) FROM merchant_balances`.execute(db.sql);
    const ours = () => service.performDailyReconciliation({ startedBy: 'bench', onFinal: 'supersede' });
    const times: { readonly ours: number; readonly floor: number }[] = [];
    await time(ours);
    for (let round = 0; round < RUNS; round += 1) times.push({ floor: await time(floor), ours: await time(ours) });

    const [mine, least] = [median(times.map((each) => each.ours)), median(times.map((each) => each.floor))];
    console.log(
      `  raw ms, run: ${times.map((each) => each.ours.toFixed(1)).join(' ')}; SUM: ${times.map((each) => each.floor.toFixed(1)).join(' ')}`,
    );
    const ratio = mine / least;
    return [
      {
        name: 'reconcile-10m-merchants',
        value: mine,
        unit: 'ms',
        reference: 'one SUM over the same table',
        ratio,
        bar: `<= ${BAR}`,
        pass: ratio <= BAR,
      },
    ];
  } finally {
    await db.close();
    await server.stop();
  }
};
