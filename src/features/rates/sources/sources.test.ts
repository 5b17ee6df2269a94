/** Each provider's real shapes, and what becomes of everything else. */
import { describe, expect, it } from 'vitest';
import {
  book,
  NOW,
  read,
  reply,
  SECONDS,
  SUCCESS,
  settings,
  sources,
  TODAY,
} from '../../../../test/support/rate-answers.ts';
import { formatRate, pairName } from '../../../kernel/rate.ts';
import type { HttpResponse } from '../../../platform/http-client/port.ts';
import { type FailureClass, SourceFailure } from '../classes.ts';
import { SOURCE_NAMES, type SourceName } from '../quote.ts';
import { asOfAt } from '../rules.ts';
import { DEFAULT_RATES_SETTINGS } from '../settings.ts';
import type { Reading } from './source.ts';
import { createSources } from './sources.ts';

function failure(name: SourceName, response: HttpResponse): SourceFailure {
  try {
    read(name, response);
  } catch (error) {
    if (error instanceof SourceFailure) return error;
    throw error;
  }
  throw new Error('it was believed');
}

const shown = (reading: Reading) =>
  reading.observations.map((each) => [
    pairName(each.pair),
    formatRate(each.rate),
    each.basis,
    (NOW - each.publishedAt) / 1000,
    (NOW - asOfAt(each, NOW)) / 1000,
  ]);

describe('success', () => {
  it('coingecko: USDT/VND and USDT/USD, exactly, with its time', () => {
    expect(shown(read('coingecko', reply(SUCCESS.coingecko)))).toEqual([
      ['USDT/VND', '25934.21778743', 'spot_aggregate', 42, 42],
      ['USDT/USD', '0.99947779', 'spot_aggregate', 42, 42],
    ]);
  });

  it('binance: USDT/USD is one over the mid of USDCUSDT, as of now', () => {
    // 1 / 1.00045 = 0.99955020240891...
    expect(shown(read('binance', reply(SUCCESS.binance)))).toEqual([
      ['USDT/USD', '0.99955020240892', 'book_mid', 0, 0],
    ]);
  });

  it('cryptocompare: with the time of its last trade, and whether the price is a conversion', () => {
    expect(shown(read('cryptocompare', reply(SUCCESS.cryptocompare)))).toEqual([
      ['USDT/VND', '25934.2', 'spot_conversion', 20, 20],
      ['USDT/USD', '0.9995', 'spot_aggregate', 20, 20],
    ]);
  });

  it('open-er-api: published this morning, and current until the next', () => {
    expect(shown(read('open-er-api', reply(SUCCESS['open-er-api'])))).toEqual([
      ['USD/VND', '25947.768', 'fx_mid', 36_000, 0],
    ]);
  });

  it('frankfurter: published today, and current', () => {
    expect(shown(read('frankfurter', reply(SUCCESS.frankfurter)))).toEqual([['USD/VND', '25948', 'fx_mid', 36_000, 0]]);
  });

  it('frankfurter: a Friday stands on Sunday, and has grown old by Tuesday', () => {
    const friday = reply(SUCCESS.frankfurter.replace('2026-09-29', '2026-09-25'));
    const lag = (time: string): number => {
      const now = Date.parse(time);
      const [observation] = read('frankfurter', friday, now).observations;
      return observation === undefined ? Number.NaN : now - asOfAt(observation, now);
    };
    expect(lag('2026-09-27T12:00:00Z')).toBe(0);
    expect(lag('2026-09-29T12:00:00Z')).toBe(12 * 3_600_000);
  });

  it('open-er-api: says so when the service announces its end', () => {
    const ending = SUCCESS['open-er-api'].replace('"time_eol_unix":0', '"time_eol_unix":1800000000');
    expect(read('open-er-api', reply(ending)).warnings).toEqual([expect.stringContaining('1800000000')]);
  });

  it('coingecko: a stamp from the future is not believed, and reported', () => {
    const future = reply(SUCCESS.coingecko.replace(String(SECONDS - 42), String(SECONDS + 3_600)));
    const reading = read('coingecko', future);
    expect(reading.observations.map((each) => each.currentUntil)).toEqual([NOW, NOW]);
    expect(reading.warnings).toHaveLength(1);
  });
});

interface Case {
  readonly name: SourceName;
  readonly what: string;
  readonly response: HttpResponse;
  readonly expected: FailureClass;
  readonly holdMs: number | undefined;
}
type CaseRow = readonly [
  name: SourceName,
  what: string,
  response: HttpResponse,
  expected: FailureClass,
  holdMs?: number,
];
const asCase = ([name, what, response, expected, holdMs]: CaseRow): Case => ({
  name,
  what,
  response,
  expected,
  holdMs,
});
const tickers = (first: string, second = book('FDUSDUSDT', '1.00050000', '1.00060000')) =>
  reply(`[${first},${second}]`);
const geckoPrice = (literal: string) => reply(SUCCESS.coingecko.replace('25934.21778743', literal));
const status = (code: number, message = 'm') => `{"status":{"error_code":${code},"error_message":"${message}"}}`;

