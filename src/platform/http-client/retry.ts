/**
 * Retries inside one budget: whatever the number of attempts, the caller never waits longer than it
 * said. Waits grow exponentially with full jitter, so that callers who failed together do not come
 * back together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';

/** An attempt with less time than this would only be cut off: it is not started. */
const MIN_ATTEMPT_MS = 20;

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds for all attempts and all waits together. */
  readonly budgetMs: number;
  /** Attempts at the most, the first included. */
  readonly attempts: number;
  /** Milliseconds one attempt may take. */
  readonly attemptTimeoutMs: number;
  /** The wait before attempt n+1 is uniform in [0, baseDelayMs x 2^(n-1)). */
  readonly baseDelayMs: number;
}

export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /** What the attempt may take; it has to keep to it itself. */
  readonly timeoutMs: number;
}

/**
 * @throws what the last attempt threw; `retry.no_time` (busy) when the budget did not allow even one
 */
export async function retry<T>(
  options: RetryOptions,
  attempt: (context: Attempt) => Promise<T>,
  shouldRetry: (error: unknown) => boolean,
): Promise<T> {
  const { clock, random } = options;
  const end = clock.monotonic() + options.budgetMs;
  if (options.budgetMs < MIN_ATTEMPT_MS) {
    throw new PlumblineError('busy', 'retry.no_time', `${options.budgetMs} ms are too few for an attempt`);
  }
  for (let number = 1; ; number += 1) {
    const timeoutMs = Math.min(options.attemptTimeoutMs, end - clock.monotonic());
    try {
      return await attempt({ number, timeoutMs });
    } catch (error) {
      if (number >= options.attempts || !shouldRetry(error)) throw error;
      const waitMs = random.fraction() * options.baseDelayMs * 2 ** (number - 1);
      if (end - clock.monotonic() - waitMs < MIN_ATTEMPT_MS) throw error;
      await clock.sleep(waitMs);
      // A sleep may last longer than asked for.
      if (end - clock.monotonic() < MIN_ATTEMPT_MS) throw error;
    }
  }
}
