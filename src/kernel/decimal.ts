/**
 * Exact decimals as scaled integers: value = units / 10^scale. The grammar and the rounding that
 * money and rates share; no float passes through here.
 */
import { PlumblineError } from './errors.ts';

export interface Decimal {
  readonly units: bigint;
  /** Digits after the point, >= 0. */
  readonly scale: number;
}

/**
 * How a result that needs more digits than it has is rounded. Named at each use:
 * `down`/`up` go towards/away from zero, `floor`/`ceil` towards -/+ infinity, `half-even` to the
 * nearest with ties to the even digit.
 */
export type Rounding = 'down' | 'up' | 'floor' | 'ceil' | 'half-even';

/** Plain decimal: no exponent, no grouping, no leading zeros or plus sign, ASCII digits only. */
const DECIMAL = /^(-?)(0|[1-9]\d{0,59})(?:\.(\d{1,30}))?$/;

export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const magnitude = BigInt(whole + fraction);
  return { units: sign === '-' ? -magnitude : magnitude, scale: fraction.length };
}

/** All `scale` digits are written: 1 at scale 2 is `1.00`. */
export function formatDecimal({ units, scale }: Decimal): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`;
  return `${negative ? '-' : ''}${whole}${fraction}`;
}

/** All that a rate or an amount usually needs. */
const POWERS = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent));

export const pow10 = (exponent: number): bigint => POWERS[exponent] ?? 10n ** BigInt(exponent);

/** numerator / denominator to an integer, rounded as named. */
export function divide(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  if (denominator === 0n) {
    throw new PlumblineError('invalid', 'decimal.division_by_zero', 'cannot divide by zero');
  }
  if (denominator < 0n) return divide(-numerator, -denominator, rounding);
  const quotient = numerator / denominator; // truncates towards zero
  const remainder = numerator % denominator;
  if (remainder === 0n) return quotient;
  const away = numerator < 0n ? -1n : 1n;
  switch (rounding) {
    case 'down':
      return quotient;
    case 'up':
      return quotient + away;
    case 'floor':
      return numerator < 0n ? quotient - 1n : quotient;
    case 'ceil':
      return numerator < 0n ? quotient : quotient + 1n;
    case 'half-even': {
      const twice = 2n * (remainder < 0n ? -remainder : remainder);
      const roundsAway = twice > denominator || (twice === denominator && quotient % 2n !== 0n);
      return roundsAway ? quotient + away : quotient;
    }
  }
}

/** The same value at another scale. */
export function rescale(value: Decimal, scale: number, rounding: Rounding): Decimal {
  if (scale >= value.scale) return { units: value.units * pow10(scale - value.scale), scale };
  return { units: divide(value.units, pow10(value.scale - scale), rounding), scale };
}

/** The shortest form of the same value: no trailing zeros after the point. */
export function normalize({ units, scale }: Decimal): Decimal {
  let u = units;
  let s = scale;
  while (s > 0 && u % 10n === 0n) {
    u /= 10n;
    s -= 1;
  }
  return { units: u, scale: s };
}

/** -1, 0 or 1 as a is less than, equal to or greater than b. */
export function compareDecimal(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const scale = Math.max(a.scale, b.scale);
  const left = a.units * pow10(scale - a.scale);
  const right = b.units * pow10(scale - b.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}
