/** The graph as configured: what it means, and everything that is wrong with it, at once. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isPlumblineError } from '../../kernel/errors.ts';
import { pairName } from '../../kernel/rate.ts';
import { decodePolicy, encodePolicy, policyHash } from './consensus/policy.ts';
import { parseGraph } from './graph.ts';
import { ratesSettings } from './settings.ts';

const REFERENCE = readFileSync(new URL('../../../books/rates.yaml', import.meta.url), 'utf8');
const MINIMAL = `
graph: mine
version: 3
sources: {coingecko: {}, open-er-api: {}, binance: {every_seconds: 30}}
pairs:
  USDT/VND: {band: ["10000", "60000"], routes: [coingecko]}
`;

const faultsOf = (work: () => unknown): readonly string[] => {
  try {
    work();
  } catch (error) {
    if (!isPlumblineError(error)) throw error;
    expect([error.kind, error.code]).toEqual(['invalid', 'rates.graph_invalid']);
    return error.faults.map(({ pointer, message }) => `${pointer}: ${message}`);
  }
  throw new Error('it was accepted');
};
const graphFaults = (text: string) => faultsOf(() => parseGraph(text, 'g'));
const withPairs = (pairs: string) => MINIMAL.replace(/pairs:[\s\S]*/, `pairs:\n${pairs}`);

describe('the reference graph', () => {
  const graph = parseGraph(REFERENCE, 'books/rates.yaml');

  it('asks in the order of the specification, and evaluates legs before what is made of them', () => {
    expect(graph.sources.slice(0, 3).map(({ definition }) => definition.name)).toEqual([
      'coingecko',
      'binance',
      'cryptocompare',
    ]);
    const order = graph.pairs.map(({ pair }) => pairName(pair));
    expect(order.indexOf('USD/VND')).toBeLessThan(order.indexOf('USDT/VND'));
    const usdtVnd = graph.pairs.find(({ pair }) => pairName(pair) === 'USDT/VND');
    expect(usdtVnd?.routes.map(({ name }) => name)).toEqual([
      'coingecko',
      'binance USDT/USD x USD/VND',
      'cryptocompare',
    ]);
  });

  it("keeps CoinGecko's interval within its month, and the others' as they are", () => {
    const { sources } = ratesSettings(graph);
    const rulesOf = (name: string) => sources.find(({ definition }) => definition.name === name)?.rules;
    expect(Math.round((rulesOf('coingecko')?.everyMs ?? 0) / 1_000)).toBe(296);
    expect(rulesOf('binance')).toMatchObject({ everyMs: 15_000, pace: undefined });
    const pro = ratesSettings(graph, { access: { coingecko: { monthlyCalls: 500_000 } } });
    expect(pro.sources[0]?.rules.everyMs).toBe(60_000);
  });

  it('is a policy that survives its own text, under one hash', () => {
    const { policy, policyHash: hash } = ratesSettings(graph);
    const again = decodePolicy(encodePolicy(policy));
    expect(again).toEqual(policy);
    expect(policyHash(again)).toBe(hash);
    expect(ratesSettings(graph, { freshMs: 1 }).policyHash).not.toBe(hash);
    // Addresses and keys decide nothing.
    expect(ratesSettings(graph, { access: { binance: { url: 'http://elsewhere' } } }).policyHash).toBe(hash);
  });
});

describe("a graph of one's own", () => {
  it('has only what it says', () => {
    const graph = parseGraph(MINIMAL, 'g');
    expect([graph.name, graph.version, graph.pairs.length]).toEqual(['mine', 3, 1]);
    expect(graph.sources.map(({ everyMs }) => everyMs)).toEqual([60_000, 3_600_000, 30_000]);
  });

  it('may turn a leg round, and multiply several', () => {
    const graph = parseGraph(
      withPairs(`
  VND/USDT: {band: ["0.00001", "0.0001"], routes: [inverse USDT/VND, [inverse USD/VND, inverse binance USDT/USD]]}
  USDT/VND: {band: ["10000", "60000"], routes: [coingecko]}
  USD/VND: {band: ["10000", "60000"], routes: [open-er-api]}`),
      'g',
    );
    expect(graph.pairs.map(({ pair }) => pairName(pair)).at(-1)).toBe('VND/USDT');
    expect(graph.pairs.at(-1)?.routes[1]?.legs).toMatchObject([
      { source: undefined, inverse: true },
      { source: 'binance', inverse: true },
    ]);
  });
});