const FAILURES: readonly CaseRow[] = [
  ['coingecko', 'unknown coin', reply('{}'), 'bad-payload'],
  ['coingecko', 'unknown currency', reply('{"tether":{}}'), 'bad-payload'],
  ['coingecko', 'dead coin', geckoPrice('null'), 'bad-payload'],
  ['coingecko', 'a string', geckoPrice('"26,105.00"'), 'bad-payload'],
  ['coingecko', '1e30', geckoPrice('1e30'), 'bad-payload'],
  ['coingecko', '1e400', geckoPrice('1e400'), 'bad-payload'],
  ['coingecko', 'zero', geckoPrice('0'), 'implausible'],
  ['coingecko', 'negative', geckoPrice('-25934'), 'implausible'],
  ['coingecko', 'a hundredth', geckoPrice('259.34'), 'implausible'],
  ['coingecko', 'inverted', geckoPrice('0.0000385'), 'implausible'],
  [
    'coingecko',
    'no longer moving',
    reply(SUCCESS.coingecko.replace(String(SECONDS - 42), String(SECONDS - 1_201))),
    'implausible',
  ],
  ['coingecko', 'limit', reply(status(429), 429, { 'retry-after': '90' }), 'rate-limited', 90_000],
  ['coingecko', 'limit, by HTML', reply('<html>429</html>', 429), 'rate-limited'],
  ['coingecko', 'limit under 200', reply(status(429)), 'rate-limited'],
  ['coingecko', 'no key', reply(status(10002), 401), 'refused'],
  ['coingecko', 'no key under 200', reply(`{"error":${status(10002)}}`), 'refused'],
  ['coingecko', 'wrong host for the key', reply(status(10010), 400), 'refused'],
  ['coingecko', 'an error in words', reply('{"error":"coin not found"}', 404), 'bad-payload'],
  ['coingecko', 'server error', reply(status(500), 500), 'transport'],
  ['binance', 'unknown symbol', reply('{"code":-1121,"msg":"Invalid symbol."}', 400), 'bad-payload'],
  ['binance', 'error under 200', reply('{"code":-1000,"msg":"m"}'), 'bad-payload'],
  ['binance', 'limit', reply('{"code":-1003,"msg":"m"}', 429, { 'retry-after': '5' }), 'rate-limited', 5_000],
  [
    'binance',
    'ban',
    reply(`{"code":-1003,"msg":"IP banned until ${NOW + 120_000}. Wait."}`, 418),
    'rate-limited',
    120_000,
  ],
  ['binance', 'ban under 200', reply(`{"code":-1003,"msg":"until ${NOW + 9_000}."}`), 'rate-limited', 9_000],
  [
    'binance',
    'a ban beyond belief',
    reply('{"code":-1003,"msg":"until 9999999999999"}', 418),
    'rate-limited',
    259_200_000,
  ],
  ['binance', 'firewall', reply('<html></html>', 403), 'refused'],
  ['binance', 'place', reply('{"code":0,"msg":"restricted location"}', 451), 'refused'],
  ['binance', 'challenge', reply('', 202), 'bad-payload'],
  ['binance', 'one pair missing', reply(`[${book('USDCUSDT', '1.0', '1.0')}]`), 'bad-payload'],
  ['binance', 'an empty book', tickers(book('USDCUSDT', '0.00000000', '0.00000000')), 'implausible'],
  ['binance', 'half a book', tickers(book('USDCUSDT', '0.00000000', '1.00050000')), 'implausible'],
  ['binance', 'a crossed book', tickers(book('USDCUSDT', '1.0006', '1.0005')), 'implausible'],
  ['binance', 'a wide book', tickers(book('USDCUSDT', '0.9950', '1.0060')), 'implausible'],
  ['binance', 'one stablecoin off its peg', tickers(book('USDCUSDT', '1.00605', '1.00607')), 'implausible'],
  ['binance', 'far from a dollar', tickers(book('USDCUSDT', '26105.0', '26105.1')), 'implausible'],
  ['binance', 'commas', tickers(book('USDCUSDT', '1,000.5', '1,000.6')), 'bad-payload'],
  ['binance', 'numbers for strings', reply('[{"symbol":"USDCUSDT","bidPrice":1.0,"askPrice":1.0}]'), 'bad-payload'],
  [
    'cryptocompare',
    'limit under 200',
    reply('{"Response":"Error","Message":"m","HasWarning":false,"Type":99,"RateLimit":{},"Data":{}}'),
    'rate-limited',
  ],
  [
    'cryptocompare',
    'no data under 200',
    reply('{"Response":"Error","Message":"m","Type":2,"ParamWithError":"tsyms","Data":{}}'),
    'bad-payload',
  ],
  ['cryptocompare', 'no key', reply('{"Err":{"message":"API key required"}}', 401), 'refused'],
  [
    'cryptocompare',
    'another pair',
    reply(SUCCESS.cryptocompare.replace('"FROMSYMBOL":"USDT"', '"FROMSYMBOL":"USDC"')),
    'bad-payload',
  ],
  [
    'cryptocompare',
    'dollars in the VND field',
    reply(SUCCESS.cryptocompare.replace('25934.2', '0.9995')),
    'implausible',
  ],
  ['open-er-api', 'error under 200', reply('{"result":"error","error-type":"unsupported-code"}'), 'bad-payload'],
  ['open-er-api', 'quota under 200', reply('{"result":"error","error-type":"quota-reached"}'), 'rate-limited'],
  [
    'open-er-api',
    'limit',
    reply('', 429, { 'retry-after': 'Tue, 29 Sep 2026 10:20:00 GMT' }),
    'rate-limited',
    1_200_000,
  ],
  [
    'open-er-api',
    'another base',
    reply(SUCCESS['open-er-api'].replace('"base_code":"USD"', '"base_code":"EUR"')),
    'bad-payload',
  ],
  ['open-er-api', 'no VND', reply(SUCCESS['open-er-api'].replace('"VND"', '"VNX"')), 'bad-payload'],
  ['open-er-api', 'a hundredfold', reply(SUCCESS['open-er-api'].replace('25947.768', '2594776.8')), 'implausible'],
  [
    'open-er-api',
    'no update for days',
    reply(
      SUCCESS['open-er-api']
        .replaceAll(String(TODAY), String(TODAY - 3 * 86_400))
        .replace(String(TODAY + 86_400), String(TODAY - 2 * 86_400)),
    ),
    'implausible',
  ],
  ['frankfurter', 'unknown parameter', reply('{"status":422,"message":"m"}', 422), 'bad-payload'],
  ['frankfurter', 'not found', reply('{"status":404,"message":"not found"}', 404), 'bad-payload'],
  ['frankfurter', 'server error', reply('{"status":503,"message":"m"}', 503), 'transport'],
  ['frankfurter', 'busy, and says until when', reply('', 503, { 'retry-after': '7' }), 'rate-limited', 7_000],
  ['frankfurter', 'another pair', reply(SUCCESS.frankfurter.replace('VND', 'IDR')), 'bad-payload'],
  ['frankfurter', 'a date that is none', reply(SUCCESS.frankfurter.replace('2026-09-29', '2026-02-31')), 'bad-payload'],
];

