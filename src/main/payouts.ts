/** Payouts, as configured: their permission, and who hears of what is decided. */
import type { NotificationService } from '../features/notifications/service.ts';
import { Deliveries } from '../features/payouts/deliveries.ts';
import { PayoutKeeper } from '../features/payouts/keeper.ts';
import { PayoutService } from '../features/payouts/service.ts';
import type { Clock, Random } from '../kernel/clock.ts';
import type { Config } from '../platform/config/config.ts';
import type { Db } from '../platform/db/port.ts';
import type { HttpClient } from '../platform/http-client/port.ts';
import type { Logger } from '../platform/telemetry/port.ts';

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
): Promise<{ readonly service: PayoutService; readonly keeper: PayoutKeeper }> {
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
  const keeper = new PayoutKeeper({
    ...deps,
    tasks: [
      () => service.endExpired(),
      ...(deliveries === undefined ? [] : [(signal: AbortSignal) => deliveries.run(signal)]),
    ],
  });
  return { service, keeper };
}
