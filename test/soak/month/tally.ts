/** What became of the questions that every policy was asked: USDT/VND, now. */

import { pair } from '../../../src/kernel/rate.ts';
import type { Judge } from './judge.ts';
import { MINUTE } from './truth.ts';

export const USDT_VND = pair('USDT', 'VND');

/** CoinGecko's server keeps an answer for a minute: that is nobody's fault. */
const SERVER_KEEPS_MS = MINUTE;

export interface Answer {
  readonly value: number;
  /** It says that it is not to be taken for a good one. */
  readonly labelled: boolean;
  readonly ageMs: number;
}

export class Tally {
  readonly name: string;
  answers = 0;
  unlabelled = 0;
  wrong = 0;
  old = 0;
  /** Milliseconds in which an honest route existed, and of those in which callers were answered, and without a label. */
  honestMs = 0;
  answeredMs = 0;
  unlabelledMs = 0;
  /** CoinGecko's, in the busiest month. */
  mostCalls = 0;
  readonly #boundMs: number;
  readonly #calls: () => number;

  /** @param boundMs for how long it calls a figure current */
  constructor(name: string, boundMs: number, calls: () => number) {
    this.name = name;
    this.#boundMs = boundMs;
    this.#calls = calls;
  }

  /** @param honestMs for which this question stands, where an honest route existed then */
  count(answer: Answer | undefined, honestMs: number, judge: Judge): void {
    this.honestMs += honestMs;
    if (answer === undefined) return;
    this.answers += 1;
    this.answeredMs += honestMs;
    if (answer.labelled) return;
    this.unlabelled += 1;
    this.unlabelledMs += honestMs;
    if (judge.isWrong(USDT_VND, answer.value)) this.wrong += 1;
    if (answer.ageMs > this.#boundMs + SERVER_KEEPS_MS) this.old += 1;
  }

  /** How often CoinGecko was called in this month. */
  get calls(): number {
    return this.#calls();
  }

  add(other: Tally): void {
    this.answers += other.answers;
    this.unlabelled += other.unlabelled;
    this.wrong += other.wrong;
    this.old += other.old;
    this.honestMs += other.honestMs;
    this.answeredMs += other.answeredMs;
    this.unlabelledMs += other.unlabelledMs;
    this.mostCalls = Math.max(this.mostCalls, this.calls, other.calls);
  }
}
