/** Rates over real HTTP from the simulated providers, all of them well. */
import { afterEach, describe, expect, it } from 'vitest';
import { quoteToJson } from '../../src/features/rates/quote-json.ts';
import { bpsBetween } from '../../src/features/rates/rules.ts';
import { isUuid } from '../../src/kernel/ids.ts';
import { compareRate, formatRate, pair, parseRate } from '../../src/kernel/rate.ts';
import { createMemoryCache } from '../../src/platform/cache/memory.ts';
import type { Cache } from '../../src/platform/cache/port.ts';
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

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Asked, and answered by every source: what comes later changes nothing any more. */
async function settled(...args: Parameters<typeof startRates>) {
  const rates = await start(...args);
  await rates.service.getQuote(USDT_VND);
  const enabled = () => rates.service.providers().filter((each) => each.enabled);
  await until(() => enabled().every((each) => each.lastOutcome !== undefined));
  const heard = (): number => rates.service.knownQuote(USDT_VND)?.witnesses.filter((each) => each.rate).length ?? 0;
  await until(() => heard() === 3);
  return rates;
}

describe('a quote', () => {
  it('is the middle of what the routes say, with its evidence', async () => {
    const clock = new ManualClock();
    const { service } = await settled({ clock });
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
      agreement: 'corroborated',
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
      witnesses: [
        { route: 'coingecko', rate: '25934.21778743', verdict: 'chosen', why: null },
        {
          route: 'binance USDT/USD x USD/VND',
          rate: expect.stringMatching(/^259[34]\d\./),
          verdict: 'supports',
          why: null,
        },
        { route: 'cryptocompare', rate: '25934.21778743', verdict: 'supports', why: null },
        { route: 'binance-p2p', rate: null, verdict: 'silent', why: 'it is switched off in the graph of rates' },
      ],
      attempts: [
        { source: 'coingecko', outcome: 'ok', ms: 0 },
        { source: 'binance', outcome: 'ok', ms: 0 },
        { source: 'cryptocompare', outcome: 'ok', ms: 0 },
        { source: 'vietcombank', outcome: 'ok', ms: 0 },
        { source: 'open-er-api', outcome: 'ok', ms: 0 },
        { source: 'frankfurter', outcome: 'ok', ms: 0 },
        { source: 'binance-p2p', outcome: 'disabled', message: 'it is switched off in the graph of rates', ms: 0 },
      ],
      basis: 'spot_aggregate',
      expires_at: '2026-11-23T02:01:00.000Z',
    });
    expect(isUuid(quote.quoteId)).toBe(true);
  });

  it('of every accepted pair, and of no other', async () => {
    const { service } = await settled();
    expect(formatRate((await service.getQuote(USDT_USD)).mid)).toBe(TRUE_RATES.usdtUsd);
    const fx = await service.getQuote(USD_VND);
    // the middle of the bank's 25947.77, the exact 25947.76804973 and Frankfurter's whole 25948
    expect([formatRate(fx.mid), fx.agreement]).toEqual(['25947.77', 'corroborated']);
    expect(formatRate(await service.getUSDTToVND())).toBe(TRUE_RATES.usdtVnd);
    await expect(service.getQuote(pair('VND', 'USDT'))).rejects.toMatchObject({
      kind: 'missing',
      code: 'rates.unknown_pair',
      details: { pair: 'VND/USDT', accepted: expect.arrayContaining(['USDT/VND', 'USDT/USD', 'USD/VND']) },
    });
  });

  it('asks each source once, however many pairs and callers want it', async () => {
    const { service, providers } = await start();
    const pairs = [USDT_VND, USDT_USD, USD_VND];
    await Promise.all(Array.from({ length: 300 }, (_, index) => service.getQuote(pairs[index % 3] ?? USDT_VND)));
    await until(() => service.providers().every((each) => !each.enabled || each.lastOutcome === 'ok'));
    for (const name of [
      'coingecko',
      'binance',
      'cryptocompare',
      'vietcombank',
      'open-er-api',
      'frankfurter',
    ] as const) {
      expect([name, providers.calls(name)]).toEqual([name, 1]);
    }
  });

  it('by the second route alone is the product of its legs, published this morning and current all day', async () => {
    const clock = new ManualClock();
    const { service, providers } = await start({ clock });
    for (const name of ['coingecko', 'cryptocompare'] as const) providers.setFault(name, { kind: 'html' });
    const quote = await service.getQuote(USDT_VND);
    expect(quote.agreement).toBe('unverified');
    const [usd, vnd] = quote.sources;
    if (usd === undefined || vnd === undefined) throw new Error('two legs');
    expect([usd.source, usd.pair, vnd.pair]).toEqual(['binance', USDT_USD, USD_VND]);
    expect(quote.basis).toMatch(/^book_mid_x_(fx|bank)_mid$/);
    const fx = await service.getQuote(USD_VND);
    expect(fx.sources[0]).toMatchObject({ pair: USD_VND });
    expect(bpsBetween(quote.mid, parseRate(USDT_VND, TRUE_RATES.usdtVnd))).toBeLessThan(10);
  });
});

