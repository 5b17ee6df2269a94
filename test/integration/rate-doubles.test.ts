/** Each simulated provider is what its source reads: in its own JSON, well, off its peg, and at fault. */
import { describe, expect, it } from 'vitest';
import type { FailureClass } from '../../src/features/rates/sources/classes.ts';
import type { SourceDefinition } from '../../src/features/rates/sources/source.ts';
import { SOURCES } from '../../src/features/rates/sources/sources.ts';
import { RECORDED_RATES, type RecordedRates } from '../../src/sandbox/data/recorded-rates.ts';
import { answerOf } from '../../src/sandbox/providers/answers.ts';
import { type Fault, PROVIDERS, type ProviderName } from '../../src/sandbox/providers/faults.ts';
import { depegged } from '../../src/sandbox/providers/market.ts';
import { figuresOf, read, sourceOf } from '../support/rate-answers.ts';

const NOW = Date.parse('2026-09-29T10:00:00Z');
const rates = RECORDED_RATES.at(-1) ?? { date: '', usdtUsd: '', usdVnd: '', usdtVnd: '', usdcVnd: '' };
const HOST = 'http://double';

function figures(name: ProviderName, fault: Fault, known: RecordedRates = rates) {
  const definition: SourceDefinition = sourceOf(name);
  const { url, method, headers = {} } = definition.request({ url: HOST, apiKey: 'k' }, NOW);
  const answer = answerOf(name, { path: url.slice(HOST.length), method, headers }, { now: NOW, rates: known }, fault);
  if (answer.kind === 'reset') throw new Error('there is nothing to read');
  return figuresOf(read(definition, answer, NOW));
}

it('there is one for every source, in the same order', () => {
  expect(PROVIDERS).toEqual(SOURCES.map(({ name }) => name));
});

describe('a well one', () => {
  const WELL: Readonly<Record<ProviderName, { readonly [pair: string]: string }>> = {
    coingecko: { 'USDT/VND': '25934.21778743', 'USDT/USD': '0.99947779' },
    binance: { 'USDT/USD': '0.99955952410451' }, // 1 / 1.00044067
    cryptocompare: { 'USDT/VND': '25934.21778743', 'USDT/USD': '0.99947779' },
    vietcombank: { 'USD/VND': '25947.77' },
    'open-er-api': { 'USD/VND': '25947.76804973' },
    frankfurter: { 'USD/VND': '25948' },
    'binance-p2p': { 'USDT/VND': '25934' },
  };

  it.each(PROVIDERS)('is read: %s', (name) => {
    expect(figures(name, { kind: 'none' })).toEqual(WELL[name]);
  });

  it('follows USDT to 96 % of its value, and the dollar stays', () => {
    const known = depegged(rates, 96);
    const off: typeof WELL = {
      ...WELL,
      coingecko: { 'USDT/VND': '24896.8490759328', 'USDT/USD': '0.9594986784' },
      binance: { 'USDT/USD': '0.95957714122202' }, // 1 / 1.0421257
      cryptocompare: { 'USDT/VND': '24896.8490759328', 'USDT/USD': '0.9594986784' },
      'binance-p2p': { 'USDT/VND': '24897' },
    };
    for (const name of PROVIDERS) expect(figures(name, { kind: 'none' }, known)).toEqual(off[name]);
  });
});

describe.each(PROVIDERS)('a lying %s', (name) => {
  it.each<readonly [Fault, FailureClass]>([
    [{ kind: 'lying', factorPercent: 1 }, 'implausible'],
    [{ kind: 'lying', factorPercent: 10 }, 'implausible'],
    [{ kind: 'lying', factorPercent: 1_000 }, 'implausible'],
    [{ kind: 'lying', factorPercent: 10_000 }, 'implausible'],
    [{ kind: 'lying', factorPercent: 100_000 }, 'implausible'],
    [{ kind: 'inverted' }, 'implausible'],
    [{ kind: 'zero' }, name === 'vietcombank' ? 'bad-payload' : 'implausible'],
    [{ kind: 'huge' }, 'bad-payload'],
    [{ kind: 'string-with-commas' }, 'bad-payload'],
    [{ kind: 'html' }, 'bad-payload'],
    [{ kind: 'empty-object' }, 'bad-payload'],
    [{ kind: 'rate-limited', retryAfterSeconds: 60 }, 'rate-limited'],
    [{ kind: 'status', status: 451 }, 'refused'],
    [{ kind: 'status', status: 503 }, 'transport'],
    [{ kind: 'error-under-200' }, name === 'frankfurter' ? 'transport' : 'bad-payload'],
  ])('is refused: %j', (fault, failure) => {
    expect(() => figures(name, fault)).toThrow(expect.objectContaining({ class: failure }));
  });

  it('is believed where it could be true', () => {
    expect(figures(name, { kind: 'lying', factorPercent: 102 })).not.toEqual(figures(name, { kind: 'none' }));
  });
});
