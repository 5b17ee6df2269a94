/** Background polling in simulated time. */
import { afterEach, describe, expect, it } from 'vitest';
import { ExchangeRateService, type RatesEvent } from '../../src/features/rates/service.ts';
import type { RatesOptions } from '../../src/features/rates/settings.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { pair } from '../../src/kernel/rate.ts';
import { createMemoryCache } from '../../src/platform/cache/memory.ts';
import type { Fault, ProviderName } from '../../src/sandbox/providers/faults.ts';
import { recordLog } from '../support/log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RATES_DATE, ratesOn, SIMULATED_URLS, seededRandom, settingsFor, simulatedHttp } from '../support/rates.ts';
import { ProcessClock, Timeline } from '../support/timeline.ts';

const USDT_VND = pair('USDT', 'VND');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

interface Simulated {
  readonly settings?: Partial<RatesOptions>;
  readonly latencyMs?: number;
  readonly replicas?: number;
}

const simulate = (more: Simulated = {}) => {
  const clock = new ManualClock();
  return { clock, ...simulateOn(clock, more) };
};

/** Days: on a timeline, which finds the next of a fleet's timers faster. */
function simulateDays(more: Simulated = {}) {
  const time = new Timeline(Date.parse('2026-11-23T02:00:00Z'));
  const drive = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    void promise.finally(() => (settled = true));
    while (!settled) await time.run(time.now + 50);
    return promise;
  };
  return { ...simulateOn(new ProcessClock(time), more), drive, advance: (ms: number) => time.run(time.now + ms) };
}

function simulateOn(clock: Clock, more: Simulated) {
  const calls = new Map<ProviderName, number[]>();
  const faults = new Map<ProviderName, Fault>();
  const events: RatesEvent[] = [];
  const http = simulatedHttp({
    clock,
    latencyMs: () => more.latencyMs ?? 120,
    faultOf: (name) => faults.get(name) ?? { kind: 'none' },
    ratesAt: () => ratesOn(RATES_DATE),
    onCall: (provider) => calls.set(provider, [...(calls.get(provider) ?? []), clock.monotonic()]),
  });
  const cache = createMemoryCache({ clock });
  const settings = settingsFor(SIMULATED_URLS, more.settings);
  const random = seededRandom(7);
  const create = (): ExchangeRateService =>
    new ExchangeRateService({
      ...{ clock, random, http, cache, log: recordLog().log, settings },
      onEvent: (event) => events.push(event),
    });
  const services = Array.from({ length: more.replicas ?? 1 }, create);
  const callsOf = (provider: ProviderName): readonly number[] => calls.get(provider) ?? [];
  return { services, create, callsOf, faults, events };
}

