import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDecimal } from '../../../kernel/decimal.ts';
import { DEFAULT_CURRENCIES, formatMoney } from '../../../kernel/money.ts';
import { pair, parseRate } from '../../../kernel/rate.ts';
import { roleOf, signed, valueIn } from '../rules.ts';
import type { ReportBody } from './body.ts';
import { compareReports } from './compare.ts';

const VND = DEFAULT_CURRENCIES.get('VND');
const USDT = DEFAULT_CURRENCIES.get('USDT');

type Line = ReportBody['lines'][number];

/** A line as a report writes it. @param minor in the currency's minor units */
function line(id: string, code: 'VND' | 'USDT', minor: bigint, rate: string, more: Partial<Line> = {}): Line {
  const currency = code === 'VND' ? VND : USDT;
  const { side = 'asset', sign = '+' } = more;
  const amount = { currency, minor };
  const quote = code === 'VND' ? undefined : parseRate(pair('USDT', 'VND'), rate);
  const unit = sign === '+' ? 1 : -1;
  const value = signed(valueIn(amount, VND, quote, roleOf(side, unit)), unit);
  return {
    id,
    title: id,
    side,
    sign,
    currency: code,
    amount: formatMoney(amount),
    value_vnd: formatMoney(value),
    ...more,
  };
}

const minor = (text: string | null | undefined): bigint => parseDecimal(text ?? '')?.units ?? 0n;

function report(
  rate: string,
  lines: readonly Line[],
  truth: Partial<NonNullable<ReportBody['truth']>> = {},
): ReportBody {
  const sum = (side: Line['side']): bigint =>
    lines.filter((each) => each.side === side).reduce((total, { value_vnd }) => total + minor(value_vnd), 0n);
  const text = (amount: bigint): string => formatMoney({ currency: VND, minor: amount });
  return {
    book: { name: 'test', version: 1, hash: 'h' },
    business_date: '2026-11-23',
    currency: 'VND',
    as_of: { basis: 'cut', instant: '2026-11-24T00:00:00+07:00' },
    total_assets_vnd: text(sum('asset')),
    total_liabilities_vnd: text(sum('liability')),
    difference_vnd: text(sum('asset') - sum('liability')),
    lines: [...lines],
    quotes: [{ pair: 'USDT/VND', mid: rate }],
    truth: { net_vnd: '1.00', unexplained_vnd: '0.00', observed: [], explained_by: [], breaks: [], ...truth },
  };
}

const ONE_USDT = 10n ** 18n;

test('an amount effect is told apart from a rate effect', () => {
  const compared = compareReports(
    report('26000', [line('wallet', 'USDT', 100n * ONE_USDT, '26000'), line('pool', 'VND', 500_00n, '')]),
    report('25000', [line('wallet', 'USDT', 110n * ONE_USDT, '25000'), line('pool', 'VND', 300_00n, '')]),
  );
  expect(compared.rates).toEqual([{ pair: 'USDT/VND', before: '26000', after: '25000' }]);
  expect(compared.lines).toMatchObject([
    {
      id: 'wallet',
      is: 'kept',
      amount: { change: '10.000000000000000000' },
      value: { change: '150000.00' },
      amountEffect: '260000.00',
      rateEffect: '-110000.00',
    },
    {
      id: 'pool',
      value: { before: '500.00', after: '300.00', change: '-200.00' },
      amountEffect: '-200.00',
      rateEffect: '0.00',
    },
  ]);
  expect(compared.difference).toEqual({
    ...{ before: '2600500.00', after: '2750300.00', change: '149800.00' },
    ...{ amountEffect: '259800.00', rateEffect: '-110000.00' },
  });
});

describe('lines that are not in both', () => {
  const owed = line('owed', 'VND', 7_00n, '', { side: 'liability' });
  test('new and gone ones changed by all that they are', () => {
    const { lines, difference } = compareReports(report('1', [line('old', 'VND', 5_00n, '')]), report('1', [owed]));
    expect(lines).toMatchObject([
      { id: 'owed', is: 'new', value: { before: null, after: '7.00', change: '7.00' }, amountEffect: '7.00' },
      { id: 'old', is: 'gone', value: { before: '5.00', after: null, change: '-5.00' }, amountEffect: '-5.00' },
    ]);
    expect(difference).toMatchObject({ change: '-12.00', amountEffect: '-12.00', rateEffect: '0.00' });
  });

  test('a line of another currency than before is another line', () => {
    const compared = compareReports(
      report('2', [line('x', 'VND', 5_00n, '')]),
      report('2', [line('x', 'USDT', ONE_USDT, '2')]),
    );
    expect(compared.lines.map(({ currency, is }) => `${currency} ${is}`)).toEqual(['USDT new', 'VND gone']);
  });
});

test('what is unknown in one has no change, and the sums have no effects', () => {
  const unknown = { ...line('pool', 'VND', 0n, ''), amount: null, value_vnd: null };
  const compared = compareReports(report('1', [unknown]), report('1', [line('pool', 'VND', 5_00n, '')]));
  expect(compared.lines).toMatchObject([
    { amount: { before: null, after: '5.00', change: null }, amountEffect: null, rateEffect: null },
  ]);
  expect(compared.difference).toMatchObject({ amountEffect: null, rateEffect: null });
});

test('breaks are opened, changed and resolved', () => {
  const broken = (key: string, amount: string) => ({ key, currency: 'VND', amount, text: key });
  const { breaks } = compareReports(
    report('1', [], { breaks: [broken('a', '1.00'), broken('b', '1.00'), broken('c', '1.00')] }),
    report('1', [], { breaks: [broken('b', '1.00'), broken('c', '2.00'), broken('d', '1.00')] }),
  );
  expect(breaks).toMatchObject({
    opened: [{ key: 'd' }],
    resolved: [{ key: 'a' }],
    changed: [{ key: 'c', before: '1.00', amount: '2.00' }],
  });
});

test('the effects add up to the change, to the last hundredth, whatever the amounts and rates', () => {
  const rate = fc
    .bigInt({ min: 1n, max: 10n ** 14n })
    .map((units) => `${units / 10n ** 9n}.${String(units % 10n ** 9n).padStart(9, '0')}`.replace(/^0\.0+$/, '1'));
  const shape = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    code: fc.constantFrom('VND' as const, 'USDT' as const),
    minor: fc.bigInt({ min: 0n, max: 10n ** 24n }),
    side: fc.constantFrom('asset' as const, 'liability' as const),
    sign: fc.constantFrom('+' as const, '-' as const),
  });
  const lines = fc.uniqueArray(shape, { selector: ({ id }) => id, maxLength: 4 });
  fc.assert(
    fc.property(rate, rate, lines, lines, (oldRate, newRate, old, now) => {
      const made = (of: typeof old, at: string) =>
        report(
          at,
          of.map(({ id, code, minor: amount, side, sign }) => line(id, code, amount, at, { side, sign })),
        );
      const { lines: compared, difference } = compareReports(made(old, oldRate), made(now, newRate));
      for (const each of compared)
        expect(minor(each.amountEffect) + minor(each.rateEffect)).toBe(minor(each.value.change));
      expect(minor(difference.amountEffect) + minor(difference.rateEffect)).toBe(minor(difference.change));
    }),
    { numRuns: 200 },
  );
});
