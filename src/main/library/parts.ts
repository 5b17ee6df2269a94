/** From the options of the library to the parts of the service, or everything that is wrong with them. */
import { readFileSync } from 'node:fs';
import type { RatesDeps } from '../../features/rates/engine/engine.ts';
import { type Graph, parseGraph as parse } from '../../features/rates/graph.ts';
import { DEFAULT_RATES_OPTIONS, type RatesOptions, ratesSettings } from '../../features/rates/settings.ts';
import { SOURCES } from '../../features/rates/sources/sources.ts';
import { lazyCache } from '../../platform/cache/lazy.ts';
import { createMemoryCache } from '../../platform/cache/memory.ts';
import { openRedis } from '../../platform/cache/redis.ts';
import { systemClock, systemRandom } from '../../platform/clock/system.ts';
import { createHttpClient } from '../../platform/http-client/undici.ts';
import { silentLogger } from '../../platform/telemetry/silent.ts';
import { REFERENCE_GRAPH } from '../package.ts';
import { Faults, type Ranges } from './faults.ts';
import { guardedMemory, guardedSink } from './guards.ts';
import type { ExchangeRateServiceOptions, Tuning } from './options.ts';
import { checkDefinitions, guarded, joined, type SourceDefinition } from './sources.ts';

export interface Parts {
  readonly deps: RatesDeps;
  /** Closes what was opened here, and nothing that was brought. */
  close(): Promise<void>;
}

const SECOND = 1_000;
const DAY = 86_400 * SECOND;

const range = (unit: string, min: number, max: number) => ({ unit, min, max });
const milliseconds = (min: number, max: number) => range('milliseconds', min, max);

const TUNING: { readonly [T in keyof Required<Tuning>]: Ranges } = {
  freshMs: milliseconds(SECOND, DAY),
  agingMs: milliseconds(SECOND, DAY),
  maxAgeMs: {
    quote: milliseconds(SECOND, 30 * DAY),
    reconcile: milliseconds(SECOND, 30 * DAY),
    display: milliseconds(SECOND, 30 * DAY),
  },
  deadlineMs: milliseconds(100, 60 * SECOND),
  patienceMs: milliseconds(0, 60 * SECOND),
  attemptTimeoutMs: milliseconds(100, 60 * SECOND),
  retries: range('attempts', 0, 10),
  retryMs: milliseconds(1, 60 * SECOND),
  urgentMs: milliseconds(100, DAY),
  breaker: { failureThreshold: range('failures', 1, 1_000), openMs: milliseconds(100, 3_600 * SECOND) },
  rateLimitedHoldMs: milliseconds(SECOND, DAY),
  refusedHoldMs: milliseconds(SECOND, DAY),
  halfSpreadBps: range('basis points', 0, 1_000),
  quoteLifetimeMs: milliseconds(SECOND, DAY),
  publish: { moveBps: range('basis points', 0, 1_000), heartbeatMs: milliseconds(SECOND, DAY) },
  probationMs: milliseconds(0, DAY),
  syncMs: milliseconds(20, 60 * SECOND),
  assumedProcesses: range('processes', 1, 1_000),
  cacheTtlMs: milliseconds(60 * SECOND, 366 * DAY),
};

/** What a part that is brought has to be able to do. */
const BROUGHT: { readonly [P in 'sink' | 'memory' | 'log' | 'clock' | 'random' | 'http']: readonly string[] } = {
  sink: ['publish'],
  memory: ['recall', 'recallSources', 'rememberSource'],
  log: ['debug', 'info', 'warn', 'error', 'fatal', 'child'],
  clock: ['now', 'monotonic', 'sleep', 'after'],
  random: ['fraction', 'bytes'],
  http: ['send', 'close'],
};

const OPTIONS: readonly (keyof ExchangeRateServiceOptions)[] = [
  'redisUrl',
  'graph',
  'sources',
  'definitions',
  'options',
  'sink',
  'memory',
  'log',
  'clock',
  'random',
  'http',
];

/** @throws `rates.options_invalid`, `rates.graph_invalid` (invalid) with every fault and where it stands */
export function partsOf(options: ExchangeRateServiceOptions): Parts {
  const faults = new Faults();
  checkOptions(options, faults);
  faults.assertNone();

  const graph = graphOf(options, faults);
  checkAccess(options, graph, faults);
  faults.assertNone();

  const { redisUrl: url, sink, memory, log = silentLogger, clock = systemClock, random = systemRandom } = options;
  const settings = ratesSettings(graph, tuned(options));
  const http = options.http ?? createHttpClient({ clock, connectTimeoutMs: settings.attemptTimeoutMs });
  const cache = url === undefined ? createMemoryCache({ clock }) : lazyCache('redis', () => openRedis({ url }));
  return {
    deps: {
      ...{ clock, random, http, cache, log, settings },
      ...(sink === undefined ? {} : { sink: guardedSink(sink, log) }),
      ...(memory === undefined ? {} : { memory: guardedMemory(memory) }),
    },
    close: async () => {
      if (options.http === undefined) await http.close();
      await cache.close();
    },
  };
}

