/** What the library makes of its options, and how it refuses what it cannot use. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordLog } from '../../../test/support/log.ts';
import { REFERENCE_GRAPH } from '../../../test/support/rates.ts';
import { DEFAULT_RATES_OPTIONS, ratesSettings } from '../../features/rates/settings.ts';
import { isPlumblineError } from '../../kernel/errors.ts';
import { pair, parsePair } from '../../kernel/rate.ts';
import { systemClock } from '../../platform/clock/system.ts';
import type { ExchangeRateServiceOptions } from './options.ts';
import { parseGraph, partsOf } from './parts.ts';
import type { SourceDefinition } from './sources.ts';

const GRAPH = readFileSync('books/rates.yaml', 'utf8');

const desk: SourceDefinition = {
  name: 'desk',
  role: 'our own price',
  url: 'https://desk.example',
  pairs: [pair('USDT', 'VND')],
  cadence: { kind: 'live', maxLagMs: 60_000 },
  everyMs: 30_000,
  request: ({ url }) => ({ url }),
  parse: () => ({ observations: [], warnings: [] }),
};

const settingsOf = (options: ExchangeRateServiceOptions) => partsOf(options).deps.settings;

/** As somebody without a compiler would pass it. */
const untyped = (options: object): ExchangeRateServiceOptions => options;

function faultsOf(options: ExchangeRateServiceOptions): readonly (readonly [string, string])[] {
  try {
    partsOf(options);
  } catch (error) {
    if (!isPlumblineError(error)) throw error;
    expect(error.kind).toBe('invalid');
    return error.faults.map(({ pointer, message }) => [pointer, message]);
  }
  return [];
}

describe('without options', () => {
  it('is the reference graph, with every default, in memory, silent', () => {
    const { deps } = partsOf({});
    expect(deps.settings).toEqual(ratesSettings(REFERENCE_GRAPH));
    expect([deps.cache.kind, deps.sink, deps.memory]).toEqual(['memory', undefined, undefined]);
  });

  it('is so, too, where all of them are undefined', () => {
    const options = { freshMs: undefined, maxAgeMs: { quote: undefined }, breaker: undefined };
    const { deps } = partsOf({
      ...{ redisUrl: undefined, graph: undefined, definitions: undefined, log: undefined, http: undefined },
      sources: { coingecko: { url: undefined, apiKey: undefined, monthlyCalls: undefined }, binance: undefined },
      options,
    });
    expect(deps.settings).toEqual({ ...ratesSettings(REFERENCE_GRAPH), access: { coingecko: {} } });
    expect(deps.cache.kind).toBe('memory');
  });
});

describe('with options', () => {
  it('changes what is given and nothing beside it', () => {
    const { maxAgeMs, breaker, publish, freshMs, agingMs, policy } = settingsOf({
      options: { maxAgeMs: { quote: 60_000 }, breaker: { openMs: 500 }, freshMs: 60_000, halfSpreadBps: 0 },
    });
    expect(maxAgeMs).toEqual({ quote: 60_000, reconcile: 86_400_000, display: undefined });
    expect(breaker).toEqual({ failureThreshold: 5, openMs: 500 });
    expect(publish).toEqual({ moveBps: 1, heartbeatMs: 60_000 });
    expect([freshMs, agingMs, policy.pairs[0]?.halfSpreadBps]).toEqual([60_000, 1_800_000, 0]);
  });

  it('asks the sources where it is told, with their keys and quotas', () => {
    const { sources } = settingsOf({
      sources: {
        coingecko: { url: 'https://pro-api.coingecko.com/api/v3/', apiKey: 'CG-1', monthlyCalls: 500_000 },
        cryptocompare: { apiKey: 'k' },
      },
    });
    const [coingecko, , cryptocompare] = sources;
    expect(coingecko?.access).toEqual({ url: 'https://pro-api.coingecko.com/api/v3', apiKey: 'CG-1' });
    expect(coingecko?.rules.pace?.callMs).toBeLessThan(10_000);
    expect(cryptocompare?.disabled).toBeUndefined();
  });

  it('takes the graph as text, and as parsed', () => {
    const text =
      'graph: own\nversion: 1\nsources: { vietcombank: {} }\npairs: { USD/VND: { band: ["1", "9"], routes: [vietcombank] } }';
    for (const graph of [text, parseGraph(text, 'own.yaml')]) {
      expect(settingsOf({ graph }).policy.pairs.map((each) => each.pair)).toEqual([pair('USD', 'VND')]);
    }
    expect(() => parseGraph('graph: own\nsources: 1', 'own.yaml')).toThrow(/own\.yaml has \d faults/);
  });

  it('opens no connection to Redis before anything is asked of it', async () => {
    const { deps, close } = partsOf({ redisUrl: 'redis://127.0.0.1:9' });
    expect(deps.cache.kind).toBe('redis');
    await close();
  });

  it('closes what it opened and nothing that was brought', async () => {
    let closed = 0;
    const http = {
      send: () => Promise.reject(new Error('nobody asks')),
      close: async () => {
        closed += 1;
      },
    };
    await partsOf({ http, clock: systemClock, log: recordLog().log }).close();
    expect(closed).toBe(0);
  });
});

