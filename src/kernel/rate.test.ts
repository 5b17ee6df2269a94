import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pow10 } from './decimal.ts';
import { DEFAULT_CURRENCIES, formatMoney, money, parseMoney } from './money.ts';
import {
  compareRate,
  convert,
  cross,
  formatRate,
  invert,
  pair,
  parsePair,
  parseRate,
  type Rate,
  rate,
  roundRate,
} from './rate.ts';

const USDT_VND = pair('USDT', 'VND');
const value = fc.record({ units: fc.bigInt({ min: 1n, max: 10n ** 30n }), scale: fc.nat({ max: 18 }) });
const rateOf = (base: string, quote: string) => value.map((each): Rate => rate(pair(base, quote), each));

describe('text', () => {
  test('every rate survives text', () => {
    fc.assert(
      fc.property(rateOf('USDT', 'VND'), (each) => {
        expect(parseRate(USDT_VND, formatRate(each))).toEqual(each);
      }),
    );
  });

  test.each(['0', '-1', '0.000'])('%s is no rate', (text) =>
    expect(() => parseRate(USDT_VND, text)).toThrow('above zero'),
  );
  test.each(['1e5', '26,105.00', 'null', ''])('%j is no rate', (text) =>
    expect(() => parseRate(USDT_VND, text)).toThrow('plain decimal'),
  );

  test.each(['USDT', 'usdt/vnd', 'USDT/USDT', 'USDT-VND', '/VND'])('%j is no pair', (text) => {
    expect(() => parsePair(text)).toThrow('write BASE/QUOTE');
  });
});

describe('cross and invert', () => {
  test('a cross rate is the exact product', () => {
    fc.assert(
      fc.property(rateOf('USDT', 'USD'), rateOf('USD', 'VND'), (a, b) => {
        const product = cross(a, b);
        expect(product.pair).toEqual(USDT_VND);
        // a/10^s * b/10^t = p/10^u  <=>  a*b*10^u = p*10^(s+t)
        expect(a.value.units * b.value.units * pow10(product.value.scale)).toBe(
          product.value.units * pow10(a.value.scale + b.value.scale),
        );
      }),
    );
  });

  test('legs that do not meet are refused', () => {
    expect(() => cross(parseRate(USDT_VND, '1'), parseRate(USDT_VND, '1'))).toThrow('cannot cross');
  });

  test('an inverse brackets the true one between its roundings, one last digit apart at most', () => {
    fc.assert(
      fc.property(rateOf('USDC', 'USDT'), (each) => {
        const [low, high] = [inverseUnits(each, 'floor'), inverseUnits(each, 'ceil')];
        const one = pow10(40 + each.value.scale); // 1, in the scale of units x 10^-40
        expect(high - low <= 1n).toBe(true);
        expect(low * each.value.units <= one && one <= high * each.value.units).toBe(true);
      }),
    );
  });

  test('rounding a rate never moves it the wrong way', () => {
    fc.assert(
      fc.property(rateOf('USDT', 'VND'), fc.nat({ max: 18 }), (each, scale) => {
        if (each.value.units * pow10(scale) < pow10(each.value.scale)) return; // would round to zero
        expect(compareRate(roundRate(each, scale, 'floor'), each)).toBeLessThanOrEqual(0);
        expect(compareRate(roundRate(each, scale, 'ceil'), each)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

/** 1/rate in units of 10^-40: far finer than any rate here is coarse. */
function inverseUnits(each: Rate, rounding: 'floor' | 'ceil'): bigint {
  const inverse = invert(each, 40, rounding).value;
  return inverse.units * pow10(40 - inverse.scale);
}

describe('convert', () => {
  const VND = DEFAULT_CURRENCIES.get('VND');
  const USDT = DEFAULT_CURRENCIES.get('USDT');

  test('is the exact product rounded once', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), rateOf('USDT', 'VND'), (minor, each) => {
        const exact = minor * each.value.units; // scale 18 + scale of the rate
        const unit = pow10(18 + each.value.scale - 2);
        expect(convert(money(USDT, minor), each, VND, 'floor').minor).toBe(
          each.value.scale + 16 >= 0 ? exact / unit : exact,
        );
      }),
    );
  });

  test('a known amount', () => {
    const usdt = parseMoney(USDT, '1234567.890123');
    expect(formatMoney(convert(usdt, parseRate(USDT_VND, '25934.21778743'), VND, 'floor'))).toBe('32017552535.81');
  });

  test('refuses a rate of another pair', () => {
    expect(() => convert(money(VND, 1n), parseRate(USDT_VND, '1'), VND, 'floor')).toThrow('does not value VND in VND');
  });
});
