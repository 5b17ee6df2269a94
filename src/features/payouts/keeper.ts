/** Keeps sending what was decided, and writes down when an override is over. */
import type { Clock } from '../../kernel/clock.ts';
import { isPlumblineError, KINDS } from '../../kernel/errors.ts';
import type { Logger } from '../../platform/telemetry/port.ts';

export interface KeeperDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** What is done at each look, in this order. */
  readonly tasks: readonly ((signal: AbortSignal) => Promise<unknown>)[];
}

/** A decision is on its way to its receiver within about this long, milliseconds. */
const INTERVAL_MS = 500;
/** After a failure it looks again later and later, milliseconds. */
const MAX_PAUSE_MS = 10_000;

export class PayoutKeeper {
  readonly #deps: KeeperDeps;
  #stopping: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: KeeperDeps) {
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
    const { clock, log, tasks } = this.#deps;
    let pauseMs = INTERVAL_MS;
    while (!signal.aborted) {
      try {
        for (const task of tasks) await task(signal);
        pauseMs = INTERVAL_MS;
      } catch (error) {
        const level = isPlumblineError(error) ? KINDS[error.kind].logLevel : 'error';
        if (pauseMs === INTERVAL_MS) {
          log[level]({ code: 'payouts.keeper_failed', err: error }, 'decisions about payouts wait to be sent');
        }
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
      }
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }
}
