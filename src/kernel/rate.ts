/**
 * A rate is an exact scaled integer with its pair: 1 base = value quote. `USDT/VND 25934.21778743`.
 * Multiplying two rates is exact; only inverting rounds, and says how.
 */
import {
  compareDecimal,
  type Decimal,
  divide,
  formatDecimal,
  normalize,
  parseDecimal,
  pow10,
  type Rounding,
  rescale,
} from './decimal.ts';
import { PlumblineError } from './errors.ts';
import { type Currency, type Money, multiply } from './money.ts';

export interface Pair {
  readonly base: string;
  readonly quote: string;
}

export interface Rate {
  readonly pair: Pair;
  /** Quote units for one base unit; positive, in its shortest form. */
  readonly value: Decimal;
}

/** Of two currency codes, unchecked: `parsePair` checks a text. */
export const pair = (base: string, quote: string): Pair => ({ base, quote });
/** `USDT/VND`. */
export const pairName = (p: Pair): string => `${p.base}/${p.quote}`;
export const samePair = (a: Pair, b: Pair): boolean => a.base === b.base && a.quote === b.quote;

const PAIR = /^([A-Z][A-Z0-9]{1,9})\/([A-Z][A-Z0-9]{1,9})$/;

/** `USDT/VND`. @throws `rate.pair_malformed` (invalid) */
export function parsePair(text: string): Pair {
  const match = PAIR.exec(text);
  const [, base = '', quote = ''] = match ?? [];
  if (match === null || base === quote) {
    throw new PlumblineError(
      'invalid',
      'rate.pair_malformed',
      `"${text.slice(0, 40)}" is not a pair; write BASE/QUOTE, for example USDT/VND`,
    );
  }
  return { base, quote };
}

/** @throws `rate.not_positive` (invalid) */
export function rate(p: Pair, value: Decimal): Rate {
  if (value.units <= 0n) {
    throw new PlumblineError(
      'invalid',
      'rate.not_positive',
      `${pairName(p)}: a rate is above zero, not ${formatDecimal(value)}`,
    );
  }
  return { pair: p, value: normalize(value) };
}

/** @throws `rate.malformed`, `rate.not_positive` (invalid) */
export function parseRate(p: Pair, text: string): Rate {
  const value = parseDecimal(text);
  if (value === undefined) {
    throw new PlumblineError(
      'invalid',
      'rate.malformed',
      `${pairName(p)}: "${text.slice(0, 80)}" is not a rate; write a plain decimal such as "25934.21"`,
    );
  }
  return rate(p, value);
}

/** All its digits, as a plain decimal: `25934.21778743`. */
export const formatRate = (r: Rate): string => formatDecimal(r.value);

/** A/B x B/C = A/C, exactly. @throws `rate.legs_do_not_meet` (internal) */
export function cross(first: Rate, second: Rate): Rate {
  if (first.pair.quote !== second.pair.base) {
    throw new PlumblineError(
      'internal',
      'rate.legs_do_not_meet',
      `cannot cross ${pairName(first.pair)} with ${pairName(second.pair)}`,
    );
  }
  return rate(pair(first.pair.base, second.pair.quote), {
    units: first.value.units * second.value.units,
    scale: first.value.scale + second.value.scale,
  });
}

/** 1/rate to `scale` digits, rounded as named. @throws `rate.not_positive` where it rounds to zero */
export function invert(r: Rate, scale: number, rounding: Rounding): Rate {
  const units = divide(pow10(r.value.scale + scale), r.value.units, rounding);
  return rate(pair(r.pair.quote, r.pair.base), { units, scale });
}

/** The same rate with at most `scale` digits. */
export const roundRate = (r: Rate, scale: number, rounding: Rounding): Rate =>
  r.value.scale <= scale ? r : rate(r.pair, rescale(r.value, scale, rounding));

export const compareRate = (a: Rate, b: Rate): -1 | 0 | 1 => compareDecimal(a.value, b.value);

/** What `amount` of the base is in the quote currency. @throws `rate.wrong_base` (internal) */
export function convert(amount: Money, r: Rate, quote: Currency, rounding: Rounding): Money {
  if (amount.currency.code !== r.pair.base || quote.code !== r.pair.quote) {
    throw new PlumblineError(
      'internal',
      'rate.wrong_base',
      `${pairName(r.pair)} does not value ${amount.currency.code} in ${quote.code}`,
    );
  }
  return multiply(amount, r.value, quote, rounding);
}
