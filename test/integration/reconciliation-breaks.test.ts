import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { Breaks } from '../../src/features/reconciliation/breaks/service.ts';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';
import { LEDGERED_BOOK, openPlatform } from '../support/ledgered.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { reconciliationOver } from '../support/reconciliation.ts';

const DAY = 86_400_000;
/** 09:00 of 23 November in Ho Chi Minh City. */
const NINE = Date.parse('2026-11-23T02:00:00Z');

async function setUp(db: Db) {
  const clock = new ManualClock(NINE);
  const platform = await openPlatform(db);
  await platform.move({ debit: 'pool', credit: 'merchants', amount: '500000', at: '2026-11-20T05:00:00Z' });
  await platform.move({ debit: 'operating', credit: 'fees', amount: '90000', at: '2026-11-20T05:00:00Z' });
  const { service, log } = reconciliationOver({ db, book: LEDGERED_BOOK, clock });
  const breaks = new Breaks({ db, clock, book: 'test' });
  const run = async (businessDate: string, again = false) =>
    (
      await service.performDailyReconciliation({
        businessDate: parseBusinessDate(businessDate),
        ...(again ? { onFinal: 'supersede' as const } : {}),
      })
    ).row;
  const all = async () =>
    (await breaks.list({ limit: 50 })).map(({ row, state, ageDays }) => `${row.key} ${row.amount} ${state} ${ageDays}`);
  const history = async (id: Parameters<Breaks['get']>[0]) =>
    (await breaks.get(id)).events.map(({ event, amount }) => `${event} ${amount}`);
  return { clock, platform, service, log, breaks, run, all, history };
}

