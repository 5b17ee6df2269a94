/** A rate service against the simulated providers: over real HTTP, or in process for simulated time. */

import { readFileSync } from 'node:fs';
import { parseGraph } from '../../src/features/rates/graph.ts';
import type { QuoteForRecord } from '../../src/features/rates/ports.ts';
import { ExchangeRateService, type RatesDeps, type RatesEvent } from '../../src/features/rates/service.ts';
import { type RatesOptions, type RatesSettings, ratesSettings } from '../../src/features/rates/settings.ts';
import { type BusinessDate, parseBusinessDate } from '../../src/kernel/business-date.ts';
import type { Clock, Random } from '../../src/kernel/clock.ts';
import { PlumblineError } from '../../src/kernel/errors.ts';
import { createMemoryCache } from '../../src/platform/cache/memory.ts';
import type { Cache } from '../../src/platform/cache/port.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import type { HttpClient } from '../../src/platform/http-client/port.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { RECORDED_RATES, type RecordedRates, recordedRatesOn } from '../../src/sandbox/data/recorded-rates.ts';
import { type Answer, answerOf } from '../../src/sandbox/providers/answers.ts';
import { type Fault, PROVIDERS, type ProviderName } from '../../src/sandbox/providers/faults.ts';
import { startProviders } from '../../src/sandbox/providers/providers.ts';
import { recordLog } from './log.ts';

/** The date of the newest recorded rates. */
export const RATES_DATE = parseBusinessDate('2026-09-29');

export function ratesOn(date: BusinessDate): RecordedRates {
  const rates = recordedRatesOn(date) ?? RECORDED_RATES[0];
  if (rates === undefined) throw new Error('no recorded rates');
  return rates;
}

export type Urls = Readonly<Partial<Record<string, string>>>;

export const REFERENCE_GRAPH = parseGraph(
  readFileSync(new URL('../../books/rates.yaml', import.meta.url), 'utf8'),
  'books/rates.yaml',
);

/** Nobody answers there. */
const NOWHERE = 'http://127.0.0.1:9';

/** The reference graph, pointed at simulated providers. `key` is CryptoCompare's; null: it has none. */
export function settingsFor(urls: Urls, more: Partial<RatesOptions> = {}, key: string | null = 'k'): RatesSettings {
  const access = Object.fromEntries(
    REFERENCE_GRAPH.sources.map(({ definition: { name } }) => [
      name,
      { url: urls[name] ?? NOWHERE, apiKey: name === 'cryptocompare' ? (key ?? undefined) : undefined },
    ]),
  );
  return ratesSettings(REFERENCE_GRAPH, { ...more, access: { ...access, ...more.access } });
}

export interface HarnessOptions {
  /** For the service and the providers' times; real input and output keeps to real time. */
  readonly clock?: Clock;
  readonly settings?: Partial<RatesOptions>;
  /** `null`: CryptoCompare has no key. */
  readonly key?: string | null;
  readonly cache?: Cache;
  readonly urls?: Urls;
  readonly more?: Partial<RatesDeps>;
}

export async function startRates(options: HarnessOptions = {}) {
  const clock = options.clock ?? systemClock;
  const http = createHttpClient({ clock: systemClock });
  const providers = await startProviders({ clock, date: () => RATES_DATE });
  const { log, lines } = recordLog();
  const events: RatesEvent[] = [];
  const published: QuoteForRecord[] = [];
  const urls = { ...providers.urls, ...options.urls };
  const cache = options.cache ?? createMemoryCache({ clock });
  const settings = settingsFor(urls, options.settings, options.key);
  const another = (over: Partial<RatesDeps> = {}): ExchangeRateService =>
    new ExchangeRateService({
      ...{ clock, random: systemRandom, http, cache, log, settings },
      sink: { publish: (quote) => published.push(quote) },
      ...options.more,
      ...over,
      onEvent: (event) => events.push(event),
    });
  const service = another();
  return {
    ...{ service, another, providers, cache, log, lines, events, published, settings },
    /** Every provider but those named shows the fault. */
    breakAllBut: (fault: Fault, ...well: readonly ProviderName[]): void => {
      for (const name of PROVIDERS) providers.setFault(name, well.includes(name) ? { kind: 'none' } : fault);
    },
    close: async (): Promise<void> => {
      await service.stop();
      await http.close();
      await providers.close();
    },
  };
}

export interface SimulatedWorld {
  readonly clock: Clock;
  /** The providers' time, epoch milliseconds; the clock's own unless told. */
  readonly now?: () => number;
  /** Milliseconds that an answer takes; the fault's own comes on top. */
  readonly latencyMs: () => number;
  readonly faultOf: (provider: ProviderName) => Fault;
  readonly ratesAt: (epochMs: number) => RecordedRates;
  /** Since when the provider is frozen, epoch milliseconds. */
  readonly frozenSince?: (provider: ProviderName) => number | undefined;
  readonly onCall?: (provider: ProviderName) => void;
  readonly onAnswer?: (provider: ProviderName, status: number) => void;
}

export const SIMULATED_URLS: Urls = Object.fromEntries(PROVIDERS.map((name) => [name, `http://sim/${name}`]));

/** The providers' answers without a network, in simulated time. It keeps the port's contract of deadlines. */
export function simulatedHttp(world: SimulatedWorld): HttpClient {
  const { clock } = world;
  return {
    send: async ({ url, method = 'GET', headers = {}, timeoutMs }) => {
      const { pathname, search } = new URL(url);
      const provider = PROVIDERS.find((name) => pathname.startsWith(`/${name}/`));
      if (provider === undefined) throw new Error(`no provider at ${url}`);
      world.onCall?.(provider);
      const now = world.frozenSince?.(provider) ?? world.now?.() ?? clock.now();
      const path = pathname.slice(provider.length + 1) + search;
      const answer = answerOf(
        provider,
        { method, path, headers },
        { now, rates: world.ratesAt(now) },
        world.faultOf(provider),
      );
      const takesMs = world.latencyMs() + durationOf(answer);
      await clock.sleep(Math.min(takesMs, timeoutMs));
      if (takesMs >= timeoutMs) throw new PlumblineError('upstream', 'http.timeout', `${provider}: too slow`);
      if (answer.kind === 'reset') throw new PlumblineError('upstream', 'http.transport', `${provider}: reset`);
      world.onAnswer?.(provider, answer.status);
      return { status: answer.status, headers: answer.headers, body: answer.body };
    },
    close: () => Promise.resolve(),
  };
}

const durationOf = (answer: Answer): number =>
  answer.kind === 'reset' ? 0 : answer.delayMs + (answer.drips ? answer.body.length * 1_000 : 0);

/** Dice that fall the same way for the same seed (splitmix32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return {
    fraction: () => next() / 2 ** 32,
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
  };
}
