/**
 * A quote from memory: beside bentocache and cacheable holding the same object, and beside a bare
 * awaited look-up in a Map, which is the floor.
 */
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { Cacheable } from 'cacheable';
import { ExchangeRateService } from '../src/features/rates/service.ts';
import { pair } from '../src/kernel/rate.ts';
import { createMemoryCache } from '../src/platform/cache/memory.ts';
import { systemClock, systemRandom } from '../src/platform/clock/system.ts';
import { recordLog } from '../test/support/log.ts';
import { RATES_DATE, ratesOn, SIMULATED_URLS, settingsFor, simulatedHttp } from '../test/support/rates.ts';
import type { Bench } from './bench.ts';
import { percentile, race } from './timing.ts';

const CALLS = 200_000;
const BATCH = 100;
const MOST_NS = 150;
const TIMES_FASTER = 10;

export const run: Bench = async () => {
  const clock = systemClock;
  const service = new ExchangeRateService({
    clock,
    random: systemRandom,
    http: simulatedHttp({
      clock,
      latencyMs: () => 0,
      faultOf: () => ({ kind: 'none' }),
      ratesAt: () => ratesOn(RATES_DATE),
    }),
    cache: createMemoryCache({ clock }),
    log: recordLog().log,
    settings: settingsFor(SIMULATED_URLS),
  });
  const usdtVnd = pair('USDT', 'VND');
  await service.warm();
  const quote = await service.getQuote(usdtVnd);
  const map = new Map([['USDT/VND', quote]]);
  const bento = new BentoCache({
    default: 'memory',
    stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: 100, serialize: false })) },
  });
  const factory = () => quote;
  await bento.getOrSet({ key: 'USDT/VND', factory });
  const cacheable = new Cacheable();
  await cacheable.set('USDT/VND', quote);

  const batches: number[] = [];
  const [bare = 0, , ours = 0, byBento = 0, byCacheable = 0] = await race(
    [
      {
        name: 'bare',
        run: async (times) => {
          for (let call = 0; call < times; call += 1) await map.get('USDT/VND');
        },
      },
      {
        name: 'ours in batches',
        run: async (times) => {
          for (let batch = 0; batch < times / BATCH; batch += 1) {
            const began = process.hrtime.bigint();
            for (let call = 0; call < BATCH; call += 1) await service.getQuote(usdtVnd);
            batches.push(Number(process.hrtime.bigint() - began) / BATCH);
          }
        },
      },
      {
        name: 'ours',
        run: async (times) => {
          for (let call = 0; call < times; call += 1) await service.getQuote(usdtVnd);
        },
      },
      {
        name: 'bentocache',
        times: CALLS / 10,
        run: async (times) => {
          for (let call = 0; call < times; call += 1) await bento.getOrSet({ key: 'USDT/VND', factory });
        },
      },
      {
        name: 'cacheable',
        times: CALLS / 10,
        run: async (times) => {
          for (let call = 0; call < times; call += 1) await cacheable.get('USDT/VND');
        },
      },
    ],
    CALLS,
  );
  await bento.disconnectAll();
  await cacheable.disconnect();
  const p50 = percentile(batches, 50);
  console.log(
    `  ns a call: ours ${ours.toFixed(0)} (p50 ${p50.toFixed(0)}, p99 ${percentile(batches, 99).toFixed(0)} of batches of ${BATCH}), bare await of Map.get ${bare.toFixed(0)}, bentocache 1.6 ${byBento.toFixed(0)}, cacheable 2.5 ${byCacheable.toFixed(0)}`,
  );
  const beside = (name: string, theirs: number) => ({
    name: `rates-cached-quote-beside-${name}`,
    value: ours,
    unit: 'ns',
    reference: `${name} ${theirs.toFixed(0)} ns`,
    ratio: theirs / ours,
    bar: `>= ${TIMES_FASTER}`,
    pass: theirs / ours >= TIMES_FASTER,
  });
  return [
    {
      ...{ name: 'rates-cached-quote-p50', value: p50, unit: 'ns', ratio: p50 / bare },
      reference: `bare await of Map.get ${bare.toFixed(0)} ns`,
      bar: `p50 <= ${MOST_NS} ns`,
      pass: p50 <= MOST_NS,
    },
    beside('bentocache', byBento),
    beside('cacheable', byCacheable),
  ];
};
