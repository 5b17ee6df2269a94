/** The rates of the platform: every answer a quote with its age and its evidence, or a refusal. */
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { type Pair, pairName, type Rate } from '../../kernel/rate.ts';
import type { Cache } from '../../platform/cache/port.ts';
import type { HttpClient } from '../../platform/http-client/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import { Chain, PAIR_ROUTES, type Runners } from './chain.ts';
import type { OnRatesEvent } from './events.ts';
import { PairFeed } from './pair-feed.ts';
import type { ProviderStatus } from './provider-status.ts';
import { type Purpose, type Quote, SOURCE_NAMES, type SourceName } from './quote.ts';
import type { RatesSettings } from './settings.ts';
import { SharedMemory } from './shared-memory.ts';
import { SourceRunner } from './source-runner.ts';
import { USDT_VND } from './sources/source.ts';
import { createSources } from './sources/sources.ts';

export type { RatesEvent } from './events.ts';
export type { ProviderStatus } from './provider-status.ts';

export interface RatesDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
  readonly cache: Cache;
  readonly log: Logger;
  readonly settings: RatesSettings;
  readonly onEvent?: OnRatesEvent;
}

export interface QuoteOptions {
  /** Decides how old the rate may be; `quote` unless told. */
  readonly purpose?: Purpose;
  /** Milliseconds that this caller waits where memory has no answer. */
  readonly deadlineMs?: number;
}

export class ExchangeRateService {
  readonly #deps: RatesDeps;
  readonly #runners: Runners;
  readonly #feeds: ReadonlyMap<string, ReadonlyMap<string, PairFeed>>;
  #polling: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  constructor(deps: RatesDeps) {
    const { clock, settings } = deps;
    const sources = createSources(settings);
    this.#deps = deps;
    this.#runners = {
      coingecko: new SourceRunner(sources.coingecko, deps),
      binance: new SourceRunner(sources.binance, deps),
      cryptocompare: new SourceRunner(sources.cryptocompare, deps),
      'open-er-api': new SourceRunner(sources['open-er-api'], deps),
      frankfurter: new SourceRunner(sources.frankfurter, deps),
    };
    const chain = new Chain(clock, this.#runners, settings.bands);
    const feeds = new Map<string, Map<string, PairFeed>>();
    for (const routes of PAIR_ROUTES) {
      const { base, quote } = routes.pair;
      const feed = new PairFeed(routes, { ...deps, chain, shared: new SharedMemory(deps, routes.pair) });
      feeds.set(base, (feeds.get(base) ?? new Map<string, PairFeed>()).set(quote, feed));
    }
    this.#feeds = feeds;
  }

  /**
   * @throws `rates.unknown_pair` (missing)
   * @throws `rates.unavailable` (upstream): no source answered, and the last known good rate, which
   * the details carry, is too old for the purpose
   */
  async getQuote(pair: Pair, options: QuoteOptions = {}): Promise<Quote> {
    const feed = this.#feeds.get(pair.base)?.get(pair.quote);
    if (feed === undefined) throw unknownPair(pair);
    return feed.quote(options.purpose ?? 'quote', options.deadlineMs ?? this.#deps.settings.deadlineMs);
  }

  /** The mid of a USDT/VND quote for purpose `quote`. @throws as `getQuote` */
  async getUSDTToVND(): Promise<Rate> {
    return (await this.getQuote(USDT_VND)).mid;
  }

  providers(): readonly ProviderStatus[] {
    return SOURCE_NAMES.map((name) => this.#runners[name].status(routesOf(name)));
  }

  /** An operator's word about one source's circuit breaker. */
  controlBreaker(source: SourceName, action: 'open' | 'closed' | 'reset'): void {
    const { breaker } = this.#runners[source];
    if (action === 'reset') breaker.reset();
    else breaker.force(action);
  }

  /** Polls every pair now and every `pollMs`, one round after the other. */
  start(): void {
    if (this.#polling !== undefined) return;
    const stop = new AbortController();
    this.#polling = { stop, done: this.#poll(stop.signal) };
  }

  /** Ends after the round that is under way. */
  async stop(): Promise<void> {
    const polling = this.#polling;
    this.#polling = undefined;
    polling?.stop.abort();
    await polling?.done;
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, random, settings } = this.#deps;
    while (!signal.aborted) {
      await Promise.all(this.#allFeeds().map((feed) => feed.poll()));
      const waitMs = settings.pollMs * (0.9 + 0.2 * random.fraction());
      await clock.sleep(waitMs, signal).catch(() => undefined); // stopped: the loop sees it
    }
  }

  #allFeeds(): readonly PairFeed[] {
    return [...this.#feeds.values()].flatMap((byQuote) => [...byQuote.values()]);
  }
}

const routesOf = (source: SourceName): readonly string[] =>
  PAIR_ROUTES.flatMap(({ pair, routes }) =>
    routes
      .filter((route) => route.legs.some((leg) => leg.sources.includes(source)))
      .map((route) => `${pairName(pair)} by ${route.name}`),
  );

function unknownPair(pair: Pair): PlumblineError {
  const accepted = PAIR_ROUTES.map((routes) => pairName(routes.pair));
  return new PlumblineError(
    'missing',
    'rates.unknown_pair',
    `no rate of ${pairName(pair).slice(0, 40)} is kept; accepted: ${accepted.join(', ')}`,
    { details: { pair: pairName(pair).slice(0, 40), accepted } },
  );
}
