/** A clock that runs as another does, and can be moved ahead: minutes of a story pass at once. */
import type { Clock } from '../kernel/clock.ts';

export interface SkippingClock extends Clock {
  skip(ms: number): void;
}

export function skippingClock(real: Clock): SkippingClock {
  let ahead = 0;
  return {
    now: () => real.now() + ahead,
    monotonic: () => real.monotonic() + ahead,
    sleep: (ms, signal) => real.sleep(ms, signal),
    after: (ms, fn) => real.after(ms, fn),
    skip: (ms) => {
      ahead += ms;
    },
  };
}
