/** What a report says of a day that is over, when it is made later. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeOldest } from '../support/databases.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { bookText, fixedRate, reconciliationOver, twoSided } from '../support/reconciliation.ts';

const DATE = parseBusinessDate('2026-11-23');
const MIDNIGHT = '2026-11-24T00:00:00+07:00';
const MORNING = Date.parse('2026-11-24T09:00:00+07:00');
const startedBy = 'test';

/** 9,000,000 VND are there in the morning; at midnight it was 5,000,000, and all of it was owed. */
async function fill(db: Db): Promise<void> {
  await sql
    .raw(`
      CREATE TABLE entries (account text NOT NULL, amount numeric NOT NULL, at timestamptz NOT NULL);
      CREATE TABLE balances (account text PRIMARY KEY, amount numeric NOT NULL);
      CREATE TABLE payouts (id text PRIMARY KEY, amount numeric NOT NULL, sent_at timestamptz NOT NULL, done_at timestamptz);
      INSERT INTO entries VALUES
        ('pool', 5000000, '2026-11-23T23:59:59.999999+07:00'), ('owed', 5000000, '2026-11-23T23:59:59.999999+07:00'),
        ('pool', 4000000, '${MIDNIGHT}'), ('owed', 6000000, '2026-11-24T08:59:00+07:00');
      INSERT INTO balances SELECT account, sum(amount) FROM entries GROUP BY account`)
    .execute(db.sql);
}

/** What stands now, less what came later. */
const atCut = (account: string): string => `
  SELECT sum(amount) - (SELECT coalesce(sum(amount), 0) FROM entries WHERE account = '${account}' AND at >= :cut) AS amount
  FROM balances WHERE account = '${account}'`;
const now = (account: string): string => `SELECT sum(amount) AS amount FROM balances WHERE account = '${account}'`;

interface Lines {
  readonly pool?: string;
  readonly owed?: string;
  readonly observed?: string;
}

const bookOf = ({ pool = atCut('pool'), owed = atCut('owed'), observed = atCut('pool') }: Lines = {}): string =>
  bookText([{ id: 'pool', sql: pool }], [{ id: 'owed', sql: owed }], {
    observed: [{ id: 'bank', title: 'bank', currency: 'VND', sql: observed, ledger: atCut('pool') }],
    in_transit: [
      {
        ...{
          id: 'payouts',
          title: 'Payouts at the bank',
          currency: 'VND',
          side: 'asset',
          of: 'bank',
          grace_minutes: 60,
        },
        sql: 'SELECT id, amount, sent_at AS since FROM payouts WHERE sent_at < :cut AND (done_at IS NULL OR done_at >= :cut)',
      },
    ],
  });

