/** Something that is done again and again, until it is stopped: later and later while it fails. */
import type { Clock } from '../../kernel/clock.ts';
import { isPlumblineError, KINDS } from '../../kernel/errors.ts';
import type { Logger } from '../telemetry/port.ts';
import { Loop } from './loop.ts';

export interface RepeatDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the log line that tells that it failed: the first time, and again after it worked. */
  readonly code: string;
  /** What that line says. */
  readonly failed: string;
  /** Milliseconds between the end of one and the begin of the next. */
  readonly everyMs: number;
  /** The longest pause after failures, milliseconds; ten seconds unless told. */
  readonly maxPauseMs?: number;
  /** What is done, in this order; one that fails does not keep the others from their turn. */
  readonly tasks: readonly ((signal: AbortSignal) => Promise<unknown>)[];
}

export function repeat({ clock, log, code, failed, everyMs, maxPauseMs = 10_000, tasks }: RepeatDeps): Loop {
  let pauseMs = everyMs;
  let failing = false;
  return new Loop(clock, async (signal) => {
    let failure: { readonly error: unknown } | undefined;
    for (const task of tasks) {
      if (signal.aborted) break;
      await task(signal).catch((error: unknown) => {
        failure ??= { error };
      });
    }
    if (failure === undefined) {
      pauseMs = everyMs;
    } else {
      const level = isPlumblineError(failure.error) ? KINDS[failure.error.kind].logLevel : 'error';
      if (!failing) log[level]({ code, err: failure.error }, failed);
      pauseMs = Math.max(everyMs, Math.min(pauseMs * 2, maxPauseMs));
    }
    failing = failure !== undefined;
    return pauseMs;
  });
}
