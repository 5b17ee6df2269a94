/** What an attempt came to, and what that writes over its open row. */
import type { ReconciliationId } from '../../kernel/ids.ts';
import type { Observation } from './observe.ts';
import type { Report } from './report.ts';
import { amountText } from './rules.ts';
import type * as store from './store.ts';

export type Outcome =
  | { readonly kind: 'report'; readonly report: Report; readonly observation: Observation }
  | { readonly kind: 'failed'; readonly reason: string };

/** Final amounts, or none at all and a reason. */
export function endOf(outcome: Outcome, supersedes: ReconciliationId | null, reconciledAt: Date): store.End {
  const report = outcome.kind === 'report' ? outcome.report : undefined;
  const final = report?.verdict.kind === 'final' ? report.verdict : undefined;
  const truth = report?.truth?.verdict.kind === 'known' && final !== undefined ? report.truth.verdict : undefined;
  return {
    status: final?.status ?? 'error',
    supersedes: final === undefined ? null : supersedes,
    totalAssets: amountText(final?.assets),
    totalLiabilities: amountText(final?.liabilities),
    difference: amountText(final?.difference),
    assetBreakdown: report?.assetBreakdown ?? null,
    report: report?.body ?? null,
    reportHash: report?.hash ?? null,
    alertTriggered: final === undefined || final.status === 'deficit' || truth?.solvent === false,
    truth: {
      solvent: truth?.solvent ?? null,
      explained: truth?.explained ?? null,
      netLow: amountText(truth?.net.low),
      netHigh: amountText(truth?.net.high),
      unexplained: amountText(truth?.unexplained),
    },
    errorMessage:
      final === undefined ? (report?.unknown.join('; ') ?? (outcome.kind === 'failed' ? outcome.reason : '')) : null,
    observation: outcome.kind === 'report' ? outcome.observation : null,
    reconciledAt,
  };
}
