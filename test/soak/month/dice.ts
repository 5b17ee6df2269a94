/** Chance of a simulation: one seed, and a stream of its own for each use, so that one does not shift another. */
import { createHash } from 'node:crypto';
import type { Random } from '../../../src/kernel/clock.ts';
import { seededRandom } from '../../support/rates.ts';

export class Dice implements Random {
  readonly #random: Random;

  /** @param use what the stream is for: the same seed and use give the same throws */
  constructor(seed: number, use: string) {
    this.#random = seededRandom(createHash('sha256').update(`${seed} ${use}`).digest().readUInt32BE(0));
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.#random.fraction();
  }

  bytes(length: number): Uint8Array {
    return this.#random.bytes(length);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.fraction();
  }

  /** A whole number in [low, high]. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  /** Each power of ten between the two is as likely as the next. */
  scaled(low: number, high: number): number {
    return low * (high / low) ** this.fraction();
  }

  /** The time until the next of things that come at random, on average after `mean`. */
  until(mean: number): number {
    return -mean * Math.log(1 - this.fraction());
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.fraction()));
    return radius * Math.cos(2 * Math.PI * this.fraction());
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.fraction() * from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  /** Each as likely as its weight is large. */
  weighed<T>(from: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.fraction() * from.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of from) {
      left -= weight;
      if (left < 0) return value;
    }
    return this.pick(from)[1];
  }
}

/** In [-1, 1), the same for the same place: noise that does not depend on who asks when. */
export function noiseAt(seed: number, place: number): number {
  let z = Math.imul((seed ^ Math.floor(place)) + 0x9e3779b9, 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  z = Math.imul(z ^ (z >>> 13) ^ Math.floor(place / 4_294_967_296), 0x85ebca6b);
  return ((z ^ (z >>> 16)) >>> 0) / 2 ** 31 - 1;
}
