/** Rates, as configured: the service, what is kept of its quotes, and what operators do to it. */
import { encodePolicy } from '../features/rates/consensus/policy.ts';
import { databaseMemory } from '../features/rates/history/database-memory.ts';
import { QuoteRecorder } from '../features/rates/history/recorder.ts';
import { RatesOperations } from '../features/rates/operating/operations.ts';
import { ExchangeRateService } from '../features/rates/service.ts';
import type { RatesSettings } from '../features/rates/settings.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { Adapters, OnClose } from './adapters.ts';
import { observeRates } from './observe.ts';
import { type AlarmDeps, ratesAlarms } from './rates-alarms.ts';

export interface RatesDeps extends Adapters {
  readonly settings: RatesSettings;
  readonly metrics: Metrics;
  readonly notifications: AlarmDeps['notifications'];
}

export interface RatesParts {
  readonly service: ExchangeRateService;
  readonly operations: RatesOperations;
  readonly recorder: QuoteRecorder;
  readonly settings: RatesSettings;
}

/** With what was known when the last process ended. */
export async function openRates(
  { settings, metrics, notifications, ...adapters }: RatesDeps,
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
  service.listen(ratesAlarms({ db, clock, log, notifications, operations }));
  await service.recall();
  return { service, operations, recorder, settings };
}
