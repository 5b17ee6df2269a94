/** What the rates raise, joined with who is told: the log at once, and a row for whoever keeps watch. */
import type { IncidentService } from '../features/incidents/service.ts';
import type { NotificationService } from '../features/notifications/service.ts';
import { noticeOf, type RateNotice } from '../features/rates/operating/notices.ts';
import type { RatesOperations } from '../features/rates/operating/operations.ts';
import type { StandingAlarms } from '../features/rates/operating/standing.ts';
import type { RatesEvent } from '../features/rates/service.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/telemetry/port.ts';

export interface AlarmDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly notifications: NotificationService;
  readonly incidents: IncidentService;
}

/** One row for each kind, scope and hour: a dispute that flares up again and again floods nobody. */
const HOUR_MS = 3_600_000;

export const ratesAlarms =
  (deps: AlarmDeps, operations: RatesOperations) =>
  (event: RatesEvent): void => {
    if (event.kind !== 'alarm') return;
    const { alarm } = event;
    const tell = async (): Promise<void> => {
      if (alarm.kind === 'manual-ended') await operations.manualEnded(alarm.pair, alarm.reason);
      await raise(deps, noticeOf(alarm));
    };
    tell().catch((error: unknown) => {
      deps.log.error({ code: 'rates.alarm_untold', err: error }, 'an alarm about rates could not be written down');
    });
  };

export const standingAlarms = (deps: AlarmDeps): StandingAlarms => ({
  raise: (notice) => raise(deps, notice),
  isOpen: (event, payload) => deps.incidents.isLive(event, payload),
});

async function raise({ db, clock, log, notifications, incidents }: AlarmDeps, notice: RateNotice): Promise<void> {
  const { event, severity, message, payload } = notice;
  const about = incidents.scopeOf(event, payload);
  const level = ({ info: 'info', warning: 'warn', critical: 'error' } as const)[severity];
  log[level]({ code: event, ...about }, message);
  const key = `${event}:${Object.values(about).join()}:${Math.floor(clock.now() / HOUR_MS)}`;
  await db.transaction({}, (tx) => notifications.raise(tx, { key, ...notice }));
  await notifications.told({ key });
}
