/** Each provider's real shapes, what is asked of it, and what becomes of everything else. */
import { describe, expect, it } from 'vitest';
import { figuresOf, read, reply, sourceOf, trueBody } from '../../../../test/support/rate-answers.ts';
import { pairName } from '../../../kernel/rate.ts';
import type { HttpResponse } from '../../../platform/http-client/port.ts';
import { asOfAt } from '../rules.ts';
import { type FailureClass, SourceFailure } from './classes.ts';
import type { Reading, SourceDefinition } from './source.ts';
import { SOURCES } from './sources.ts';

const NAMED = SOURCES.map((definition) => [definition.name, definition] as const);
const SECRET = 'CG-secret';

function failure(definition: SourceDefinition, response: HttpResponse): SourceFailure {
  try {
    read(definition, response);
  } catch (error) {
    if (error instanceof SourceFailure) return error;
    throw error;
  }
  throw new Error('it was believed');
}

/** Pair, basis, and the seconds since it was made and since it was known to be current. */
const shown = ({ observations }: Reading, now: number) =>
  observations.map((each) => [
    pairName(each.pair),
    each.basis,
    (now - each.publishedAt) / 1000,
    (now - asOfAt(each, now)) / 1000,
  ]);

describe.each(NAMED)('the samples of %s', (_, definition) => {
  const { good, bad, receivedAt } = definition.samples;

  it.each(good.map((sample) => [sample.what, sample] as const))('are read as they say: %s', (__, { body, says }) => {
    const reading = read(definition, reply(body));
    expect(figuresOf(reading)).toEqual(says);
    expect(reading.observations.map(({ pair }) => pair)).toEqual(definition.pairs);
    for (const each of reading.observations) expect(asOfAt(each, receivedAt)).toBeLessThanOrEqual(receivedAt);
  });

  it.each(bad.map((sample) => [sample.what, sample] as const))('are refused: %s', (__, sample) => {
    const headers = { ...sample.headers, 'x-echo': SECRET };
    const failed = failure(definition, reply(sample.body, sample.status, headers));
    expect([failed.class, failed.holdMs]).toEqual([sample.failure, sample.holdMs]);
    expect(failed.message).not.toBe('');
    expect(failed.message).not.toContain(SECRET);
  });
});

describe.each(NAMED)('%s answers with', (_, definition) => {
  it.each<readonly [what: string, response: HttpResponse, expected: FailureClass]>([
    ['HTML', reply('<!DOCTYPE html><html></html>'), 'bad-payload'],
    ['an empty body', reply(''), 'bad-payload'],
    ['{}', reply('{}'), 'bad-payload'],
    ['null', reply('null'), 'bad-payload'],
    ['[]', reply('[]'), 'bad-payload'],
    ['a number', reply('26105'), 'bad-payload'],
    ['a byte order mark', reply(`\ufeff${trueBody(definition)}`), 'bad-payload'],
    ['a key of the language', reply('{"__proto__":{"tether":{"vnd":25934}}}'), 'bad-payload'],
    ['401', reply('', 401), 'refused'],
    ['403', reply('', 403), 'refused'],
    ['451', reply('', 451), 'refused'],
    ['429', reply('', 429), 'rate-limited'],
    ['500', reply('', 500), 'transport'],
    ['302', reply('', 302), 'bad-payload'],
  ])('%s', (__, response, expected) => {
    expect(failure(definition, response).class).toBe(expected);
  });
});

