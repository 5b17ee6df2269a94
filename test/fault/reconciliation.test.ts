import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { killAndComplete, reconcileInChild, startChild, stepsOfARun, tracesIn } from '../soak/reconciliation.ts';
import { reconcileWhileMoving } from '../soak/reconciliation-transfers.ts';
import { simulate } from '../soak/reconciliation-year.ts';
import { describePostgres, urlOfDb } from '../support/databases.ts';
import { bookText, reconciliationOver } from '../support/reconciliation.ts';

/** Another one each time; a failure names it. */
const systemSeed = (): number => Math.floor(Math.random() * 1_000_000) + 1;

describePostgres('reconciliation under fire', (open) => {
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

  // `npm run soak -- reconciliation-transfers` makes 200 runs at 1,000 transfers a second.
  test('no transfer is seen by half', async () => {
    const seed = systemSeed();
    const torn = await reconcileWhileMoving(await open(), seed, 10, 300);
    expect(torn.violations, `seed ${seed}`).toEqual([]);
    expect(torn.transfers).toBeGreaterThan(10);
  });

  // `npm run soak -- reconciliation-year` takes 365 days.
  test('days of kills, pauses, deploys and clocks that jump leave one final report each', async () => {
    const db = await open();
    const seed = systemSeed();
    const { broken } = await simulate(db, urlOfDb(db) ?? '', seed, 3);
    expect(broken, `seed ${seed}`).toEqual([]);
  });

  // Step 13 is within the reading of the lines: the attempt is open, and no transaction of it writes.
  test('a process that stands still loses its run to the next, and changes nothing when it wakes', async () => {
    const db = await open();
    const stopped = startChild(urlOfDb(db) ?? '', '2026-11-20', 13, 'SIGSTOP', '1000');
    while ((await tracesIn(db)).attempts.length === 0) await delay(20);
    const next = await startChild(urlOfDb(db) ?? '', '2026-11-20', 0, 'SIGSTOP', '1000').exited;
    expect(next.output).toContain('status deficit made');
    stopped.process.kill('SIGCONT');
    expect((await stopped.exited).output).toContain('refused reconciliation.fenced');
    expect(await tracesIn(db)).toMatchObject({
      attempts: [{ status: 'error' }, { status: 'deficit', supersedes: null }],
      finals: 1,
      told: 1,
    });
  }, 60_000);

  // `npm run soak -- reconciliation` takes every step; here a sixth of them, others each time.
  test('SIGKILL leaves a state from which the next run completes the date', async () => {
    const steps = await stepsOfARun(urlOfDb(await open()) ?? '');
    expect(steps).toBeGreaterThan(10);
    for (let step = 1 + (systemSeed() % 6); step <= steps; step += 6) {
      const db = await open();
      expect(await killAndComplete(db, urlOfDb(db) ?? '', step), `step ${step}`).toEqual([]);
    }
  }, 120_000);
});
