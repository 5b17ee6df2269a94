/** Something that is done again and again, until it is stopped: later and later while it fails. */
import type { Clock } from '../../kernel/clock.ts';
import { isPlumblineError, KINDS } from '../../kernel/errors.ts';
import type { Logger } from '../telemetry/port.ts';

export interface RepeatDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the log line that tells that it failed: the first time, and again after it worked. */
  readonly code: string;
  /** Milliseconds between the end of one and the begin of the next. */
  readonly everyMs: number;
  /** The longest pause after failures, milliseconds; ten seconds unless told. */
  readonly maxPauseMs?: number;
  /** What is done, in this order. */
  readonly tasks: readonly ((signal: AbortSignal) => Promise<unknown>)[];
}

export class Repeat {
  readonly #deps: RepeatDeps;
  #stopping: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: RepeatDeps) {
    this.#deps = deps;
  }

  /** A second start changes nothing. */
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
    const { clock, log, code, everyMs, maxPauseMs = 10_000, tasks } = this.#deps;
    let pauseMs = everyMs;
    let failing = false;
    while (!signal.aborted) {
      let failure: { readonly error: unknown } | undefined;
      for (const task of tasks) {
        if (signal.aborted) break;
        // One that fails does not keep the others from their turn.
        await task(signal).catch((error: unknown) => {
          failure ??= { error };
        });
      }
      if (failure === undefined) {
        pauseMs = everyMs;
        failing = false;
      } else {
        const level = isPlumblineError(failure.error) ? KINDS[failure.error.kind].logLevel : 'error';
        if (!failing) log[level]({ code, err: failure.error }, 'something that is done again and again has failed');
        failing = true;
        pauseMs = Math.max(everyMs, Math.min(pauseMs * 2, maxPauseMs));
      }
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }
}
