/** From what happens to the metrics that count it. */
import type { RatesEvent } from '../features/rates/service.ts';
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

export const observeReconciliations =
  (metrics: Metrics) =>
  ({ book, status, reconciled_at }: ReconciliationRow): void => {
    metrics.reconciliations.inc({ book, status });
    if (status !== 'error' && reconciled_at !== null) {
      metrics.reconciliationEndedAt.set({ book }, Math.floor(reconciled_at.getTime() / 1000));
    }
  };
