import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { parseBook } from '../../src/features/reconciliation/book.ts';
import { DrillDown } from '../../src/features/reconciliation/drill-down/service.ts';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import { PlumblineError } from '../../src/kernel/errors.ts';
import { parseId } from '../../src/kernel/ids.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';
import { LEDGERED_BOOK, openPlatform } from '../support/ledgered.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { fixedRate, reconciliationOver } from '../support/reconciliation.ts';

const DAY = 86_400_000;

async function setUp(db: Db, book = LEDGERED_BOOK) {
  const clock = new ManualClock(Date.parse('2026-11-23T02:00:00Z'));
  const platform = await openPlatform(db);
  await platform.move({ debit: 'pool', credit: 'merchants', amount: '500000', at: '2026-11-20T05:00:00Z' });
  await platform.move({ debit: 'operating', credit: 'fees', amount: '90000', at: '2026-11-20T05:00:00Z' });
  const run = async (businessDate: string, rate = '26000') => {
    const { service } = reconciliationOver({ db, book, clock, rates: fixedRate(rate) });
    return (await service.performDailyReconciliation({ businessDate: parseBusinessDate(businessDate) })).row;
  };
  const drillDown = new DrillDown({ db, platform: db, book: parseBook(book, 'test'), queryTimeoutMs: 10_000 });
  return { clock, platform, run, drillDown };
}

