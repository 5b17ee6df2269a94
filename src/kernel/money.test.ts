import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  add,
  DEFAULT_CURRENCIES,
  displayMoney,
  formatMoney,
  type Money,
  money,
  multiply,
  negate,
  parseMoney,
  subtract,
} from './money.ts';

const VND = DEFAULT_CURRENCIES.get('VND');
const USDT = DEFAULT_CURRENCIES.get('USDT');
const vnd = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map((minor): Money => money(VND, minor));

describe('text', () => {
  test('every amount survives text', () => {
    fc.assert(
      fc.property(vnd, (amount) => {
        expect(parseMoney(VND, formatMoney(amount))).toEqual(amount);
      }),
    );
  });

  test('amounts of 20 digits are exact', () => {
    expect(formatMoney(parseMoney(VND, '12345678901234567890.12'))).toBe('12345678901234567890.12');
    expect(formatMoney(parseMoney(USDT, '98765432109876543210.123456789012345678'))).toBe(
      '98765432109876543210.123456789012345678',
    );
  });

  test('more digits than the currency has are refused, trailing zeros are not digits', () => {
    expect(() => parseMoney(VND, '1.005')).toThrow('has 3 decimals, VND has 2');
    expect(formatMoney(parseMoney(VND, '1.5000'))).toBe('1.50');
  });

  test.each(['26,105.00', '1e30', '', 'NaN', '१२'])('refuses %j and names the remedy', (text) => {
    expect(() => parseMoney(VND, text)).toThrow('write a plain decimal such as "1234.50"');
  });

  test.each([
    ['0.00', '0'],
    ['25934.00', '25,934'],
    ['-1000.01', '-1,000.01'],
    ['1234567890123456789012.50', '1,234,567,890,123,456,789,012.5'],
    ['999.00', '999'],
  ])('%s VND is shown as %s', (text, shown) => expect(displayMoney(parseMoney(VND, text))).toBe(shown));

  test('what people see hides no digit that is there', () => {
    fc.assert(
      fc.property(vnd, (amount) => {
        expect(parseMoney(VND, displayMoney(amount).replaceAll(',', ''))).toEqual(amount);
      }),
    );
  });
});

describe('arithmetic', () => {
  test('add, subtract and negate are those of the integers', () => {
    fc.assert(
      fc.property(vnd, vnd, (a, b) => {
        expect(add(a, b).minor).toBe(a.minor + b.minor);
        expect(subtract(add(a, b), b)).toEqual(a);
        expect(add(a, negate(a)).minor).toBe(0n);
      }),
    );
  });

  test('two currencies do not add', () => {
    expect(() => add(money(VND, 1n), money(USDT, 1n))).toThrow('cannot combine VND with USDT');
  });

  test('a product rounds once, as named', () => {
    const one = parseMoney(USDT, '1');
    const factor = { units: 25_934_217_787_43n, scale: 8 };
    expect(formatMoney(multiply(one, factor, VND, 'floor'))).toBe('25934.21');
    expect(formatMoney(multiply(one, factor, VND, 'ceil'))).toBe('25934.22');
    expect(formatMoney(multiply(negate(one), factor, VND, 'floor'))).toBe('-25934.22');
  });
});

test('an unknown currency names the accepted ones', () => {
  expect(() => DEFAULT_CURRENCIES.get('XYZ')).toThrow('unknown currency "XYZ"; accepted: USD, USDC, USDT, VND');
});
