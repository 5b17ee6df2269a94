/** The library's class, against simulated providers in this process. */
import { describe, expect, it } from 'vitest';
import { recordLog } from '../../test/support/log.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { RATES_DATE, ratesOn, SIMULATED_URLS, simulatedHttp } from '../../test/support/rates.ts';
import type { ExchangeRateServiceOptions, QuoteForRecord, RatesEvent, RatesMemory } from './rates-library.ts';
import {
  ExchangeRateService,
  formatRate,
  pair,
  quoteToJson,
  readJson,
  SourceFailure,
  textAt,
} from './rates-library.ts';

const { usdtVnd: TRUE_RATE } = ratesOn(RATES_DATE);
const MINUTE = 60_000;
/** As somebody without a compiler would pass it. */
const UNTYPED: object = { purpose: 'payout' };

function make(options: ExchangeRateServiceOptions = {}) {
  const clock = new ManualClock();
  const world = { dead: false, calls: 0 };
  const { log, lines } = recordLog();
  const http = simulatedHttp({
    clock,
    latencyMs: () => 0,
    faultOf: () => ({ kind: world.dead ? 'dead' : 'none' }),
    ratesAt: () => ratesOn(RATES_DATE),
    onCall: () => {
      world.calls += 1;
    },
  });
  const sources = Object.fromEntries(Object.entries(SIMULATED_URLS).map(([name, url]) => [name, { url }]));
  const rates = new ExchangeRateService({ clock, http, log, sources, ...options });
  return { rates, clock, world, lines };
}

/** Simulated time goes on until the answer is there. */
async function inTime<T>(clock: ManualClock, answer: Promise<T>): Promise<T> {
  let settled = false;
  const end = (): void => {
    settled = true;
  };
  answer.then(end, end);
  while (!settled) await clock.advance(10);
  return answer;
}

describe('a service of the library', () => {
  it('asks nobody before it is asked', async () => {
    const { rates, world } = make();
    expect([rates.knownQuote('USDT/VND'), world.calls]).toEqual([undefined, 0]);
    expect(rates.pairs.map(({ base, quote }) => `${base}/${quote}`).sort()).toEqual([
      'USD/VND',
      'USDT/USD',
      'USDT/VND',
    ]);
    expect(rates.providers().map(({ name }) => name)).toContain('coingecko');
    await rates.close();
  });

  it('answers by the name of a pair, by the pair, and with the rate alone', async () => {
    const { rates, clock } = make();
    const quote = await inTime(clock, rates.getQuote('USDT/VND'));
    expect(formatRate(quote.mid)).toBe(TRUE_RATE);
    expect(await rates.getQuote(pair('USDT', 'VND'), { purpose: 'display' })).toMatchObject({ quoteId: quote.quoteId });
    expect(formatRate(await rates.getUSDTToVND())).toBe(TRUE_RATE);
    expect(rates.knownQuote('USDT/VND')?.quoteId).toBe(quote.quoteId);
    expect(quoteToJson(quote)).toMatchObject({ pair: 'USDT/VND', mid: TRUE_RATE, level: 'fresh' });
    await rates.close();
  });

  it('polls once it is started, and not before', async () => {
    const { rates, clock } = make();
    rates.start();
    await clock.advance(MINUTE);
    expect(rates.knownQuote('USDT/VND')?.agreement).toBe('corroborated');
    await rates.close();
  });

  it.each<[string, (rates: ExchangeRateService) => Promise<unknown>, object]>([
    ['a pair in small letters', (rates) => rates.getQuote('usdt/vnd'), { code: 'rate.pair_malformed' }],
    ['a pair of nobody', (rates) => rates.getQuote('BTC/VND'), { code: 'rates.unknown_pair', kind: 'missing' }],
    [
      'an unknown purpose, which would have no bound of age',
      (rates) => rates.getQuote('USDT/VND', UNTYPED),
      {
        code: 'rates.question_invalid',
        faults: [{ pointer: '/purpose', message: expect.stringMatching(/quote, rec/) }],
      },
    ],
    [
      'no deadline',
      (rates) => rates.getQuote('USDT/VND', { deadlineMs: Number.NaN }),
      { code: 'rates.question_invalid', faults: [{ pointer: '/deadlineMs', message: 'NaN is not from 0 to 600000' }] },
    ],
  ])('refuses %s', async (_, ask, refusal) => {
    const { rates, world } = make();
    await expect(ask(rates)).rejects.toMatchObject(refusal);
    expect(world.calls).toBe(0);
    await rates.close();
  });

  it('once closed answers nobody, and may be closed again', async () => {
    const { rates, clock } = make();
    rates.start();
    await inTime(clock, rates[Symbol.asyncDispose]()); // what `await using` calls
    await rates.close();
    await expect(rates.getUSDTToVND()).rejects.toMatchObject({ code: 'rates.closed', kind: 'conflict' });
    expect(() => rates.start()).toThrow(expect.objectContaining({ code: 'rates.closed' }));
  });
});

