/** A market that moves, where a provider only misbehaves: USDT leaves its peg, and all who quote it say so. */
import { type Decimal, formatDecimal, normalize, parseDecimal } from '../../kernel/decimal.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import type { RecordedRates } from '../data/recorded-rates.ts';

/** Whole percent of what a USDT was worth; 100 is its peg. Further off, no bound of a rate would hold. */
export const DEPEG_PERCENT = { min: 50, max: 150 } as const;

export interface Market {
  /** @param factorPercent what a USDT is worth from now on, of its recorded value; 100: none of it is lost */
  setDepeg(factorPercent: number): void;
  /** In percent. */
  depeg(): number;
}

/**
 * The rates with USDT at so much of its value. What a dollar costs does not change, and what a USDC
 * costs does not either: in USDT, both have moved the other way.
 */
export function depegged(rates: RecordedRates, factorPercent: number): RecordedRates {
  if (factorPercent === 100) return rates;
  const times = (text: string): string => {
    const { units, scale } = decimal(text);
    return formatDecimal(normalize({ units: units * BigInt(factorPercent), scale: scale + 2 }));
  };
  return { ...rates, usdtUsd: times(rates.usdtUsd), usdtVnd: times(rates.usdtVnd) };
}

export function decimal(text: string): Decimal {
  const value = parseDecimal(text);
  if (value === undefined) throw new PlumblineError('internal', 'sandbox.rate_malformed', `recorded rate "${text}"`);
  return value;
}