describeDb('drill-down', (open) => {
  test('a theft: the entries explain what they moved, and none explains the rest', async () => {
    const { clock, platform, run, drillDown } = await setUp(await open());
    const before = await run('2026-11-22');
    clock.jump(DAY);
    await platform.move({ debit: 'operating', credit: 'fees', amount: '2000', at: '2026-11-22T17:00:00Z' });
    await platform.move({ debit: 'operating', credit: 'fees', amount: '3000', at: '2026-11-23T12:00:00.000001Z' });
    await platform.move({ debit: 'rent', credit: 'operating', amount: '1500.50', at: '2026-11-23T16:59:59.999999Z' });
    await platform.move({ debit: 'operating', credit: 'fees', amount: '7', at: '2026-11-23T17:00:00Z' }); // the next day's
    await platform.take('operating', '-70000');
    const after = await run('2026-11-23');
    expect(after.report).toMatchObject({
      truth: { breaks: expect.arrayContaining([expect.objectContaining({ key: 'native/bank' })]) },
    });

    const found = await drillDown.movements({ id: after.id, line: 'bank', limit: 2 });
    expect(found).toMatchObject({ line: 'bank', account: 'operating', currency: 'VND', before: { id: before.id } });
    expect(found.movement).toEqual({
      observed: { before: '90000.00', after: '23499.50', change: '-66500.50' },
      ledger: { before: '90000.00', after: '93499.50', change: '3499.50' },
      entries: { count: 3, amount: '3499.50' },
      unexplained: '-70000.00',
      rewritten: '0.00',
      counterAccounts: [
        { account: 'fees', currency: 'VND', entries: 2, amount: '5000.00' },
        { account: 'rent', currency: 'VND', entries: 1, amount: '-1500.50' },
      ],
      otherCurrencies: [],
    });
    expect(found.entries.map(({ createdAt, counterAccount }) => `${createdAt} ${counterAccount}`)).toEqual([
      '2026-11-23T16:59:59.999999Z rent',
      '2026-11-23T12:00:00.000001Z fees',
    ]);
    if (found.next === undefined) throw new Error('no second page');
    const rest = await drillDown.movements({ id: after.id, line: 'bank', limit: 2, after: found.next });
    expect(rest.entries.map(({ createdAt }) => createdAt)).toEqual(['2026-11-22T17:00:00.000000Z']);
    expect(rest.next).toBeUndefined();

    // An account that nobody robbed and nothing moved.
    const pool = await drillDown.movements({ id: after.id, line: 'pool', limit: 9 });
    expect(pool.movement).toMatchObject({ entries: { count: 0, amount: '0.00' }, unexplained: '0.00' });
    expect(pool.entries).toEqual([]);
  });

  test('what is written into the past is told apart from what moved', async () => {
    const db = await open();
    const { clock, platform, run, drillDown } = await setUp(db);
    await run('2026-11-22');
    clock.jump(DAY);
    await platform.take('operating', '-70000');
    await sql`UPDATE entries SET amount = amount - 70000 WHERE debit_account = 'operating'`.execute(db.sql); // the thief mends the ledger
    const after = await run('2026-11-23');
    const { movement } = await drillDown.movements({ id: after.id, line: 'bank', limit: 9 });
    expect(movement).toMatchObject({ entries: { count: 0 }, unexplained: '-70000.00', rewritten: '-70000.00' });
  });

  test('without a report before, all entries there are', async () => {
    const { run, drillDown } = await setUp(await open());
    const first = await run('2026-11-22');
    const { before, movement } = await drillDown.movements({ id: first.id, line: 'pool', limit: 9 });
    expect(before).toBeUndefined();
    expect(movement).toMatchObject({
      entries: { count: 1, amount: '500000.00' },
      unexplained: '0.00',
      rewritten: '0.00',
    });
    expect(await failure(drillDown.compare(first.id))).toMatchObject({ code: 'reconciliation.no_report_before' });
  });

  test('two reports compared: the rate apart from the amount', async () => {
    const { clock, platform, run, drillDown } = await setUp(await open());
    await platform.move({
      debit: 'wallet',
      credit: 'position',
      amount: '1.5',
      currency: 'USDT',
      at: '2026-11-20T05:00:00Z',
    });
    const before = await run('2026-11-22');
    clock.jump(DAY);
    await platform.move({
      debit: 'wallet',
      credit: 'position',
      amount: '0.5',
      currency: 'USDT',
      at: '2026-11-23T05:00:00Z',
    });
    await platform.take('operating', '-1');
    const after = await run('2026-11-23', '25000');
    for (const [one, other] of [[after.id], [after.id, before.id], [before.id, after.id]]) {
      if (one === undefined) throw new Error('no report');
      const { comparison, ...reports } = await drillDown.compare(one, other);
      expect([reports.before.id, reports.after.id]).toEqual([before.id, after.id]);
      expect(comparison).toMatchObject({ sameBook: true, rates: [{ before: '26000', after: '25000' }] });
      expect(comparison.observed).toMatchObject([
        { id: 'pool', value: { change: '0.00' } },
        { id: 'bank', value: { change: '-1.00' }, ledger: { change: '0.00' }, amountEffect: '-1.00' },
        { id: 'wallet', value: { change: '11000.00' }, amountEffect: '13000.00', rateEffect: '-2000.00' },
      ]);
      expect(comparison.breaks).toMatchObject({ opened: [{ key: 'native/bank', amount: '-1.00' }], resolved: [] });
    }
  });

  test('what is asked wrongly is answered with what would be right', async () => {
    const db = await open();
    const { clock, run, drillDown } = await setUp(db);
    const first = await run('2026-11-22');
    clock.jump(DAY);
    const second = await run('2026-11-23');
    const ask = (more: object) => failure(drillDown.movements({ id: second.id, line: 'pool', limit: 9, ...more }));
    expect(await ask({ line: 'pond' })).toMatchObject({
      code: 'reconciliation.line_unknown',
      message: expect.stringContaining('pool, bank, wallet'),
    });
    expect(await ask({ id: first.id, since: second.id })).toMatchObject({ code: 'reconciliation.not_before' });
    expect(await ask({ id: parseId('reconciliation', '01939e4e-7cb2-7c00-8000-000000000000') })).toMatchObject({
      code: 'reconciliation.unknown',
    });
    await sql`ALTER TABLE entries RENAME COLUMN reference TO what`.execute(db.sql);
    expect(await ask({})).toMatchObject({ kind: 'upstream', code: 'reconciliation.entries_unreadable' });
    const used: Db = {
      ...db,
      transaction: () => Promise.reject(new PlumblineError('busy', 'db.pool_exhausted', 'all')),
    };
    const crowded = new DrillDown({
      db,
      platform: used,
      book: parseBook(LEDGERED_BOOK, 'test'),
      queryTimeoutMs: 1_000,
    });
    expect(await failure(crowded.movements({ id: second.id, line: 'pool', limit: 9 }))).toMatchObject({ kind: 'busy' });
    const { entries: _, ...without } = JSON.parse(LEDGERED_BOOK);
    const blind = new DrillDown({
      db,
      platform: db,
      book: parseBook(JSON.stringify(without), 'test'),
      queryTimeoutMs: 1_000,
    });
    expect(await failure(blind.movements({ id: second.id, line: 'pool', limit: 9 }))).toMatchObject({
      code: 'reconciliation.no_entries',
    });
  });
});
