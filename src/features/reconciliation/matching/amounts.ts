/**
 * The amounts of both sides' lines, each once, by number. Exact whatever their size: as doubles up to 2^53,
 * where those are whole numbers, and beyond it as bigints, which are several times slower to find and to add.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Currency, Money } from '../../../kernel/money.ts';
import { EMPTY } from './numbers.ts';

const FIRST_SIZE = 1_024;
const TWO_32 = 2 ** 32;

const fits = (minor: bigint): boolean => minor >= -BigInt(Number.MAX_SAFE_INTEGER) && minor <= Number.MAX_SAFE_INTEGER;

export class Amounts {
  readonly currencies: Currency[] = [];
  readonly #byCode = new Map<string, number>();
  /** By number: minor units; NaN where they stand in `#large`. */
  #small = new Float64Array(FIRST_SIZE);
  readonly #large = new Map<number, bigint>();
  /** By currency: the numbers of what stands in `#large`. */
  readonly #largeNumbers: Map<bigint, number>[] = [];
  /** By number. */
  #currencyOf = new Int32Array(FIRST_SIZE);
  #size = 0;
  /** Numbers of amounts by the hash of currency and minor units. At most half of the slots are taken. */
  #slots = new Int32Array(2 * FIRST_SIZE).fill(EMPTY);
  #ranks: Int32Array | undefined;
  #ranked: readonly number[] = [];

  /** How many different amounts there are. */
  get size(): number {
    return this.#size;
  }

  /** @throws `matching.currency_digits` (invalid): one code, counted in two units */
  add({ currency, minor }: Money): number {
    const at = this.currency(currency);
    if (fits(minor)) return this.addSmall(at, Number(minor));
    const known = this.#largeNumbers[at]?.get(minor);
    if (known !== undefined) return known;
    const number = this.#push(at, Number.NaN);
    this.#large.set(number, minor);
    this.#largeNumbers[at]?.set(minor, number);
    return number;
  }

  /**
   * @param currency its number
   * @param minor a whole number within 2^53
   */
  addSmall(currency: number, minor: number): number {
    let slot = this.#slotOf(currency, minor);
    const known = this.#slots[slot] ?? EMPTY;
    if (known !== EMPTY) return known;
    if (this.#size === this.#small.length) {
      this.#grow();
      slot = this.#slotOf(currency, minor);
    }
    this.#slots[slot] = this.#size;
    return this.#push(currency, minor);
  }

  /** In minor units. */
  of(number: number): bigint {
    const small = this.small(number);
    return Number.isNaN(small) ? (this.#large.get(number) ?? 0n) : BigInt(small);
  }

  /** In minor units; NaN where they are beyond 2^53. */
  small(number: number): number {
    return this.#small[number] ?? 0;
  }

  /** Of two amounts of one currency. Below 0, 0 or above. */
  compare(a: number, b: number): number {
    const apart = this.small(a) - this.small(b); // its sign is exact, whatever its digits
    if (!Number.isNaN(apart)) return apart;
    const [left, right] = [this.of(a), this.of(b)];
    return left === right ? 0 : left < right ? -1 : 1;
  }

  isNegative(number: number): boolean {
    const small = this.small(number);
    return Number.isNaN(small) ? this.of(number) < 0n : small < 0;
  }

  /** In minor units, without its sign; rounded beyond 2^53, which keeps the order. */
  magnitude(number: number): number {
    const small = this.small(number);
    return Math.abs(Number.isNaN(small) ? Number(this.of(number)) : small);
  }

  /** The number of the amount's currency. */
  currencyOf(number: number): number {
    return this.#currencyOf[number] ?? 0;
  }

  /** By number: its place among all amounts, those of one currency together and ascending. */
  get ranks(): Int32Array {
    if (this.#ranks !== undefined) return this.#ranks;
    const ranked = Array.from({ length: this.#size }, (_, number) => number);
    this.#ranked = ranked.sort((a, b) => this.currencyOf(a) - this.currencyOf(b) || this.compare(a, b));
    const ranks = new Int32Array(this.#size);
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

  /**
   * @returns the currency's number
   * @throws `matching.currency_digits` (invalid)
   */
  currency(currency: Currency): number {
    const known = this.#byCode.get(currency.code);
    if (known === undefined) {
      this.#byCode.set(currency.code, this.currencies.length);
      this.#largeNumbers.push(new Map());
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

  #firstRank(currency: number, minor: bigint): number {
    let low = 0;
    let high = this.#ranked.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const number = this.#ranked[middle] ?? 0;
      const at = this.currencyOf(number);
      if (at < currency || (at === currency && this.of(number) < minor)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #push(currency: number, small: number): number {
    if (this.#size === this.#small.length) this.#grow();
    const number = this.#size;
    this.#small[number] = small;
    this.#currencyOf[number] = currency;
    this.#size += 1;
    this.#ranks = undefined;
    return number;
  }

  #slotOf(currency: number, minor: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(currency, minor) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? EMPTY;
      if (number === EMPTY || (this.#small[number] === minor && this.#currencyOf[number] === currency)) return slot;
    }
  }

  #grow(): void {
    const [small, currencyOf] = [this.#small, this.#currencyOf];
    this.#small = new Float64Array(2 * small.length);
    this.#small.set(small);
    this.#currencyOf = new Int32Array(2 * small.length);
    this.#currencyOf.set(currencyOf);
    this.#slots = new Int32Array(4 * small.length).fill(EMPTY);
    for (let number = 0; number < this.#size; number += 1) {
      const minor = this.small(number);
      if (!Number.isNaN(minor)) this.#slots[this.#slotOf(this.currencyOf(number), minor)] = number;
    }
  }
}

/** Mixed as in MurmurHash3, for amounts are round numbers, and its low bits choose the slot. */
function hashOf(currency: number, minor: number): number {
  let hash = (minor | 0) ^ Math.imul(Math.floor(minor / TWO_32) + currency, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