/**
 * A graph from its text.
 *
 * @param name what it is called in messages, usually its file. Default: `graph`
 * @param definitions providers of your own that it names. Default: none
 * @throws `rates.graph_invalid` (invalid) with every fault and where it stands
 */
export function parseGraph(text: string, name = 'graph', definitions: readonly SourceDefinition[] = []): Graph {
  const faults = new Faults();
  checkDefinitions(definitions, faults);
  faults.assertNone();
  return parse(text, name, [...SOURCES, ...definitions.map(guarded)]);
}

function checkOptions(options: ExchangeRateServiceOptions, faults: Faults): void {
  if (!faults.object('', options, OPTIONS)) return;
  faults.url('/redisUrl', options.redisUrl, ['redis:', 'rediss:']);
  checkDefinitions(options.definitions ?? [], faults);
  faults.ranges('/options', options.options, TUNING);
  for (const [name, methods] of Object.entries(BROUGHT)) {
    const part: unknown = Reflect.get(options, name);
    if (part === undefined) continue;
    const lacks = methods.filter((each) => !hasMethod(part, each));
    if (lacks.length > 0) faults.add(`/${name}`, `lacks ${lacks.map((each) => `${each}()`).join(', ')}`);
  }
  const { freshMs = DEFAULT_RATES_OPTIONS.freshMs, agingMs = DEFAULT_RATES_OPTIONS.agingMs } = options.options ?? {};
  if (agingMs < freshMs) {
    faults.add('/options/agingMs', `${agingMs} is below freshMs, ${freshMs}; a rate ages after it was fresh`);
  }
}

const hasMethod = (part: unknown, name: string): boolean =>
  typeof part === 'object' && part !== null && typeof Reflect.get(part, name) === 'function';

function graphOf({ graph, definitions = [] }: ExchangeRateServiceOptions, faults: Faults): Graph {
  const own = definitions.map(guarded);
  if (graph === undefined) {
    return joined(parse(readFileSync(REFERENCE_GRAPH, 'utf8'), 'books/rates.yaml'), own, faults);
  }
  if (typeof graph === 'string' && !graph.trim().includes('\n')) {
    faults.add('/graph', "is a single line; give the text of the graph, readFileSync(path, 'utf8'), not its path");
    faults.assertNone();
  }
  const parsed = typeof graph === 'string' ? parse(graph, 'graph', [...SOURCES, ...own]) : graph;
  for (const [index, { name }] of own.entries()) {
    if (parsed.sources.some(({ definition }) => definition.name === name)) continue;
    faults.add(
      `/definitions/${index}`,
      `${name} is not among the sources of the graph; add it there, and to the routes of a pair`,
    );
  }
  return parsed;
}

function checkAccess({ sources }: ExchangeRateServiceOptions, graph: Graph, faults: Faults): void {
  const names = graph.sources.map(({ definition }) => definition.name);
  if (!faults.object('/sources', sources, names)) return;
  for (const [name, access] of Object.entries(sources)) {
    const at = `/sources/${name}`;
    if (!faults.object(at, access, ['url', 'apiKey', 'monthlyCalls'])) continue;
    const { url, apiKey, monthlyCalls } = access;
    faults.url(`${at}/url`, url, ['https:', 'http:']);
    faults.ranges(`${at}/monthlyCalls`, monthlyCalls, range('calls', 1, 1_000_000_000));
    if (apiKey !== undefined && (typeof apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(apiKey))) {
      faults.add(`${at}/apiKey`, 'is empty, or holds spaces or line breaks; trim it, or leave it out');
    }
  }
}

function tuned({ options = {}, sources = {} }: ExchangeRateServiceOptions): RatesOptions {
  const { maxAgeMs, breaker, publish } = DEFAULT_RATES_OPTIONS;
  const { maxAgeMs: ages, breaker: rules, publish: when, ...rest } = options;
  return {
    ...merged(DEFAULT_RATES_OPTIONS, rest),
    access: Object.fromEntries(
      Object.entries(sources).flatMap(([name, access]) => (access === undefined ? [] : [[name, access]])),
    ),
    maxAgeMs: merged(maxAgeMs, ages),
    breaker: merged(breaker, rules),
    publish: merged(publish, when),
  };
}

/** What is given as undefined is not given. */
function merged<T extends object>(defaults: T, given: { readonly [K in keyof T]?: T[K] | undefined } = {}): T {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(present) };
}
