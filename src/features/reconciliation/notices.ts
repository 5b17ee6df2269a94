/** Who has to hear of a report, or of one that did not come: the alerts themselves. ./breaks/notice.ts has those of breaks. */
import type { ReportNotice } from './ports.ts';
import type { ReconciliationRow } from './store.ts';
import type { MissingRun } from './store-watch.ts';

type Seen = Pick<
  ReconciliationRow,
  'id' | 'book' | 'kind' | 'status' | 'business_date' | 'difference_vnd' | 'solvent' | 'net_low_vnd' | 'error_message'
>;

export const alarmOf = ({ status }: Pick<ReconciliationRow, 'status'>): 'error' | 'deficit' =>
  status === 'error' ? 'error' : 'deficit';

/** @param first the report that saw it first: a hole that many runs see is told once */
export const solvencyNotice = (row: Seen, first: string, message: string): ReportNotice => ({
  key: `solvency.${alarmOf(row)}/${first}`,
  event: `solvency.${alarmOf(row)}`,
  severity: 'critical',
  message,
  report: row.id,
  payload: {
    reconciliation_id: row.id,
    book: row.book,
    kind: row.kind,
    business_date: row.business_date,
    difference_vnd: row.difference_vnd,
    solvent: row.solvent,
    net_low_vnd: row.net_low_vnd,
    error_message: row.error_message,
  },
});

export const missingNotice = (book: string, run: MissingRun, message: string): ReportNotice => ({
  key: missingKey(book, run),
  event: 'reconciliation.missing',
  severity: 'critical',
  message,
  payload: { book, kind: run.kind, subject: run.subject },
});

export const resumedNotice = (book: string, run: MissingRun): ReportNotice => ({
  key: `${missingKey(book, run)}/resumed`,
  event: 'reconciliation.resumed',
  severity: 'info',
  message: `book ${book}: ${run.kind === 'daily' ? `the report of ${run.subject} was made` : 'intraday runs are made again'}`,
  payload: { book, kind: run.kind, subject: run.subject },
});

const missingKey = (book: string, { kind, subject }: MissingRun): string =>
  `reconciliation.missing/${book}/${kind}/${subject}`;
