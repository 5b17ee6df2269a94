/** Background polling in simulated time. */
import { afterEach, describe, expect, it } from 'vitest';
import { ExchangeRateService } from '../../src/features/rates/service.ts';
import type { RatesSettings } from '../../src/features/rates/settings.ts';
import { pair } from '../../src/kernel/rate.ts';
import { createMemoryCache } from '../../src/platform/cache/memory.ts';
import type { ProviderName } from '../../src/sandbox/providers/faults.ts';
import { recordLog } from '../support/log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RATES_DATE, ratesOn, SIMULATED_URLS, seededRandom, settingsFor, simulatedHttp } from '../support/rates.ts';

const USDT_VND = pair('USDT', 'VND');
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

function simulate(more: { settings?: Partial<RatesSettings>; latencyMs?: number; replicas?: number } = {}) {
  const clock = new ManualClock();
  const calls = new Map<ProviderName, number[]>();
  const http = simulatedHttp({
    clock,
    latencyMs: () => more.latencyMs ?? 120,
    faultOf: () => ({ kind: 'none' }),
    ratesAt: () => ratesOn(RATES_DATE),
    onCall: (provider) => calls.set(provider, [...(calls.get(provider) ?? []), clock.monotonic()]),
  });
  const cache = createMemoryCache({ clock });
  const settings = settingsFor(SIMULATED_URLS, more.settings);
  const random = seededRandom(7);
  const services = Array.from(
    { length: more.replicas ?? 1 },
    () => new ExchangeRateService({ clock, random, http, cache, log: recordLog().log, settings }),
  );
  const callsOf = (provider: ProviderName): readonly number[] => calls.get(provider) ?? [];
  return { clock, services, callsOf };
}

const started: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of started.splice(0)) await stop();
});
function start(clock: ManualClock, service: ExchangeRateService | undefined): ExchangeRateService {
  if (service === undefined) throw new Error('no service');
  service.start();
  started.push(() => clock.run(service.stop()));
  return service;
}

describe('polling', () => {
  it('begins at once, so that the first caller finds a rate', async () => {
    const { clock, services, callsOf } = simulate();
    const service = start(clock, services[0]);
    await clock.advance(1_000);
    expect((await service.getQuote(USDT_VND)).level).toBe('fresh');
    expect(callsOf('coingecko')).toHaveLength(1);
  });

  it('comes back every interval, give or take a tenth, and not after stop', async () => {
    const { clock, services, callsOf } = simulate();
    const service = start(clock, services[0]);
    service.start(); // a second time changes nothing
    await clock.advance(61 * MINUTE);
    const gaps = callsOf('coingecko')
      .map((at, index, all) => at - (all[index - 1] ?? at))
      .slice(1);
    expect(gaps.length).toBeGreaterThanOrEqual(10);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4.5 * MINUTE);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5.5 * MINUTE + 1_000);
    expect(new Set(gaps.map((gap) => Math.round(gap))).size).toBeGreaterThan(5);
    await service.stop();
    const before = callsOf('coingecko').length;
    await clock.advance(61 * MINUTE);
    expect(callsOf('coingecko')).toHaveLength(before);
    expect(clock.pending).toBe(0);
  });

  it('never has two rounds under way, however slow the providers are', async () => {
    const settings = { pollMs: 1_000, deadlineMs: 60_000, attemptTimeoutMs: 60_000, freshMs: 1_000 };
    const { clock, services, callsOf } = simulate({ settings, latencyMs: 10_000 });
    start(clock, services[0]);
    await clock.advance(5 * MINUTE);
    const calls = callsOf('coingecko');
    expect(calls.length).toBeGreaterThan(5);
    for (const [index, at] of calls.entries())
      expect(at - (calls[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThan(10_000);
  });

  it("stays within CoinGecko's 10,000 calls a month, whatever callers ask", async () => {
    const { clock, services, callsOf } = simulate();
    const service = start(clock, services[0]);
    const days = 6;
    for (let asked = 0; asked < days * 480; asked += 1) {
      await clock.advance(3 * MINUTE);
      expect((await service.getQuote(USDT_VND)).level).not.toBe('stale');
    }
    expect(callsOf('coingecko').length).toBeLessThanOrEqual((10_000 / 31) * days);
    expect(callsOf('coingecko').length).toBeGreaterThan((10_000 / 31) * days * 0.8);
    expect(clock.monotonic()).toBeGreaterThan(days * DAY);
  });

  it('of many replicas costs little more than that of one: who finds a young rate in the cache takes it', async () => {
    const hours = 12;
    const one = simulate();
    const many = simulate({ replicas: 5 });
    for (const { clock, services } of [one, many]) for (const service of services) start(clock, service);
    for (const { clock } of [one, many]) await clock.advance(hours * 60 * MINUTE);
    expect(many.callsOf('coingecko').length).toBeLessThan(one.callsOf('coingecko').length * 2.2);
  });
});
