/** The simulated gateway: the same everywhere, right to the last dong, and honest about what was taken from it. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { addDays } from '../../src/kernel/business-date.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { createMarkedSchema } from '../../src/sandbox/store.ts';
import { describeDb } from '../support/databases.ts';
import { describeFilledSandbox, digestOf, SANDBOX_DATE } from '../support/sandbox.ts';
import { only, select } from '../support/sandbox-book.ts';
import { accountsSuite } from './sandbox-accounts.ts';
import { reportSuite } from './sandbox-report.ts';
import { switchesSuite } from './sandbox-switches.ts';

/** Of seed 42 on 2026-11-23. Whoever means to change the rows counts GENERATOR_VERSION up as well. */
const DIGEST = '0f220e52019c57b823a6760b8514bb3c61688eca5db858d08b33cd281b0070ae';

describeFilledSandbox('a sandbox', (of) => {
  it('is whole after its first maker was killed, and the same on every engine, digit for digit', async () => {
    const { db, killedAt } = of();
    expect(killedAt).toBe('payments');
    expect(await digestOf(db)).toBe(DIGEST);
  });

  it('is made once where two make it at once', () => {
    const [one, other] = of().fills;
    expect([one?.created, other?.created].sort()).toEqual([false, true]);
    const whole = { seed: 42, date: SANDBOX_DATE, merchants: 10_000, payments: 60_000 };
    expect(one).toMatchObject(whole);
    expect(other).toMatchObject(whole);
  });

  it('says how far it is, to the end', () => {
    const { progress } = of();
    const total = progress.length;
    expect(progress.map(({ done }) => done)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect(new Set(progress.map((each) => each.total))).toEqual(new Set([total]));
    expect([...new Set(progress.map(({ step }) => step))].slice(0, 4)).toEqual([
      'tables',
      'rates',
      'merchants',
      'payments',
    ]);
  });

  it('is left alone by a second fill, whatever that asks for', async () => {
    const { sandbox, fills } = of();
    const steps: string[] = [];
    const date = addDays(SANDBOX_DATE, 1);
    const again = await sandbox.fill({ seed: 7, date, onProgress: (step) => steps.push(step) });
    expect(again).toEqual({ ...fills[0], created: false });
    expect(steps).toEqual([]);
  });

  it('has 13 months of everything, and nothing that is still to come', async () => {
    const { db, fills } = of();
    expect(fills[0]?.auditLogs).toBeGreaterThan(115_000);
    expect(fills[0]?.auditLogs).toBeLessThan(125_000);
    const months = await select(
      db,
      `SELECT to_char(created_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM') AS month, count(*) AS entries
       FROM sandbox.audit_logs GROUP BY 1`,
    );
    expect(months).toHaveLength(14);
    expect(months.filter(({ entries }) => Number(entries) > 8_000)).toHaveLength(12); // all but the parts at either end
    for (const [table, column] of [
      ['audit_logs', 'created_at'],
      ['payments', 'confirmed_at'],
      ['payouts', 'completed_at'],
      ['refunds', 'completed_at'],
      ['ledger_entries', 'created_at'],
      ['merchant_balances', 'updated_at'],
      ['treasury_wallets', 'balance_last_updated_at'],
    ]) {
      const late = await only(
        db,
        `SELECT count(*) AS n FROM sandbox.${table} WHERE ${column} >= '2026-11-22T17:00:00Z'`,
      );
      expect(late.n, table).toBe('0');
    }
    const kinds = await only(
      db,
      `SELECT (SELECT count(DISTINCT status) FROM sandbox.payments) AS payments,
         (SELECT count(DISTINCT status) FROM sandbox.payouts) AS payouts,
         (SELECT count(DISTINCT status) FROM sandbox.refunds) AS refunds,
         (SELECT count(*) FROM sandbox.otc_conversions) AS conversions,
         (SELECT count(*) FROM sandbox.expenses) AS expenses`,
    );
    // 395 evenings on three chains; five categories in each of twelve whole months
    expect(kinds).toEqual({ payments: '4', payouts: '4', refunds: '2', conversions: '1185', expenses: '60' });
  });

  it('was written by statements of 5,000 rows at the most', async () => {
    const { db } = of();
    for (const table of [
      'merchants',
      'merchant_balances',
      'payments',
      'payouts',
      'otc_conversions',
      'ledger_entries',
      'audit_logs',
    ]) {
      // Each statement was a transaction of its own, whose number its rows carry.
      const { rows } = await only(
        db,
        `SELECT max(n) AS rows FROM (SELECT count(*) AS n FROM sandbox.${table} GROUP BY xmin::text) AS statements`,
      );
      expect(Number(rows), table).toBeLessThanOrEqual(5_000);
    }
  });

  reportSuite(of);

  accountsSuite(of);
  switchesSuite(of);
});

describeDb('a database without a sandbox', (open) => {
  const openEmpty = async () => {
    const db = await open({ schema: 'empty' });
    return { db, sandbox: createSandbox({ db, clock: systemClock }) };
  };

  it('keeps a schema of that name which is not ours', async () => {
    const { db, sandbox } = await openEmpty();
    await sql`CREATE SCHEMA sandbox`.execute(db.sql);
    await sql`CREATE TABLE sandbox.meta AS SELECT 1 AS precious`.execute(db.sql);
    const refusal = { kind: 'conflict', code: 'sandbox.foreign_schema' };
    await expect(sandbox.fill({ date: SANDBOX_DATE })).rejects.toMatchObject(refusal);
    await expect(sandbox.summary()).rejects.toMatchObject(refusal);
    await expect(sandbox.drop()).rejects.toMatchObject(refusal);
    expect(await only(db, 'SELECT * FROM sandbox.meta')).toEqual({ precious: '1' });
  });

  it('has nothing to show, to rob or to drop', async () => {
    const { sandbox } = await openEmpty();
    expect(await sandbox.summary()).toBeUndefined();
    expect(await sandbox.drop()).toBe(false);
    const missing = { kind: 'missing', code: 'sandbox.missing' };
    await expect(sandbox.steal({ from: 'bank', amount: '1' })).rejects.toMatchObject(missing);
    await expect(sandbox.makeWhole()).rejects.toMatchObject(missing);
  });

  it('takes only a seed and a date that it can work with', async () => {
    const { sandbox } = await openEmpty();
    await expect(sandbox.fill({ date: SANDBOX_DATE, seed: 1.5 })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'sandbox.seed_out_of_range',
    });
    await expect(sandbox.fill({ date: addDays(SANDBOX_DATE, -1_000) })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'sandbox.date_out_of_range',
    });
    expect(await sandbox.summary()).toBeUndefined();
  });

  it('shows no sandbox that is half there, and drops it', async () => {
    const { db, sandbox } = await openEmpty();
    const stop = new Error('stop');
    const onProgress = (_step: string, done: number): void => {
      if (done === 25) throw stop;
    };
    await expect(sandbox.fill({ date: SANDBOX_DATE, onProgress })).rejects.toBe(stop);
    expect(await sandbox.summary()).toBeUndefined();
    await expect(sandbox.breakSource('bank_accounts')).rejects.toMatchObject({ code: 'sandbox.missing' });
    expect(await sandbox.drop()).toBe(true);
    expect(await only(db, `SELECT to_regnamespace('sandbox') AS gone`)).toEqual({ gone: '' });
  });

  it('makes a sandbox of another version anew', async () => {
    const { db, sandbox } = await openEmpty();
    await db.transaction({}, createMarkedSchema);
    await sql`INSERT INTO sandbox.meta VALUES (true, 0, 42, '2026-11-23', 1, 1, 1)`.execute(db.sql);
    expect((await select(db, 'SELECT version FROM sandbox.meta')).map(({ version }) => version)).toEqual(['0']);
    const begun = new Error('begun');
    const onProgress = (): void => {
      throw begun;
    };
    await expect(sandbox.fill({ date: SANDBOX_DATE, onProgress })).rejects.toBe(begun);
    expect(await select(db, 'SELECT version FROM sandbox.meta')).toEqual([]);
  });
});
