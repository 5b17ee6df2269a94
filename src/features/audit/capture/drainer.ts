/** Keeps turning what business transactions have said into leaves, and closes the days that end. */
import type { Clock } from '../../../kernel/clock.ts';
import { isPlumblineError, KINDS } from '../../../kernel/errors.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';

export interface DrainerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** @returns how many leaves it made */
  readonly drain: () => Promise<number>;
  readonly closeDays: () => Promise<number>;
  /** Told after leaves were made. */
  readonly onLeaves: () => void;
}

/** What is said is a leaf within about this long, milliseconds. */
const INTERVAL_MS = 25;
const DAY_INTERVAL_MS = 10_000;
/** After a failure it looks again later and later, milliseconds. */
const MAX_PAUSE_MS = 5_000;

export class Drainer {
  readonly #deps: DrainerDeps;
  #stopping: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: DrainerDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#stopping !== undefined) return;
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Ends after what is under way. */
  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#running;
    this.#stopping = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log, drain, closeDays, onLeaves } = this.#deps;
    let pauseMs = INTERVAL_MS;
    let daysAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      try {
        let leaves = 0;
        if (clock.monotonic() - daysAt >= DAY_INTERVAL_MS) {
          leaves += await closeDays();
          daysAt = clock.monotonic();
        }
        for (let count = await drain(); count > 0 && !signal.aborted; count = await drain()) leaves += count;
        if (leaves > 0) onLeaves();
        pauseMs = INTERVAL_MS;
      } catch (error) {
        const level = isPlumblineError(error) ? KINDS[error.kind].logLevel : 'error';
        if (pauseMs === INTERVAL_MS)
          log[level]({ code: 'audit.drain_failed', err: error }, 'what was said could not be made leaves of; it waits');
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
      }
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }
}
