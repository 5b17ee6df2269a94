/** Several processes that share one Redis: one call a source, one breaker, one quota, one quote. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { ExchangeRateService } from '../../src/features/rates/service.ts';
import { pair } from '../../src/kernel/rate.ts';
import type { Cache } from '../../src/platform/cache/port.ts';
import { openRedis } from '../../src/platform/cache/redis.ts';
import type { ProviderName } from '../../src/sandbox/providers/faults.ts';
import { startRates } from '../support/rates.ts';
import { startRedis } from '../support/redis.ts';

const USDT_VND = pair('USDT', 'VND');
const USDT_USD = pair('USDT', 'USD');
const ASKED: readonly ProviderName[] = [
  'coingecko',
  'binance',
  'cryptocompare',
  'vietcombank',
  'open-er-api',
  'frankfurter',
];

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await delay(5);
};

/** So many replicas, each with its own connection to one Redis. */
async function fleetOf(replicas: number, options: Parameters<typeof startRates>[0] = {}) {
  const redis = await startRedis(inject('redisProgram'));
  open.push(redis.stop);
  const connect = async (): Promise<Cache> => {
    const cache = await openRedis({ url: redis.url });
    open.push(() => cache.close());
    return cache;
  };
  const rates = await startRates({ ...options, cache: await connect() });
  open.push(rates.close);
  const join = async (): Promise<ExchangeRateService> => {
    const service = rates.another({ cache: await connect() });
    open.push(() => service.stop());
    return service;
  };
  const services = await Promise.all(Array.from({ length: replicas }, join));
  const first = services[0];
  if (first === undefined) throw new Error('no replica');
  return { ...rates, redis, join, services, first };
}

describe.skipIf(inject('redisProgram') === '')('a fleet', () => {
  it('of 8 cold replicas with 10,000 callers makes exactly one call of each source', async () => {
    const { services, providers } = await fleetOf(8, { settings: { patienceMs: 10_000, deadlineMs: 20_000 } });
    const callers = services.flatMap((service) => Array.from({ length: 1_250 }, () => service.getQuote(USDT_VND)));
    const quotes = await Promise.all(callers);
    expect(quotes).toHaveLength(10_000);
    await until(() => ASKED.every((name) => providers.calls(name) > 0));
    await delay(300); // a second call would have come by now
    expect(Object.fromEntries(ASKED.map((name) => [name, providers.calls(name)]))).toEqual(
      Object.fromEntries(ASKED.map((name) => [name, 1])),
    );
  });

  it('serves one quote, whoever published it', async () => {
    const { services } = await fleetOf(4);
    for (const service of services) service.start();
    await until(() => services.every((each) => each.knownQuote(USDT_VND)?.agreement === 'corroborated'));
    await until(() => new Set(services.map((each) => each.knownQuote(USDT_VND)?.quoteId)).size === 1);
  });

  it('shares the breaker: failures seen by any count for all, and an operator speaks to all', async () => {
    const { services, providers, first } = await fleetOf(3, {
      settings: { retries: 0, retryMs: 1, urgentMs: 1, freshMs: 1, agingMs: 1 },
    });
    providers.setFault('coingecko', { kind: 'html' });
    for (let call = 0; call < 40 && first.providerStatus('coingecko').breaker.kind === 'closed'; call += 1) {
      await services[call % 3]?.getQuote(USDT_VND);
      await delay(20);
      await Promise.all(services.map((each) => each.recall()));
    }
    expect(providers.calls('coingecko')).toBe(5);
    for (const service of services) expect(service.providerStatus('coingecko').breaker.kind).toBe('open');
    await services[1]?.controlBreaker('binance', 'open');
    await first.recall();
    expect(first.providerStatus('binance').breaker.kind).toBe('forced-open');
  });

  it('obeys Retry-After as one, a replica that comes later included', async () => {
    const { services, providers, join } = await fleetOf(3);
    providers.setFault('coingecko', { kind: 'rate-limited', retryAfterSeconds: 3_600 });
    await Promise.all(services.map((each) => each.getQuote(USDT_VND)));
    await until(() => providers.calls('coingecko') === 1);
    const late = await join();
    await late.getQuote(USDT_USD);
    for (const service of [...services, late]) service.start();
    await delay(300);
    expect(providers.calls('coingecko')).toBe(1);
    expect(late.providerStatus('coingecko').heldReason).toContain('rate-limited');
  });
});

describe.skipIf(inject('redisProgram') === '')('while Redis is in trouble, callers notice nothing', () => {
  async function underLoad(trouble: (redis: Awaited<ReturnType<typeof fleetOf>>['redis']) => Promise<void>) {
    const { services, redis, providers } = await fleetOf(2, { settings: { syncMs: 20 } });
    for (const service of services) service.start();
    await until(() => services.every((each) => each.knownQuote(USDT_VND)?.agreement === 'corroborated'));
    let [answers, stop] = [0, false];
    const load = services.map(async (service) => {
      while (!stop) {
        const quote = await service.getQuote(USDT_VND);
        expect([quote.level, quote.agreement]).toEqual(['fresh', 'corroborated']);
        answers += 1;
        if (answers % 50 === 0) await delay(1);
      }
    });
    await delay(50);
    await trouble(redis);
    const during = answers;
    await delay(300);
    stop = true;
    await Promise.all(load);
    expect(answers).toBeGreaterThan(during);
    return { services, redis, providers };
  }

  it('killed, and back empty: what was known goes back into it', async () => {
    const { services, redis } = await underLoad((each) => each.kill());
    expect(services.every((each) => each.statistics().alone)).toBe(true);
    await redis.restart();
    await until(() => services.every((each) => !each.statistics().alone));
    const cache = await openRedis({ url: redis.url });
    open.push(() => cache.close());
    await until(async () => (await cache.read(['rates:v2:pair:USDT/VND'])).found[0] !== undefined);
  });

  it('stopped (SIGSTOP), and on again', async () => {
    const { services, redis } = await underLoad(async (each) => each.freeze());
    redis.thaw();
    await until(() => services.every((each) => !each.statistics().alone));
  });

  it('flushed: the quota does not forget what it has spent', async () => {
    const { services, redis } = await underLoad(async (each) => {
      const cache = await openRedis({ url: each.url });
      await each.flush();
      await cache.close();
    });
    const cache = await openRedis({ url: redis.url });
    open.push(() => cache.close());
    await until(async () => (await cache.read(['rates:v2:source:coingecko'])).found[0] !== undefined);
    for (const service of services) expect(service.providerStatus('coingecko').callsLeft).toBe(400);
  });

  it('and a replica that starts meanwhile spends no quota that it cannot see, and answers all the same', async () => {
    const { redis, join, providers } = await fleetOf(1);
    await redis.kill();
    const late = await join();
    const quote = await late.getQuote(USDT_VND);
    expect(quote.level).toBe('fresh');
    await delay(100);
    expect(providers.calls('coingecko')).toBe(0);
    expect(quote.attempts.find(({ source }) => source === 'coingecko')).toBeUndefined();
  });
});
