import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { parseBusinessDate } from '../../kernel/business-date.ts';
import { parseDecimal } from '../../kernel/decimal.ts';
import { RECORDED_RATES, recordedRatesOn } from '../data/recorded-rates.ts';
import { FAULT, type Fault, PROVIDERS, type ProviderName, parseFault } from './faults.ts';
import { depegged } from './market.ts';
import { type Providers, startProviders } from './providers.ts';

describe('recorded rates', () => {
  it('are 44 days in order, all of them decimals', () => {
    expect(RECORDED_RATES).toHaveLength(44);
    expect(RECORDED_RATES.map(({ date }) => date)).toEqual([...new Set(RECORDED_RATES.map(({ date }) => date))].sort());
    for (const { date, ...rates } of RECORDED_RATES) {
      parseBusinessDate(date);
      for (const rate of Object.values(rates)) expect(parseDecimal(rate)?.units ?? 0n).toBeGreaterThan(0n);
    }
  });

  it('hold until the next, and begin with the first', () => {
    expect(recordedRatesOn(parseBusinessDate('2026-11-23'))?.date).toBe('2026-09-29');
    expect(recordedRatesOn(parseBusinessDate('2026-09-12'))?.date).toBe('2026-09-07');
    expect(recordedRatesOn(parseBusinessDate('2024-03-02'))?.usdtVnd).toBe('24627.67813577');
    expect(recordedRatesOn(parseBusinessDate('2024-03-01'))).toBeUndefined();
  });
});

describe('faults', () => {
  it.each<readonly [string, Fault]>([
    ['none', { kind: 'none' }],
    ['hang', { kind: 'hang' }],
    ['slow:300', { kind: 'slow', ms: 300 }],
    ['status:503', { kind: 'status', status: 503 }],
    ['rate-limited', { kind: 'rate-limited', retryAfterSeconds: 60 }],
    ['rate-limited:5', { kind: 'rate-limited', retryAfterSeconds: 5 }],
    ['lying:103', { kind: 'lying', factorPercent: 103 }],
    ['lying:100000', { kind: 'lying', factorPercent: 100_000 }],
    ['inverted', { kind: 'inverted' }],
  ])('%s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
    expect(FAULT.parse(fault)).toEqual(fault);
  });

  it.each([
    ['slow'],
    ['slow:'],
    ['slow:x'],
    ['slow:1:2'],
    ['dead:1'],
    ['status:99'],
    ['lying:0'],
    ['lying:100001'],
    ['inverted:2'],
    ['sick'],
    [''],
  ])('refuses "%s", and says what is accepted', (text) => {
    expect(() => parseFault(text)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        code: 'sandbox.fault_malformed',
        message: expect.stringContaining('string-with-commas'),
      }),
    );
  });
});

const BANK = '/api/exchangerates?date=2026-09-29';
const STREET = '/bapi/c2c/v2/friendly/c2c/adv/search';

describe('a market off its peg', () => {
  const [first] = RECORDED_RATES;
  const rates = first ?? { date: '', usdtUsd: '1', usdVnd: '1', usdtVnd: '1', usdcVnd: '1' };

  it('is what a USDT is worth, and nothing else', () => {
    expect(depegged(rates, 100)).toBe(rates);
    expect(depegged(rates, 50)).toEqual({ ...rates, usdtUsd: '0.499630245', usdtVnd: '12313.839067885' });
    expect(depegged(rates, 150)).toMatchObject({
      usdtUsd: '1.498890735',
      usdcVnd: rates.usdcVnd,
      usdVnd: rates.usdVnd,
    });
  });
});