describeOldest('a reconciliation of a day that is over', (open) => {
  test('at nine in the morning it tells what stood at midnight', async () => {
    const db = await open();
    await fill(db);
    const { service } = reconciliationOver({ db, book: bookOf(), clock: new ManualClock(MORNING) });
    const { row } = await service.performDailyReconciliation({ businessDate: DATE, startedBy });
    expect(row).toMatchObject({
      ...{ status: 'balanced', difference_vnd: '0.00', total_assets_vnd: '5000000.00' },
      ...{ solvent: true, explained: true, net_low_vnd: '0.00', unexplained_vnd: '0.00' },
      ...{ as_of_basis: 'cut', as_of: new Date(MIDNIGHT), observed_at: new Date(MORNING) },
      report: { as_of: { basis: 'cut', instant: MIDNIGHT, not_observable_at_cut: [] } },
    });
    // The day that has begun is told as of the snapshot: 9,000,000 against 11,000,000.
    const { row: today } = await service.performDailyReconciliation({ startedBy });
    expect(today).toMatchObject({
      ...{ status: 'deficit', solvent: false, net_low_vnd: '-2000000.00', as_of_basis: 'snapshot' },
      report: { as_of: { basis: 'snapshot', instant: '2026-11-24T09:00:00+07:00', not_observable_at_cut: [] } },
    });
  });

  test.each<[string, Lines, readonly string[]]>([
    ['the formula', { pool: now('pool') }, ['pool']],
    ['what is observed', { observed: now('pool') }, ['bank']],
    ['what is owed and what is observed', { owed: now('owed'), observed: now('pool') }, ['owed', 'bank']],
  ])(
    'one line without history in %s: it is named, and everything is told as of the snapshot',
    async (_where, lines, names) => {
      const db = await open();
      await fill(db);
      const { service } = reconciliationOver({ db, book: bookOf(lines), clock: new ManualClock(MORNING) });
      const { row } = await service.performDailyReconciliation({ businessDate: DATE, startedBy });
      expect(row).toMatchObject({
        ...{ status: 'deficit', difference_vnd: '-2000000.00', net_low_vnd: '-2000000.00', as_of_basis: 'snapshot' },
        ...{ as_of: new Date(MORNING) },
        report: { as_of: { basis: 'snapshot', not_observable_at_cut: names } },
      });
      expect(JSON.stringify(row.report)).toContain(`not observable at the cut are ${names.join(', ')}.`);
    },
  );

  test('a second run of the cut gives the same bytes, though the rate has moved and more has happened', async () => {
    const db = await open();
    await fill(db);
    const book = bookText(
      [{ id: 'wallet', currency: 'USDT', sql: `${atCut('pool')} AND :cut IS NOT NULL` }],
      [{ id: 'owed', sql: atCut('owed') }],
    );
    const run = (mid: string, at: number) =>
      reconciliationOver({
        db,
        book,
        rates: fixedRate(mid),
        clock: new ManualClock(at),
      }).service.performDailyReconciliation({ businessDate: DATE, startedBy, onFinal: 'supersede' });
    const first = await run('26000', MORNING);
    await sql`INSERT INTO entries VALUES ('pool', -1000000, '2026-11-24T10:00:00+07:00')`.execute(db.sql);
    await sql`UPDATE balances SET amount = amount - 1000000 WHERE account = 'pool'`.execute(db.sql);
    const second = await run('25000', MORNING + 7_200_000);
    expect(second).toMatchObject({ created: true, row: { attempt: 2, supersedes: first.row.id } });
    expect(second.row.report_hash).toBe(first.row.report_hash);
    expect(second.row.report).toEqual(first.row.report);
    // Once more, with what was pinned handed on from the second to the third.
    expect((await run('24000', MORNING + 86_400_000)).row.report_hash).toBe(first.row.report_hash);
  });

  test('the rate of a report that is not of the cut is not used again', async () => {
    const db = await open();
    const book = bookText(
      [{ id: 'wallet', currency: 'USDT', sql: 'SELECT 1 AS amount' }],
      [{ id: 'owed', sql: 'SELECT 26000 AS amount' }],
    );
    const run = (mid: string) =>
      reconciliationOver({
        db,
        book,
        rates: fixedRate(mid),
        clock: new ManualClock(MORNING),
      }).service.performDailyReconciliation({ businessDate: DATE, startedBy, onFinal: 'supersede' });
    expect((await run('26000')).row).toMatchObject({ status: 'balanced', difference_vnd: '0.00' });
    expect((await run('24000')).row).toMatchObject({ status: 'deficit', difference_vnd: '-2000.00' });
  });

  test('liabilities below zero are refused, by name and amount', async () => {
    const db = await open();
    const { service } = reconciliationOver({ db, book: twoSided('5000000', '-0.01') });
    const { row } = await service.performDailyReconciliation({ startedBy });
    expect(row).toMatchObject({ status: 'error', total_assets_vnd: null, difference_vnd: null, alert_triggered: true });
    expect(row.error_message).toContain('owed: -0.01 VND is below zero');
  });

  test('what is under way at the cut is named, item by item; what left later is not', async () => {
    const db = await open();
    await fill(db);
    await sql
      .raw(`INSERT INTO payouts VALUES
        ('late', 10000, '2026-11-23T22:59:59+07:00', NULL), ('first', 200000, '2026-11-23T23:00:00+07:00', '${MIDNIGHT}'),
        ('second', 300000, '2026-11-23T23:59:59+07:00', NULL), ('over', 1, '2026-11-23T12:00:00+07:00', '2026-11-23T23:59:59+07:00'),
        ('next', 400000, '${MIDNIGHT}', NULL)`)
      .execute(db.sql);
    const observed = `SELECT amount - 510000 AS amount FROM (${atCut('pool')}) AS pool`;
    const { service } = reconciliationOver({ db, book: bookOf({ observed }), clock: new ManualClock(MORNING) });
    const { row } = await service.performDailyReconciliation({ businessDate: DATE, startedBy });
    expect(row).toMatchObject({ solvent: false, net_low_vnd: '-10000.00', unexplained_vnd: '-10000.00' });
    const item = (id: string, amount: string, late: boolean) => ({ line: 'payouts', side: 'asset', id, amount, late });
    expect(row.report).toMatchObject({
      truth: {
        in_transit: [
          item('late', '10000.00', true),
          item('first', '200000.00', false),
          item('second', '300000.00', false),
        ],
        breaks: [{ key: 'native/bank' }, { key: 'late/payouts/late' }, { key: 'unexplained' }],
      },
    });
  });
});
