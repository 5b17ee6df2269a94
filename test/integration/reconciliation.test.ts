import { createServer } from 'node:http';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import { canonicalJson, type Json } from '../../src/kernel/canonical.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { bookText, type Line, reconciliationOver, twoSided } from '../support/reconciliation.ts';

const startedBy = 'test';
const notifications = async (db: Db) =>
  (
    await sql<{
      event_type: string;
      severity: string;
      payload: Json;
    }>`SELECT event_type, severity, payload, status FROM notification_logs`.execute(db.sql)
  ).rows;

describeDb('reconciliation', (open) => {
  describe('verdict', () => {
    test.each([
      ['5000000.00', '5001000.00', 'balanced', '-1000.00'],
      ['5000000.00', '5001000.01', 'deficit', '-1000.01'],
      ['0', '0', 'balanced', '0.00'],
      ['5001000.00', '5000000', 'balanced', '1000.00'],
      ['5001000.01', '5000000', 'surplus', '1000.01'],
    ])('%s against %s is %s', async (assets, liabilities, status, difference) => {
      const db = await open();
      const { service } = reconciliationOver({ db, book: twoSided(assets, liabilities) });
      const { row } = await service.performDailyReconciliation({ startedBy });
      expect(row).toMatchObject({
        status,
        difference_vnd: difference,
        alert_triggered: status === 'deficit',
        error_message: null,
      });
    });

    test('amounts of 20 digits stay exact, in columns and in the report', async () => {
      const db = await open();
      const { service } = reconciliationOver({
        db,
        book: twoSided('98765432109876543210.99', '12345678901234567890.12'),
      });
      const { row } = await service.performDailyReconciliation({ startedBy });
      expect(row).toMatchObject({
        total_assets_vnd: '98765432109876543210.99',
        total_liabilities_vnd: '12345678901234567890.12',
        difference_vnd: '86419753208641975320.87',
        report: { total_assets_vnd: '98765432109876543210.99', difference_vnd: '86419753208641975320.87' },
      });
      const stored = await service.get(row.id);
      expect(stored).toEqual(row);
      expect(sha256Hex(canonicalJson(stored.report))).toBe(stored.report_hash);
    });

    test('each line is valued at the pinned rate, against the house', async () => {
      const db = await open();
      const book = bookText(
        [
          {
            id: 'wallet',
            currency: 'USDT',
            sql: "SELECT 1.5::numeric AS amount, 'USDT' AS currency, 77 AS block_height",
          },
          { id: 'expenses', sign: '-', sql: 'SELECT 100 AS amount' },
        ],
        [{ id: 'owed', sql: 'SELECT 38900::bigint AS amount' }],
      );
      const { service } = reconciliationOver({ db, book });
      const { row } = await service.performDailyReconciliation({ startedBy });
      expect(row).toMatchObject({
        status: 'balanced',
        total_assets_vnd: '38900.00',
        asset_breakdown: { wallet: '39000.00', expenses: '-100.00' },
      });
      expect(row.report).toMatchObject({
        lines: [
          {
            id: 'wallet',
            amount: '1.500000000000000000',
            rate: '26000',
            value_vnd: '39000.00',
            evidence: { block_height: '77', currency: 'USDT' },
          },
          { id: 'expenses', value_vnd: '-100.00', rate: null },
          { id: 'owed', value_vnd: '38900.00' },
        ],
        quotes: [{ pair: 'USDT/VND', mid: '26000', level: 'fresh' }],
      });
    });
  });

  describe('what cannot be read is never zero', () => {
    const good: Line = { id: 'pool', sql: 'SELECT 5::numeric AS amount' };
    test.each<[string, Line, string]>([
      ['a query that fails', { id: 'bad', sql: 'SELECT amount FROM no_such_table' }, 'no_such_table'],
      ['two rows', { id: 'bad', sql: 'SELECT 1::numeric AS amount UNION ALL SELECT 2' }, 'more than one row'],
      ['no row', { id: 'bad', sql: 'SELECT 1::numeric AS amount WHERE false' }, 'no row'],
      ['NULL', { id: 'bad', sql: 'SELECT NULL::numeric AS amount' }, 'NULL'],
      [
        'another currency',
        { id: 'bad', sql: "SELECT 1::numeric AS amount, 'USDT' AS currency" },
        'in currency "USDT", the line is in VND',
      ],
      ['a float', { id: 'bad', sql: 'SELECT 0.1::float8 AS amount' }, 'not exact'],
      ['no amount', { id: 'bad', sql: 'SELECT 1 AS total' }, 'no column "amount"'],
      ['digits that the currency does not have', { id: 'bad', sql: 'SELECT 0.001::numeric AS amount' }, '3 decimals'],
      ['a delete', { id: 'bad', sql: 'DELETE FROM api_keys RETURNING 1::numeric AS amount' }, 'writes'],
      [
        'a hidden delete',
        {
          id: 'bad',
          sql: 'WITH gone AS (DELETE FROM api_keys RETURNING 1) SELECT count(*)::numeric AS amount FROM gone',
        },
        'writes',
      ],
      ['a function that writes', { id: 'bad', sql: "SELECT nextval('victim')::numeric AS amount" }, 'writes'],
      [
        'a second statement',
        { id: 'bad', sql: 'SELECT 1::numeric AS amount) AS line; DELETE FROM api_keys; SELECT * FROM (SELECT 1' },
        'bad',
      ],
    ])('%s', async (_what, line, reason) => {
      const db = await open();
      await sql`CREATE SEQUENCE IF NOT EXISTS victim`.execute(db.sql);
      await sql`INSERT INTO api_keys (id, name, prefix, secret_hash, scopes, created_at)
        VALUES (gen_random_uuid(), 'k', 'pl_', ${'a'.repeat(64)}, '{rates:read}', now())`.execute(db.sql);
      const { service, log } = reconciliationOver({ db, book: bookText([good, line], [{ ...good, id: 'owed' }]) });
      const { row } = await service.performDailyReconciliation({ startedBy });
      expect(row).toMatchObject({
        status: 'error',
        total_assets_vnd: null,
        total_liabilities_vnd: null,
        difference_vnd: null,
        alert_triggered: true,
        asset_breakdown: { pool: '5.00', bad: null },
      });
      expect(row.error_message).toContain('bad: ');
      expect(row.error_message).toContain(reason);
      expect(await notifications(db)).toMatchObject([
        { event_type: 'solvency.error', severity: 'critical', payload: { reconciliation_id: row.id } },
      ]);
      expect(log.lines).toContainEqual(expect.objectContaining({ level: 'error', code: 'reconciliation.error' }));
      const { rows } = await sql`SELECT FROM api_keys`.execute(db.sql);
      expect(rows).toHaveLength(1);
    });

    test('a rate that is not to be had', async () => {
      const db = await open();
      const book = bookText(
        [{ id: 'wallet', currency: 'USDT', sql: 'SELECT 1::numeric AS amount' }],
        [{ id: 'owed', sql: 'SELECT 1 AS amount' }],
      );
      const rates = { getQuote: () => Promise.reject(new Error('every provider is dead')) };
      const { row } = await reconciliationOver({ db, book, rates }).service.performDailyReconciliation({ startedBy });
      expect(row).toMatchObject({ status: 'error', total_assets_vnd: null, total_liabilities_vnd: null });
      expect(row.error_message).toBe('wallet: no rate for USDT/VND: every provider is dead');
    });

    test.each([
      ['{"balance":"5.00","currency":"\\u0000VND"}', 'the currency at /currency is'],
      ['{"balance":"5\\ud83d","currency":"VND"}', 'is not an amount of VND'],
      ['<html>\u001b[2J', 'not JSON'],
      ['{"balance":5.00,"currency":"VND"}', undefined],
    ])('a service that answers %j', async (answer, reason) => {
      const db = await open();
      const server = createServer((_request, response) => response.end(answer));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const http = { url: `http://127.0.0.1:${port}/bank?token=hush`, amount: '/balance', currency: '/currency' };
      const book = bookText([{ id: 'bank', http }], [{ id: 'owed', sql: 'SELECT 5 AS amount' }]);
      const { row } = await reconciliationOver({ db, book }).service.performDailyReconciliation({ startedBy });
      server.close();
      expect(JSON.stringify(row)).not.toContain('hush');
      if (reason === undefined) expect(row).toMatchObject({ status: 'balanced', difference_vnd: '0.00' });
      else
        expect(row).toMatchObject({
          status: 'error',
          total_assets_vnd: null,
          error_message: expect.stringContaining(reason),
        });
      if (reason !== undefined) expect(await notifications(db)).toHaveLength(1);
    });

    test('a platform database that does not answer', async () => {
      const db = await open();
      const gone: Db = { ...db, transaction: () => Promise.reject(new Error('connection refused')) };
      const { service } = reconciliationOver({ db, platform: gone, book: twoSided('1', '1') });
      const { row } = await service.performDailyReconciliation({ startedBy });
      expect(row).toMatchObject({ status: 'error', error_message: 'connection refused', alert_triggered: true });
      expect(await notifications(db)).toHaveLength(1);
    });
  });

  test('a deficit tells operations, in the same transaction and in a critical line', async () => {
    const db = await open();
    const { service, log } = reconciliationOver({ db, book: twoSided('1', '5000') });
    const { row } = await service.performDailyReconciliation({ startedBy });
    expect(await notifications(db)).toMatchObject([
      {
        event_type: 'solvency.deficit',
        severity: 'critical',
        payload: { reconciliation_id: row.id, difference_vnd: '-4999.00' },
        status: 'sent',
      },
    ]);
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'fatal', code: 'reconciliation.deficit', difference_vnd: '-4999.00' }),
    );
  });

  test('a deficit that nobody could be told of is not recorded as told', async () => {
    const db = await open();
    const notices = {
      raise: () => Promise.reject(new Error('the notification cannot be written')),
      told: () => Promise.resolve(),
    };
    const { service } = reconciliationOver({ db, book: twoSided('1', '5000'), notices });
    expect(await failure(service.performDailyReconciliation({ startedBy }))).toMatchObject({
      message: 'the notification cannot be written',
    });
    expect(await service.list({ limit: 5 })).toMatchObject([{ status: 'in_progress', alert_triggered: false }]);
    const next = await reconciliationOver({ db, book: twoSided('1', '5000') }).service.performDailyReconciliation({
      startedBy,
    });
    expect(next.row).toMatchObject({ status: 'deficit', attempt: 2, alert_triggered: true });
  });

  describe('one final report a business date', () => {
    test('a second run answers with the first', async () => {
      const db = await open();
      const { service } = reconciliationOver({ db, book: twoSided('1', '1') });
      const first = await service.performDailyReconciliation({ startedBy });
      const second = await service.performDailyReconciliation({ startedBy });
      expect([first.created, second.created]).toEqual([true, false]);
      expect(second.row).toEqual(first.row);
    });

    test('again makes a report that supersedes, and an error supersedes nothing', async () => {
      const db = await open();
      const { service } = reconciliationOver({ db, book: twoSided('1', '1') });
      const first = await service.performDailyReconciliation({ startedBy });
      const second = await service.performDailyReconciliation({ startedBy, onFinal: 'supersede' });
      expect(second.row).toMatchObject({ attempt: 2, supersedes: first.row.id });
      const { service: blind } = reconciliationOver({
        db,
        book: bookText([{ id: 'x', sql: 'SELECT NULL::numeric AS amount' }], [{ id: 'y', sql: 'SELECT 1 AS amount' }]),
      });
      const third = await blind.performDailyReconciliation({ startedBy, onFinal: 'supersede' });
      expect(third.row).toMatchObject({ attempt: 3, status: 'error', supersedes: null });
      expect((await service.getForDate(service.today())).id).toBe(second.row.id);
    });

    test('the database refuses a second one, and any change of an ended attempt', async () => {
      const db = await open();
      const { service } = reconciliationOver({ db, book: twoSided('1', '1') });
      const { row } = await service.performDailyReconciliation({ startedBy });
      const copy = sql`INSERT INTO reconciliation_logs
        (id, book, business_date, attempt, started_by, status, total_assets_vnd, total_liabilities_vnd, difference_vnd, tolerance_vnd, started_at, reconciled_at)
        SELECT gen_random_uuid(), book, business_date, 99, started_by, status, total_assets_vnd, total_liabilities_vnd, difference_vnd, tolerance_vnd, started_at, reconciled_at
        FROM reconciliation_logs WHERE id = ${row.id}`;
      await expect(copy.execute(db.sql)).rejects.toThrow('reconciliation_logs_one_final');
      await expect(sql`UPDATE reconciliation_logs SET status = 'surplus'`.execute(db.sql)).rejects.toThrow(
        'never changed',
      );
      await expect(sql`DELETE FROM reconciliation_logs`.execute(db.sql)).rejects.toThrow('never changed');
      await expect(sql`TRUNCATE reconciliation_logs CASCADE`.execute(db.sql)).rejects.toThrow('never changed');
    });

    test.each([
      ["'balanced', 1, 1002, -1001", 'reconciliation_logs_verdict'],
      ["'surplus', 2000, 0, 1000", 'reconciliation_logs_difference'],
      ["'surplus', NULL, NULL, NULL", 'reconciliation_logs_amounts'],
      ["'error', 1, 1, 0", 'reconciliation_logs_'],
      ["'deficit', 0, 5000, -5000", 'reconciliation_logs_alerted'],
    ])('the database refuses the verdict %s', async (values, constraint) => {
      const db = await open();
      const insert = sql.raw(`INSERT INTO reconciliation_logs
        (id, book, business_date, attempt, started_by, tolerance_vnd, started_at, reconciled_at, status, total_assets_vnd, total_liabilities_vnd, difference_vnd)
        VALUES (gen_random_uuid(), 'b', '2026-01-01', 1, 'x', 1000, now(), now(), ${values})`);
      await expect(insert.execute(db.sql)).rejects.toThrow(constraint);
    });

    test('a run that was taken for abandoned cannot become final behind our back', async () => {
      const db = await open();
      const { service } = reconciliationOver({ db, book: twoSided('1', '1') });
      // The lock is lost (its session died) while the run goes on: somebody else opens the next attempt.
      let overtaken = false;
      const careless: Db = { ...db, exclusive: (_name, work) => work() };
      const slow: Db = {
        ...careless,
        transaction: async (mode, work) => {
          if (mode.readOnly === true && !overtaken) {
            overtaken = true;
            await service.performDailyReconciliation({ startedBy: 'the other' });
          }
          return db.transaction(mode, work);
        },
      };
      const late = reconciliationOver({ db: careless, platform: slow, book: twoSided('1', '1') });
      const error = await failure(late.service.performDailyReconciliation({ startedBy: 'the late one' }));
      expect(error).toMatchObject({ code: 'reconciliation.fenced', kind: 'conflict' });
      const rows = await service.list({ limit: 10 });
      expect(rows.map(({ status, started_by }) => [status, started_by])).toEqual(
        expect.arrayContaining([
          ['balanced', 'the other'],
          ['error', 'the late one'],
        ]),
      );
    });
  });

  describe('dates', () => {
    const HCM_0900 = Date.parse('2026-11-23T02:00:00Z');

    test('a date to come is refused, with the newest that is accepted', async () => {
      const db = await open();
      const { service } = reconciliationOver({ db, book: twoSided('1', '1'), clock: new ManualClock(HCM_0900) });
      const error = await failure(
        service.performDailyReconciliation({ businessDate: parseBusinessDate('2026-11-24'), startedBy }),
      );
      expect(error).toMatchObject({
        kind: 'invalid',
        code: 'reconciliation.date_in_future',
        message: expect.stringContaining('2026-11-23'),
      });
    });

    test('missed dates are caught up, oldest first, each once; today waits for its end', async () => {
      const db = await open();
      const clock = new ManualClock(HCM_0900);
      const { service } = reconciliationOver({ db, book: twoSided('1', '1'), clock });
      await service.reconcileDueDates(); // the schedule's first slot: yesterday
      await service.performDailyReconciliation({ startedBy }); // today, before its end
      clock.jump(3 * 86_400_000); // asleep for three days
      const dates = async () => (await service.reconcileDueDates()).map(({ row }) => row.business_date);
      expect(await dates()).toEqual(['2026-11-23', '2026-11-24', '2026-11-25']);
      expect(await dates()).toEqual([]);
    });

    test('two workers at one slot make one report of each date', async () => {
      const db = await open();
      const clock = new ManualClock(HCM_0900);
      const [one, other] = [
        reconciliationOver({ db, book: twoSided('1', '1'), clock }),
        reconciliationOver({ db, book: twoSided('1', '1'), clock }),
      ];
      const results = await Promise.all([one.service.reconcileDueDates(), other.service.reconcileDueDates()]);
      // Who looks when the other has ended finds nothing due.
      expect(results.flat().filter(({ created }) => created)).toHaveLength(1);
      expect(await one.service.list({ limit: 9 })).toHaveLength(1);
    });

    test('a date that failed comes back until it has a report', async () => {
      const db = await open();
      const clock = new ManualClock(HCM_0900);
      const blind = bookText(
        [{ id: 'x', sql: 'SELECT NULL::numeric AS amount' }],
        [{ id: 'y', sql: 'SELECT 1 AS amount' }],
      );
      expect(await reconciliationOver({ db, book: blind, clock }).service.reconcileDueDates()).toMatchObject([
        { row: { status: 'error' } },
      ]);
      expect(
        await reconciliationOver({ db, book: twoSided('1', '1'), clock }).service.reconcileDueDates(),
      ).toMatchObject([{ row: { status: 'balanced', attempt: 2 } }]);
    });
  });
});