describe('what is wrong is refused, with the field and the remedy', () => {
  it.each<[string, object, string, string]>([
    ['an unknown option', { redisURL: 'redis://x' }, '/redisURL', 'there are redisUrl, graph, sources'],
    ['a text for all options', ['redis://x'], '', 'is not an object'],
    ['no address of Redis', { redisUrl: 'localhost:6379' }, '/redisUrl', 'redis:// or rediss://'],
    ['an unknown provider', { sources: { coingeko: {} } }, '/sources/coingeko', 'there are coingecko, binance'],
    ['an address as an access', { sources: { binance: 'https://x' } }, '/sources/binance', 'url, apiKey, monthlyCalls'],
    ['an unknown access', { sources: { binance: { key: 'x' } } }, '/sources/binance/key', 'there are url, apiKey'],
    ['no URL', { sources: { binance: { url: 'ftp://x' } } }, '/sources/binance/url', 'https:// or http://'],
    ['an empty key', { sources: { coingecko: { apiKey: '' } } }, '/sources/coingecko/apiKey', 'leave it out'],
    ['a key with its line', { sources: { coingecko: { apiKey: 'k\n' } } }, '/sources/coingecko/apiKey', 'trim it'],
    [
      'no calls',
      { sources: { coingecko: { monthlyCalls: 0 } } },
      '/sources/coingecko/monthlyCalls',
      '0 is not a whole',
    ],
    ['an unknown time', { options: { freshMS: 1_000 } }, '/options/freshMS', 'there are freshMs, agingMs'],
    [
      'seconds for milliseconds',
      { options: { freshMs: 300 } },
      '/options/freshMs',
      'milliseconds from 1000 to 86400000',
    ],
    ['a time as text', { options: { deadlineMs: '2500' } }, '/options/deadlineMs', '"2500" is not a whole number'],
    ['half a failure', { options: { breaker: { failureThreshold: 2.5 } } }, '/options/breaker/failureThreshold', '2.5'],
    [
      'no age',
      { options: { maxAgeMs: { quote: Number.NaN } } },
      '/options/maxAgeMs/quote',
      'NaN is not a whole number',
    ],
    ['one age for all', { options: { maxAgeMs: 60_000 } }, '/options/maxAgeMs', 'may hold quote, reconcile, display'],
    [
      'aging before fresh',
      { options: { freshMs: 3_600_000 } },
      '/options/agingMs',
      '1800000 is below freshMs, 3600000',
    ],
    ['the console as a log', { log: console }, '/log', 'lacks fatal(), child()'],
    ['a function as a sink', { sink: () => undefined }, '/sink', 'lacks publish()'],
    ['the path of a graph', { graph: 'books/rates.yaml' }, '/graph', "readFileSync(path, 'utf8')"],
    [
      'a graph with a fault',
      { graph: GRAPH.replace('- cryptocompare', '- kraken') },
      '/pairs/USDT/VND/routes/2/0',
      'kraken',
    ],
    ['one definition as a list', { definitions: desk }, '/definitions', 'is not a list'],
    ['a definition of nothing', { definitions: [{}] }, '/definitions/0/parse', 'is no function'],
    ['a name in capitals', { definitions: [{ ...desk, name: 'Desk' }] }, '/definitions/0/name', 'lower case'],
    ['a name that is taken', { definitions: [{ ...desk, name: 'binance' }] }, '/definitions/0/name', 'is taken'],
    ['a name twice', { definitions: [desk, desk] }, '/definitions/1/name', 'is taken'],
    ['pairs as texts', { definitions: [{ ...desk, pairs: ['USDT/VND'] }] }, '/definitions/0/pairs/0', 'parsePair('],
    [
      'no cadence',
      { definitions: [{ ...desk, cadence: undefined }] },
      '/definitions/0/cadence/kind',
      '"live" nor "daily"',
    ],
    [
      'a pair of nobody',
      { definitions: [{ ...desk, pairs: [parsePair('BTC/VND')] }] },
      '/definitions/0/pairs',
      'give a graph',
    ],
    ['a source that the graph leaves out', { graph: GRAPH, definitions: [desk] }, '/definitions/0', 'add it there'],
  ])('%s', (_, options, pointer, remedy) => {
    expect(faultsOf(untyped(options))).toContainEqual([pointer, expect.stringContaining(remedy)]);
  });

  it('all at once, in the message too, and no secret in it', () => {
    const options = {
      redisUrl: 'http://me:hunter2@cache',
      sources: { coingecko: { apiKey: 'secret word' } },
      options: { retries: -1, freshMs: 1 },
      definitions: [{ ...desk, everyMs: 5 }],
    };
    const faults = faultsOf(options);
    expect(faults.map(([pointer]) => pointer)).toEqual([
      '/redisUrl',
      '/definitions/0/everyMs',
      '/options/freshMs',
      '/options/retries',
    ]);
    expect(() => partsOf(options)).toThrow(/retries -1 is not a whole number of attempts from 0 to 10/);
    expect(JSON.stringify([faults, faultsOf({ sources: options.sources })])).not.toMatch(/hunter2|secret word/);
  });
});

