/** Routes of one leg and of several: exact products, ages, and why a route has no say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputs, invented, lastGood, says, USD_VND, USDT_USD, USDT_VND } from '../../../../test/support/rate-graph.ts';
import { formatRate, pair, parseRate, rate } from '../../../kernel/rate.ts';
import { parseGraph } from '../graph.ts';
import { ratesSettings } from '../settings.ts';
import { evaluate } from './evaluate.ts';
import type { InputReading, Memory } from './inputs.ts';

const HOUR = 3_600_000;
const SOURCES = [
  invented('a'),
  invented('b'),
  invented('c'),
  invented('fx', { cadence: { kind: 'daily', maxLagMs: HOUR } }),
];

const policyOf = (pairs: string) =>
  ratesSettings(
    parseGraph(`graph: t\nversion: 1\nsources: {a: {}, b: {}, c: {}, fx: {}}\npairs:\n${pairs}`, 't', SOURCES),
  ).policy;

const CROSS = policyOf(`
  USDT/VND: {band: ["10000", "60000"], routes: [a, [b USDT/USD, USD/VND]]}
  USD/VND: {band: ["10000", "60000"], routes: [fx, c]}
`);

const opinionsOf = (readings: readonly InputReading[], policy = CROSS, name = 'USDT/VND', memories = {}) => {
  const result = evaluate(policy, { ...inputs(readings), memories }, name).get(name);
  if (result === undefined) throw new Error('not evaluated');
  return result;
};

describe('a product of legs', () => {
  const units = (digits: number) => fc.bigInt({ min: 10n ** BigInt(digits - 1), max: 10n ** BigInt(digits) });

  it('is exact to 8 digits, half to even', () => {
    const usd = fc
      .bigInt({ min: 6n * 10n ** 13n, max: 14n * 10n ** 13n })
      .map((n) => rate(USDT_USD, { units: n, scale: 14 }));
    const vnd = fc
      .bigInt({ min: 2n * 10n ** 12n, max: 4n * 10n ** 12n })
      .map((n) => rate(USD_VND, { units: n, scale: 8 }));
    fc.assert(
      fc.property(usd, vnd, (first, second) => {
        const { agreed } = opinionsOf([says('b', USDT_USD, first), says('fx', USD_VND, second)]);
        if (agreed === undefined) throw new Error('no rate');
        const got = agreed.mid.value;
        const exact = first.value.units * second.value.units * 10n ** 8n;
        const scale = first.value.scale + second.value.scale + 8;
        const told = got.units * 10n ** BigInt(scale - got.scale);
        const distance = told > exact ? told - exact : exact - told;
        expect(2n * distance <= 10n ** BigInt(scale - 8)).toBe(true);
      }),
    );
  });

  it('gives what a calculator gives, is as old as its oldest leg, and as uncertain as both together', () => {
    const readings = [
      says('b', USDT_USD, '0.99956', 4_000),
      says('fx', USD_VND, '25947.76804973', 0),
      says('c', USD_VND, '25973', 9_000),
    ];
    const { agreed } = opinionsOf(readings);
    expect(agreed && formatRate(agreed.mid)).toBe('25936.35103179');
    expect(agreed).toMatchObject({ ageMs: 4_000, uncertaintyBps: 10, basis: 'spot_aggregate_x_spot_aggregate' });
    expect(agreed?.figures.map(({ source, route }) => [source, route])).toEqual([
      ['b', 'b USDT/USD x USD/VND'],
      ['fx', 'b USDT/USD x USD/VND'],
    ]);
    const older = opinionsOf([says('b', USDT_USD, '0.99956', 4_000), says('c', USD_VND, '25973', 9_000)]);
    expect(older.agreed?.ageMs).toBe(9_000);
  });

  it('turned round keeps the digits that mean something', () => {
    const policy = policyOf(`
  VND/USDT: {band: ["0.00001", "0.0001"], routes: [inverse USDT/VND]}
  USDT/VND: {band: ["10000", "60000"], routes: [a]}
`);
    fc.assert(
      fc.property(units(13), (n) => {
        fc.pre(n >= 10n ** 12n && n <= 6n * 10n ** 12n);
        const straight = rate(USDT_VND, { units: n, scale: 8 });
        const { agreed } = opinionsOf([says('a', USDT_VND, straight)], policy, 'VND/USDT');
        if (agreed === undefined) throw new Error('no rate');
        expect(agreed.mid.pair).toEqual(pair('VND', 'USDT'));
        // |told x straight - 1| <= one part in 2 million
        const product = agreed.mid.value.units * straight.value.units;
        const one = 10n ** BigInt(agreed.mid.value.scale + straight.value.scale);
        const off = product > one ? product - one : one - product;
        expect(off * 2_000_000n <= one).toBe(true);
      }),
    );
  });

  it('is in dispute where a leg is, and nobody else speaks', () => {
    const [fx, c] = [says('fx', USD_VND, '26000'), says('c', USD_VND, '27000')];
    expect(opinionsOf([says('b', USDT_USD, '1'), fx, c]).agreed?.agreement).toBe('contested');
    expect(opinionsOf([says('b', USDT_USD, '1'), fx]).agreed?.agreement).toBe('unverified');
    expect(opinionsOf([says('a', USDT_VND, '26010'), says('b', USDT_USD, '1'), fx, c]).agreed?.agreement).toBe(
      'corroborated',
    );
  });

  it('goes on with the last good rate of a leg that has gone silent, and its age', () => {
    const memory: Memory = {
      lastGood: lastGood(parseRate(USD_VND, '26000'), { ageMs: 2 * HOUR, basis: 'fx_mid' }),
      dissents: [],
    };
    const { agreed } = opinionsOf([says('b', USDT_USD, '1', 0)], CROSS, 'USDT/VND', { 'USD/VND': memory });
    expect(agreed && formatRate(agreed.mid)).toBe('26000');
    expect(agreed?.ageMs).toBe(2 * HOUR);
  });
});

describe('a route that has no say', () => {
  const whyOf = (readings: readonly InputReading[], route: string) =>
    opinionsOf(readings).opinions.find((each) => each.route === route);
  const figure = (source: string, of: typeof USDT_VND, text: string, more: object): InputReading => {
    const reading = says(source, of, text);
    return { ...reading, observations: reading.observations.map((each) => ({ ...each, ...more })) };
  };

  it('says why: nothing read, too old, frozen, out of its band, a leg unknown', () => {
    expect(whyOf([], 'a')).toMatchObject({ verdict: 'silent', why: 'nothing was read' });
    expect(whyOf([figure('a', USDT_VND, '26000', { ageMs: 901_000 })], 'a')?.why).toBe(
      'its figure is 901 s old, and is used for 900 s',
    );
    expect(whyOf([figure('a', USDT_VND, '26000', { missedBps: 31 })], 'a')?.why).toContain('frozen');
    expect(whyOf([figure('a', USDT_VND, '2600000', {})], 'a')).toMatchObject({
      verdict: 'rejected',
      why: expect.stringContaining('10^2 too large'),
    });
    expect(whyOf([says('b', USDT_USD, '1')], 'b USDT/USD x USD/VND')?.why).toBe('no rate of USD/VND is known');
  });

  it('does not mind a daily figure that stands still', () => {
    const { agreed } = opinionsOf([figure('fx', USD_VND, '26000', { missedBps: 500 })], CROSS, 'USD/VND');
    expect(agreed && formatRate(agreed.mid)).toBe('26000');
  });

  it('where its witness has spoken by another route: one witness has one voice', () => {
    const policy = policyOf(`
  USDT/VND: {band: ["10000", "60000"], routes: [a, [a USDT/USD, USD/VND]]}
  USD/VND: {band: ["10000", "60000"], routes: [fx]}
`);
    const reading: InputReading = {
      source: 'a',
      heldMs: 0,
      observations: [says('a', USDT_VND, '26000'), says('a', USDT_USD, '1')].flatMap((each) => each.observations),
    };
    const { agreed, opinions } = opinionsOf([reading, says('fx', USD_VND, '26000')], policy);
    expect(agreed?.agreement).toBe('unverified');
    expect(opinions[1]).toMatchObject({ verdict: 'rejected', why: 'a has spoken already' });
  });

  it('is a reference: shown beside the rate, and never a part of it', () => {
    const policy = policyOf('  USDT/VND: {band: ["10000", "60000"], routes: [a], references: [b]}');
    const { agreed, opinions } = opinionsOf([says('a', USDT_VND, '26000'), says('b', USDT_VND, '20000')], policy);
    expect(agreed).toMatchObject({ agreement: 'unverified', uncertaintyBps: 0 });
    const shown = opinions.map(({ route, verdict, why }) => [route, verdict, why]);
    expect(shown).toEqual([
      ['a', 'chosen', undefined],
      ['b', 'reference', '3000 basis points from the rate'],
    ]);
  });
});