describe('memory', () => {
  it('answers while the rate is fresh, with the same id and its age of now', async () => {
    const clock = new ManualClock();
    const { service, providers } = await settled({ clock });
    const first = await service.getQuote(USDT_VND);
    clock.advanceSync(5 * MINUTE);
    const second = await service.getQuote(USDT_VND);
    expect(providers.calls('coingecko')).toBe(1);
    expect(second).toMatchObject({ quoteId: first.quoteId, ageMs: 5 * MINUTE, level: 'fresh', bid: first.bid });
  });

  it('answers at once while the rate is aging, wider, and asks whoever is due behind', async () => {
    const clock = new ManualClock();
    const { service } = await settled({ clock });
    const first = await service.getQuote(USDT_VND);
    clock.advanceSync(6 * MINUTE);
    const second = await service.getQuote(USDT_VND);
    expect(second).toMatchObject({ quoteId: first.quoteId, ageMs: 6 * MINUTE, level: 'aging' });
    expect([compareRate(second.bid, first.bid), compareRate(second.ask, first.ask)]).toEqual([-1, 1]);
    await until(async () => (await service.getQuote(USDT_VND)).quoteId !== first.quoteId);
    expect(await service.getQuote(USDT_VND)).toMatchObject({ level: 'fresh', ageMs: 0 });
  });

  it('waits for a newer one when the rate is stale', async () => {
    const clock = new ManualClock();
    const { service } = await settled({ clock });
    const first = await service.getQuote(USDT_VND);
    clock.advanceSync(31 * MINUTE);
    const second = await service.getQuote(USDT_VND);
    expect(second).toMatchObject({ level: 'fresh', ageMs: 0 });
    expect(second.quoteId).not.toBe(first.quoteId);
  });

  it('never grows younger when the wall clock steps back, nor stays young when it steps ahead', async () => {
    const clock = new ManualClock();
    const { service, breakAllBut } = await settled({ clock, settings: { retries: 0 } });
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
    const { service, another, providers } = await settled({ clock });
    const first = await service.getQuote(USDT_VND);
    clock.advanceSync(MINUTE);
    const replica = await another().getQuote(USDT_VND);
    expect(replica).toMatchObject({ quoteId: first.quoteId, mid: first.mid, ageMs: MINUTE, sources: first.sources });
    expect(providers.calls('coingecko')).toBe(1);
  });

  it('spares a replica the round that another has made', async () => {
    const clock = new ManualClock();
    const { service, another, providers } = await settled({ clock });
    const replica = another();
    await replica.getQuote(USDT_VND);
    await new Promise((resolve) => setTimeout(resolve, 5)); // its round has ended
    clock.advanceSync(40 * MINUTE);
    await service.getQuote(USDT_VND);
    await until(() => service.providers().every((each) => !each.enabled || each.lastSuccessAt === clock.now()));
    const renewed = await service.getQuote(USDT_VND);
    expect((await replica.getQuote(USDT_VND)).quoteId).toBe(renewed.quoteId);
    expect(providers.calls('coingecko')).toBe(2);
  });

  it('is judged by whoever comes next, where a process died between asking and publishing', async () => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    const dying: Cache = {
      ...cache,
      swap: (key, ...rest) => (key.startsWith('rates:v2:pair:') ? new Promise(() => {}) : cache.swap(key, ...rest)),
    };
    const { another, providers } = await start({ clock, cache });
    void another({ cache: dying }).warm();
    const asked = ['coingecko', 'binance', 'vietcombank', 'frankfurter', 'open-er-api', 'cryptocompare'];
    const written = async () => (await cache.read(asked.map((name) => `rates:v2:source:${name}`))).found;
    await until(async () => (await written()).every((record) => record?.value.includes('"reading":{')));
    const quote = await another().getQuote(USDT_VND);
    expect(quote.level).toBe('fresh');
    expect(providers.calls('coingecko')).toBe(1);
  });

  const good = async (): Promise<string> => {
    const clock = new ManualClock();
    const { cache } = await settled({ clock });
    const [stored] = (await cache.read(['rates:v2:pair:USDT/VND'])).found;
    if (stored === undefined) throw new Error('nothing was shared');
    return stored.value;
  };
  const poison: readonly (readonly [string, (value: string) => string])[] = [
    ['no JSON', () => '<html>'],
    ['another shape', () => '{}'],
    ['zero', (value) => value.replace(/"mid":"[^"]+"/, '"mid":"0"')],
    ['a float', (value) => value.replace(/"mid":"([^"]+)"/, '"mid":$1')],
    ['1e30', (value) => value.replace(/"mid":"[^"]+"/, '"mid":"1e30"')],
    ['out of its band', (value) => value.replace(/"mid":"[^"]+"/, '"mid":"260000"')],
    ['another word for agreement', (value) => value.replace('corroborated', 'trust_me')],
    ['with more than belongs there', (value) => value.replace('{', '{"level":"fresh",')],
    ['from before time', (value) => value.replace(/"at":\d[\d.]*/, '"at":-1')],
  ];

  it.each(poison)('is not believed: %s', async (_, spoil) => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    const value = spoil(await good());
    await cache.swap('rates:v2:pair:USDT/VND', undefined, value, 3_600_000);
    const { service, lines } = await start({ clock, cache });
    expect(formatRate((await service.getQuote(USDT_VND)).mid)).toMatch(/^2593\d\./);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ code: 'rates.cache_rejected' }) }),
    );
  });

  it('is believed where it is right', async () => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    await cache.swap(
      'rates:v2:pair:USDT/VND',
      undefined,
      (await good()).replace(/"mid":"[^"]+"/, '"mid":"26000"'),
      3_600_000,
    );
    const { service, providers } = await start({ clock, cache });
    expect(formatRate((await service.getQuote(USDT_VND)).mid)).toBe('26000');
    expect(providers.calls('coingecko')).toBe(0);
  });
});

