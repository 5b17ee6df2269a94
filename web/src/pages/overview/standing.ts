/** "Can we pay?", out of the newest reports. What cannot be known is never a yes. */
import type { Answer } from '../../api.ts';

export type Report = Answer<'GET /v1/reconciliations'>['data'][number];

export type Standing =
  /** No report has come to a verdict yet. */
  | { readonly kind: 'none'; readonly failed: Report | undefined }
  | { readonly kind: 'yes' | 'no'; readonly report: Report }
  /** There was a verdict, and a later run could not come to one. */
  | { readonly kind: 'unknown'; readonly report: Report; readonly failed: Report }
  /** The newest verdict speaks of a time that is long over. */
  | { readonly kind: 'old'; readonly report: Report };

/** A daily report speaks of its day's end, and the next one comes a day later: beyond this one is missing. */
const OLD_MS = 30 * 3_600_000;

/** @param reports newest attempt first, as the API lists them. @param now epoch milliseconds */
export function standingOf(reports: readonly Report[], now: number): Standing {
  const report = newestVerdict(reports);
  const failed = reports.find(({ status }) => status === 'error');
  if (report === undefined) return { kind: 'none', failed };
  if (failed !== undefined && isLater(failed, report)) return { kind: 'unknown', report, failed };
  if (!canPay(report)) return { kind: 'no', report };
  return { kind: now - instantOf(report) > OLD_MS ? 'old' : 'yes', report };
}

/** By the instant that it speaks of: a date that was caught up says nothing of today. */
export function newestVerdict(reports: readonly Report[]): Report | undefined {
  let newest: Report | undefined;
  for (const each of reports) {
    if (each.status === 'in_progress' || each.status === 'error') continue;
    if (newest === undefined || instantOf(each) > instantOf(newest)) newest = each;
  }
  return newest;
}

/** Neither of the two verdicts says that it cannot. */
export const canPay = ({ status, solvent }: Pick<Report, 'status' | 'solvent'>): boolean =>
  (status === 'surplus' || status === 'balanced') && solvent !== false;

/** It was begun after the verdict, and is not of a date before it. */
const isLater = (failed: Report, report: Report): boolean =>
  failed.started_at > report.started_at && failed.business_date >= report.business_date;

const instantOf = ({ as_of, started_at }: Report): number => Date.parse(as_of ?? started_at);
