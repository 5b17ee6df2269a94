/** Shows, while an attempt runs, that somebody works on it. */
import type { Clock } from '../../kernel/clock.ts';
import type { ReconciliationId } from '../../kernel/ids.ts';
import type { Sql } from '../../platform/db/port.ts';
import { beat } from './store-attempts.ts';

/** Milliseconds between two signs. */
const BEAT_MS = 10_000;

/**
 * Runs `work` with a sign of life every ten seconds; the first is given with the attempt's row itself. A sign that cannot be given is
 * no reason to end: what ends the attempt is its last step, or whoever takes it over.
 */
export async function withHeartbeat<T>(
  { sql, clock }: { readonly sql: Sql; readonly clock: Clock },
  id: ReconciliationId,
  work: () => Promise<T>,
): Promise<T> {
  let running = true;
  let sign: Promise<unknown> = Promise.resolve();
  let cancel = (): void => undefined;
  const give = (): void => {
    sign = beat(sql, id)
      .catch(() => undefined)
      .then(() => {
        if (running) cancel = clock.after(BEAT_MS, give);
      });
  };
  cancel = clock.after(BEAT_MS, give);
  try {
    return await work();
  } finally {
    running = false;
    cancel();
    await sign; // nothing of ours is on the way when the database is closed
  }
}
