/** From what happens to the metrics that count it. */

import type { IncidentService } from '../features/incidents/service.ts';
import type { NotificationLog } from '../features/notifications/outbox/log.ts';
import type { QuoteRecorder } from '../features/rates/history/recorder.ts';
import { noticeOf } from '../features/rates/operating/notices.ts';
import type { ExchangeRateService, RatesEvent } from '../features/rates/service.ts';
import { RUN_KINDS, type RunKind } from '../features/reconciliation/kinds.ts';
import type { ReconciliationService } from '../features/reconciliation/service.ts';
import type { ReconciliationRow } from '../features/reconciliation/store.ts';
import type { Watchdog } from '../features/reconciliation/watchdog.ts';
import type { Clock } from '../kernel/clock.ts';
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
      case 'hedge':
        metrics.rateHedges.inc({ slow: event.slow, instead: event.instead });
        return;
      case 'alarm':
        metrics.rateAlarms.inc({ pair: pairName(event.alarm.pair), event: noticeOf(event.alarm).event });
        return;
      case 'published':
        metrics.ratePublished.inc({ pair: pairName(event.pair), agreement: event.published.agreement });
        return;
      case 'breaker':
        return; // its state is read when the page is asked for
    }
  };

/** Every status stands at 0 from the start, so that the first deficit is an increase, too. */
export function observeReconciliations(metrics: Metrics, book: string): (row: ReconciliationRow) => void {
  for (const status of ['balanced', 'surplus', 'deficit', 'error']) {
    metrics.reconciliations.inc({ book, status }, 0);
    metrics.reconciliationsIntraday.inc({ book, status }, 0);
  }
  return ({ kind, status }) =>
    (kind === 'daily' ? metrics.reconciliations : metrics.reconciliationsIntraday).inc({ book, status });
}

/** What of telling people this process does itself. */
export const observeTelling = (metrics: Metrics) => ({
  onPaged: (severity: string, step: number): void => {
    metrics.incidentPages.inc({ severity, step });
  },
  onTried: (channel: string, outcome: string): void => {
    metrics.notificationAttempts.inc({ channel, outcome });
  },
});

export interface Observed {
  readonly rates: ExchangeRateService;
  readonly recorder: QuoteRecorder;
  readonly reconciliation: ReconciliationService;
  readonly watchdog: Watchdog;
  readonly incidents: IncidentService;
  readonly notificationLog: NotificationLog;
  readonly clock: Clock;
}

/** The metrics page. */
export async function metricsPage(metrics: Metrics, observed: Observed): Promise<string> {
  const { rates, recorder } = observed;
  await readReconciliations(metrics, observed);
  await readTelling(metrics, observed);
  readRates(metrics, rates);
  metrics.rateQuotesWaiting.set(recorder.waiting);
  return metrics.page();
}

/** What is known of the last reports; read from the database, whichever process made them. */
const lastFinals = new WeakMap<Metrics, Map<RunKind, number>>();

/** While the database does not answer, the times stay at what was known, and so their ages grow. */
async function readReconciliations(
  metrics: Metrics,
  { reconciliation, watchdog, clock }: Pick<Observed, 'reconciliation' | 'watchdog' | 'clock'>,
): Promise<void> {
  const book = reconciliation.book.name;
  const known = lastFinals.get(metrics) ?? new Map<RunKind, number>();
  lastFinals.set(metrics, known);
  const missing = await watchdog.missing().catch(() => undefined);
  for (const kind of RUN_KINDS) {
    const last = await reconciliation.lastFinalAt(kind).catch(() => undefined);
    if (last !== undefined) known.set(kind, last.getTime());
    const at = known.get(kind);
    if (at !== undefined) metrics.reconciliationAge.set({ book, kind }, Math.max(0, (clock.now() - at) / 1000));
    if (missing === undefined) continue;
    metrics.reconciliationMissing.set({ book, kind }, missing.filter((run) => run.kind === kind).length);
  }
  const daily = known.get('daily');
  if (daily !== undefined) metrics.reconciliationEndedAt.set({ book }, Math.floor(daily / 1000));
}

const SEVERITIES = ['warning', 'critical'] as const;

/** Read from the database, whichever process opened or sends; while it does not answer, what was known stays. */
export async function readTelling(
  metrics: Metrics,
  { incidents, notificationLog, clock }: Pick<Observed, 'incidents' | 'notificationLog' | 'clock'>,
): Promise<void> {
  const ageOf = (at: Date): number => Math.max(0, (clock.now() - at.getTime()) / 1000);
  const live = await incidents.counts().catch(() => undefined);
  if (live !== undefined) {
    for (const severity of SEVERITIES) {
      const those = live.filter((each) => each.severity === severity);
      for (const status of ['open', 'acknowledged'] as const) {
        const count = those.find((each) => each.status === status)?.count ?? 0;
        metrics.incidentsLive.set({ severity, status }, count);
      }
      metrics.incidentsEscalated.set(
        { severity },
        those.reduce((sum, { escalated }) => sum + escalated, 0),
      );
    }
  }
  const last = await incidents.lastOpenedAt().catch(() => undefined);
  if (last !== undefined) metrics.incidentLastAge.set(ageOf(last));
  const waiting = await notificationLog.backlog().catch(() => undefined);
  if (waiting === undefined) return;
  metrics.notificationsDue.set(waiting.due);
  metrics.notificationsOldestAge.set(waiting.oldestDueAt === null ? 0 : ageOf(waiting.oldestDueAt));
  metrics.notificationsDead.set(waiting.dead);
}

/** What is counted in plain numbers while rates are served, and what only has to be true when asked for. */
function readRates(metrics: Metrics, rates: ExchangeRateService): void {
  const { pairs, processes, alone } = rates.statistics();
  metrics.rateProcesses.set(processes);
  metrics.rateAlone.set(alone ? 1 : 0);
  metrics.rateAnswers.reset();
  for (const { pair: of, answered, known } of pairs) {
    const pair = pairName(of);
    for (const [level, count] of Object.entries(answered)) metrics.rateAnswers.inc({ pair, level }, count);
    if (known === undefined) continue;
    metrics.rateAgeSeconds.set({ pair }, known.ageMs / 1000);
    metrics.rateSpreadBps.set({ pair }, known.halfSpreadBps);
    metrics.rateDeviationBps.set({ pair }, known.deviationBps);
  }
  for (const { name: source, breaker, callsLeft, enabled } of rates.providers()) {
    if (!enabled) continue;
    metrics.breakerOpen.set({ source }, breaker.kind === 'closed' || breaker.kind === 'forced-closed' ? 0 : 1);
    if (callsLeft !== undefined) metrics.rateCallsLeft.set({ source }, callsLeft);
  }
}