describe('is refused', () => {
  it.each([
    ['no YAML', 'graph: [', /Flow sequence/],
    ['nothing', '', /expected object/i],
    [
      'an unknown provider',
      MINIMAL.replace('coingecko: {}', 'coingeko: {}'),
      /there is no provider "coingeko"; there are coingecko, binance/,
    ],
    [
      'a quota of 0',
      MINIMAL.replace('coingecko: {}', 'coingecko: {monthly_calls: 0}'),
      /monthly_calls: is the number of calls.*enabled: false/,
    ],
    [
      'a pair without a route',
      withPairs('  USDT/VND: {band: ["10000", "60000"], routes: []}'),
      /routes: a pair needs at least one route/,
    ],
    ['an unknown key', MINIMAL.replace('version: 3', 'version: 3\nprovider: x'), /provider/],
    ['a band upside down', withPairs('  USDT/VND: {band: ["60000", "10000"], routes: [coingecko]}'), /is no band/],
    ['a band of numbers', withPairs('  USDT/VND: {band: [10000, 60000], routes: [coingecko]}'), /a decimal in quotes/],
    [
      'a source that is not in the graph',
      withPairs('  USDT/VND: {band: ["1", "2"], routes: [frankfurter]}'),
      /"frankfurter" is not among the sources/,
    ],
    [
      'a pair that a source has not',
      withPairs('  USDT/VND: {band: ["1", "2"], routes: [open-er-api]}'),
      /open-er-api has no USDT\/VND; it has USD\/VND/,
    ],
    [
      'legs that do not meet',
      withPairs('  USDT/VND: {band: ["1", "2"], routes: [[coingecko USDT/VND, coingecko USDT/USD]]}'),
      /is not a way from USDT to VND/,
    ],
    [
      'a leg without its pair',
      withPairs('  USDT/VND: {band: ["1", "2"], routes: [[binance, open-er-api USD/VND]]}'),
      /"binance" must name the pair/,
    ],
    [
      'a leg that is no pair of the graph',
      withPairs('  USDT/VND: {band: ["1", "2"], routes: [[binance USDT/USD, USD/VND]]}'),
      /USD\/VND is not a pair of this graph/,
    ],
    [
      'the same route twice',
      withPairs('  USDT/VND: {band: ["1", "2"], routes: [coingecko, coingecko]}'),
      /one witness has one voice/,
    ],
    [
      'more witnesses than routes',
      withPairs('  USDT/VND: {band: ["1", "2"], routes: [coingecko], min_sources: 2}'),
      /2 is more than the pair's 1 routes/,
    ],
    [
      'a pair of lower case',
      withPairs('  usdt/vnd: {band: ["1", "2"], routes: [coingecko]}'),
      /a pair such as USDT\/VND/,
    ],
  ])('%s', (_, text, message) => {
    expect(graphFaults(text).join('\n')).toMatch(message);
  });

  it('a circle, named with its pairs', () => {
    const faults = graphFaults(
      withPairs(`
  USDT/VND: {band: ["10000", "60000"], routes: [[coingecko USDT/USD, USD/VND]]}
  USD/VND: {band: ["10000", "60000"], routes: [[inverse coingecko USDT/USD, USDT/VND]]}`),
    );
    expect(faults).toEqual([
      expect.stringContaining('USDT/VND -> USD/VND -> USDT/VND: a pair cannot be made of itself'),
    ]);
    expect(graphFaults(withPairs('  USDT/VND: {band: ["1", "2"], routes: [USDT/VND]}')).join()).toContain(
      'made of itself',
    );
  });

  it('a pair none of whose sources may be asked, with the setting that would change it', () => {
    const graph = parseGraph(
      `graph: g\nversion: 1\nsources: {cryptocompare: {}, binance: {enabled: false}}\npairs:\n  USDT/USD: {band: ["0.5", "1.5"], routes: [cryptocompare, binance]}`,
      'g',
    );
    const [fault] = faultsOf(() => ratesSettings(graph));
    expect(fault).toMatch(/\/pairs\/USDT\/USD\/routes: none of its routes can be asked/);
    expect(fault).toContain('CRYPTOCOMPARE_API_KEY');
    expect(fault).toContain('switched off in the graph');
    expect(ratesSettings(graph, { access: { cryptocompare: { apiKey: 'k' } } }).sources).toHaveLength(2);
  });

  it('every fault at once', () => {
    const faults = graphFaults(
      MINIMAL.replace('coingecko: {}', 'kraken: {}').replace('routes: [coingecko]', 'routes: [coingecko, bitstamp]'),
    );
    expect(faults).toHaveLength(3);
  });

  it('a key file that cannot be read', () => {
    const faults = graphFaults(MINIMAL.replace('coingecko: {}', 'coingecko: {api_key_file: /nowhere/key}'));
    expect(faults).toEqual([expect.stringContaining('/nowhere/key cannot be read')]);
  });
});