describe('failure', () => {
  it.each(FAILURES.map(asCase))('$name: $what', ({ name, response, expected, holdMs }) => {
    const failed = failure(name, response);
    expect(failed.class).toBe(expected);
    expect(failed.holdMs).toBe(holdMs);
    expect(failed.message).not.toBe('');
  });

  const anywhere: readonly (readonly [string, HttpResponse, FailureClass])[] = [
    ['HTML', reply('<!DOCTYPE html><html></html>'), 'bad-payload'],
    ['an empty body', reply(''), 'bad-payload'],
    ['{}', reply('{}'), 'bad-payload'],
    ['null', reply('null'), 'bad-payload'],
    ['[]', reply('[]'), 'bad-payload'],
    ['a number', reply('26105'), 'bad-payload'],
    ['__proto__', reply('{"__proto__":{"tether":{"vnd":25934,"usd":1,"last_updated_at":1}}}'), 'bad-payload'],
    ['401', reply('', 401), 'refused'],
    ['403', reply('', 403), 'refused'],
    ['451', reply('', 451), 'refused'],
    ['429', reply('', 429), 'rate-limited'],
    ['500', reply('', 500), 'transport'],
    ['302', reply('', 302), 'bad-payload'],
  ];
  it.each(
    SOURCE_NAMES.flatMap((name) =>
      anywhere.map(([what, response, expected]) => [name, what, response, expected] as const),
    ),
  )('%s answers %s', (name, _, response, expected) => {
    expect(failure(name, response).class).toBe(expected);
  });
});

describe('requests', () => {
  const withKey = (url: string) =>
    createSources({
      ...settings,
      sources: { ...settings.sources, coingecko: { ...settings.sources.coingecko, url, apiKey: 'secret' } },
    });

  it('coingecko: the key goes into the header that the host wants, and never into the URL', () => {
    const demo = withKey('https://api.coingecko.com/api/v3').coingecko;
    expect(demo.headers).toEqual({ 'x-cg-demo-api-key': 'secret' });
    expect(withKey('https://pro-api.coingecko.com/api/v3').coingecko.headers).toEqual({ 'x-cg-pro-api-key': 'secret' });
    expect(demo.url).not.toContain('secret');
  });

  it('binance: both symbols in one call', () => {
    const url = new URL(sources.binance.url);
    expect([url.pathname, url.searchParams.get('symbols')]).toEqual([
      '/api/v3/ticker/bookTicker',
      '["USDCUSDT","FDUSDUSDT"]',
    ]);
  });

  it('cryptocompare: off without a key', () => {
    expect(createSources(DEFAULT_RATES_SETTINGS).cryptocompare.disabled).toContain('CRYPTOCOMPARE_API_KEY');
    expect(sources.cryptocompare).toMatchObject({ disabled: undefined, headers: { authorization: 'Apikey k' } });
  });
});
