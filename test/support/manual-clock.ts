/**
 * A clock that moves only when told to. Timers run in the order in which they fall due, each with the
 * clock standing at its instant, and what they wake runs before the next one.
 */

import type { Clock } from '../../src/kernel/clock.ts';
import { sleepBy } from './sleep.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

export class ManualClock implements Clock {
  #wall: number;
  #mono = 1_000; // not 0: nothing may rely on where a monotonic clock begins
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** @param startMs wall time at the start, epoch milliseconds */
  constructor(startMs = Date.parse('2026-11-23T02:00:00Z')) {
    this.#wall = startMs;
  }

  now(): number {
    return Math.floor(this.#wall);
  }

  monotonic(): number {
    return this.#mono;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepBy((after, fn) => this.after(after, fn), ms, signal);
  }

  after(ms: number, fn: () => void): () => void {
    this.#order += 1;
    const timer: Timer = { at: this.#mono + Math.max(0, ms), order: this.#order, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves both clocks on by `ms`, running what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms;
    await settled();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#moveTo(next.at);
      this.#timers.delete(next);
      next.fn();
      await settled();
    }
    this.#moveTo(end);
    await settled();
  }

  /** Moves both clocks without waiting for anything: for code that is synchronous itself. */
  advanceSync(ms: number): void {
    const end = this.#mono + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#moveTo(next.at);
      this.#timers.delete(next);
      next.fn();
    }
    this.#moveTo(end);
  }

  /** A step of the wall clock alone, either way. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /**
   * Moves on from timer to timer until `promise` settles, at most `limitMs`. Where no timer waits it
   * gives real input and output a moment.
   * @param still resolves when time may go on: until then nothing falls due
   */
  async run<T>(promise: Promise<T>, limitMs = 3_600_000, still?: () => Promise<void>): Promise<T> {
    const end = this.#mono + limitMs;
    let done = false;
    const finish = (): void => {
      done = true;
    };
    promise.then(finish, finish);
    for (;;) {
      await settled();
      if (done) return promise;
      await still?.();
      const next = this.#next(end);
      if (next === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
      else await this.advance(next.at - this.#mono);
    }
  }

  #moveTo(mono: number): void {
    if (mono <= this.#mono) return;
    this.#wall += mono - this.#mono;
    this.#mono = mono;
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  }
}

/** Lets everything run that waits for no timer. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
