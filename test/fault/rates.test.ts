/** Rates while some providers fail, over real HTTP. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { pair } from '../../src/kernel/rate.ts';
import type { Fault } from '../../src/sandbox/providers/faults.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startRates } from '../support/rates.ts';

const USDT_VND = pair('USDT', 'VND');
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
    expect(performance.now() - began).toBeLessThan(2_500 + 1_000); // the deadline, and what a busy machine adds
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
