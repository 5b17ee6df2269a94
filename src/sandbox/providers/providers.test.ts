import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { parseBusinessDate } from '../../kernel/business-date.ts';
import { parseDecimal } from '../../kernel/decimal.ts';
import { RECORDED_RATES, recordedRatesOn } from '../data/recorded-rates.ts';
import { FAULT, type Fault, PROVIDERS, parseFault } from './faults.ts';
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
  ])('%s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
    expect(FAULT.parse(fault)).toEqual(fault);
  });

  it.each([['slow'], ['slow:'], ['slow:x'], ['slow:1:2'], ['dead:1'], ['status:99'], ['lying:0'], ['sick'], ['']])(
    'refuses "%s", and says what is accepted',
    (text) => {
      expect(() => parseFault(text)).toThrow(
        expect.objectContaining({
          kind: 'invalid',
          code: 'sandbox.fault_malformed',
          message: expect.stringContaining('string-with-commas'),
        }),
      );
    },
  );
});

describe('the simulated providers', () => {
  const clock = new ManualClock(Date.parse('2026-09-29T10:00:00Z'));
  let providers: Providers;
  beforeEach(async () => {
    providers = await startProviders({ clock });
  });
  afterEach(() => providers.close());

  const get = async (name: (typeof PROVIDERS)[number], path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${providers.urls[name]}${path}`, { headers });
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
  });

  it('want a key where the real one does, and know their own paths only', async () => {
    expect((await get('cryptocompare', '/data/pricemultifull')).status).toBe(401);
    const paid = JSON.parse((await get('cryptocompare', '/data/pricemultifull', { authorization: 'Apikey k' })).body);
    expect(paid.RAW.USDT.VND).toMatchObject({ FROMSYMBOL: 'USDT', TOSYMBOL: 'VND', LASTUPDATE: 1790676000 });
    for (const name of PROVIDERS) expect((await get(name, '/elsewhere')).status).toBe(404);
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
    expect([providers.calls('coingecko'), providers.calls('binance')]).toEqual([10, 0]);
  });

  it('freeze at the moment they are told to', async () => {
    providers.setFault('coingecko', { kind: 'frozen' });
    const before = (await get('coingecko', '/simple/price')).body;
    clock.advanceSync(3_600_000);
    expect((await get('coingecko', '/simple/price')).body).toBe(before);
    providers.setFault('coingecko', { kind: 'none' });
    expect((await get('coingecko', '/simple/price')).body).not.toBe(before);
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
