/** What a primary that hangs costs a caller: in a process that knows nothing yet, and in one that does. */
import { setTimeout as delay } from 'node:timers/promises';
import { pair } from '../src/kernel/rate.ts';
import { createMemoryCache } from '../src/platform/cache/memory.ts';
import { systemClock } from '../src/platform/clock/system.ts';
import { createHttpClient } from '../src/platform/http-client/undici.ts';
import { startRates } from '../test/support/rates.ts';
import type { Bench, Measurement } from './bench.ts';
import { percentile } from './timing.ts';

const USDT_VND = pair('USDT', 'VND');
const COLD_STARTS = 100;
const WARM_CALLS = 2_000;
const MOST_COLD_MS = 250;
/** Of the timer that paces the calls, not of the quote. */
const WARM_NOISE_MS = 0.5;

/** With one stand-in, which nobody confirms, or with two, which confirm each other. */
async function coldTimes(key: string | null): Promise<readonly number[]> {
  const rates = await startRates({ key });
  try {
    rates.providers.setFault('coingecko', { kind: 'hang' });
    const times: number[] = [];
    for (let start = 0; start < COLD_STARTS; start += 1) {
      const http = createHttpClient({ clock: systemClock });
      const service = rates.another({ cache: createMemoryCache({ clock: systemClock }), http });
      const began = performance.now();
      await service.getQuote(USDT_VND);
      times.push(performance.now() - began);
      await service.stop();
      await http.close();
    }
    return times;
  } finally {
    await rates.close();
  }
}

/** The same process, before and while its primary hangs and is asked again and again. */
async function warmTimes() {
  const rates = await startRates({ settings: { freshMs: 300, agingMs: 60_000, urgentMs: 50 } });
  try {
    await rates.service.warm();
    const timed = async (): Promise<readonly number[]> => {
      const times: number[] = [];
      for (let call = 0; call < WARM_CALLS; call += 1) {
        const began = performance.now();
        await rates.service.getQuote(USDT_VND);
        times.push(performance.now() - began);
        if (call % 2 === 0) await delay(1);
      }
      return times;
    };
    const well = await timed();
    rates.providers.setFault('coingecko', { kind: 'hang' });
    return { well, hanging: await timed(), calls: rates.providers.calls('coingecko') };
  } finally {
    await rates.close();
  }
}

export const run: Bench = async () => {
  const measurements: Measurement[] = [];
  for (const [stand, key] of [
    ['two-stand-ins', 'k'],
    ['one-stand-in', null],
  ] as const) {
    const times = await coldTimes(key);
    const [p50, p99] = [percentile(times, 50), percentile(times, 99)];
    console.log(`  ${COLD_STARTS} cold starts, ${stand}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
    measurements.push({
      ...{ name: `rates-hanging-primary-cold-${stand}-p99`, value: p99, unit: 'ms' },
      ...{ reference: `the bar of ${MOST_COLD_MS} ms`, ratio: p99 / MOST_COLD_MS, bar: '<= 1' },
      pass: p99 <= MOST_COLD_MS,
    });
  }
  const { well, hanging, calls } = await warmTimes();
  const [before, during] = [percentile(well, 99), percentile(hanging, 99)];
  console.log(
    `  ${WARM_CALLS} warm calls: p99 ${(before * 1000).toFixed(0)} us well, ${(during * 1000).toFixed(0)} us while the primary hangs (asked ${calls} times), longest ${Math.max(...hanging).toFixed(2)} ms`,
  );
  measurements.push({
    ...{ name: 'rates-hanging-primary-warm-p99', value: during, unit: 'ms' },
    ...{ reference: `well ${before.toFixed(3)} ms`, ratio: during / before, bar: `added <= ${WARM_NOISE_MS} ms` },
    pass: during - before <= WARM_NOISE_MS,
  });
  return measurements;
};
