/** Attempts at one request: bounded in number and in time, each with a deadline of its own. */
import type { Clock, Random } from '../../../kernel/clock.ts';
import { retry } from '../../http-client/retry.ts';
import { isTransient, TooSlow } from './failures.ts';

/** All attempts together, with their waits, get three times what one gets. */
export interface Patience {
  /** Attempts at the most, the first included. */
  readonly attempts: number;
  /** Milliseconds for a request without a body worth naming. */
  readonly callMs: number;
  /** Bytes a second at the least: a body is given its size over this, beside `callMs`. */
  readonly leastRate: number;
  /** The wait before attempt n+1 is uniform in [0, baseDelayMs x 2^(n-1)) milliseconds. */
  readonly baseDelayMs: number;
}

export const PATIENCE: Patience = { attempts: 6, callMs: 15_000, leastRate: 256 * 1024, baseDelayMs: 200 };

export type Attempts = <T>(
  work: (signal: AbortSignal) => Promise<T>,
  options?: { readonly bytes?: number },
) => Promise<T>;

/** @returns a function that throws what the last attempt threw: see `upstream` */
export function attemptsAt(clock: Clock, random: Random, patience: Patience): Attempts {
  return (work, { bytes = 0 } = {}) => {
    const attemptTimeoutMs = patience.callMs + Math.ceil((bytes / patience.leastRate) * 1000);
    return retry(
      {
        clock,
        random,
        attempts: patience.attempts,
        attemptTimeoutMs,
        budgetMs: attemptTimeoutMs * 3,
        baseDelayMs: patience.baseDelayMs,
      },
      ({ timeoutMs }) => within(clock, timeoutMs, work),
      isTransient,
    );
  };
}

/** @throws `TooSlow` once the time is over, whatever the work says then */
export async function within<T>(clock: Clock, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const late = new TooSlow(`no answer within ${Math.round(ms)} ms`);
  const cancel = clock.after(ms, () => controller.abort(late));
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? late : error;
  } finally {
    cancel();
  }
}
