/**
 * The axis of amounts in dong: grouped figures of a unit that is written out over it, such as "billion
 * VND". Compact notation is not used: `12 T` is 10^9 to one reader and 10^12 to another.
 */
import { count, type Language } from '../format/amount.ts';
import type { Words } from '../i18n/en.ts';

export interface MoneyAxis {
  readonly unit: string;
  readonly text: (value: number) => string;
}

/** @param largest amount in dong, without its sign */
export function moneyAxis(largest: number, language: Language, words: Words): MoneyAxis {
  const [size, unit] =
    largest >= 2e9 ? [1e9, words.units.billion] : largest >= 2e6 ? [1e6, words.units.million] : [1, words.units.dong];
  return { unit, text: (value) => count(Number((value / size).toFixed(2)), language).replace('-', '\u2212') };
}
