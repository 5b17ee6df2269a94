/** Rates while every provider, or the shared cache, is out; over real HTTP. */
import { afterEach, describe, expect, inject, it } from 'vitest';
import { formatRate, pair } from '../../src/kernel/rate.ts';
import { openRedis } from '../../src/platform/cache/redis.ts';
import type { Fault } from '../../src/sandbox/providers/faults.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RATES_DATE, ratesOn, startRates } from '../support/rates.ts';
import { startRedis } from '../support/redis.ts';

const USDT_VND = pair('USDT', 'VND');
const USDT_USD = pair('USDT', 'USD');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DEAD: Fault = { kind: 'dead' };

const open: (() => Promise<unknown>)[] = [];
async function start(...args: Parameters<typeof startRates>) {
  const rates = await startRates(...args);
  open.push(rates.close);
  return rates;
}
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** In simulated time no wait between retries would end by itself. */
const onManualClock = async (more: Parameters<typeof startRates>[0] = {}) => {
  const clock = new ManualClock();
  return { clock, ...(await start({ ...more, clock, settings: { retries: 0, ...more?.settings } })) };
};

describe('while every provider is dead', () => {
  it('the last known good rate is served, labelled with its age, wider, and only as long as its purpose allows', async () => {
    const { service, breakAllBut, clock } = await onManualClock();
    const good = await service.getQuote(USDT_VND);
    breakAllBut(DEAD);
    clock.advanceSync(3 * HOUR);
    const stale = await service.getQuote(USDT_VND);
    expect(stale).toMatchObject({
      quoteId: good.quoteId,
      mid: good.mid,
      asOf: good.asOf,
      ageMs: 3 * HOUR,
      level: 'stale',
    });
    expect(stale.bid.value.units).toBeLessThan(good.bid.value.units);
    expect(stale.attempts.map(({ outcome }) => outcome)).not.toContain('ok');
    clock.advanceSync(21 * HOUR);
    expect((await service.getQuote(USDT_VND, { purpose: 'reconcile' })).ageMs).toBe(24 * HOUR);
    clock.advanceSync(1);
    const refusal = {
      kind: 'upstream',
      code: 'rates.unavailable',
      details: {
        pair: 'USDT/VND',
        max_age_ms: 24 * HOUR,
        last_good: { quote_id: good.quoteId, mid: formatRate(good.mid), age_ms: 24 * HOUR + 1 },
        reasons: expect.arrayContaining([expect.objectContaining({ source: 'coingecko' })]),
      },
    };
    await expect(service.getQuote(USDT_VND, { purpose: 'quote' })).rejects.toMatchObject(refusal);
    await expect(service.getQuote(USDT_VND, { purpose: 'reconcile' })).rejects.toMatchObject(refusal);
    await expect(service.getUSDTToVND()).rejects.toMatchObject({ code: 'rates.unavailable' });
    expect((await service.getQuote(USDT_VND, { purpose: 'display' })).level).toBe('stale');
  });

  it('and nothing is known: a refusal that says why, source by source', async () => {
    const { service, breakAllBut } = await onManualClock();
    breakAllBut(DEAD);
    const error: unknown = await service.getQuote(USDT_VND, { purpose: 'display' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      kind: 'upstream',
      code: 'rates.unavailable',
      details: {
        last_good: undefined,
        reasons: [
          { source: 'coingecko', outcome: 'transport' },
          { source: 'binance', outcome: 'transport' },
          { source: 'open-er-api', outcome: 'transport' },
          { source: 'frankfurter', outcome: 'transport' },
          { source: 'cryptocompare', outcome: 'transport' },
        ],
      },
    });
  });

  it('the log hears of it once a minute, however many ask', async () => {
    const { service, breakAllBut, lines, clock } = await onManualClock();
    breakAllBut(DEAD);
    const ask = () => service.getQuote(USDT_VND).catch(() => undefined);
    for (let i = 0; i < 30; i += 1) await ask();
    const complaints = () => lines.filter(({ fields }) => fields.code === 'rates.none_found').length;
    expect(complaints()).toBe(1);
    clock.advanceSync(MINUTE);
    await ask();
    expect(complaints()).toBe(2);
  });
});

describe('deadlines', () => {
  it('every caller is answered by its own, also where all providers hang', async () => {
    const { service, breakAllBut } = await start();
    breakAllBut({ kind: 'hang' });
    const timed = async (deadlineMs: number): Promise<number> => {
      const began = performance.now();
      await expect(service.getQuote(USDT_VND, { deadlineMs })).rejects.toMatchObject({ code: 'rates.unavailable' });
      return performance.now() - began;
    };
    const [long, short] = await Promise.all([timed(900), timed(200)]);
    expect(short).toBeLessThan(200 + 600);
    expect(long).toBeLessThan(900 + 1_000);
  });

  it('who joins a search that was short of time starts another with its own', async () => {
    const { service, providers } = await start();
    providers.setFault('coingecko', { kind: 'slow', ms: 400 });
    for (const name of ['binance', 'cryptocompare'] as const) providers.setFault(name, DEAD);
    const hurried = service.getQuote(USDT_VND, { deadlineMs: 150 });
    const patient = service.getQuote(USDT_VND, { deadlineMs: 5_000 });
    await expect(hurried).rejects.toMatchObject({ code: 'rates.unavailable' });
    expect((await patient).sources[0]?.source).toBe('coingecko');
  });
});

describe.skipIf(inject('redisProgram') === '')('Redis', () => {
  it('carries the rate to another process, and costs nobody an answer when it hangs, dies or was poisoned', async () => {
    const redis = await startRedis(inject('redisProgram'));
    open.push(redis.stop);
    const [cache, other] = [await openRedis({ url: redis.url }), await openRedis({ url: redis.url })];
    open.push(
      () => cache.close(),
      () => other.close(),
    );
    const { service, another, providers, lines } = await start({ cache });
    const first = await service.getQuote(USDT_VND);
    await until(async () => (await other.get('rates:v1:USDT/VND')) !== undefined);
    expect((await another({ cache: other }).getQuote(USDT_VND)).quoteId).toBe(first.quoteId);
    expect(providers.calls('coingecko')).toBe(1);

    await other.setIfNewer('rates:v1:USDT/VND', '{"mid":"1"}', first.asOf + 1, MINUTE);
    expect(formatRate((await another({ cache: other }).getQuote(USDT_VND)).mid)).toBe(ratesOn(RATES_DATE).usdtVnd);
    expect(lines.map(({ fields }) => fields.code)).toContain('rates.cache_rejected');

    redis.freeze();
    expect((await another({ cache: other }).getQuote(USDT_VND)).level).toBe('fresh');
    await redis.kill();
    expect((await another({ cache: other }).getQuote(USDT_USD)).level).toBe('fresh');
    expect(lines.map(({ fields }) => fields.code)).toContain('rates.cache_unreachable');
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
