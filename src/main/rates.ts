/** Rates, as configured: the service, what is kept of its quotes, and what operators do to it. */
import { encodePolicy } from '../features/rates/consensus/policy.ts';
import { databaseMemory } from '../features/rates/history/database-memory.ts';
import { QuoteRecorder } from '../features/rates/history/recorder.ts';
import { RatesOperations } from '../features/rates/operating/operations.ts';
import { Standing } from '../features/rates/operating/standing.ts';
import { ExchangeRateService } from '../features/rates/service.ts';
import type { RatesSettings } from '../features/rates/settings.ts';
import type { Loop } from '../platform/clock/loop.ts';
import { repeat } from '../platform/clock/repeat.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import { observeRates } from './observe.ts';
import { type AlarmDeps, ratesAlarms, standingAlarms } from './rates-alarms.ts';
import type { Adapters, OnClose } from './service-adapters.ts';

export interface RatesDeps extends Adapters {
  readonly settings: RatesSettings;
  readonly metrics: Metrics;
  readonly notifications: AlarmDeps['notifications'];
  readonly incidents: AlarmDeps['incidents'];
}

export interface RatesParts {
  readonly service: ExchangeRateService;
  readonly operations: RatesOperations;
  readonly recorder: QuoteRecorder;
  readonly settings: RatesSettings;
  /** Over rates that grow stale and breakers that open: for every process that serves rates. */
  readonly watch: Loop;
}

/** Milliseconds between two looks at what lasts. */
const LOOK_MS = 15_000;

/** With what was known when the last process ended. */
export async function openRates(
  { settings, metrics, notifications, incidents, ...adapters }: RatesDeps,
  onClose: OnClose,
): Promise<RatesParts> {
  const { clock, random, log, db } = adapters;
  const { policy, policyHash } = settings;
  const recorder = new QuoteRecorder({ ...adapters, policy: { hash: policyHash, document: encodePolicy(policy) } });
  onClose(() => recorder.close());
  const service = new ExchangeRateService({
    ...adapters,
    settings,
    sink: recorder,
    memory: databaseMemory({ db, clock, pairs: policy.pairs }),
    onEvent: observeRates(metrics),
  });
  onClose(() => service.stop());
  const operations = new RatesOperations({ db, clock, random, rates: service });
  const alarms = { db, clock, log, notifications, incidents };
  service.listen(ratesAlarms(alarms, operations));
  await service.recall();
  const standing = new Standing({ clock, rates: service, alarms: standingAlarms(alarms), staleMs: settings.agingMs });
  const watch = repeat({
    ...{ clock, log, code: 'rates.unwatched', everyMs: LOOK_MS, maxPauseMs: LOOK_MS },
    failed: 'nobody sees whether rates grow stale or breakers stay open',
    tasks: [() => standing.look()],
  });
  onClose(() => watch.stop());
  return { service, operations, recorder, settings, watch };
}
