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
      help: 'Quotes given to callers, by level, and refusals',
      labelNames: ['pair', 'level'],
      registers,
    }),
    rateAgeSeconds: new Gauge({
      name: 'plumbline_rate_age_seconds',
      help: 'Age of the rate that is served',
      labelNames: ['pair'],
      registers,
    }),
    rateSpreadBps: new Gauge({
      name: 'plumbline_rate_half_spread_bps',
      help: 'Half of the distance between bid and ask, at the age of now, basis points',
      labelNames: ['pair'],
      registers,
    }),
    rateDeviationBps: new Gauge({
      name: 'plumbline_rate_deviation_bps',
      help: 'The widest distance of a witness from the rate, basis points',
      labelNames: ['pair'],
      registers,
    }),
    ratePublished: new Counter({
      name: 'plumbline_rate_published_total',
      help: 'Rates that came to be served, by how they were agreed on',
      labelNames: ['pair', 'agreement'],
      registers,
    }),
    rateAlarms: new Counter({
      name: 'plumbline_rate_alarms_total',
      help: 'Alarms about rates: moved, contested, off_peg, ...',
      labelNames: ['pair', 'event'],
      registers,
    }),
    rateHedges: new Counter({
      name: 'plumbline_rate_hedges_total',
      help: 'Sources that were asked ahead of their turn, because another was slow',
      labelNames: ['slow', 'instead'],
      registers,
    }),
    rateCallsLeft: new Gauge({
      name: 'plumbline_rate_calls_left',
      help: "Calls that the source's month still includes by now",
      labelNames: ['source'],
      registers,
    }),
    rateQuotesWaiting: new Gauge({
      name: 'plumbline_rate_quotes_waiting',
      help: 'Published quotes that are not written to the database yet',
      registers,
    }),
    rateProcesses: new Gauge({
      name: 'plumbline_rate_processes',
      help: 'Processes that share the rates, as last counted',
      registers,
    }),
    rateAlone: new Gauge({
      name: 'plumbline_rate_alone',
      help: '1 while the shared cache does not answer and this process goes on by itself',
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
      help: 'Ended attempts at daily reports, by status',
      labelNames: ['book', 'status'],
      registers,
    }),
    reconciliationEndedAt: new Gauge({
      name: 'plumbline_reconciliation_last_final_timestamp_seconds',
      help: 'When the last final report was made',
      labelNames: ['book'],
      registers,
    }),
    reconciliationAge: new Gauge({
      name: 'plumbline_reconciliation_last_final_age_seconds',
      help: 'Seconds since the last report with a verdict was made, by kind (daily, intraday)',
      labelNames: ['book', 'kind'],
      registers,
    }),
    reconciliationMissing: new Gauge({
      name: 'plumbline_reconciliation_missing',
      help: 'Reports or runs that are overdue, by kind; stays as last known while the database does not answer',
      labelNames: ['book', 'kind'],
      registers,
    }),
    reconciliationsIntraday: new Counter({
      name: 'plumbline_reconciliations_intraday_total',
      help: 'Ended intraday runs, by status',
      labelNames: ['book', 'status'],
      registers,
    }),
    incidentsLive: new Gauge({
      name: 'plumbline_incidents_live',
      help: 'Incidents that have not ended, by severity and status (open, acknowledged)',
      labelNames: ['severity', 'status'],
      registers,
    }),
    incidentsEscalated: new Gauge({
      name: 'plumbline_incidents_escalated',
      help: 'Incidents that have not ended and went beyond their first step, by severity',
      labelNames: ['severity'],
      registers,
    }),
    incidentLastAge: new Gauge({
      name: 'plumbline_incident_last_opened_age_seconds',
      help: 'Seconds since the last incident was opened, whether or not it has ended',
      registers,
    }),
    incidentPages: new Counter({
      name: 'plumbline_incident_pages_total',
      help: 'Times that this process had an incident told, by severity and step; above step 1 it is an escalation',
      labelNames: ['severity', 'step'],
      registers,
    }),
    notificationsDue: new Gauge({
      name: 'plumbline_notifications_due',
      help: 'Notifications whose time has come and that are not sent yet; 100,000 stands for that or more',
      registers,
    }),
    notificationsOldestAge: new Gauge({
      name: 'plumbline_notifications_oldest_due_age_seconds',
      help: 'Seconds since the oldest of them should have been sent; 0 where there is none',
      registers,
    }),
    notificationsDead: new Gauge({
      name: 'plumbline_notifications_dead',
      help: 'Notifications that were given up and that nobody has sent anew',
      registers,
    }),
    notificationAttempts: new Counter({
      name: 'plumbline_notification_attempts_total',
      help: 'Tries of this process to send, by channel and outcome; unknown: of a worker that did not live to tell',
      labelNames: ['channel', 'outcome'],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
