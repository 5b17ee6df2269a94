/**
 * What both sides' lines say, each value once, as a small whole number: two lines are compared by their
 * numbers. Amounts stay exact whatever their size, for it is their numbers that fit a typed array.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Currency, Money } from '../../../kernel/money.ts';
import { Texts } from './text-store.ts';

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

export class Amounts {
  readonly currencies: Currency[] = [];
  /** By number: minor units. */
  readonly minor: bigint[] = [];
  /** By number: which currency. */
  readonly currencyOf: number[] = [];
  readonly #numbers: Map<bigint | number, number>[] = [];
  readonly #byCode = new Map<string, number>();
  #ranks: Int32Array | undefined;
  #ranked: readonly number[] = [];

  /** @throws `matching.currency_digits` (invalid): one code, counted in two units */
  add({ currency, minor }: Money): number {
    const at = this.#currency(currency);
    const numbers = this.#numbers[at] ?? new Map<bigint | number, number>();
    // A Map finds a number several times faster than a bigint, and within 2^53 they are the same.
    const key = minor >= -SAFE && minor <= SAFE ? Number(minor) : minor;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = this.minor.push(minor) - 1;
    this.currencyOf.push(at);
    numbers.set(key, number);
    this.#ranks = undefined;
    return number;
  }

  of(number: number): bigint {
    return this.minor[number] ?? 0n;
  }

  /** By number: its place among all amounts, those of one currency together and ascending. */
  get ranks(): Int32Array {
    if (this.#ranks !== undefined) return this.#ranks;
    const { minor, currencyOf } = this;
    this.#ranked = minor
      .map((_, number) => number)
      .sort((a, b) => {
        const apart = (currencyOf[a] ?? 0) - (currencyOf[b] ?? 0);
        if (apart !== 0) return apart;
        return this.of(a) < this.of(b) ? -1 : 1;
      });
    const ranks = new Int32Array(minor.length);
    this.#ranked.forEach((number, rank) => {
      ranks[number] = rank;
    });
    this.#ranks = ranks;
    return ranks;
  }

  /** The ranks of the amounts of a currency from `low` to `high`: first, and one past the last. */
  rankRange(currency: number, low: bigint, high: bigint): readonly [number, number] {
    void this.ranks;
    return [this.#firstRank(currency, low), this.#firstRank(currency, high + 1n)];
  }

  #firstRank(currency: number, minor: bigint): number {
    let low = 0;
    let high = this.#ranked.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const number = this.#ranked[middle] ?? 0;
      const at = this.currencyOf[number] ?? 0;
      if (at < currency || (at === currency && this.of(number) < minor)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #currency(currency: Currency): number {
    const known = this.#byCode.get(currency.code);
    if (known === undefined) {
      this.#byCode.set(currency.code, this.currencies.length);
      this.#numbers.push(new Map());
      return this.currencies.push(currency) - 1;
    }
    const before = this.currencies[known];
    if (before !== undefined && before.decimals !== currency.decimals) {
      throw new PlumblineError(
        'invalid',
        'matching.currency_digits',
        `${currency.code} is counted with ${before.decimals} and with ${currency.decimals} decimals; give both sides one definition of it`,
      );
    }
    return known;
  }
}

export interface Dictionary {
  readonly references: Texts;
  readonly counterparties: Texts;
  /** Counterparties as they were written, for showing. */
  readonly names: Texts;
  readonly amounts: Amounts;
}

export const newDictionary = (): Dictionary => ({
  references: new Texts(),
  counterparties: new Texts(),
  names: new Texts(),
  amounts: new Amounts(),
});