describe('what the user brings', () => {
  const failing = (async: boolean) => () => {
    if (!async) throw new Error('mine');
    return Promise.reject(new Error('mine'));
  };

  it.each([[false], [true]])('does no harm where it fails (as a promise: %s)', async (async) => {
    const { rates, clock, lines } = make({
      sink: { publish: failing(async) },
      memory: { recall: failing(async), recallSources: failing(async), rememberSource: failing(async) },
    });
    rates.listen(failing(async));
    const quote = await inTime(clock, rates.getQuote('USDT/VND'));
    expect(formatRate(quote.mid)).toBe(TRUE_RATE);
    const codes = new Set(lines.map(({ fields }) => fields.code));
    for (const code of ['rates.sink_failed', 'rates.recall_failed', 'rates.remember_failed', 'rates.listener_failed']) {
      expect(codes).toContain(code);
    }
    await rates.close();
  });

  it('hears what happens until it ends listening', async () => {
    const { rates, clock } = make();
    const kinds: RatesEvent['kind'][] = [];
    const end = rates.listen(({ kind }) => kinds.push(kind));
    await inTime(clock, rates.getQuote('USDT/VND'));
    end();
    expect(new Set(kinds)).toEqual(new Set(['attempt', 'published']));
    await rates.close();
  });

  it('is given what is published, and asked for it before the first answer of the next process', async () => {
    const given: QuoteForRecord[] = [];
    const first = make({ sink: { publish: (quote) => given.push(quote) } });
    await inTime(first.clock, first.rates.getQuote('USDT/VND'));
    await first.rates.close();
    const last = given.findLast((each) => each.pair.base === 'USDT' && each.pair.quote === 'VND');

    const memory: RatesMemory = {
      recall: async () => (last === undefined ? [] : [{ ...last, manual: undefined }]),
      recallSources: async () => new Map(),
      rememberSource: async () => undefined,
    };
    const next = make({ memory });
    next.world.dead = true;
    next.clock.jump(60 * MINUTE);
    const quote = await inTime(next.clock, next.rates.getQuote('USDT/VND'));
    expect([formatRate(quote.mid), quote.level, quote.quoteId]).toEqual([TRUE_RATE, 'stale', last?.published.quoteId]);
    expect(quote.ageMs).toBeGreaterThanOrEqual(60 * MINUTE);
    await next.rates.close();
  });

  it('keeps nobody waiting beyond the deadline, and is read before anybody is polled', async () => {
    const memory: RatesMemory = {
      recall: () => new Promise(() => undefined),
      recallSources: () => new Promise(() => undefined),
      rememberSource: async () => undefined,
    };
    const { rates, clock, world } = make({ memory });
    rates.start();
    await clock.advance(MINUTE);
    expect(world.calls).toBe(0);
    await inTime(
      clock,
      rates.getQuote('USDT/VND', { deadlineMs: 500 }).catch(() => undefined),
    );
    await rates.close();
  });
});

describe('reading an answer of a provider of one’s own', () => {
  const answer = (body: string, status = 200, headers = {}) => ({ status, headers, body });

  it('finds texts and numbers as they were written', () => {
    const document = readJson(answer('{"data":[{"price":25935.10,"at":"x"}]}'), 0);
    expect(textAt(document, 'data', 0, 'price')).toBe('25935.10');
    expect(textAt(document, 'data', 0, 'at')).toBe('x');
    for (const path of [['data'], ['data', 1, 'price'], ['toString'], ['data', 0, 'price', 'length']]) {
      expect(() => textAt(document, ...path)).toThrow(SourceFailure);
    }
  });

  it.each([
    [answer('<html>'), { class: 'bad-payload' }],
    [answer('{}', 429, { 'retry-after': '30' }), { class: 'rate-limited', holdMs: 30_000 }],
    [answer('{}', 403), { class: 'refused' }],
    [answer('{}', 502), { class: 'transport' }],
    [answer('{}', 404), { class: 'bad-payload' }],
  ])('tells failures apart: %j', (response, failure) => {
    expect(() => readJson(response, 0)).toThrow(expect.objectContaining(failure));
  });
});