describe('a figure', () => {
  const NOW = Date.parse('2026-09-29T10:00:00Z');
  const timed = (name: string, body = trueBody(sourceOf(name)), now = sourceOf(name).samples.receivedAt) =>
    shown(read(sourceOf(name), reply(body), now), now);

  it('has the basis and the time of its source', () => {
    expect(timed('coingecko')).toEqual([
      ['USDT/VND', 'spot_aggregate', 42, 42],
      ['USDT/USD', 'spot_aggregate', 42, 42],
    ]);
    expect(timed('cryptocompare')).toEqual([
      ['USDT/VND', 'spot_conversion', 20, 20],
      ['USDT/USD', 'spot_aggregate', 20, 20],
    ]);
  });

  it('that comes without a time is of now', () => {
    expect(timed('binance')).toEqual([['USDT/USD', 'book_mid', 0, 0]]);
    expect(timed('vietcombank')).toEqual([['USD/VND', 'bank_mid', 0, 0]]);
    expect(timed('binance-p2p')).toEqual([['USDT/VND', 'p2p_bid', 0, 0]]);
  });

  it('that comes once a day is current until the next is due', () => {
    expect(timed('open-er-api')).toEqual([['USD/VND', 'fx_mid', 36_000, 0]]);
    expect(timed('frankfurter')).toEqual([['USD/VND', 'fx_mid', 36_000, 0]]);
  });

  it("of Frankfurter's Friday stands on Sunday, and has grown old by Tuesday", () => {
    const friday = trueBody(sourceOf('frankfurter')).replace('2026-09-29', '2026-09-25');
    const lag = (time: string) => timed('frankfurter', friday, Date.parse(time))[0]?.[3];
    expect(lag('2026-09-27T12:00:00Z')).toBe(0);
    expect(lag('2026-09-29T12:00:00Z')).toBe(12 * 3_600);
  });

  it('from the future is not believed in its time, and CoinGecko is reported for it', () => {
    const future = trueBody(sourceOf('coingecko')).replace('1790675958', String(NOW / 1000 + 3_600));
    const reading = read(sourceOf('coingecko'), reply(future));
    expect(reading.observations.map((each) => each.currentUntil)).toEqual([NOW, NOW]);
    expect(reading.warnings).toHaveLength(1);
  });

  it('of a service that announces its end is a warning', () => {
    const ending = trueBody(sourceOf('open-er-api')).replace('"time_eol_unix":0', '"time_eol_unix":1800000000');
    expect(read(sourceOf('open-er-api'), reply(ending)).warnings).toEqual([expect.stringContaining('1800000000')]);
  });

  it.each([
    ['coingecko', '25934.21778743', '2593421.778743', '10^2 too large'],
    ['coingecko', '25934.21778743', '0.00003856', 'inverted'],
    ['coingecko', '25934.21778743', '0.9995', 'dollars'],
    ['binance', '"1.000', '"100.0', '10^2 too large'],
    ['cryptocompare', '25934.2', '259.342', '10^2 too small'],
    ['cryptocompare', '25934.2', '0.9995', 'dollars'],
    ['vietcombank', /(25875|26255)\./g, '$100.', '10^2 too large'],
    ['vietcombank', /(25875|26255)\./g, '0.0000$1', 'inverted'],
    ['open-er-api', '25947.76804973', '2594776.804973', '10^2 too large'],
    ['open-er-api', '25947.76804973', '1.0002', 'dollars'],
    ['frankfurter', '25948', '0.00003854', 'inverted'],
    ['binance-p2p', /"price":"(\d+)"/g, '"price":"$100"', '10^2 too large'],
    ['binance-p2p', /"price":"\d+"/g, '"price":"0.0000382"', 'inverted'],
    ['binance-p2p', /"price":"\d+"/g, '"price":"0.9995"', 'dollars'],
  ])('of %s in another unit is refused, and the unit named: %s as %s', (name, figure, wrong, naming) => {
    const body = trueBody(sourceOf(name));
    const spoilt = typeof figure === 'string' ? body.replaceAll(figure, wrong) : body.replace(figure, wrong);
    expect(spoilt).not.toBe(body);
    expect(failure(sourceOf(name), reply(spoilt))).toMatchObject({
      class: 'implausible',
      message: expect.stringContaining(naming),
    });
  });
});

