/** Eight replicas on one Redis: a herd of cold callers, and callers while Redis is in trouble. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ExchangeRateService } from '../src/features/rates/service.ts';
import { pair } from '../src/kernel/rate.ts';
import { openRedis } from '../src/platform/cache/redis.ts';
import { PROVIDERS, type ProviderName } from '../src/sandbox/providers/faults.ts';
import { startRates } from '../test/support/rates.ts';
import { findRedis, REDIS_PACKAGE, type RedisServer, startRedis } from '../test/support/redis.ts';
import type { Bench, Measurement } from './bench.ts';
import { percentile } from './timing.ts';

const USDT_VND = pair('USDT', 'VND');
const REPLICAS = 8;
const CALLERS = 10_000;
const PHASE_MS = 2_000;
const MOST_ADDED_MS = 2;
/** Not among the routes of the pair. */
const REFERENCE: ProviderName = 'binance-p2p';

type Options = Parameters<typeof startRates>[0];

async function withFleet<T>(
  options: Options,
  work: (fleet: {
    readonly services: readonly ExchangeRateService[];
    readonly redis: RedisServer;
    readonly calls: (name: ProviderName) => number;
  }) => Promise<T>,
): Promise<T> {
  const program = findRedis();
  if (program === undefined) throw new Error(`Redis is not installed; install it with: ${REDIS_PACKAGE}`);
  const redis = await startRedis(program);
  const rates = await startRates(options);
  const caches = await Promise.all(Array.from({ length: REPLICAS }, () => openRedis({ url: redis.url })));
  const services = caches.map((cache) => rates.another({ cache }));
  try {
    return await work({ services, redis, calls: rates.providers.calls });
  } finally {
    await Promise.all(services.map((each) => each.stop()));
    await Promise.all(caches.map((each) => each.close()));
    await rates.close();
    await redis.stop();
  }
}

const herd = (): Promise<Measurement> =>
  withFleet({}, async ({ services, calls }) => {
    const began = performance.now();
    const answers = await Promise.allSettled(
      services.flatMap((each) => Array.from({ length: CALLERS / REPLICAS }, () => each.getQuote(USDT_VND))),
    );
    const ms = performance.now() - began;
    await delay(1_000);
    const failed = answers.filter(({ status }) => status === 'rejected').length;
    const most = Math.max(...PROVIDERS.filter((name) => name !== REFERENCE).map(calls));
    console.log(`  ${CALLERS} cold callers on ${REPLICAS} replicas: ${ms.toFixed(0)} ms for all, ${failed} failed`);
    return {
      ...{ name: 'rates-herd', value: most, unit: 'calls of the source that was called most' },
      ...{ reference: `${CALLERS} callers`, ratio: most, bar: '= 1, none failed' },
      pass: most === 1 && failed === 0,
    };
  });

/** Calls of all replicas, a few each millisecond, for a while. */
async function load(services: readonly ExchangeRateService[]) {
  const times: number[] = [];
  let errors = 0;
  const end = performance.now() + PHASE_MS;
  while (performance.now() < end) {
    for (const service of services) {
      const began = performance.now();
      await service.getQuote(USDT_VND).catch(() => (errors += 1));
      times.push(performance.now() - began);
    }
    await delay(1);
  }
  return { times, errors };
}

const troubles: Readonly<Record<string, (redis: RedisServer) => Promise<void> | void>> = {
  stopped: (redis) => redis.freeze(),
  flushed: async (redis) => {
    redis.thaw();
    await redis.flush();
  },
  killed: (redis) => redis.kill(),
};

const outage = (): Promise<readonly Measurement[]> =>
  // Rates that age in a second: every phase reads and writes what is shared many times.
  withFleet({ settings: { freshMs: 1_000, urgentMs: 100, syncMs: 100 } }, async ({ services, redis }) => {
    for (const service of services) service.start();
    await Promise.all(services.map((each) => each.getQuote(USDT_VND)));
    await load(services); // to warm up
    const calm = percentile((await load(services)).times, 99);
    const measurements: Measurement[] = [];
    for (const [trouble, begin] of Object.entries(troubles)) {
      const running = load(services);
      await delay(100);
      await begin(redis);
      const { times, errors } = await running;
      const p99 = percentile(times, 99);
      console.log(
        `  Redis ${trouble}: ${times.length} calls, ${errors} errors, p99 ${(p99 * 1000).toFixed(0)} us, longest ${Math.max(...times).toFixed(1)} ms`,
      );
      measurements.push({
        ...{ name: `rates-redis-${trouble}-p99`, value: p99, unit: 'ms', reference: `calm ${calm.toFixed(3)} ms` },
        ...{ ratio: p99 / calm, bar: `added <= ${MOST_ADDED_MS} ms, 0 errors` },
        pass: p99 - calm <= MOST_ADDED_MS && errors === 0,
      });
    }
    return measurements;
  });

export const run: Bench = async () => [await herd(), ...(await outage())];
