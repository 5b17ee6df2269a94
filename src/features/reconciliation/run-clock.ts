/**
 * A run is worth what its clock is worth: what has ended, what is due and when the state was seen all
 * come from it. A process whose clock disagrees with the database's, which all processes share, makes
 * no report; nor does anybody while the clock is behind what has been reported already.
 */
import type { Clock } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Db } from '../../platform/db/port.ts';
import type { Book } from './book.ts';
import { newestAttemptAt } from './store-attempts.ts';

/** Clocks that keep time differ by far less; a jump that matters to a date is far more. Milliseconds. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

export interface ClockReadings {
  /** This process, epoch milliseconds. */
  readonly own: number;
  /** The clock that all processes share; undefined where there is none to compare with. */
  readonly shared: number | undefined;
  /** When the newest attempt of the book began, by the clock of whoever made it. */
  readonly newestAttempt: number | undefined;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** @throws `reconciliation.clock_disagrees`, `reconciliation.clock_behind` (conflict) */
export function assertClock({ own, shared, newestAttempt }: ClockReadings): void {
  if (shared !== undefined && Math.abs(own - shared) > CLOCK_TOLERANCE_MS) {
    throw new PlumblineError(
      'conflict',
      'reconciliation.clock_disagrees',
      `the clock of this process says ${iso(own)}, the database's says ${iso(shared)}; a report needs to know when it was made: set this machine's clock (NTP)`,
      { details: { own: iso(own), database: iso(shared) } },
    );
  }
  if (newestAttempt !== undefined && newestAttempt - own > CLOCK_TOLERANCE_MS) {
    throw new PlumblineError(
      'conflict',
      'reconciliation.clock_behind',
      `the clock says ${iso(own)}, but the newest attempt began at ${iso(newestAttempt)}: set the clock; if it was that attempt's clock which ran ahead, make the reports of its dates anew by hand (plumbline reconcile run --date YYYY-MM-DD --again)`,
      { details: { own: iso(own), newest_attempt: iso(newestAttempt) } },
    );
  }
}

export interface RunClockDeps {
  readonly db: Db;
  readonly book: Book;
  readonly clock: Clock;
  /** The clock that all processes share, epoch milliseconds; a process that disagrees makes no report. */
  readonly sharedTime?: () => Promise<number>;
}

/**
 * @param byHand somebody makes a report anew, knowing what the clock said before
 * @returns the instant that was found right, epoch milliseconds: what is written down is this one, for
 *   a clock may be set the moment after
 * @throws as `assertClock`
 */
export async function readClock({ db, book, clock, sharedTime }: RunClockDeps, byHand: boolean): Promise<number> {
  const shared = await sharedTime?.();
  const newest = byHand ? undefined : await newestAttemptAt(db.sql, book.name);
  const own = clock.now();
  assertClock({ own, shared, newestAttempt: newest?.getTime() });
  return own;
}