describe('a request', () => {
  const NOON = Date.parse('2026-09-29T05:00:00Z');
  const of = (name: string, { url = 'http://host/base', apiKey }: { url?: string; apiKey?: string } = {}, now = NOON) =>
    sourceOf(name).request({ url, apiKey }, now);

  it('is one call at the address that is given', () => {
    expect(of('coingecko').url).toBe(
      'http://host/base/simple/price?ids=tether&vs_currencies=vnd,usd&include_last_updated_at=true&precision=full',
    );
    expect(of('cryptocompare').url).toBe('http://host/base/data/pricemultifull?fsyms=USDT&tsyms=VND,USD');
    expect(of('open-er-api')).toEqual({ url: 'http://host/base/v6/latest/USD' });
    expect(of('frankfurter')).toEqual({ url: 'http://host/base/v2/rate/USD/VND' });
  });

  it('has no key where there is none, and only then', () => {
    for (const { name } of SOURCES) {
      const { url, headers = {}, body = '' } = of(name, { apiKey: SECRET });
      expect(url + body).not.toContain(SECRET);
      const taken = Object.values(headers).some((value) => value.includes(SECRET));
      expect(taken).toBe(name === 'coingecko' || name === 'cryptocompare');
      expect(JSON.stringify(of(name))).not.toMatch(/key|authorization/i);
    }
  });

  it("puts CoinGecko's key into the header that the host wants", () => {
    const headers = (url: string) => of('coingecko', { url, apiKey: SECRET }).headers;
    expect(headers('https://api.coingecko.com/api/v3')).toEqual({ 'x-cg-demo-api-key': SECRET });
    expect(headers('https://pro-api.coingecko.com/api/v3')).toEqual({ 'x-cg-pro-api-key': SECRET });
    expect(headers('not an address')).toEqual({ 'x-cg-demo-api-key': SECRET });
  });

  it("puts CryptoCompare's key into its header, and says why it needs one", () => {
    expect(of('cryptocompare', { apiKey: SECRET }).headers).toEqual({ authorization: `Apikey ${SECRET}` });
    expect(sourceOf('cryptocompare').needsKey).toMatch(/2026-05-21.*CRYPTOCOMPARE_API_KEY/);
    expect(SOURCES.filter(({ needsKey }) => needsKey !== undefined)).toHaveLength(1);
  });

  it('asks Binance for both pairs, and only while they trade', () => {
    const url = new URL(of('binance').url);
    expect([url.pathname, ...url.searchParams]).toEqual([
      '/base/api/v3/ticker/bookTicker',
      ['symbols', '["USDCUSDT","FDUSDUSDT"]'],
      ['symbolStatus', 'TRADING'],
    ]);
  });

  it("asks Vietcombank for the day that it is in Vietnam, whatever the server's zone", () => {
    const url = (time: string) => of('vietcombank', {}, Date.parse(time)).url;
    expect(url('2026-09-29T16:59:59.999Z')).toBe('http://host/base/api/exchangerates?date=2026-09-29');
    expect(url('2026-09-29T17:00:00Z')).toBe('http://host/base/api/exchangerates?date=2026-09-30');
    expect(url('2026-12-31T17:00:00Z')).toBe('http://host/base/api/exchangerates?date=2027-01-01');
  });

  it('asks Binance P2P what a seller of USDT is paid', () => {
    const { url, method, headers, body = '' } = of('binance-p2p');
    expect(url).toBe('http://host/base/bapi/c2c/v2/friendly/c2c/adv/search');
    expect([method, headers]).toEqual(['POST', { 'content-type': 'application/json' }]);
    expect(JSON.parse(body)).toMatchObject({ asset: 'USDT', fiat: 'VND', tradeType: 'SELL', transAmount: '50000000' });
  });
});

describe('the definitions', () => {
  it('stand in the order of the specification, with what each gives and how often it may be asked', () => {
    const minutes = (ms: number) => ms / 60_000;
    const rows = SOURCES.map(({ name, pairs, cadence, everyMs, monthlyCalls }) => [
      name,
      pairs.map(pairName).join(' '),
      cadence.kind,
      minutes(cadence.maxLagMs),
      minutes(everyMs),
      monthlyCalls,
    ]);
    expect(rows).toEqual([
      ['coingecko', 'USDT/VND USDT/USD', 'live', 20, 1, 10_000],
      ['binance', 'USDT/USD', 'live', 1, 0.25, undefined],
      ['cryptocompare', 'USDT/VND USDT/USD', 'live', 20, 1, undefined],
      ['vietcombank', 'USD/VND', 'live', 1_440, 5, undefined],
      ['open-er-api', 'USD/VND', 'daily', 1_440, 60, undefined],
      ['frankfurter', 'USD/VND', 'daily', 1_440, 60, undefined],
      ['binance-p2p', 'USDT/VND', 'live', 1, 5, undefined],
    ]);
  });

  it('have an address each, without a slash at its end, and samples of both kinds', () => {
    for (const { url, samples } of SOURCES) {
      expect(url).toMatch(/^https:\/\/[^?]+[^/?]$/);
      expect(samples.good.length).toBeGreaterThanOrEqual(2);
      expect(samples.bad.length).toBeGreaterThanOrEqual(10);
    }
  });
});
