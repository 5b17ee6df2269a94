/** A time that never goes back, and stands still no longer than the fastest of a machine's two clocks. */
import type { Clock } from '../../kernel/clock.ts';

/**
 * Epoch milliseconds that only grow: by the monotonic clock, since the wall clock may be set back; and
 * with the wall clock where that runs ahead, since a machine may have slept while the monotonic one
 * stood still.
 */
export function steadyTime(clock: Clock): () => number {
  let ahead = clock.now() - clock.monotonic();
  return () => {
    const monotonic = clock.monotonic();
    ahead = Math.max(ahead, clock.now() - monotonic);
    return monotonic + ahead;
  };
}