describeDb('breaks', (open) => {
  test('a theft is one break that names the account, grows old, and is resolved by the report that has it no more', async () => {
    const { clock, platform, breaks, run, all, history } = await setUp(await open());
    await run('2026-11-22');
    expect(await all()).toEqual([]);

    clock.jump(DAY);
    await platform.take('operating', '-70000');
    const first = await run('2026-11-23');
    expect(first).toMatchObject({ status: 'balanced', solvent: true, explained: false });
    const both = ['native/bank -70000.00 open 0', 'unexplained -70000.00 open 0'];
    expect((await all()).sort()).toEqual(both);

    clock.jump(DAY);
    await platform.take('operating', '-5000');
    await run('2026-11-24');
    expect((await all()).sort()).toEqual(['native/bank -75000.00 open 1', 'unexplained -75000.00 open 1']);

    clock.jump(DAY);
    await platform.take('operating', '75000');
    const last = await run('2026-11-25');
    expect((await all()).sort()).toEqual(['native/bank -75000.00 resolved 2', 'unexplained -75000.00 resolved 2']);
    const [native] = (await breaks.list({ limit: 9, state: 'resolved' })).filter(({ row }) => row.kind === 'native');
    expect(native?.row).toMatchObject({
      ...{ line: 'bank', account: 'operating', currency: 'VND', business_date: '2026-11-23' },
      ...{ first_seen_report: first.id, resolved_by_report: last.id, resolved_as_of: new Date('2026-11-25T17:00:00Z') },
    });
    if (native === undefined) throw new Error('no native break');
    expect(await history(native.row.id)).toEqual(['opened -70000.00', 'changed -75000.00', 'resolved -75000.00']);

    clock.jump(DAY);
    await platform.take('operating', '-2000');
    await run('2026-11-26');
    expect((await all()).filter((line) => line.startsWith('native'))).toEqual([
      'native/bank -2000.00 open 0',
      'native/bank -75000.00 resolved 2',
    ]);
  });

  test('an accepted break opens again when it grows, or when its time is over', async () => {
    const { clock, platform, breaks, run, history } = await setUp(await open());
    await platform.take('operating', '-900');
    await run('2026-11-22');
    const [only] = await breaks.list({ limit: 9 });
    if (only === undefined) throw new Error('no break');
    const { id } = only.row;
    const by = { by: 'key:ops', reason: 'a bank fee, booked at the end of the month' };
    expect(await failure(breaks.accept(id, { ...by, until: NINE }))).toMatchObject({ code: 'breaks.until_past' });
    expect(await failure(breaks.accept(id, { ...by, upTo: '-899.99' }))).toMatchObject({
      code: 'breaks.up_to_less',
      message: expect.stringContaining('-900.00 VND'),
    });
    expect(await failure(breaks.accept(id, { ...by, upTo: '900' }))).toMatchObject({ code: 'breaks.up_to_less' });
    expect(await breaks.accept(id, { ...by, upTo: '-1000.00', until: NINE + 2 * DAY })).toMatchObject({
      state: 'accepted',
    });

    clock.jump(DAY);
    await platform.take('operating', '-100');
    await run('2026-11-23');
    expect(await breaks.list({ limit: 9, state: 'accepted' })).toHaveLength(1);

    clock.jump(DAY); // its time is over, before any report says so
    expect(await breaks.list({ limit: 9, state: 'accepted' })).toEqual([]);
    expect(await breaks.list({ limit: 9, state: 'open' })).toMatchObject([
      { state: 'open', row: { state: 'accepted' } },
    ]);
    await run('2026-11-24');
    await breaks.accept(id, by);
    clock.jump(DAY);
    await platform.take('operating', '-0.01');
    await run('2026-11-25');
    expect((await breaks.get(id)).row).toMatchObject({ state: 'open', amount: '-1000.01', accepted_by: 'key:ops' });
    expect(await history(id)).toEqual([
      ...['opened -900.00', 'accepted -1000.00', 'changed -1000.00', 'reopened -1000.00'],
      ...['accepted -1000.00', 'changed -1000.01', 'reopened -1000.01'],
    ]);
    await platform.take('operating', '1000.01');
    clock.jump(DAY);
    await run('2026-11-26');
    expect(await failure(breaks.accept(id, by))).toMatchObject({ kind: 'conflict', code: 'breaks.resolved' });
  });

  test('a report of an earlier date resolves nothing, and reaches back', async () => {
    const { clock, platform, run, all, breaks } = await setUp(await open());
    clock.jump(3 * DAY);
    await platform.take('operating', '-900');
    const newest = await run('2026-11-25');
    await run('2026-11-23');
    expect(await all()).toEqual(['native/bank -900.00 open 2']);
    await platform.take('operating', '900'); // now no date has it any more
    await run('2026-11-24');
    expect(await all()).toEqual(['native/bank -900.00 open 2']);
    await run('2026-11-25', true);
    expect(await all()).toEqual(['native/bank -900.00 resolved 2']);
    await platform.take('operating', '-800');
    await run('2026-11-22');
    expect(await all()).toEqual(['native/bank -900.00 resolved 2', 'native/bank -800.00 resolved 1']);
    const [latest] = await breaks.list({ limit: 1 });
    expect(latest?.row.last_seen_report).toBe(newest.id);
  });

  test('what opens or opens again is told once, in the transaction of its report; what is known is not told again', async () => {
    const db = await open();
    const { clock, platform, breaks, run, log } = await setUp(db);
    const told = async () =>
      (
        await sql<{ message: string; severity: string; status: string }>`
          SELECT message, severity, status FROM notification_logs ORDER BY created_at, id`.execute(db.sql)
      ).rows;
    await platform.take('operating', '-900');
    await run('2026-11-22');
    const first = {
      message: 'CRITICAL: breaks, book test, 2026-11-22: native/bank -900.00 VND, account operating',
      ...{ severity: 'critical', status: 'sent' },
    };
    expect(await told()).toEqual([first]);
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'fatal', code: 'reconciliation.breaks' }));
    const [only] = await breaks.list({ limit: 1 });
    if (only === undefined) throw new Error('no break');
    await breaks.accept(only.row.id, { by: 'key:ops', reason: 'a bank fee' });
    clock.jump(DAY);
    await run('2026-11-23');
    expect(await told()).toEqual([first]);
    clock.jump(DAY);
    await platform.take('operating', '-1');
    await run('2026-11-24');
    expect(await told()).toMatchObject([first, { message: expect.stringContaining('native/bank -901.00 VND') }]);
  });

  test('reports of several dates and of now, made at once, leave one live break', async () => {
    const { platform, service, run, all, breaks } = await setUp(await open());
    await platform.take('operating', '-900');
    await Promise.all([
      run('2026-11-21'),
      run('2026-11-22'),
      service.performIntradayReconciliation(),
      run('2026-11-20'),
    ]);
    expect((await all()).filter((line) => line.includes(' open '))).toHaveLength(1);
    const [live] = await breaks.list({ limit: 9, state: 'open' });
    expect(live?.row.last_as_of).toEqual(new Date(NINE)); // what stands now is what the newest instant says
  });

  test('a report without a verdict changes nothing', async () => {
    const db = await open();
    const { clock, platform, run, all } = await setUp(db);
    await platform.take('operating', '-900');
    await run('2026-11-22');
    clock.jump(DAY);
    await platform.take('operating', '900');
    await sql`ALTER TABLE held RENAME TO hidden`.execute(db.sql);
    expect(await run('2026-11-23')).toMatchObject({ status: 'error' });
    expect(await all()).toEqual(['native/bank -900.00 open 1']);
  });

  test('the database keeps what happened', async () => {
    const db = await open();
    const { platform, run, clock } = await setUp(db);
    await platform.take('operating', '-900');
    await run('2026-11-22');
    const refused = async (statement: string) =>
      expect(sql.raw(statement).execute(db.sql)).rejects.toThrow(/refused|append/);
    await refused('DELETE FROM reconciliation_break_events');
    await refused("UPDATE reconciliation_break_events SET reason = 'x'");
    await refused('TRUNCATE reconciliation_break_events');
    await refused('DELETE FROM reconciliation_breaks');
    await refused("UPDATE reconciliation_breaks SET key = 'x'");
    await refused("UPDATE reconciliation_breaks SET first_as_of = first_as_of + interval '1 s'");
    clock.jump(DAY);
    await platform.take('operating', '900');
    await run('2026-11-23');
    await refused("UPDATE reconciliation_breaks SET text = 'x'");
    await expect(
      sql`INSERT INTO reconciliation_break_events (break_id, event, at, actor, amount)
        SELECT id, 'accepted', now(), 'x', 0 FROM reconciliation_breaks`.execute(db.sql),
    ).rejects.toThrow('reconciliation_break_events_reason');
    const { rows } = await sql<{ name: string; op: string }>`
      SELECT s.name, o.op FROM audit_outbox o JOIN audit_streams s ON s.id = o.stream_id
      WHERE s.name LIKE 'reconciliation_break%' ORDER BY o.id`.execute(db.sql);
    expect(rows.map(({ name, op }) => `${name} ${op}`)).toEqual([
      ...['reconciliation_breaks insert', 'reconciliation_break_events insert'],
      ...['reconciliation_breaks update', 'reconciliation_break_events insert'],
    ]);
  });
});
