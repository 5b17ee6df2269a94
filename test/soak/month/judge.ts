/** Whether a figure is true, by what only a simulation knows. The same for every policy. */
import type { Pair } from '../../../src/kernel/rate.ts';
import type { Timeline } from '../../support/timeline.ts';
import type { Honesty } from './honesty.ts';
import { MINUTE, SECOND, type Truth } from './truth.ts';

const WRONG = 0.01;
/** A move of the truth has to be followed, or the answer labelled, within this time. */
const GRACE_MS = MINUTE;
/** Looks at a span of time, at most. */
const LOOKS = 2_000;

interface Range {
  readonly low: number;
  readonly high: number;
}

export class Judge {
  readonly #time: Timeline;
  readonly #truth: Truth;
  readonly #honesty: Honesty;

  constructor(time: Timeline, truth: Truth, honesty: Honesty) {
    this.#time = time;
    this.#truth = truth;
    this.#honesty = honesty;
  }

  truthOf({ base, quote }: Pair, at = this.#time.now): number {
    const usdt = base === 'USDT' ? this.#truth.usdtUsd(at) : 1;
    return quote === 'VND' ? usdt * this.#truth.usdVnd(at) : usdt;
  }

  /** What it is away from the truth of this moment, as a fraction. */
  error(pair: Pair, value: number, at?: number): number {
    return Math.abs(value / this.truthOf(pair, at) - 1);
  }

  isNear(pair: Pair, value: number): boolean {
    return this.error(pair, value) <= WRONG;
  }

  /**
   * More than 1 % from everything that was true since a minute ago; where no provider could have told us
   * for longer than that, since it last could. Nobody can be blamed for a truth that nobody told.
   */
  isWrong(pair: Pair, value: number): boolean {
    if (this.isNear(pair, value)) return false;
    const { base, quote } = pair;
    const { usdt, vnd } = this.#honesty.knowable();
    const one: Range = { low: 1, high: 1 };
    const usdts = base === 'USDT' ? this.#rangeOf((at) => this.#truth.usdtUsd(at), usdt) : one;
    const vnds = quote === 'VND' ? this.#rangeOf((at) => this.#truth.usdVnd(at), vnd) : one;
    return value < usdts.low * vnds.low * (1 - WRONG) || value > usdts.high * vnds.high * (1 + WRONG);
  }

  #rangeOf(truth: (at: number) => number, knownAt: number): Range {
    const { now } = this.#time;
    const from = Math.min(now - GRACE_MS, knownAt);
    const step = Math.max(SECOND, (now - from) / LOOKS);
    let [low, high] = [Number.POSITIVE_INFINITY, 0];
    for (let at = from; at <= now; at += step) {
      const value = truth(at);
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return { low, high };
  }
}