const gapsOf = (times: readonly number[]): readonly number[] =>
  times.slice(1).map((at, index) => at - (times[index] ?? at));

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
    await clock.advance(SECOND);
    expect(await service.getQuote(USDT_VND)).toMatchObject({ level: 'fresh', agreement: 'corroborated' });
    expect(callsOf('coingecko')).toHaveLength(1);
  });

  it('asks each source in its own time, and not after stop', async () => {
    const { clock, services, callsOf } = simulate();
    const service = start(clock, services[0]);
    service.start(); // a second time changes nothing
    await clock.advance(3 * HOUR);
    const [gecko, binance, daily] = [callsOf('coingecko'), callsOf('binance'), callsOf('frankfurter')].map(gapsOf);
    // 31 days / 9,500 calls, and 5 % slower; 15 s; an hour; each give or take 5 %
    expect(Math.min(...(gecko ?? []))).toBeGreaterThan(280 * SECOND);
    expect(Math.max(...(gecko ?? []))).toBeLessThan(320 * SECOND);
    expect(Math.min(...(binance ?? []))).toBeGreaterThan(14 * SECOND);
    expect(Math.max(...(binance ?? []))).toBeLessThan(17 * SECOND);
    expect(daily?.length).toBeLessThanOrEqual(3);
    expect(new Set(gecko?.map(Math.round)).size).toBeGreaterThan(5);
    await service.stop();
    const before = callsOf('binance').length;
    await clock.advance(HOUR);
    expect(callsOf('binance')).toHaveLength(before);
    expect(clock.pending).toBe(0);
  });

  it('never has two calls of one source under way, however slow it is', async () => {
    const { clock, services, callsOf } = simulate({ latencyMs: 40_000, settings: { attemptTimeoutMs: 60_000 } });
    start(clock, services[0]);
    await clock.advance(30 * MINUTE);
    expect(callsOf('binance').length).toBeGreaterThan(10);
    expect(Math.min(...gapsOf(callsOf('binance')))).toBeGreaterThan(40_000);
  });

  it("stays within CoinGecko's 10,000 calls a month, whatever callers ask", async () => {
    const { services, callsOf, drive, advance } = simulateDays({ settings: { syncMs: MINUTE } });
    const [service] = services;
    if (service === undefined) throw new Error('no service');
    service.start();
    const days = 1;
    for (let asked = 0; asked < days * 480; asked += 1) {
      await advance(3 * MINUTE);
      expect((await service.getQuote(USDT_VND)).level).toBe('fresh');
    }
    expect(callsOf('coingecko').length).toBeLessThanOrEqual((10_000 / 31) * days);
    expect(callsOf('coingecko').length).toBeGreaterThan((10_000 / 31) * days * 0.85);
    await drive(service.stop());
  });

  it('of many replicas costs what that of one does', async () => {
    const [one, many] = [simulate(), simulate({ replicas: 5, settings: { syncMs: 5 * SECOND } })];
    for (const { clock, services } of [one, many]) for (const service of services) start(clock, service);
    for (const { clock } of [one, many]) await clock.advance(6 * HOUR);
    for (const name of ['coingecko', 'binance', 'vietcombank'] as const) {
      const [alone, together] = [one.callsOf(name).length, many.callsOf(name).length];
      expect([name, Math.abs(together - alone) <= alone * 0.05 + 1]).toEqual([name, true]);
    }
  });

  it('of a fleet that restarts all the time, with every fault, keeps to the month', async () => {
    const { services, create, callsOf, faults, drive, advance } = simulateDays({
      replicas: 8,
      settings: { syncMs: 10 * SECOND },
    });
    const dice = seededRandom(3);
    const running = [...services];
    for (const service of running) service.start();
    const kinds: readonly Fault[] = [
      { kind: 'none' },
      { kind: 'dead' },
      { kind: 'status', status: 503 },
      { kind: 'html' },
      { kind: 'lying', factorPercent: 103 },
      { kind: 'rate-limited', retryAfterSeconds: 30 },
    ];
    const steps = 24;
    for (let step = 0; step < steps; step += 1) {
      faults.set('coingecko', kinds[Math.floor(dice.fraction() * kinds.length)] ?? { kind: 'none' });
      const index = Math.floor(dice.fraction() * running.length);
      const old = running[index];
      if (old !== undefined) await drive(old.stop());
      const next = create();
      next.start();
      running[index] = next;
      await advance(HOUR / 2);
    }
    for (const service of running) await drive(service.stop());
    // the pace of a day, and the burst
    expect(callsOf('coingecko').length).toBeLessThanOrEqual((9_500 / 31) * (steps / 48) + 401);
  });
});

describe('a call that takes longer than usual', () => {
  it('has a stand-in at once, within a budget', async () => {
    const { clock, services, callsOf, faults, events } = simulate();
    start(clock, services[0]);
    await clock.advance(10 * MINUTE);
    expect(events.filter((event) => event.kind === 'hedge')).toEqual([]);
    const before = callsOf('binance').length;
    faults.set('coingecko', { kind: 'slow', ms: 1_200 });
    await clock.advance(2 * HOUR);
    const hedges = events.filter((event) => event.kind === 'hedge');
    expect(hedges[0]).toEqual({
      kind: 'hedge',
      slow: 'coingecko',
      instead: expect.stringMatching(/binance|cryptocompare/),
    });
    const all = callsOf('binance').length - before + callsOf('cryptocompare').length;
    expect(hedges.length).toBeLessThanOrEqual(3 + all * 0.05);
  });
});
