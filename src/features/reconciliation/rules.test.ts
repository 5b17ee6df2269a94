import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, parseBusinessDate } from '../../kernel/business-date.ts';
import { DEFAULT_CURRENCIES, formatMoney, type Money, money, parseMoney } from '../../kernel/money.ts';
import { pair, parseRate } from '../../kernel/rate.ts';
import { CATCH_UP_DAYS, dueDates, pairsOf, roleOf, type SidedValue, statusOf, valueIn, verdictOf } from './rules.ts';

const VND = DEFAULT_CURRENCIES.get('VND');
const USDT = DEFAULT_CURRENCIES.get('USDT');
const vnd = (text: string): Money => parseMoney(VND, text);
const TOLERANCE = vnd('1000.00');

describe('verdict', () => {
  test.each([
    ['-1000.00', 'balanced'],
    ['-1000.01', 'deficit'],
    ['0', 'balanced'],
    ['1000.00', 'balanced'],
    ['1000.01', 'surplus'],
  ])('a difference of %s VND is %s', (difference, status) => {
    expect(statusOf(vnd(difference), TOLERANCE)).toBe(status);
  });

  const amount = fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n });
  const line = fc.record({
    side: fc.constantFrom('asset' as const, 'liability' as const),
    sign: fc.constantFrom(1 as const, -1 as const),
    minor: amount,
  });

  test('sums are those of the integers, whatever the order of the lines', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const sided: SidedValue[] = lines.map(({ side, sign, minor }) => ({
          side,
          sign,
          valued: { kind: 'valued', value: money(VND, minor) },
        }));
        const verdict = verdictOf(sided, VND, TOLERANCE);
        const sum = (side: 'asset' | 'liability'): bigint =>
          lines
            .filter((each) => each.side === side)
            .reduce((total, { sign, minor }) => total + BigInt(sign) * minor, 0n);
        const difference = sum('asset') - sum('liability');
        expect(verdict).toMatchObject({
          kind: 'final',
          assets: { minor: sum('asset') },
          liabilities: { minor: sum('liability') },
          difference: { minor: difference },
          solvent: difference >= -100_000n,
        });
        expect(verdictOf(sided.toReversed(), VND, TOLERANCE)).toEqual(verdict);
      }),
    );
  });

  test('one unknown amount leaves no sum at all', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), fc.nat(5), (lines, at) => {
        const sided: SidedValue[] = lines.map(({ side, sign, minor }) => ({
          side,
          sign,
          valued: { kind: 'valued', value: money(VND, minor) },
        }));
        sided.splice(at, 0, { side: 'asset', sign: 1, valued: { kind: 'unknown', reason: 'timeout' } });
        expect(verdictOf(sided, VND, TOLERANCE)).toEqual({ kind: 'unknown' });
      }),
    );
  });
});

describe('valuation', () => {
  const rate = parseRate(pair('USDT', 'VND'), '25934.21778743');

  test('what is owned rounds down and what is owed rounds up', () => {
    expect(formatMoney(valueIn(parseMoney(USDT, '1'), VND, rate, 'owned'))).toBe('25934.21');
    expect(formatMoney(valueIn(parseMoney(USDT, '1'), VND, rate, 'owed'))).toBe('25934.22');
  });

  test('expenses take from assets, so they are owed; a claim that lowers liabilities is owned', () => {
    expect([roleOf('asset', 1), roleOf('asset', -1), roleOf('liability', 1), roleOf('liability', -1)]).toEqual([
      'owned',
      'owed',
      'owed',
      'owned',
    ]);
  });

  test('each foreign currency asks for one rate', () => {
    expect(pairsOf([{ currency: USDT }, { currency: VND }, { currency: USDT }], VND)).toEqual([
      { base: 'USDT', quote: 'VND' },
    ]);
  });
});

describe('due dates', () => {
  const today = parseBusinessDate('2026-11-23');
  const day = (back: number) => addDays(today, -back);

  test('on a new platform, yesterday alone', () => {
    expect(dueDates(today, [])).toEqual([day(1)]);
  });

  test('what was missed comes oldest first, and what is closed does not come back', () => {
    const reports = [
      { businessDate: day(4), observedAfterEnd: true },
      { businessDate: day(2), observedAfterEnd: true },
    ];
    expect(dueDates(today, reports, day(4))).toEqual([day(3), day(1)]);
  });

  test('a report from before the end of its day does not close it', () => {
    expect(dueDates(today, [{ businessDate: day(1), observedAfterEnd: false }])).toEqual([day(1)]);
  });

  test('a date that the schedule took up and that failed stays due', () => {
    expect(dueDates(today, [{ businessDate: day(1), observedAfterEnd: true }], day(2))).toEqual([day(2)]);
  });

  test('a report of an old date, made by hand, makes nothing else due', () => {
    expect(dueDates(today, [{ businessDate: day(20), observedAfterEnd: true }])).toEqual([day(1)]);
  });

  test('today is never due, and a long absence ends with the last month', () => {
    expect(dueDates(today, [{ businessDate: day(1), observedAfterEnd: true }])).toEqual([]);
    expect(dueDates(today, [], day(400))).toHaveLength(CATCH_UP_DAYS);
  });
});
