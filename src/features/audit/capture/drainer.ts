/** Keeps turning what business transactions have said into leaves, and closes the days that end. */
import type { Clock } from '../../../kernel/clock.ts';
import type { Loop } from '../../../platform/clock/loop.ts';
import { repeat } from '../../../platform/clock/repeat.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';

export interface DrainerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** @returns how many leaves it made */
  readonly drain: () => Promise<number>;
  readonly closeDays: () => Promise<number>;
}

/** What is said is a leaf within about this long, milliseconds. */
const INTERVAL_MS = 25;
const DAY_INTERVAL_MS = 10_000;
const MAX_PAUSE_MS = 5_000;

export function createDrainer({ clock, log, drain, closeDays }: DrainerDeps): Loop {
  let daysAt = Number.NEGATIVE_INFINITY;
  return repeat({
    ...{ clock, log, code: 'audit.drain_failed', everyMs: INTERVAL_MS, maxPauseMs: MAX_PAUSE_MS },
    failed: 'what was said could not be made leaves of; it waits',
    tasks: [
      async () => {
        if (clock.monotonic() - daysAt < DAY_INTERVAL_MS) return;
        await closeDays();
        daysAt = clock.monotonic();
      },
      async (signal) => {
        while ((await drain()) > 0 && !signal.aborted);
      },
    ],
  });
}
