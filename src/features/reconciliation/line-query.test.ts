import { expect, test } from 'vitest';
import { DEFAULT_CURRENCIES, formatMoney } from '../../kernel/money.ts';
import { judgeFailure, judgeRows, type LineRow } from './line-query.ts';

const LINE = { currency: DEFAULT_CURRENCIES.get('VND') };
const row = ({ amount = '1.00', type = 'numeric', evidence = {} }: Row): LineRow => ({
  values: { amount, ...evidence },
  types: { amount: type },
});
interface Row {
  readonly amount?: string | null;
  readonly type?: string;
  readonly evidence?: Readonly<Record<string, string | null>>;
}
const reason = (rows: readonly LineRow[]): string => {
  const reading = judgeRows(LINE, 'amount', rows, new Set(['amount']));
  return reading.kind === 'unreadable' ? reading.reason : `read ${formatMoney(reading.amount)}`;
};

test.each([
  [[], 'returned no row'],
  [[row({}), row({})], 'more than one row'],
  [[row({ amount: null })], 'NULL; an unknown amount is never taken for zero'],
  [[row({ type: 'double precision' })], 'is double precision, which is not exact'],
  [[row({ evidence: { currency: 'USD' } })], 'answered in currency "USD", the line is in VND'],
  [[row({ evidence: { currency: null } })], 'answered in currency "NULL"'],
  [[row({ amount: 'NaN' })], 'not an amount of VND'],
  [[row({ amount: '0.001' })], 'has 3 decimals, VND has 2'],
  [[row({ amount: '12345678901234567890.12' })], 'read 12345678901234567890.12'],
  [[row({ amount: '7', type: 'bigint', evidence: { currency: 'VND', rows: '3' } })], 'read 7.00'],
])('%j: %s', (rows, expected) => expect(reason(rows)).toContain(expected));

test.each([
  ['SELECT f()', '25006', 'writes, or is not one SELECT'],
  ['DELETE FROM t RETURNING 1', '42601', 'writes, or is not one SELECT'],
  ['SELEC 1', '42601', 'the query failed'],
  ['SELECT 1 AS amount FROM pg_sleep(9)', '57014', 'did not answer in time'],
  ['SELECT * FROM secret', '42501', 'the role may not read'],
])('%s failing with %s %s', (sql, state, expected) => {
  expect(judgeFailure(sql, state, 'message')).toMatchObject({
    kind: 'unreadable',
    reason: expect.stringContaining(expected),
  });
});