describe('the simulated providers', () => {
  const clock = new ManualClock(Date.parse('2026-09-29T10:00:00Z'));
  let providers: Providers;
  beforeEach(async () => {
    providers = await startProviders({ clock });
  });
  afterEach(() => providers.close());

  const get = async (name: ProviderName, path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(`${providers.urls[name]}${path}`, { headers, method });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };

  it("speak the providers' own JSON, from the newest recorded rates", async () => {
    expect((await get('coingecko', '/simple/price?ids=tether')).body).toBe(
      '{"tether":{"vnd":25934.21778743,"usd":0.99947779,"last_updated_at":1790676000}}',
    );
    const [usdc, fdusd] = JSON.parse((await get('binance', '/api/v3/ticker/bookTicker')).body);
    // 25945.64624123 / 25934.21778743 and 1 / 0.99947779, a tick to either side
    expect(usdc).toMatchObject({ symbol: 'USDCUSDT', bidPrice: '1.00034067', askPrice: '1.00054067' });
    expect(fdusd).toMatchObject({ symbol: 'FDUSDUSDT', bidPrice: '1.00042248', askPrice: '1.00062248' });
    const latest = JSON.parse((await get('open-er-api', '/v6/latest/USD')).body);
    expect(latest).toMatchObject({
      result: 'success',
      base_code: 'USD',
      time_eol_unix: 0,
      rates: { VND: 25947.76804973 },
    });
    expect((await get('frankfurter', '/v2/rate/USD/VND')).body).toBe(
      '{"date":"2026-09-29","base":"USD","quote":"VND","rate":25948}',
    );
    // 25947.76804973 less and plus 0.73 %
    expect(JSON.parse((await get('vietcombank', BANK)).body)).toMatchObject({
      Count: 2,
      UpdatedDate: '2026-09-29T23:00:00+07:00',
      Data: [
        { currencyCode: 'DKK', cash: '0' },
        { currencyCode: 'USD', transfer: '25758.35', sell: '26137.19' },
      ],
    });
    const { code, data } = JSON.parse((await get('binance-p2p', STREET, {}, 'POST')).body);
    expect([code, data.length]).toEqual(['000000', 7]);
    expect(data.slice(0, 2)).toMatchObject([
      { adv: { price: '25994', surplusAmount: '310.50', fiatUnit: 'VND' } },
      { adv: { price: '25939' } },
    ]);
  });

  it('want a key where the real one does, and know their own paths only', async () => {
    expect((await get('cryptocompare', '/data/pricemultifull')).status).toBe(401);
    const paid = JSON.parse((await get('cryptocompare', '/data/pricemultifull', { authorization: 'Apikey k' })).body);
    expect(paid.RAW.USDT.VND).toMatchObject({ FROMSYMBOL: 'USDT', TOSYMBOL: 'VND', LASTUPDATE: 1790676000 });
    for (const name of PROVIDERS) expect((await get(name, '/elsewhere')).status).toBe(404);
    for (const path of ['/api/exchangerates', '/api/exchangerates?date=', '/api/exchangerates?date=29/09/2026'])
      expect((await get('vietcombank', path)).status).toBe(404);
    expect((await get('binance-p2p', STREET)).status).toBe(404);
    expect((await get('coingecko', '/simple/price', {}, 'POST')).status).toBe(404);
    expect((await fetch(providers.urls.coingecko.replace('coingecko', 'kraken'))).status).toBe(404);
  });

  it('fail as they are told, each alone, and count their calls', async () => {
    const path = '/simple/price';
    const body = async (fault: Fault): Promise<string> => {
      providers.setFault('coingecko', fault);
      return (await get('coingecko', path)).body;
    };
    expect(await body({ kind: 'zero' })).toContain('"vnd":0,');
    expect(await body({ kind: 'huge' })).toContain('"vnd":1e30,');
    expect(await body({ kind: 'string-with-commas' })).toContain('"vnd":"26,105.00",');
    expect(await body({ kind: 'lying', factorPercent: 102 })).toContain('"vnd":26452.9021431786,');
    expect(await body({ kind: 'lying', factorPercent: 100_000 })).toContain('"vnd":25934217.7874300000,');
    // 1 / 25934.21778743 = 0.00003855909625644...
    expect(await body({ kind: 'inverted' })).toContain('"vnd":0.0000385590962564,');
    expect(await body({ kind: 'html' })).toMatch(/^<!DOCTYPE html>/);
    expect(await body({ kind: 'empty-object' })).toBe('{}');
    expect(await body({ kind: 'error-under-200' })).toContain('error_code');
    await expect(body({ kind: 'dead' })).rejects.toThrow();
    providers.setFault('coingecko', { kind: 'rate-limited', retryAfterSeconds: 90 });
    const limited = await get('coingecko', path);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '90']);
    providers.setFault('coingecko', { kind: 'status', status: 502, body: 'bad gateway' });
    expect(await get('coingecko', path)).toMatchObject({ status: 502, body: 'bad gateway' });
    expect(providers.faults()).toMatchObject({ coingecko: { kind: 'status' }, binance: { kind: 'none' } });
    expect([providers.calls('coingecko'), providers.calls('binance')]).toEqual([12, 0]);
  });

  it('freeze at the moment they are told to', async () => {
    providers.setFault('coingecko', { kind: 'frozen' });
    const before = (await get('coingecko', '/simple/price')).body;
    clock.advanceSync(3_600_000);
    expect((await get('coingecko', '/simple/price')).body).toBe(before);
    providers.setFault('coingecko', { kind: 'none' });
    expect((await get('coingecko', '/simple/price')).body).not.toBe(before);
  });

  it('let USDT leave its peg together, and only those who quote it', async () => {
    const bodies = async () => ({
      coingecko: (await get('coingecko', '/simple/price')).body,
      binance: JSON.parse((await get('binance', '/api/v3/ticker/bookTicker')).body),
      cryptocompare: (await get('cryptocompare', '/data/pricemultifull', { authorization: 'k' })).body,
      street: JSON.parse((await get('binance-p2p', STREET, {}, 'POST')).body).data[3].adv.price,
      fx: [
        (await get('vietcombank', BANK)).body,
        (await get('open-er-api', '/v6/latest/USD')).body,
        (await get('frankfurter', '/v2/rate/USD/VND')).body,
      ],
    });
    const before = await bodies();
    expect(providers.depeg()).toBe(100);
    providers.setDepeg(96);
    expect(providers.depeg()).toBe(96);
    const after = await bodies();
    // 0.96 of 25934.21778743 and of 0.99947779
    expect(after.coingecko).toContain('"vnd":24896.8490759328,"usd":0.9594986784,');
    expect(after.cryptocompare).toContain('"PRICE":24896.8490759328,');
    expect(after.cryptocompare).toContain('"PRICE":0.9594986784,');
    // 1.00044067 / 0.96 and 1.00052248 / 0.96, each a tick less
    expect(after.binance).toMatchObject([{ bidPrice: '1.04202570' }, { bidPrice: '1.04211092' }]);
    expect([before.street, after.street]).toEqual(['25934', '24897']);
    expect(after.fx).toEqual(before.fx);
    providers.setDepeg(100);
    expect(await bodies()).toEqual(before);
  });

  it("keep CoinGecko's answer for as long as its server does, where told to, whatever the market does", async () => {
    const caching = await startProviders({ clock, coingeckoCacheMs: 60_000 });
    const price = async () => JSON.parse(await (await fetch(`${caching.urls.coingecko}/simple/price`)).text()).tether;
    const at = Math.ceil(clock.now() / 60_000) * 60_000;
    clock.advanceSync(at - clock.now() + 59_999);
    const kept = await price();
    expect(kept.last_updated_at).toBe(at / 1000);
    caching.setDepeg(90);
    expect(await price()).toEqual(kept);
    clock.advanceSync(1);
    expect(await price()).toEqual({ vnd: 23340.796008687, usd: 0.899530011, last_updated_at: at / 1000 + 60 });
    await caching.close();
  });

  it('drip one byte a second, and wait where they are slow, by their clock', async () => {
    providers.setFault('frankfurter', { kind: 'slow', ms: 5_000 });
    providers.setFault('open-er-api', { kind: 'hang' });
    const slow = get('frankfurter', '/v2/rate/USD/VND');
    const dripping = await fetch(`${providers.urls['open-er-api']}/v6/latest/USD`);
    const reader = dripping.body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(1);
    while (clock.pending < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(1_000);
    expect((await reader?.read())?.value).toHaveLength(1);
    await clock.advance(4_000);
    expect((await slow).status).toBe(200);
    await reader?.cancel();
  });

  it('cannot tell rates of a day before the first', async () => {
    await expect(startProviders({ clock, date: () => parseBusinessDate('2024-01-01') })).rejects.toMatchObject({
      code: 'sandbox.date_out_of_range',
    });
  });
});
