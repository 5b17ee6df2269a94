/**
 * Simulated time for many processes at once: one line of instants, and on it a clock for each process,
 * whose wall may be set and whose timers die with it. A heap finds the next timer, so that a month of
 * a busy fleet is some seconds of work.
 */

import type { Clock } from '../../src/kernel/clock.ts';
import { sleepBy } from './sleep.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  /** Undefined: cancelled. */
  fn: (() => void) | undefined;
}

/** Real input and output gets its turn after so many instants. */
const TURNS = 1_000;

export class Timeline {
  #now: number;
  #order = 0;
  readonly #heap: Timer[] = [];

  /** @param startMs epoch milliseconds */
  constructor(startMs: number) {
    this.#now = startMs;
  }

  /** True time, epoch milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** @returns what cancels it */
  at(atMs: number, fn: () => void): () => void {
    this.#order += 1;
    const timer: Timer = { at: Math.max(atMs, this.#now), order: this.#order, fn };
    this.#push(timer);
    return () => {
      timer.fn = undefined;
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(this.#now + ms, resolve);
    });
  }

  /** Runs whatever falls due up to `endMs`, each with all that it wakes before the next. */
  async run(endMs: number): Promise<void> {
    await settled();
    for (let turn = 0; ; turn += 1) {
      const next = this.#heap[0];
      if (next === undefined || next.at > endMs) break;
      this.#pop();
      const { fn } = next;
      if (fn === undefined) continue;
      this.#now = Math.max(this.#now, next.at);
      fn();
      await settled();
      if (turn % TURNS === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = Math.max(this.#now, endMs);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (right !== undefined && below !== undefined && isBefore(right, below)) {
        child += 1;
        below = right;
      }
      if (below === undefined || !isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * Lets everything run that waits for no timer: a tick comes when no promise is left to go on with, and
 * costs a tenth of what a turn of the event loop does.
 */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** The clock of one simulated process. */
export class ProcessClock implements Clock {
  readonly #time: Timeline;
  readonly #began: number;
  /** The wall clock's error, milliseconds. */
  #error = 0;
  #dead = false;

  constructor(time: Timeline) {
    this.#time = time;
    this.#began = time.now - 1_000; // not 0: nothing may rely on where a monotonic clock begins
  }

  now(): number {
    return Math.floor(this.#time.now + this.#error);
  }

  monotonic(): number {
    return this.#time.now - this.#began;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepBy((after, fn) => this.after(after, fn), ms, signal);
  }

  after(ms: number, fn: () => void): () => void {
    return this.#time.at(this.#time.now + Math.max(0, ms), () => {
      if (!this.#dead) fn();
    });
  }

  /** A step of the wall clock, either way. */
  step(ms: number): void {
    this.#error += ms;
  }

  /** The process is gone: nothing that it waits for happens. */
  kill(): void {
    this.#dead = true;
  }
}