describe('a provider of the user', () => {
  const observation = {
    ...{ pair: pair('USDT', 'VND'), rate: { pair: pair('USDT', 'VND'), value: { units: 25_935n, scale: 0 } } },
    ...{ basis: 'desk_price', publishedAt: 1, currentUntil: 1 },
  };
  const read = (observations: unknown) => {
    const definition = untypedDefinition({ ...desk, parse: () => ({ observations }) });
    const [own] = settingsOf({ definitions: [definition] }).sources.slice(-1);
    return own?.definition.parse({ status: 200, headers: {}, body: '' }, 1);
  };
  const untypedDefinition = (definition: object): SourceDefinition => ({ ...desk, ...definition });

  it('is a further route of the pairs of the reference graph that it observes, and asked like any other', () => {
    const { policy, sources } = settingsOf({
      definitions: [desk],
      sources: { desk: { url: 'http://own/', apiKey: 'k' } },
    });
    const routes = policy.pairs.map((each) => [each.pair, each.routes.map(({ name }) => name)]);
    expect(routes).toContainEqual([
      pair('USDT', 'VND'),
      ['coingecko', 'binance USDT/USD x USD/VND', 'cryptocompare', 'desk'],
    ]);
    expect(routes).toContainEqual([pair('USDT', 'USD'), ['coingecko', 'binance', 'cryptocompare']]);
    expect(sources.at(-1)?.access).toEqual({ url: 'http://own', apiKey: 'k' });
  });

  it('stands where a graph of the user puts it', () => {
    const graph = GRAPH.replace('  binance: {}', '  desk: { every_seconds: 60 }\n  binance: {}').replace(
      '      - cryptocompare\n',
      '      - desk\n',
    );
    const { policy, sources } = settingsOf({ graph, definitions: [desk] });
    expect(policy.pairs[1]?.routes.map(({ name }) => name)).toEqual([
      'coingecko',
      'binance USDT/USD x USD/VND',
      'desk',
    ]);
    expect(sources[1]).toMatchObject({ definition: { name: 'desk' }, rules: { everyMs: 60_000 } });
  });

  it('may be an instance of a class', () => {
    class Desk implements SourceDefinition {
      readonly name = 'desk';
      readonly role = 'our own price';
      readonly url = 'https://desk.example';
      readonly pairs = [pair('USDT', 'VND')];
      readonly cadence = { kind: 'live', maxLagMs: 60_000 } as const;
      readonly everyMs = 30_000;
      request() {
        return { url: `${this.url}/ticker` };
      }
      parse() {
        return { observations: [observation], warnings: [] };
      }
    }
    const definition = settingsOf({ definitions: [new Desk()] }).sources.at(-1)?.definition;
    expect(definition?.request({ url: '', apiKey: undefined }, 1)).toEqual({ url: 'https://desk.example/ticker' });
  });

  it('says what it observes, and what it cannot have observed is a bad payload', () => {
    expect(read([observation])).toEqual({ observations: [observation], warnings: [] });
    const usd = pair('USDT', 'USD');
    for (const [observations, why] of [
      [undefined, 'a reading has 1 to 9 observations'],
      [[], 'a reading has 1 to 9 observations'],
      [[{ ...observation, pair: usd }], 'USDT/USD is not among the pairs'],
      [[{ ...observation, rate: { ...observation.rate, pair: usd } }], 'the rate of another pair, USDT/USD'],
      [[{ ...observation, basis: 'Desk price' }], 'a basis of lower case letters'],
      [[{ ...observation, publishedAt: Number.NaN }], 'its times as epoch milliseconds'],
    ] as const) {
      expect(() => read(observations)).toThrow(
        expect.objectContaining({ class: 'bad-payload', message: expect.stringContaining(why) }),
      );
    }
  });
});

