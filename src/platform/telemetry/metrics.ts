/** Metrics in Prometheus' text format. Names and labels are stable; docs/operations lists them. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { RequestTimes } from './request-times.ts';

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'plumbline_' });
  const registers = [registry];
  const requests = new RequestTimes();
  return {
    /** The whole page, and its content type. */
    page: async (): Promise<string> => `${await registry.metrics()}\n${requests.page()}`,
    contentType: registry.contentType,

    requests,
    rateAttempts: new Counter({
      name: 'plumbline_rate_attempts_total',
      help: 'Calls to rate providers, by outcome (ok or the failure class)',
      labelNames: ['source', 'outcome'],
      registers,
    }),
    rateAttemptSeconds: new Histogram({
      name: 'plumbline_rate_attempt_seconds',
      help: 'Time of a call to a rate provider',
      labelNames: ['source'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5],
      registers,
    }),
    rateAnswers: new Counter({
      name: 'plumbline_rate_answers_total',
      help: 'Quotes given to callers, by level',
      labelNames: ['pair', 'level'],
      registers,
    }),
    rateAgeSeconds: new Gauge({
      name: 'plumbline_rate_age_seconds',
      help: 'Age of the quote last given to a caller',
      labelNames: ['pair'],
      registers,
    }),
    breakerOpen: new Gauge({
      name: 'plumbline_breaker_open',
      help: "1 while the provider's breaker is not closed",
      labelNames: ['source'],
      registers,
    }),
    reconciliations: new Counter({
      name: 'plumbline_reconciliations_total',
      help: 'Ended attempts, by status',
      labelNames: ['book', 'status'],
      registers,
    }),
    reconciliationEndedAt: new Gauge({
      name: 'plumbline_reconciliation_last_final_timestamp_seconds',
      help: 'When the last final report was made',
      labelNames: ['book'],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