describe('the state of the providers', () => {
  it('tells what happened, and what is off and why', async () => {
    const clock = new ManualClock();
    const { service, providers } = await start({ clock, key: null });
    providers.setFault('coingecko', { kind: 'html' });
    await service.getQuote(USDT_VND);
    await until(() => service.providers().every((each) => !each.enabled || each.lastOutcome !== undefined));
    const byName = new Map(service.providers().map((each) => [each.name, each]));
    expect(byName.get('coingecko')).toMatchObject({
      enabled: true,
      lastOutcome: 'bad-payload',
      consecutiveFailures: 1,
      breaker: { kind: 'closed', failures: 1 },
      routes: expect.arrayContaining(['USDT/VND by coingecko', 'USDT/USD by coingecko']),
      callsLeft: 400,
    });
    expect(byName.get('binance')).toMatchObject({
      lastOutcome: 'ok',
      lastSuccessAt: clock.now(),
      consecutiveFailures: 0,
      callsLeft: undefined,
      figures: [{ pair: 'USDT/USD', rate: expect.stringMatching(/^0\.999/), asOf: clock.now() }],
    });
    expect(byName.get('cryptocompare')).toMatchObject({
      enabled: false,
      disabledReason: expect.stringContaining('CRYPTOCOMPARE_API_KEY'),
    });
    expect(byName.get('binance-p2p')).toMatchObject({ enabled: false, lastOutcome: undefined });
  });

  it('shows a source that an operator has taken out, whose last answer is not used either', async () => {
    const { service, providers } = await start();
    await service.controlBreaker('coingecko', 'open');
    const without = await service.getQuote(USDT_VND);
    expect(without.attempts[0]).toMatchObject({ source: 'coingecko', outcome: 'skipped-open' });
    expect(without.witnesses[0]).toMatchObject({ verdict: 'silent', why: 'its breaker is forced open' });
    expect(providers.calls('coingecko')).toBe(0);
    await service.controlBreaker('coingecko', 'reset');
    service.start();
    await until(() => service.knownQuote(USDT_VND)?.sources[0]?.source === 'coingecko');
    await expect(service.controlBreaker('kraken', 'open')).rejects.toMatchObject({ code: 'rates.unknown_provider' });
  });
});
