/** Rates while providers, the cache and the network fail, over real HTTP. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
const WELL: Fault = { kind: 'none' };

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

describe('while the primary fails, the next provider answers within the deadline and the quote says so', () => {
  it.each<readonly [Fault, string]>([
    [DEAD, 'transport'],
    [{ kind: 'hang' }, 'timeout'],
    [{ kind: 'slow', ms: 5_000 }, 'timeout'],
    [{ kind: 'html' }, 'bad-payload'],
    [{ kind: 'empty-object' }, 'bad-payload'],
    [{ kind: 'zero' }, 'implausible'],
    [{ kind: 'huge' }, 'bad-payload'],
    [{ kind: 'string-with-commas' }, 'bad-payload'],
    [{ kind: 'error-under-200' }, 'bad-payload'],
    [{ kind: 'rate-limited', retryAfterSeconds: 60 }, 'rate-limited'],
    [{ kind: 'status', status: 401 }, 'refused'],
    [{ kind: 'status', status: 503 }, 'transport'],
    [{ kind: 'lying', factorPercent: 1 }, 'implausible'],
  ])('%o', async (fault, outcome) => {
    const { service, providers } = await start();
    providers.setFault('coingecko', fault);
    const began = performance.now();
    const quote = await service.getQuote(USDT_VND, { deadlineMs: 2_500 });
    expect(performance.now() - began).toBeLessThan(2_500 + 250); // the deadline, and what a busy machine adds
    expect(quote.level).toBe('fresh');
    expect(quote.sources.map(({ source }) => source)).toEqual(['binance', 'open-er-api']);
    expect(quote.attempts).toMatchObject([
      { source: 'coingecko', outcome, message: expect.any(String) },
      { source: 'binance', outcome: 'ok' },
      { source: 'open-er-api', outcome: 'ok' },
    ]);
  });

  it('a frozen feed: the same answer, long after', async () => {
    const { service, providers, clock } = await onManualClock();
    providers.setFault('coingecko', { kind: 'frozen' });
    expect((await service.getQuote(USDT_VND)).sources[0]?.source).toBe('coingecko');
    clock.advanceSync(21 * MINUTE);
    await service.getQuote(USDT_VND); // aging: from memory, while it looks for a newer one
    clock.advanceSync(10 * MINUTE);
    const quote = await service.getQuote(USDT_VND);
    expect(quote.attempts[0]).toMatchObject({
      source: 'coingecko',
      outcome: 'implausible',
      message: expect.stringContaining('frozen'),
    });
    expect([quote.sources[0]?.source, quote.level]).toEqual(['binance', 'fresh']);
  });

  it('the second source of a leg, where the first is dead too; then the third route', async () => {
    const { service, breakAllBut, clock } = await onManualClock();
    breakAllBut(DEAD, 'binance', 'frankfurter', 'cryptocompare');
    expect((await service.getQuote(USDT_VND)).sources.map(({ source }) => source)).toEqual(['binance', 'frankfurter']);
    clock.advanceSync(31 * MINUTE);
    breakAllBut(DEAD, 'frankfurter', 'cryptocompare');
    const quote = await service.getQuote(USDT_VND);
    expect([quote.sources[0]?.source, quote.basis]).toEqual(['cryptocompare', 'spot_conversion']);
  });

  it('a body of 200 MB', async () => {
    let sent = 0;
    const flood = createServer((_, response) => {
      const block = Buffer.alloc(64 * 1024, 0x20);
      const more = (): void => {
        while (sent < 200 * 1024 * 1024) {
          sent += block.length;
          if (!response.write(block)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    await new Promise<void>((resolve) => flood.listen(0, '127.0.0.1', resolve));
    open.push(() => {
      flood.closeAllConnections();
      return new Promise((resolve) => flood.close(resolve));
    });
    const { service } = await start({
      urls: { coingecko: `http://127.0.0.1:${(flood.address() as AddressInfo).port}` },
    });
    const quote = await service.getQuote(USDT_VND);
    expect(quote.attempts[0]).toMatchObject({
      source: 'coingecko',
      outcome: 'bad-payload',
      message: expect.stringContaining('65536'),
    });
    expect(quote.sources[0]?.source).toBe('binance');
    expect(sent).toBeLessThan(20 * 1024 * 1024);
  });
});

describe('the circuit breaker of a provider', () => {
  it('opens on the fifth failure in a row for 60 s, and one probe closes it', async () => {
    const { service, providers, clock } = await onManualClock({ settings: { freshMs: 1, agingMs: 1 } });
    const outcome = async (): Promise<string | undefined> => {
      clock.advanceSync(10);
      return (await service.getQuote(USDT_VND)).attempts[0]?.outcome;
    };
    providers.setFault('coingecko', { kind: 'html' });
    for (let failure = 1; failure <= 5; failure += 1) expect(await outcome()).toBe('bad-payload');
    expect(await outcome()).toBe('skipped-open');
    clock.advanceSync(59 * SECOND);
    expect(await outcome()).toBe('skipped-open');
    expect(providers.calls('coingecko')).toBe(5);
    providers.setFault('coingecko', WELL);
    clock.advanceSync(SECOND);
    const asked = await Promise.all(Array.from({ length: 20 }, () => service.getQuote(USDT_VND)));
    expect(new Set(asked.map((quote) => quote.attempts[0]?.outcome))).toEqual(new Set(['ok']));
    expect(providers.calls('coingecko')).toBe(6);
    expect(service.providers()[0]?.breaker.kind).toBe('closed');
  });

  it('counts every attempt, not every chain of retries', async () => {
    const { service, providers } = await start({
      settings: { freshMs: 1, agingMs: 1, retries: 2, retryBaseDelayMs: 1 },
    });
    providers.setFault('coingecko', DEAD);
    await service.getQuote(USDT_VND);
    expect(providers.calls('coingecko')).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await service.getQuote(USDT_VND);
    expect(providers.calls('coingecko')).toBe(5);
    expect(service.providers()[0]?.breaker.kind).toBe('open');
  });

  it('does not open on refusals: the provider is left alone for 15 minutes instead', async () => {
    const { service, providers, clock } = await onManualClock({ settings: { freshMs: 1, agingMs: 1 } });
    const attempt = async () => {
      clock.advanceSync(10);
      return (await service.getQuote(USDT_VND)).attempts[0];
    };
    providers.setFault('coingecko', { kind: 'status', status: 403 });
    expect((await attempt())?.outcome).toBe('refused');
    for (let again = 0; again < 10; again += 1) expect((await attempt())?.outcome).toBe('skipped-hold');
    expect(providers.calls('coingecko')).toBe(1);
    expect(service.providers()[0]).toMatchObject({
      breaker: { kind: 'closed', failures: 0 },
      heldReason: expect.stringContaining('refused'),
      consecutiveFailures: 1,
    });
    clock.advanceSync(15 * MINUTE);
    expect((await attempt())?.outcome).toBe('refused');
    expect(providers.calls('coingecko')).toBe(2);
  });
});

describe('what a provider asks for', () => {
  it('Retry-After is obeyed to the second, and the call is not repeated before', async () => {
    const { service, providers, clock } = await onManualClock({ settings: { retries: 3 } });
    providers.setFault('coingecko', { kind: 'rate-limited', retryAfterSeconds: 7_200 });
    await service.getQuote(USDT_VND);
    providers.setFault('coingecko', WELL);
    expect(service.providers()[0]?.heldUntil).toBe(clock.now() + 2 * HOUR);
    clock.advanceSync(2 * HOUR - 1);
    expect((await service.getQuote(USDT_VND)).attempts[0]?.outcome).toBe('skipped-hold');
    expect(providers.calls('coingecko')).toBe(1);
    clock.advanceSync(31 * MINUTE);
    expect((await service.getQuote(USDT_VND)).sources[0]?.source).toBe('coingecko');
    expect(providers.calls('coingecko')).toBe(2);
  });

  it('a key: without one, CryptoCompare is never called, and the answer says why', async () => {
    const { service, providers, breakAllBut } = await onManualClock({ key: null });
    breakAllBut(DEAD, 'cryptocompare');
    await expect(service.getQuote(USDT_VND)).rejects.toMatchObject({
      details: {
        reasons: expect.arrayContaining([expect.objectContaining({ source: 'cryptocompare', outcome: 'disabled' })]),
      },
    });
    expect(providers.calls('cryptocompare')).toBe(0);
  });
});

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
        maxAgeMs: 24 * HOUR,
        lastGood: { quoteId: good.quoteId, mid: formatRate(good.mid), asOf: good.asOf, ageMs: 24 * HOUR + 1 },
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
        lastGood: undefined,
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
    expect(short).toBeLessThan(200 + 250);
    expect(long).toBeLessThan(900 + 250);
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
