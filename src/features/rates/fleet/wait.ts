/** Waiting for something, but not for ever. */
import type { Clock } from '../../../kernel/clock.ts';

/**
 * What `promise` gives, or `late()` once `ms` have passed; the promise then goes on unheard.
 * @throws what the promise rejects with in time
 */
export function waitAtMost<T>(clock: Clock, promise: Promise<T>, ms: number, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(Math.max(0, ms), () => resolve(late()));
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
