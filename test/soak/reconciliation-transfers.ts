/**
 * Money that moves between balances, a thousand times a second, while reports are made: the total never
 * changes, so a report in which any transfer is half seen has a difference. Each line reads a part of
 * the balances, and the lines are read one after another.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { applyMigrations } from '../support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../support/postgres.ts';
import { bookText, reconciliationOver } from '../support/reconciliation.ts';
import { Dice } from './month/dice.ts';
import type { Soak } from './soak.ts';

const RUNS = 200;
const A_SECOND = 1_000;
const ACCOUNTS = 1_000;
const EACH = 1_000_000;
const PARTS = 5;
const MOVERS = 8;
/** How many more are asked for than have to be made, for the last of them are still under way when it ends. */
const MARGIN = 1.05;

export interface Torn {
  readonly runs: number;
  readonly transfers: number;
  readonly seconds: number;
  readonly violations: readonly string[];
}

/** @param perSecond how many transfers, each a transaction of its own */
export async function reconcileWhileMoving(db: Db, seed: number, runs: number, perSecond: number): Promise<Torn> {
  const dice = new Dice(seed, 'transfers');
  await sql`CREATE TABLE accounts (id integer PRIMARY KEY, part integer NOT NULL, vnd numeric NOT NULL)`.execute(
    db.sql,
  );
  await sql`INSERT INTO accounts SELECT id, id % ${PARTS}::integer, ${EACH}::numeric FROM generate_series(1, ${ACCOUNTS}::integer) AS id`.execute(
    db.sql,
  );
  // Two statements of one transaction; the smaller id first, so that no two wait for each other. In one round trip,
  // for what moves the money shares its process with what counts it.
  await sql`CREATE FUNCTION transfer(one integer, other integer, amount numeric) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE accounts SET vnd = vnd - amount WHERE id = one;
      UPDATE accounts SET vnd = vnd + amount WHERE id = other;
    END $$`.execute(db.sql);
  const lines = Array.from({ length: PARTS }, (_, part) => ({
    id: `part_${part}`,
    sql: `SELECT sum(vnd) AS amount FROM accounts WHERE part = ${part}`,
  }));
  const owed = [{ id: 'owed', sql: `SELECT ${ACCOUNTS * EACH}::numeric AS amount` }];
  const { service } = reconciliationOver({ db, book: bookText(lines, owed, { tolerance: '0' }) });

  let moving = true;
  let transfers = 0;
  const startedAt = performance.now();
  let begun = 0;
  // Counted from the start, so that one that was late is made up for.
  const due = (): number => ((performance.now() - startedAt) / 1000) * perSecond * MARGIN;
  const move = async (): Promise<void> => {
    while (moving) {
      if (begun >= due()) {
        await delay(1);
        continue;
      }
      begun += 1;
      const one = dice.whole(1, ACCOUNTS);
      const other = 1 + ((one - 1 + dice.whole(1, ACCOUNTS - 1)) % ACCOUNTS);
      const amount = dice.whole(1, 1_000) * (dice.chance(0.5) ? 1 : -1);
      await sql`SELECT transfer(${Math.min(one, other)}, ${Math.max(one, other)}, ${amount}::numeric)`.execute(db.sql);
      transfers += 1;
    }
  };
  const movers = Array.from({ length: MOVERS }, move);
  const violations: string[] = [];
  for (let at = 1; at <= runs; at += 1) {
    // However fast a run is: this many of the transfers that are asked for have to fall between the runs.
    await delay(Math.max(0, startedAt + (at * 1000) / 20 - performance.now()));
    const { row } = await service.performDailyReconciliation({ startedBy: 'soak', onFinal: 'supersede' });
    if (row.status !== 'balanced' || row.difference_vnd !== '0.00')
      violations.push(`run ${at} is ${row.status}, difference ${row.difference_vnd}: ${row.error_message ?? 'torn'}`);
  }
  moving = false;
  await Promise.all(movers);
  const seconds = (performance.now() - startedAt) / 1000;
  const { rows } = await sql<{ total: string }>`SELECT sum(vnd) AS total FROM accounts`.execute(db.sql);
  if (Number(rows[0]?.total) !== ACCOUNTS * EACH) violations.push(`the oracle is wrong itself: ${rows[0]?.total}`);
  return { runs, transfers, seconds, violations };
}

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin);
  const violations: string[] = [];
  try {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const name = `soak_${randomBytes(6).toString('hex')}`;
      await administer(server.url, `CREATE DATABASE ${name}`);
      const db = await openPostgres({ url: urlOf(server.url, name), poolSize: 20 });
      try {
        await applyMigrations(db);
        const torn = await reconcileWhileMoving(db, seed, RUNS, A_SECOND);
        const rate = Math.floor(torn.transfers / torn.seconds);
        console.log(
          `seed ${seed}: ${torn.runs} runs, ${torn.transfers} transfers, ${rate} a second of ${A_SECOND}, torn ${torn.violations.length}`,
        );
        violations.push(...torn.violations.map((each) => `seed ${seed}: ${each}`));
        if (rate < A_SECOND) violations.push(`seed ${seed}: ${rate} transfers a second are too few to say anything`);
      } finally {
        await db.close();
        await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
      }
    }
  } finally {
    await server.stop();
  }
  return { runs: seeds * RUNS, violations };
};
