/** From what happens to the metrics that count it. */
import type { RatesEvent } from '../features/rates/service.ts';
import type { ReconciliationService } from '../features/reconciliation/service.ts';
import type { ReconciliationRow } from '../features/reconciliation/store.ts';
import { pairName } from '../kernel/rate.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';

export const observeRates =
  (metrics: Metrics) =>
  (event: RatesEvent): void => {
    switch (event.kind) {
      case 'attempt':
        metrics.rateAttempts.inc({ source: event.source, outcome: event.outcome });
        metrics.rateAttemptSeconds.observe({ source: event.source }, event.ms / 1000);
        return;
      case 'breaker':
        metrics.breakerOpen.set({ source: event.source }, event.to === 'closed' ? 0 : 1);
        return;
      case 'quote':
        metrics.rateAnswers.inc({ pair: pairName(event.pair), level: event.level });
        metrics.rateAgeSeconds.set({ pair: pairName(event.pair) }, event.ageMs / 1000);
        return;
    }
  };

/** Every status stands at 0 from the start, so that the first deficit is an increase, too. */
export function observeReconciliations(metrics: Metrics, book: string): (row: ReconciliationRow) => void {
  for (const status of ['balanced', 'surplus', 'deficit', 'error']) metrics.reconciliations.inc({ book, status }, 0);
  return ({ status }) => metrics.reconciliations.inc({ book, status });
}

/**
 * The metrics page. The last report's time is the database's, whichever process made it; while the
 * database does not answer, it stays at what was known, and so grows old.
 */
export async function metricsPage(metrics: Metrics, reconciliation: ReconciliationService): Promise<string> {
  const last = await reconciliation.lastFinalAt().catch(() => undefined);
  if (last !== undefined) {
    metrics.reconciliationEndedAt.set({ book: reconciliation.book.name }, Math.floor(last.getTime() / 1000));
  }
  return metrics.page();
}
