/** Reports as a history: what was the verdict at each instant that one speaks of. */
import type { Answer } from '../../api.ts';

export type Report = Answer<'GET /v1/reconciliations'>['data'][number];

/** A report that came to a verdict, whose figures are therefore known. */
export interface Known extends Report {
  readonly as_of: string;
  readonly total_assets_vnd: string;
  readonly total_liabilities_vnd: string;
  readonly difference_vnd: string;
}

const isKnown = (report: Report): report is Known =>
  report.as_of !== null &&
  report.total_assets_vnd !== null &&
  report.total_liabilities_vnd !== null &&
  report.difference_vnd !== null &&
  (report.status === 'balanced' || report.status === 'surplus' || report.status === 'deficit');

/** Oldest first, one for each instant: the last report of it stands. @param reports newest attempt first */
export function historyOf(reports: readonly Report[]): readonly Known[] {
  const byInstant = new Map<number, Known>();
  for (const report of [...reports].reverse()) {
    if (isKnown(report)) byInstant.set(Date.parse(report.as_of), report);
  }
  return [...byInstant].sort(([a], [b]) => a - b).map(([, report]) => report);
}
