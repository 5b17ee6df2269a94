/** A source at work in one process, in simulated time. */
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import {
  RATES_DATE,
  ratesOn,
  SIMULATED_URLS,
  type SimulatedWorld,
  seededRandom,
  settingsFor,
  simulatedHttp,
} from '../../../../test/support/rates.ts';
import { createMemoryCache } from '../../../platform/cache/memory.ts';
import { silentLogger } from '../../../platform/telemetry/silent.ts';
import { ExchangeRateService } from '../service.ts';

const HOUR = 3_600_000;

function start(faultOf: SimulatedWorld['faultOf']) {
  const clock = new ManualClock();
  const calls: string[] = [];
  const http = simulatedHttp({
    ...{ clock, faultOf, latencyMs: () => 100, ratesAt: () => ratesOn(RATES_DATE) },
    onCall: (provider) => calls.push(provider),
  });
  const service = new ExchangeRateService({
    ...{ clock, http, random: seededRandom(1), log: silentLogger },
    ...{ cache: createMemoryCache({ clock }), settings: settingsFor(SIMULATED_URLS) },
  });
  service.start();
  const callsOf = (provider: string): number => calls.filter((each) => each === provider).length;
  return { clock, callsOf, stop: () => clock.run(service.stop()) };
}

describe('a source that asks to be left alone', () => {
  it('is, for as long as it said, though the wall clock is set ahead', async () => {
    const { clock, callsOf, stop } = start((provider) =>
      provider === 'binance' ? { kind: 'rate-limited', retryAfterSeconds: 3_600 } : { kind: 'none' },
    );
    await clock.advance(60_000);
    expect(callsOf('binance')).toBe(1);
    clock.jump(2 * HOUR);
    await clock.advance(HOUR - 61_000);
    expect(callsOf('binance')).toBe(1);
    await clock.advance(120_000);
    expect(callsOf('binance')).toBe(2);
    await stop();
  });
});
