/** Payouts, as configured: their permission, and who hears of what is decided. */
import type { NotificationService } from '../features/notifications/service.ts';
import { Deliveries } from '../features/payouts/deliveries.ts';
import { PayoutService } from '../features/payouts/service.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import type { Loop } from '../platform/clock/loop.ts';
import { repeat } from '../platform/clock/repeat.ts';
import type { Config } from '../platform/config/config.ts';
import type { Db } from '../platform/db/port.ts';
import type { HttpClient } from '../platform/http-client/port.ts';
import type { Logger } from '../platform/telemetry/port.ts';

/** A decision is on its way to its receiver within about this long, milliseconds. */
const LOOK_MS = 500;

export interface PayoutsDeps {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly http: HttpClient;
  readonly notifications: NotificationService;
  readonly book: string;
}

export async function openPayouts(
  deps: PayoutsDeps,
): Promise<{ readonly service: PayoutService; readonly keeper: Loop }> {
  const { values } = deps.config;
  const { PAYOUTS_WEBHOOK_URL: url, PAYOUTS_WEBHOOK_SECRET: secrets } = values;
  const receiver = url === undefined || secrets === undefined ? undefined : { url, secrets };
  const service = new PayoutService({
    ...deps,
    beforeFirstReport: values.PAYOUTS_BEFORE_FIRST_REPORT,
    overrideMaxHours: values.PAYOUTS_OVERRIDE_MAX_HOURS,
    webhook: receiver !== undefined,
  });
  await service.open();
  const deliveries = receiver && new Deliveries({ ...deps, attempts: deps.notifications, receiver });
  const keeper = repeat({
    ...deps,
    ...{ code: 'payouts.keeper_failed', failed: 'decisions about payouts wait to be sent', everyMs: LOOK_MS },
    tasks: [
      () => service.endExpired(),
      ...(deliveries === undefined ? [] : [(signal: AbortSignal) => deliveries.run(signal)]),
    ],
  });
  return { service, keeper };
}
