/** The real clock and the real dice: the only place that reads them. */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Random } from '../../kernel/clock.ts';

/** What is over already is now. Node would say so too, and warn on stderr. */
const notNegative = (ms: number): number => Math.max(0, ms);

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(notNegative(ms), undefined, signal === undefined ? {} : { signal }),
  after: (ms, fn) => {
    const timer = setTimeout(fn, notNegative(ms));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = {
  fraction: () => Math.random(),
  bytes: (length) => randomBytes(length),
};
