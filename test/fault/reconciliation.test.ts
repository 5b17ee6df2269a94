import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { killAndComplete, reconcileInChild, stepsOfARun, tracesIn } from '../soak/reconciliation.ts';
import { describeEachPostgres, urlOfDb } from '../support/databases.ts';
import { bookText, reconciliationOver } from '../support/reconciliation.ts';

describeEachPostgres('reconciliation under fire', (open, engine) => {
  test('eight processes at once leave exactly one final report and one notification', async () => {
    const db = await open();
    const url = urlOfDb(db) ?? '';
    const exits = await Promise.all(Array.from({ length: 8 }, () => reconcileInChild(url)));
    expect(exits.map(({ code }) => code)).toEqual(Array(8).fill(0));
    expect(exits.filter(({ output }) => output.includes('status deficit made'))).toHaveLength(1);
    expect(exits.filter(({ output }) => output.includes('status deficit found'))).toHaveLength(7);
    expect(await tracesIn(db)).toEqual({ attempts: [{ status: 'deficit', supersedes: null }], finals: 1, told: 1 });
  }, 60_000);

  test('money that moves between two lines while they are read is counted once', async () => {
    const db = await open();
    await sql`CREATE TABLE accounts (name text PRIMARY KEY, vnd numeric NOT NULL)`.execute(db.sql);
    await sql`INSERT INTO accounts VALUES ('a', 1000000), ('b', 1000000)`.execute(db.sql);
    const line = (id: string) => ({ id, sql: `SELECT vnd AS amount FROM accounts WHERE name = '${id}'` });
    const owed = [{ id: 'owed', sql: 'SELECT 2000000 AS amount' }];
    const { service } = reconciliationOver({ db, book: bookText([line('a'), line('b')], owed, { tolerance: '0' }) });
    let moving = true;
    const mover = (async () => {
      let moves = 0;
      while (moving) {
        await sql`UPDATE accounts SET vnd = vnd + CASE name WHEN 'a' THEN -7 ELSE 7 END`.execute(db.sql);
        moves += 1;
      }
      return moves;
    })();
    for (let run = 0; run < 25; run += 1) {
      const { row } = await service.performDailyReconciliation({ startedBy: 'test', onFinal: 'supersede' });
      expect(row).toMatchObject({ status: 'balanced', difference_vnd: '0.00' });
    }
    moving = false;
    expect(await mover).toBeGreaterThan(25);
  });

  // `npm run soak -- reconciliation` takes every step; here the two versions share a third of them.
  test('SIGKILL leaves a state from which the next run completes the date', async () => {
    const steps = await stepsOfARun(urlOfDb(await open()) ?? '');
    expect(steps).toBeGreaterThan(10);
    for (let step = engine === 'PostgreSQL 15' ? 1 : 4; step <= steps; step += 6) {
      const db = await open();
      expect(await killAndComplete(db, urlOfDb(db) ?? '', step)).toEqual([]);
    }
  }, 120_000);
});
