/** Who hears of a report, and of what: the alert in its transaction, the log and the receipt after it. */
import type { Tx } from '../../platform/db/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import type { Book } from './book.ts';
import { headline } from './headline.ts';
import { alarmOf, solvencyNotice } from './notices.ts';
import type { Notices, ReportNotice } from './ports.ts';
import type { ReconciliationRow } from './store.ts';
import { firstOfStreak } from './store-attempts.ts';

export interface AnnouncementDeps {
  readonly notices: Notices;
  readonly book: Book;
  readonly log: Logger;
  readonly onEnded?: (row: ReconciliationRow) => void;
}

export interface RaisedNotice {
  readonly key: string;
  /** False where an earlier intraday run told of the same already. */
  readonly isNew: boolean;
}

/** In the transaction that ends the attempt. */
export async function raiseNotice(
  { notices, book }: Pick<AnnouncementDeps, 'notices' | 'book'>,
  tx: Tx,
  row: ReconciliationRow,
): Promise<RaisedNotice | undefined> {
  if (!row.alert_triggered) return undefined;
  const alarm = alarmOf(row);
  // A hole that intraday runs see every few minutes is told once, when the first of them sees it.
  const first = row.kind === 'daily' ? row.id : await firstOfStreak(tx, { id: row.id, book: row.book, alarm });
  const alert = solvencyNotice(row, first, headline(book, row));
  await notices.raise(tx, alert);
  return { key: alert.key, isNew: first === row.id };
}

/** After the commit, so that the log never tells of a report that does not exist. */
export async function announce(
  deps: AnnouncementDeps,
  row: ReconciliationRow,
  alert: RaisedNotice | undefined,
): Promise<void> {
  const { log, book } = deps;
  const fields = {
    code: `reconciliation.${row.status}`,
    id: row.id,
    book: row.book,
    kind: row.kind,
    business_date: row.business_date,
    attempt: row.attempt,
    difference_vnd: row.difference_vnd,
  };
  const said = headline(book, row);
  if (alert?.isNew === false) log.warn(fields, said);
  else if (row.status === 'deficit' || row.solvent === false) log.fatal(fields, said);
  else if (row.status === 'error') log.error({ ...fields, error_message: row.error_message }, said);
  else log.info(fields, said);
  deps.onEnded?.(row);
  if (alert?.isNew === true) await receipt(deps, alert);
}

/** An alert that is not the report's own, after the commit. */
export async function tell(deps: AnnouncementDeps, alert: ReportNotice): Promise<void> {
  const fields = { code: alert.event, key: alert.key };
  if (alert.severity === 'critical') deps.log.fatal(fields, alert.message);
  else deps.log.warn(fields, alert.message);
  await receipt(deps, alert);
}

async function receipt({ notices, log }: AnnouncementDeps, { key }: Pick<ReportNotice, 'key'>): Promise<void> {
  try {
    await notices.told({ key });
  } catch (error) {
    // The line is written; that its row still says `pending` errs on the side of telling twice.
    log.warn({ code: 'reconciliation.receipt_missing', key, err: error }, 'the alert could not be marked as told');
  }
}
