import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { RowReader } from '../../src/features/reconciliation/matching/line-row.ts';
import { policyOf } from '../../src/features/reconciliation/matching/policy.ts';
import { type MatchRequest, StatementMatching } from '../../src/features/reconciliation/matching/service.ts';
import { parseBusinessDate } from '../../src/kernel/business-date.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';

const policy = policyOf(
  {
    policy: 'bank',
    version: 3,
    zone: 'Asia/Ho_Chi_Minh',
    rules: [
      { id: 'reference', kind: '1:1' },
      { id: 'batch', kind: '1:n', key: 'batch' },
    ],
  },
  'test',
);
const reader = new RowReader(policy);
const line = (id: string, amount: string, reference: string, booked_on = '2026-11-25') =>
  reader.read({ id, amount, reference, booked_on, currency: 'VND', counterparty: 'Công ty An' }, () => id);

const LEDGER = `SELECT id, at AS booked_on, amount, 'VND' AS currency, reference, NULL::text AS counterparty, batch
  FROM entries WHERE at >= (:from::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh') AND at < ((:to + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')`;

const over = (db: Db) =>
  new StatementMatching({
    db,
    platform: db,
    clock: systemClock,
    random: systemRandom,
    schema: 'public',
    queryTimeoutMs: 10_000,
    zone: 'Asia/Ho_Chi_Minh',
  });

const request = (more: Partial<MatchRequest> = {}): MatchRequest => ({
  account: 'vcb-001',
  from: parseBusinessDate('2026-11-25'),
  to: parseBusinessDate('2026-11-25'),
  policy,
  statement: [line('e1', '98765432109876543210.01', 'PL-1'), line('e2', '-30', 'B-1'), line('e3', '7', 'NOBODY')],
  ledger: { kind: 'sql', sql: LEDGER },
  startedBy: 'test',
  ...more,
});

const withEntries = async (db: Db): Promise<void> => {
  await sql`CREATE TABLE entries (id bigint, at timestamptz, amount numeric(24,2), reference text, batch text)`.execute(
    db.sql,
  );
  await sql`INSERT INTO entries VALUES (1, '2026-11-24T17:00:00Z', 98765432109876543210.01, 'pl1', NULL),
    (2, '2026-11-25T01:00:00Z', -10, 'p', 'B1'), (3, '2026-11-25T16:59:59Z', -20, 'q', 'B1'),
    (4, '2026-11-24T16:59:59Z', 7, 'NOBODY', NULL), (5, '2026-11-25T02:00:00Z', 99, '', NULL)`.execute(db.sql);
};

describeDb('statement matching', (open) => {
  test('a statement against the ledger of the platform, each line kept with what came of it', async () => {
    const db = await open();
    await withEntries(db);
    const service = over(db);
    const { row, result } = await service.match(request());
    expect(row).toMatchObject({
      attempt: 1,
      supersedes: null,
      status: 'open',
      matches: 2n,
      policy: 'bank',
      policy_version: 3,
    });
    expect(row.result_hash).toBe(result.hash());
    const left = await service.lines(row.id, { limit: 10, outcomes: ['unmatched', 'ambiguous'] });
    expect(left).toMatchObject([
      { side: 'external', line_id: 'e3', booked_on: '2026-11-25', amount: '7.00', reason: 'no_partner' },
      { side: 'ledger', line_id: '5', amount: '99.00' },
    ]);
    const matched = await service.lines(row.id, { limit: 10, outcomes: ['matched'] });
    expect(matched.map((each) => [each.line_id, each.set_number, each.rule, each.amount])).toEqual([
      ['e1', 1n, 'reference', '98765432109876543210.01'],
      ['1', 1n, 'reference', '98765432109876543210.01'],
      ['e2', 2n, 'batch', '-30.00'],
      ['2', 2n, 'batch', '-10.00'],
      ['3', 2n, 'batch', '-20.00'],
    ]);
    const second = await service.lines(row.id, { limit: 1, outcomes: ['unmatched'], after: left[0]?.place ?? 0n });
    expect(second.map((each) => each.line_id)).toEqual(['5']);
  });

  test('a second one supersedes and changes nothing; the database refuses what would', async () => {
    const db = await open();
    await withEntries(db);
    const service = over(db);
    const first = await service.match(request());
    const second = await service.match(request());
    expect(second.row).toMatchObject({ attempt: 2, supersedes: first.row.id, result_hash: first.row.result_hash });
    expect(await service.get(first.row.id)).toEqual(first.row);
    expect((await service.list({ limit: 10, account: 'vcb-001' })).map(({ attempt }) => attempt).sort()).toEqual([
      1, 2,
    ]);
    for (const change of [
      sql`UPDATE statement_matchings SET matches = 0`,
      sql`DELETE FROM statement_matching_lines`,
      sql`TRUNCATE statement_matching_lines`,
    ]) {
      expect(await failure(change.execute(db.sql))).toMatchObject({ message: expect.stringContaining('written once') });
    }
    const { rows } = await sql<{
      count: bigint;
    }>`SELECT count(*) FROM audit_outbox o JOIN audit_streams s ON s.id = o.stream_id
      WHERE s.name = 'statement_matchings'`.execute(db.sql);
    expect(rows[0]?.count).toBe(2n);
  });

  test.each([
    [
      'a float',
      "SELECT 1 AS id, DATE '2026-11-25' AS booked_on, 1.5::float8 AS amount, 'VND' AS currency, '' AS reference, '' AS counterparty, '' AS batch",
      'matching.ledger_column',
    ],
    ['a statement that writes', 'DELETE FROM entries RETURNING *', 'matching.ledger_query_failed'],
    ['two statements', 'SELECT 1; DROP TABLE entries', 'matching.ledger_query_failed'],
    [
      'one that ends ours',
      'SELECT 1) AS line; DROP TABLE entries; SELECT * FROM (SELECT 1',
      'matching.ledger_query_failed',
    ],
    ['no such column', 'SELECT 1 AS id', 'matching.ledger_query_failed'],
    [
      'an id that is missing',
      "SELECT NULL AS id, DATE '2026-11-25' AS booked_on, 1 AS amount, 'VND' AS currency, '' AS reference, '' AS counterparty, '' AS batch",
      'matching.line_malformed',
    ],
  ])('a ledger query that is %s is refused, and nothing is kept', async (_, query, code) => {
    const db = await open();
    await withEntries(db);
    const service = over(db);
    const given = request({ ledger: { kind: 'sql', sql: query } });
    expect(await failure(service.match(given))).toMatchObject({ code });
    expect(await service.list({ limit: 1 })).toEqual([]);
  });

  test('a statement that names another day, or no day, is refused', async () => {
    const service = over(await open());
    const stray = request({ statement: [line('e9', '1', 'x', '2026-11-26')], ledger: { kind: 'lines', lines: [] } });
    expect(await failure(service.match(stray))).toMatchObject({
      code: 'matching.line_outside',
      details: { id: 'e9', line: 1 },
    });
    const reversed = request({ to: parseBusinessDate('2026-11-24'), ledger: { kind: 'lines', lines: [] } });
    expect(await failure(service.match(reversed))).toMatchObject({ code: 'matching.days_reversed' });
  });
});
