/** A report's row as evidence: its columns, and what they must be by what was read. */
import type { Json } from '../../../kernel/canonical.ts';
import { formatMoney } from '../../../kernel/money.ts';
import type { Book } from '../book.ts';
import type { Observation } from '../observe.ts';
import type { Report } from '../report.ts';
import { amountText } from '../rules.ts';
import type { ReconciliationRow } from '../store.ts';

export type Columns = { readonly [column: string]: Json };

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** All columns but the report, which has a hash of its own. */
export const rowToJson = (row: ReconciliationRow): Columns => ({
  ...{ id: row.id, book: row.book, business_date: row.business_date, attempt: row.attempt },
  ...{ supersedes: row.supersedes, started_by: row.started_by, status: row.status },
  total_assets_vnd: row.total_assets_vnd,
  total_liabilities_vnd: row.total_liabilities_vnd,
  difference_vnd: row.difference_vnd,
  tolerance_vnd: row.tolerance_vnd,
  asset_breakdown: row.asset_breakdown,
  report_hash: row.report_hash,
  ...{ solvent: row.solvent, explained: row.explained },
  ...{ net_low_vnd: row.net_low_vnd, net_high_vnd: row.net_high_vnd, unexplained_vnd: row.unexplained_vnd },
  ...{ as_of: iso(row.as_of), as_of_basis: row.as_of_basis, snapshot: row.snapshot },
  ...{ alert_triggered: row.alert_triggered, error_message: row.error_message },
  ...{ started_at: iso(row.started_at), observed_at: iso(row.observed_at), reconciled_at: iso(row.reconciled_at) },
});

/** What of the row follows from the book and the readings. */
export function columnsOf(book: Book, observation: Observation, report: Report): Columns {
  const { verdict } = report;
  const final = verdict.kind === 'final' ? verdict : undefined;
  const truth = report.truth?.verdict.kind === 'known' && final !== undefined ? report.truth.verdict : undefined;
  return {
    ...{ book: book.name, business_date: observation.businessDate, status: final?.status ?? 'error' },
    total_assets_vnd: amountText(final?.assets),
    total_liabilities_vnd: amountText(final?.liabilities),
    difference_vnd: amountText(final?.difference),
    tolerance_vnd: formatMoney(book.tolerance),
    asset_breakdown: report.assetBreakdown,
    report_hash: report.hash,
    ...{ solvent: truth?.solvent ?? null, explained: truth?.explained ?? null },
    net_low_vnd: amountText(truth?.net.low),
    net_high_vnd: amountText(truth?.net.high),
    unexplained_vnd: amountText(truth?.unexplained),
    as_of: new Date(observation.asOf.instant).toISOString(),
    as_of_basis: observation.asOf.basis,
    snapshot: observation.snapshot,
    alert_triggered: final === undefined || final.status === 'deficit' || truth?.solvent === false,
    observed_at: new Date(observation.observedAt).toISOString(),
  };
}

export const attemptToJson = (row: ReconciliationRow): Columns => ({
  ...{ id: row.id, attempt: row.attempt, supersedes: row.supersedes, started_by: row.started_by, status: row.status },
  ...{ difference_vnd: row.difference_vnd, report_hash: row.report_hash, error_message: row.error_message },
  ...{ started_at: iso(row.started_at), reconciled_at: iso(row.reconciled_at) },
});
