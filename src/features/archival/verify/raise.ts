/** What a look at the archive found is an incident, until the same look finds nothing. */
import type { Db } from '../../../platform/db/port.ts';
import { verified, verifyFailed, WHOLE_ARCHIVE } from '../notices.ts';
import type { Notices } from '../ports.ts';
import type { Reconciled } from './reconcile.ts';
import type { BatchVerdict } from './verify.ts';

export interface TellingDeps {
  readonly db: Db;
  readonly now: () => number;
  /** Nobody is told unless told whom. */
  readonly notices: Notices | undefined;
}

/** @param whole every batch of its tables was looked at: a table without a finding is sound */
export async function tellVerdicts(
  { db, now, notices }: TellingDeps,
  verdicts: readonly Pick<BatchVerdict, 'batch' | 'findings'>[],
  whole: boolean,
): Promise<void> {
  if (notices === undefined) return;
  for (const table of new Set(verdicts.map(({ batch }) => batch.table))) {
    const [found] = verdicts.filter(({ batch }) => batch.table === table).flatMap(({ findings }) => findings);
    if (found !== undefined) await db.transaction({}, (tx) => notices.raise(tx, verifyFailed(table, found.message)));
    else if (whole && (await notices.isOpen('archive.verify_failed', { table })))
      await db.transaction({}, (tx) => notices.raise(tx, verified(table, new Date(now()))));
  }
}

/** Of the four accounts, which are of the archive as a whole. */
export async function tellReconciled({ db, now, notices }: TellingDeps, { differences }: Reconciled): Promise<void> {
  if (notices === undefined) return;
  const table = WHOLE_ARCHIVE;
  const [first] = differences;
  const more = differences.length > 1 ? `; and ${differences.length - 1} more` : '';
  if (first !== undefined)
    await db.transaction({}, (tx) => notices.raise(tx, verifyFailed(table, `${first.message}${more}`)));
  else if (await notices.isOpen('archive.verify_failed', { table }))
    await db.transaction({}, (tx) => notices.raise(tx, verified(table, new Date(now()))));
}
