/** What the rates raise, joined with who is told: the log at once, and a row for whoever keeps watch. */
import type { NotificationService } from '../features/notifications/service.ts';
import type { Alarm } from '../features/rates/fleet/pair-state.ts';
import { noticeOf } from '../features/rates/operating/alarms.ts';
import type { RatesOperations } from '../features/rates/operating/operations.ts';
import type { RatesEvent } from '../features/rates/service.ts';
import type { Clock } from '../kernel/clock.ts';
import { pairName } from '../kernel/rate.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/telemetry/port.ts';

export interface AlarmDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly notifications: NotificationService;
  readonly operations: RatesOperations;
}

/** One row for each kind, pair and hour: a dispute that flares up again and again floods nobody. */
const HOUR_MS = 3_600_000;

export const ratesAlarms =
  (deps: AlarmDeps) =>
  (event: RatesEvent): void => {
    if (event.kind !== 'alarm') return;
    tell(event.alarm, deps).catch((error: unknown) => {
      deps.log.error({ code: 'rates.alarm_untold', err: error }, 'an alarm about rates could not be written down');
    });
  };

async function tell(alarm: Alarm, { db, clock, log, notifications, operations }: AlarmDeps): Promise<void> {
  const { event, severity, message, payload } = noticeOf(alarm);
  const level = ({ info: 'info', warning: 'warn', critical: 'error' } as const)[severity];
  log[level]({ code: event, pair: pairName(alarm.pair) }, message);
  if (alarm.kind === 'manual-ended') await operations.manualEnded(alarm.pair, alarm.reason);
  const key = `${event}:${pairName(alarm.pair)}:${Math.floor(clock.now() / HOUR_MS)}`;
  await db.transaction({}, (tx) => notifications.raise(tx, { key, event, severity, message, payload }));
  await notifications.told({ key });
}
