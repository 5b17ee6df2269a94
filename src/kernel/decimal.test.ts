import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareDecimal,
  divide,
  formatDecimal,
  normalize,
  parseDecimal,
  pow10,
  type Rounding,
  rescale,
} from './decimal.ts';

const ROUNDINGS: readonly Rounding[] = ['down', 'up', 'floor', 'ceil', 'half-even'];
const units = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
const scale = fc.nat({ max: 20 });
const decimal = fc.record({ units, scale });

describe('parse and format', () => {
  test('every decimal survives text', () => {
    fc.assert(
      fc.property(decimal, (value) => {
        expect(parseDecimal(formatDecimal(value))).toEqual(value);
      }),
    );
  });

  test.each([
    '',
    '-',
    '+1',
    '1.',
    '.5',
    '01',
    '1e5',
    '1E30',
    '26,105.00',
    '1_000',
    ' 1',
    '1 ',
    '0x10',
    'NaN',
    'Infinity',
    '１２',
    '--1',
    '1.2.3',
  ])('refuses %j', (text) => expect(parseDecimal(text)).toBeUndefined());

  test('twenty digits before the point and more after it stay exact', () => {
    const text = '12345678901234567890.123456789012345678';
    const parsed = parseDecimal(text);
    expect(parsed && formatDecimal(parsed)).toBe(text);
  });
});

describe('divide', () => {
  /** The definition of each rounding, over exact rationals: |q - n/d| < 1 and which neighbour. */
  test.each(ROUNDINGS)('%s agrees with exact rational arithmetic', (rounding) => {
    fc.assert(
      fc.property(
        units,
        units.filter((d) => d !== 0n),
        (n, d) => {
          const q = divide(n, d, rounding);
          const [num, den] = d < 0n ? [-n, -d] : [n, d];
          const error = q * den - num; // (q - n/d) scaled by den > 0
          const magnitude = error < 0n ? -error : error;
          expect(magnitude < den).toBe(true);
          if (error === 0n) return;
          const negative = num < 0n;
          if (rounding === 'floor') expect(error < 0n).toBe(true);
          if (rounding === 'ceil') expect(error > 0n).toBe(true);
          if (rounding === 'down') expect(error > 0n).toBe(negative);
          if (rounding === 'up') expect(error < 0n).toBe(negative);
          if (rounding === 'half-even') {
            expect(2n * magnitude <= den).toBe(true);
            if (2n * magnitude === den) expect(q % 2n).toBe(0n);
          }
        },
      ),
    );
  });

  test('by zero is an error that says so', () => {
    expect(() => divide(1n, 0n, 'down')).toThrow('divide by zero');
  });
});

describe('scale', () => {
  test('growing is exact, shrinking rounds as divide does', () => {
    fc.assert(
      fc.property(decimal, scale, fc.constantFrom(...ROUNDINGS), (value, to, rounding) => {
        const result = rescale(value, to, rounding);
        expect(result.scale).toBe(to);
        if (to >= value.scale) expect(compareDecimal(result, value)).toBe(0);
        else expect(result.units).toBe(divide(value.units, pow10(value.scale - to), rounding));
      }),
    );
  });

  test('normalize keeps the value and leaves no trailing zero', () => {
    fc.assert(
      fc.property(decimal, (value) => {
        const short = normalize(value);
        expect(compareDecimal(short, value)).toBe(0);
        expect(short.scale === 0 || short.units % 10n !== 0n).toBe(true);
      }),
    );
  });

  test('compare is the order of the rationals', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const difference = a.units * pow10(b.scale) - b.units * pow10(a.scale);
        expect(compareDecimal(a, b)).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
      }),
    );
  });
});
