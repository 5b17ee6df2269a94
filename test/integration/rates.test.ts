/** Rates over real HTTP from the simulated providers, all of them well. */
import { afterEach, describe, expect, it } from 'vitest';
import { quoteToJson } from '../../src/features/rates/quote-json.ts';
import { crossLegs } from '../../src/features/rates/rules.ts';
import { parseDecimal } from '../../src/kernel/decimal.ts';
import { isUuid } from '../../src/kernel/ids.ts';
import { compareRate, formatRate, pair, parseRate } from '../../src/kernel/rate.ts';
import { createMemoryCache } from '../../src/platform/cache/memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RATES_DATE, ratesOn, startRates } from '../support/rates.ts';

const USDT_VND = pair('USDT', 'VND');
const USDT_USD = pair('USDT', 'USD');
const USD_VND = pair('USD', 'VND');
const MINUTE = 60_000;
const TRUE_RATES = ratesOn(RATES_DATE);

const open: { close(): Promise<void> }[] = [];
async function start(...args: Parameters<typeof startRates>) {
  const rates = await startRates(...args);
  open.push(rates);
  return rates;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe('a quote', () => {
  it('is the primary source, exactly, with its evidence', async () => {
    const clock = new ManualClock();
    const { service } = await start({ clock });
    const quote = await service.getQuote(USDT_VND);
    expect(quoteToJson(quote)).toEqual({
      quote_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      pair: 'USDT/VND',
      bid: '25908.28356964',
      mid: '25934.21778743',
      ask: '25960.15200522',
      as_of: '2026-11-23T02:00:00.000Z',
      age_ms: 0,
      level: 'fresh',
      sources: [
        {
          source: 'coingecko',
          route: 'coingecko',
          pair: 'USDT/VND',
          rate: '25934.21778743',
          as_of: '2026-11-23T02:00:00.000Z',
          published_at: '2026-11-23T02:00:00.000Z',
        },
      ],
      attempts: [{ source: 'coingecko', outcome: 'ok', ms: 0 }],
      basis: 'spot_aggregate',
      expires_at: '2026-11-23T02:01:00.000Z',
    });
    expect(isUuid(quote.quoteId)).toBe(true);
  });

  it('of every accepted pair, and of no other', async () => {
    const { service } = await start();
    expect(formatRate((await service.getQuote(USDT_USD)).mid)).toBe(TRUE_RATES.usdtUsd);
    const fx = await service.getQuote(USD_VND);
    expect([formatRate(fx.mid), fx.basis, fx.sources[0]?.source]).toEqual([TRUE_RATES.usdVnd, 'fx_mid', 'open-er-api']);
    expect(formatRate(await service.getUSDTToVND())).toBe(TRUE_RATES.usdtVnd);
    await expect(service.getQuote(pair('VND', 'USDT'))).rejects.toMatchObject({
      kind: 'missing',
      code: 'rates.unknown_pair',
      details: { pair: 'VND/USDT', accepted: ['USDT/VND', 'USDT/USD', 'USD/VND'] },
    });
  });

  it('asks CoinGecko once for both of its pairs', async () => {
    const { service, providers } = await start();
    await Promise.all([service.getQuote(USDT_VND), service.getQuote(USDT_USD)]);
    expect(providers.calls('coingecko')).toBe(1);
  });

  it('by the second route is the exact product of its legs, as old as the older', async () => {
    const clock = new ManualClock();
    const { service, providers } = await start({ clock });
    providers.setFault('coingecko', { kind: 'html' });
    const quote = await service.getQuote(USDT_VND);
    const [usd, vnd] = quote.sources;
    if (usd === undefined || vnd === undefined) throw new Error('two legs');
    expect(quote.sources.map(({ source, route }) => [source, route])).toEqual([
      ['binance', 'binance x fx'],
      ['open-er-api', 'binance x fx'],
    ]);
    expect(quote.mid).toEqual(crossLegs(usd, vnd).rate);
    expect([quote.asOf, quote.basis, quote.level]).toEqual([
      Math.min(usd.asOf, vnd.asOf),
      'book_mid_x_fx_mid',
      'fresh',
    ]);
    // published this morning, current all day
    expect(new Date(vnd.publishedAt).toISOString()).toBe('2026-11-23T00:00:00.000Z');
    const truth = parseRate(USDT_VND, TRUE_RATES.usdtVnd).value;
    const permille =
      (quote.mid.value.units * 10n ** BigInt(truth.scale) * 1000n) /
      (truth.units * 10n ** BigInt(quote.mid.value.scale));
    expect([999n, 1000n]).toContain(permille);
  });
});

describe('memory', () => {
  it('answers while the rate is fresh, with the same id and its age of now', async () => {
    const clock = new ManualClock();
    const { service, providers } = await start({ clock });
    const first = await service.getQuote(USDT_VND);
    clock.advanceSync(5 * MINUTE);
    const second = await service.getQuote(USDT_VND);
    expect(providers.calls('coingecko')).toBe(1);
    expect(second).toMatchObject({ quoteId: first.quoteId, ageMs: 5 * MINUTE, level: 'fresh', bid: first.bid });
  });

  it('answers at once while the rate is aging, wider, and looks for a newer one behind', async () => {
    const clock = new ManualClock();
    const { service, providers, events } = await start({ clock });
    const first = await service.getQuote(USDT_VND);
    clock.advanceSync(6 * MINUTE);
    const second = await service.getQuote(USDT_VND);
    expect(second).toMatchObject({ quoteId: first.quoteId, ageMs: 6 * MINUTE, level: 'aging' });
    expect([compareRate(second.bid, first.bid), compareRate(second.ask, first.ask)]).toEqual([-1, 1]);
    await until(() => events.filter((event) => event.kind === 'attempt').length === 2);
    await untilQuote(
      () => service.getQuote(USDT_VND),
      (quote) => quote.quoteId !== first.quoteId,
    );
    expect(await service.getQuote(USDT_VND)).toMatchObject({ level: 'fresh', ageMs: 0 });
    expect(providers.calls('coingecko')).toBe(2);
  });

  it('waits for a newer one when the rate is stale', async () => {
    const clock = new ManualClock();
    const { service } = await start({ clock });
    const first = await service.getQuote(USDT_VND);
    clock.advanceSync(31 * MINUTE);
    const second = await service.getQuote(USDT_VND);
    expect(second).toMatchObject({ level: 'fresh', ageMs: 0 });
    expect(second.quoteId).not.toBe(first.quoteId);
  });

  it('is filled by one call however many wait', async () => {
    const { service, providers } = await start();
    const quotes = await Promise.all(Array.from({ length: 100 }, () => service.getQuote(USDT_VND)));
    expect(new Set(quotes.map((quote) => quote.quoteId)).size).toBe(1);
    expect(providers.calls('coingecko')).toBe(1);
  });

  it('never grows younger when the wall clock steps back, nor stays young when it steps ahead', async () => {
    const clock = new ManualClock();
    const { service, breakAllBut } = await start({ clock, settings: { retries: 0 } });
    await service.getQuote(USDT_VND);
    breakAllBut({ kind: 'dead' });
    clock.advanceSync(10 * MINUTE);
    clock.jump(-9 * MINUTE);
    expect(await service.getQuote(USDT_VND)).toMatchObject({ ageMs: 10 * MINUTE, level: 'aging' });
    clock.jump(9 * MINUTE + 59 * MINUTE);
    clock.advanceSync(MINUTE);
    expect(await service.getQuote(USDT_VND)).toMatchObject({ ageMs: 70 * MINUTE, level: 'stale' });
  });
});

describe('the shared cache', () => {
  it('gives a starting process its first rate, without asking a provider', async () => {
    const clock = new ManualClock();
    const { service, another, providers } = await start({ clock });
    const first = await service.getQuote(USDT_VND);
    clock.advanceSync(MINUTE);
    const replica = await another().getQuote(USDT_VND);
    expect(replica).toMatchObject({ quoteId: first.quoteId, mid: first.mid, ageMs: MINUTE, sources: first.sources });
    expect(providers.calls('coingecko')).toBe(1);
  });

  it('spares a replica the search that another has made', async () => {
    const clock = new ManualClock();
    const { service, another, providers } = await start({ clock });
    const replica = another();
    await service.getQuote(USDT_VND);
    await replica.getQuote(USDT_VND);
    clock.advanceSync(40 * MINUTE);
    const renewed = await service.getQuote(USDT_VND);
    expect((await replica.getQuote(USDT_VND)).quoteId).toBe(renewed.quoteId);
    expect(providers.calls('coingecko')).toBe(2);
  });

  const now = Date.parse('2026-11-23T02:00:00Z');
  const good = {
    quote_id: '01930a3e-1111-7222-8333-444455556666',
    pair: 'USDT/VND',
    mid: '26000',
    as_of: now - 1_000,
    basis: 'spot_aggregate',
    sources: [
      {
        source: 'coingecko',
        route: 'coingecko',
        pair: 'USDT/VND',
        rate: '26000',
        as_of: now - 1_000,
        published_at: now - 1_000,
      },
    ],
  };
  const poison: readonly (readonly [string, string])[] = [
    ['no JSON', '<html>'],
    ['another shape', '{}'],
    ['zero', JSON.stringify({ ...good, mid: '0' })],
    ['a float', JSON.stringify({ ...good, mid: 26000.5 })],
    ['1e30', JSON.stringify({ ...good, mid: '1e30' })],
    ['out of its band', JSON.stringify({ ...good, mid: '260000' })],
    ['another pair', JSON.stringify({ ...good, pair: 'USD/VND' })],
    ['from the future', JSON.stringify({ ...good, as_of: now + 3_600_000 })],
    ['without sources', JSON.stringify({ ...good, sources: [] })],
    ['with more than belongs there', JSON.stringify({ ...good, level: 'fresh' })],
    ['too long', JSON.stringify({ ...good, basis: 'x'.repeat(20_000) })],
  ];

  it.each(poison)('is not believed: %s', async (_, value) => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    await cache.setIfNewer('rates:v1:USDT/VND', value, now - 1_000, 3_600_000);
    const { service, lines } = await start({ clock, cache });
    expect(formatRate((await service.getQuote(USDT_VND)).mid)).toBe(TRUE_RATES.usdtVnd);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ code: 'rates.cache_rejected' }) }),
    );
  });

  it('is believed where it is right', async () => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    await cache.setIfNewer('rates:v1:USDT/VND', JSON.stringify(good), now - 1_000, 3_600_000);
    const { service, providers } = await start({ clock, cache });
    expect((await service.getQuote(USDT_VND)).mid.value).toEqual(parseDecimal('26000'));
    expect(providers.calls('coingecko')).toBe(0);
  });
});

