/** Sums of amounts, one by place, exact: as doubles as far as those are whole numbers, and what is beyond as bigints. */
import type { Amounts } from './amounts.ts';

export class Sums {
  readonly #amounts: Amounts;
  readonly #small: Float64Array;
  /** By place: what would have taken its double beyond 2^53. */
  readonly #large = new Map<number, bigint>();

  constructor(amounts: Amounts, places: number) {
    this.#amounts = amounts;
    this.#small = new Float64Array(places);
  }

  /** @param number of the amount */
  add(place: number, number: number): void {
    const sum = (this.#small[place] ?? 0) + this.#amounts.small(number);
    if (Number.isSafeInteger(sum)) this.#small[place] = sum;
    else this.#addLarge(place, this.#amounts.of(number));
  }

  subtract(place: number, number: number): void {
    const sum = (this.#small[place] ?? 0) - this.#amounts.small(number);
    if (Number.isSafeInteger(sum)) this.#small[place] = sum;
    else this.#addLarge(place, -this.#amounts.of(number));
  }

  /** In minor units. */
  of(place: number): bigint {
    return BigInt(this.#small[place] ?? 0) + (this.#large.get(place) ?? 0n);
  }

  isZero(place: number): boolean {
    return this.#large.has(place) ? this.of(place) === 0n : this.#small[place] === 0;
  }

  #addLarge(place: number, minor: bigint): void {
    this.#large.set(place, (this.#large.get(place) ?? 0n) + minor);
  }
}
