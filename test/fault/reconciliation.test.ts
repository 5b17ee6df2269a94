import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../src/platform/db/port.ts';
import { start } from '../support/child.ts';
import { describeEachPostgres, urlOfDb } from '../support/databases.ts';
import { bookText, reconciliationOver } from '../support/reconciliation.ts';

const DATE = '2026-11-20';

const reconcile = (db: Db, killAt = 0) =>
  start(process.execPath, ['test/fault/reconcile-child.ts', urlOfDb(db) ?? '', DATE, String(killAt)]).exited;

async function reports(db: Db) {
  const { rows } = await sql<{ status: string; supersedes: string | null }>`
    SELECT status, supersedes FROM reconciliation_logs ORDER BY attempt`.execute(db.sql);
  const { rows: told } = await sql<{ event_type: string }>`
    SELECT event_type FROM notification_logs WHERE event_type = 'solvency.deficit'`.execute(db.sql);
  return { rows, finals: rows.filter(({ status }) => status === 'deficit'), told };
}

describeEachPostgres('reconciliation under fire', (open) => {
  test('eight processes at once leave exactly one final report and one notification', async () => {
    const db = await open();
    const exits = await Promise.all(Array.from({ length: 8 }, () => reconcile(db)));
    expect(exits.map(({ code }) => code)).toEqual(Array(8).fill(0));
    expect(exits.filter(({ output }) => output.includes('status deficit made'))).toHaveLength(1);
    expect(exits.filter(({ output }) => output.includes('status deficit found'))).toHaveLength(7);
    const { rows, told } = await reports(db);
    expect(rows).toEqual([{ status: 'deficit', supersedes: null }]);
    expect(told).toHaveLength(1);
  });

  test('money that moves between two lines while they are read is counted once', async () => {
    const db = await open();
    await sql`CREATE TABLE accounts (name text PRIMARY KEY, vnd numeric NOT NULL)`.execute(db.sql);
    await sql`INSERT INTO accounts VALUES ('a', 1000000), ('b', 1000000)`.execute(db.sql);
    const balance = (name: string) => `SELECT vnd AS amount FROM accounts WHERE name = '${name}'`;
    const book = bookText(
      [
        { id: 'a', sql: balance('a') },
        { id: 'b', sql: balance('b') },
      ],
      [{ id: 'owed', sql: 'SELECT 2000000 AS amount' }],
      { tolerance: '0' },
    );
    const { service } = reconciliationOver({ db, book });
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
      const { row } = await service.performDailyReconciliation({ startedBy: 'test', again: true });
      expect(row).toMatchObject({ status: 'balanced', difference_vnd: '0.00' });
    }
    moving = false;
    expect(await mover).toBeGreaterThan(25);
  });
});

describeEachPostgres('SIGKILL at every step of a run', (open, engine) => {
  test.skipIf(engine === 'PostgreSQL 15')(
    'leaves a state from which the next run completes the date',
    async () => {
      const db = await open();
      const whole = await reconcile(db);
      const steps = Number(/steps (\d+)/.exec(whole.output)?.[1]);
      expect(steps).toBeGreaterThan(10);

      for (let killAt = 1; killAt <= steps; killAt += 1) {
        const fresh = await open();
        const killed = await reconcile(fresh, killAt);
        expect(killed.signal, `step ${killAt}: ${killed.output}`).toBe('SIGKILL');
        const before = await reports(fresh);
        const next = await reconcile(fresh);
        expect(next.code, `step ${killAt}: ${next.output}`).toBe(0);
        const after = await reports(fresh);
        expect(after.finals, `step ${killAt}`).toHaveLength(1);
        expect(after.told, `step ${killAt}`).toHaveLength(1);
        // What was final before the kill is what the next run answers with.
        if (before.finals.length === 1) expect(after.rows).toEqual(before.rows);
        else expect(after.rows.filter(({ status }) => status === 'in_progress')).toEqual([]);
      }
    },
    180_000,
  );
});