describe('the state of the providers', () => {
  it('tells what happened, and what is off and why', async () => {
    const clock = new ManualClock();
    const { service, providers } = await start({ clock, key: null });
    providers.setFault('coingecko', { kind: 'html' });
    await service.getQuote(USDT_VND);
    const byName = new Map(service.providers().map((each) => [each.name, each]));
    expect(byName.get('coingecko')).toMatchObject({
      enabled: true,
      lastOutcome: 'bad-payload',
      consecutiveFailures: 1,
      breaker: { kind: 'closed', failures: 1 },
      routes: ['USDT/VND by coingecko', 'USDT/USD by coingecko'],
    });
    expect(byName.get('binance')).toMatchObject({
      lastOutcome: 'ok',
      lastSuccessAt: clock.now(),
      consecutiveFailures: 0,
    });
    expect(byName.get('cryptocompare')).toMatchObject({
      enabled: false,
      disabledReason: expect.stringContaining('CRYPTOCOMPARE_API_KEY'),
    });
    expect(byName.get('frankfurter')).toMatchObject({ lastOutcome: undefined, lastSuccessAt: undefined });
  });

  it('shows a source that an operator has taken out, whose last answer is not used either', async () => {
    const { service, providers } = await start();
    service.controlBreaker('coingecko', 'open');
    expect((await service.getQuote(USDT_VND)).attempts[0]).toMatchObject({
      source: 'coingecko',
      outcome: 'skipped-open',
    });
    expect(providers.calls('coingecko')).toBe(0);
    service.controlBreaker('coingecko', 'reset');
    expect((await service.getQuote(USDT_USD)).sources[0]?.source).toBe('coingecko');
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function untilQuote<Q>(ask: () => Promise<Q>, condition: (quote: Q) => boolean): Promise<void> {
  while (!condition(await ask())) await new Promise((resolve) => setTimeout(resolve, 2));
}
