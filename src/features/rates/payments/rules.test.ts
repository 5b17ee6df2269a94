import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Decimal, pow10 } from '../../../kernel/decimal.ts';
import { DEFAULT_CURRENCIES, displayMoney, type Money, parseMoney } from '../../../kernel/money.ts';
import { formatRate, pair, parseRate, rate } from '../../../kernel/rate.ts';
import { type Priced, priced, type Side } from './rules.ts';

const [USDT, VND] = [DEFAULT_CURRENCIES.get('USDT'), DEFAULT_CURRENCIES.get('VND')];
const USDT_VND = pair('USDT', 'VND');
const sides = (bid: string, ask: string) => ({
  pair: USDT_VND,
  bid: parseRate(USDT_VND, bid),
  ask: parseRate(USDT_VND, ask),
});
const lock = (side: Side, amount: Money, of = sides('25900', '26000')): Priced => priced(side, amount, of, USDT, VND);
const shown = ({ base, quote, rate: at, fixed }: Priced) => [
  displayMoney(base),
  displayMoney(quote),
  formatRate(at),
  fixed,
];

describe('a locked amount', () => {
  test.each([
    // The payer pays USDT for what a merchant is owed: what is due rounds up.
    ['sell', '1000000', VND, ['38.610039', '1,000,000', '25900', 'quote']],
    ['sell', '259000', VND, ['10.000000', '259,000', '25900', 'quote']],
    // What is paid out for a given amount rounds down.
    ['sell', '0.999999', USDT, ['0.999999', '25,899', '25900', 'base']],
    ['buy', '1000000', VND, ['38.461538', '1,000,000', '26000', 'quote']],
    ['buy', '0.999999', USDT, ['0.999999', '26,000', '26000', 'base']],
  ] as const)('%s %s', (side, amount, currency, expected) => {
    expect(shown(lock(side, parseMoney(currency, amount)))).toEqual(expected);
  });

  test('too small for what people pay with, or not above zero, is refused', () => {
    expect(() => lock('buy', parseMoney(VND, '0'))).toThrow(/amount: 0.00 is not above zero/);
    expect(() => lock('sell', parseMoney(USDT, '0.00001'))).toThrow(/less than the least amount of USDT\/VND, 1 VND/);
  });
});

/** units / 10^scale as a fraction of one denominator. */
const times = (a: Decimal, b: Decimal, scale: number): bigint => a.units * b.units * pow10(scale - a.scale - b.scale);
const decimalOf = ({ minor, currency }: Money): Decimal => ({ units: minor, scale: currency.decimals });

test('what the customer gives is worth no less than what he gets, and one step less would be', () => {
  const rates = fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** 12n }), fc.nat({ max: 8 }))
    .map(([units, scale]) => rate(USDT_VND, { units: units * 10n ** 8n, scale }));
  const amounts = fc.oneof(
    fc.bigInt({ min: 1n, max: 10n ** 15n }).map((units) => ({ currency: USDT, minor: units * pow10(12) })),
    fc.bigInt({ min: 1n, max: 10n ** 15n }).map((units) => ({ currency: VND, minor: units * pow10(VND.decimals) })),
  );
  const side = fc.constantFrom<Side>('sell', 'buy');
  fc.assert(
    fc.property(side, amounts, rates, (of, amount, at) => {
      let result: Priced;
      try {
        result = lock(of, amount, { pair: USDT_VND, bid: at, ask: at });
      } catch (error) {
        expect(error).toMatchObject({ code: 'quotes.amount_too_small' });
        return;
      }
      const { base, quote, fixed } = result;
      expect(fixed === 'base' ? base : quote).toEqual(amount);
      const scale = 60;
      const worth = (money: Money, steps = 0n): bigint => {
        const step = steps * pow10(money.currency.decimals - money.currency.shown);
        const value = decimalOf({ ...money, minor: money.minor + step });
        return money.currency === USDT ? times(value, at.value, scale) : times(value, { units: 1n, scale: 0 }, scale);
      };
      const [given, got] = of === 'sell' ? [base, quote] : [quote, base];
      expect(worth(given) >= worth(got)).toBe(true);
      const givenIsComputed = given.currency !== amount.currency;
      expect(givenIsComputed ? worth(given, -1n) < worth(got) : worth(given) < worth(got, 1n)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