describe('what is written about the options', () => {
  const { access, ...defaults } = DEFAULT_RATES_OPTIONS;
  const flat = new Map(
    Object.entries(defaults).flatMap(([name, value]): readonly [string, unknown][] =>
      typeof value === 'object' ? Object.entries(value).map(([each, of]) => [`${name}.${each}`, of]) : [[name, value]],
    ),
  );
  /** A number as it is written; what stands in words has none. */
  const numbers = (written: readonly (readonly [string, string])[]) =>
    new Map(
      written.map(([name, text]) => [name, /^\d/.test(text) ? Number(text.replaceAll(',', '')) : undefined] as const),
    );
  const found = (file: string, pattern: RegExp) => [...readFileSync(file, 'utf8').matchAll(pattern)];

  it('names every one, with its default, on the page of the library', () => {
    const rows = found('docs/library.md', /^\| `([\w.]+)` \| ([^|]+?) \| (?:ms|bps|attempts|failures|processes) \|/gm);
    expect(numbers(rows.map(([, name = '', text = '']) => [name, text]))).toEqual(flat);
    expect(access).toEqual({});
  });

  it('gives its default in its comment', () => {
    const comments = found(
      'src/main/library/options.ts',
      /\/\*\* [^\n]* Default: ([^\n]*?)\. \*\/\s+readonly (\w+)\?/g,
    );
    const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
    const expected = new Map([...flat].map(([name, value]) => [last(name), value]));
    const written = numbers(comments.map(([, text = '', name = '']) => [name, text.replace(/ \(.*\)$/, '')]));
    for (const [name, value] of expected) expect([name, written.get(name)]).toEqual([name, value]);
    expect([...expected.keys()].filter((name) => !written.has(name))).toEqual([]);
  });
});
