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

const ACCOUNTS = 1_000;
const EACH = 1_000_000;
const PARTS = 5;
const MOVERS = 8;
/** Milliseconds in which each batch of transfers is to be done. */
const BEAT_MS = 20;

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
  const lines = Array.from({ length: PARTS }, (_, part) => ({
    id: `part_${part}`,
    sql: `SELECT sum(vnd) AS amount FROM accounts WHERE part = ${part}`,
  }));
  const owed = [{ id: 'owed', sql: `SELECT ${ACCOUNTS * EACH}::numeric AS amount` }];
  const { service } = reconciliationOver({ db, book: bookText(lines, owed, { tolerance: '0' }) });

  let moving = true;
  let transfers = 0;
  const startedAt = performance.now();
  const move = async (): Promise<void> => {
    const share = (perSecond * BEAT_MS) / 1000 / MOVERS;
    let due = 0;
    while (moving) {
      const began = performance.now();
      for (due += share; due >= 1; due -= 1) {
        const [from, to] = [dice.whole(1, ACCOUNTS), dice.whole(1, ACCOUNTS)].sort((a, b) => a - b);
        if (from === undefined || to === undefined || from === to) continue;
        const amount = dice.whole(1, 1_000) * (dice.chance(0.5) ? 1 : -1);
        // Two statements of one transaction; the smaller id first, so that no two wait for each other.
        await db.transaction({}, async (tx) => {
          await sql`UPDATE accounts SET vnd = vnd - ${amount}::numeric WHERE id = ${from}`.execute(tx);
          await sql`UPDATE accounts SET vnd = vnd + ${amount}::numeric WHERE id = ${to}`.execute(tx);
        });
        transfers += 1;
      }
      await delay(Math.max(0, BEAT_MS - (performance.now() - began)));
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
        const torn = await reconcileWhileMoving(db, seed, 200, 1_000);
        console.log(
          `seed ${seed}: ${torn.runs} runs, ${torn.transfers} transfers, ${Math.round(torn.transfers / torn.seconds)} a second, torn ${torn.violations.length}`,
        );
        violations.push(...torn.violations.map((each) => `seed ${seed}: ${each}`));
      } finally {
        await db.close();
        await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
      }
    }
  } finally {
    await server.stop();
  }
  return { runs: seeds * 200, violations };
};
