import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageOf } from '../../../kernel/errors.ts';
import { parseMoney } from '../../../kernel/money.ts';
import { digitsOfDate, minorUnits, NOT_DIGITS } from './digits.ts';

const units = (text: string, decimals: number): number =>
  minorUnits(Buffer.from(`;${text};9`), 1, 1 + text.length, decimals);

const exact = (text: string, decimals: number): bigint | undefined => {
  try {
    return parseMoney({ code: 'XXX', decimals, shown: 0 }, text).minor;
  } catch (error) {
    return void messageOf(error);
  }
};

test('an amount from its digits is what the exact parser says, or is left to it', () => {
  const text = fc.oneof(
    fc.array(fc.constantFrom('-', '.', ',', '0', '0', '1', '9', 'e', ' '), { maxLength: 8 }).map((all) => all.join('')),
    fc
      .tuple(fc.bigInt(-(10n ** 18n), 10n ** 18n), fc.integer({ min: 0, max: 4 }), fc.nat(9_999))
      .map(([whole, digits, fraction]) =>
        digits === 0 ? `${whole}` : `${whole}.${String(fraction).padStart(digits, '0')}`,
      ),
  );
  fc.assert(
    fc.property(text, fc.constantFrom(0, 2, 6, 18, 30), (each, decimals) => {
      const minor = units(each, decimals);
      if (!Number.isNaN(minor)) expect(BigInt(minor)).toBe(exact(each, decimals));
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ['1234.50', 2, 123_450],
  ['-0.01', 2, -1],
  ['0', 2, 0],
  ['-0', 2, 0],
  ['90071992547409', 2, 9_007_199_254_740_900],
  ['999999999999999', 0, 999_999_999_999_999],
  ['90071992547410', 2, Number.NaN], // beyond 2^53
  ['1000000000000000', 0, Number.NaN],
  ['1.000', 2, Number.NaN],
  ['', 2, Number.NaN],
  ['-', 2, Number.NaN],
  ['.', 2, Number.NaN],
  ['1.2.3', 2, Number.NaN],
])('%s with %i decimals', (text, decimals, minor) => {
  expect(units(text, decimals)).toBe(minor);
});

test.each([
  ['2026-11-25', 20_261_125],
  ['2026/11/25', NOT_DIGITS],
  ['2026-11-2x', NOT_DIGITS],
  ['26-11-2025', NOT_DIGITS],
  ['2026-11-25T00:00:00Z', NOT_DIGITS],
  ['', NOT_DIGITS],
])('the digits of the date %s', (text, digits) => {
  expect(digitsOfDate(Buffer.from(text), 0, text.length)).toBe(digits);
});
