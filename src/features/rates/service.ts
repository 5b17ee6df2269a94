/** The rates of the platform: every answer a quote with its age and its evidence, or a refusal. */
import { PlumblineError } from '../../kernel/errors.ts';
import { newId, type QuoteId } from '../../kernel/ids.ts';
import { type Pair, pair, pairName, type Rate, samePair } from '../../kernel/rate.ts';
import { type RatesDeps, RatesEngine } from './engine/engine.ts';
import type { OnRatesEvent } from './engine/events.ts';
import { assertManual, type ManualRequest, manualOf } from './engine/manual.ts';
import type { PairFeed } from './engine/pair-feed.ts';
import { type ProviderStatus, statusOf } from './engine/provider-status.ts';
import { levelOfPublished } from './engine/quote-of.ts';
import { ageAt, type ManualRate } from './fleet/pair-state.ts';
import { evidenceOfManual } from './history/evidence.ts';
import type { Purpose, Quote } from './quote.ts';
import { bpsBetween } from './rules.ts';

export type { RatesDeps } from './engine/engine.ts';
export type { RatesEvent } from './engine/events.ts';
export type { ProviderStatus } from './engine/provider-status.ts';

export interface QuoteOptions {
  /** Decides how old the rate may be; `quote` unless told. */
  readonly purpose?: Purpose;
  /** Milliseconds that this caller waits where memory has no answer. */
  readonly deadlineMs?: number;
}

/** An operator's rate, by whom and under which identity. */
export interface NewManual extends ManualRequest {
  readonly id: string;
  readonly setBy: string;
  readonly quoteId?: QuoteId;
}

const USDT_VND = pair('USDT', 'VND');
const DEFAULTS: QuoteOptions = {};

export class ExchangeRateService {
  readonly #deps: RatesDeps;
  readonly #engine: RatesEngine;
  readonly #feeds: readonly PairFeed[];
  /** Callers ask for the same pair again and again. */
  #latest: PairFeed | undefined;

  constructor(deps: RatesDeps) {
    this.#deps = deps;
    this.#engine = new RatesEngine(deps);
    this.#feeds = [...this.#engine.feeds.values()];
  }

  /**
   * @throws `rates.unknown_pair` (missing)
   * @throws `rates.unavailable` (upstream): no source answered, and the last known good rate, which
   * the details carry, is too old for the purpose
   */
  getQuote(pair: Pair, options: QuoteOptions = DEFAULTS): Promise<Quote> {
    const feed = this.#feedOrNone(pair);
    if (feed === undefined) return Promise.reject(this.#unknownPair(pair));
    return feed.quote(options.purpose ?? 'quote', options.deadlineMs ?? this.#deps.settings.deadlineMs);
  }

  /** The mid of a USDT/VND quote for purpose `quote`. @throws as `getQuote` */
  async getUSDTToVND(): Promise<Rate> {
    return (await this.getQuote(USDT_VND)).mid;
  }

  /** What memory has, whatever its age, or undefined: no waiting. @throws `rates.unknown_pair` (missing) */
  knownQuote(pair: Pair): Quote | undefined {
    return this.#feedOf(pair).known('display');
  }

  /** The pairs that are served, legs first. */
  get pairs(): readonly Pair[] {
    return this.#deps.settings.policy.pairs.map((each) => each.pair);
  }

  providers(): readonly ProviderStatus[] {
    return [...this.#engine.runners.keys()].map((name) => this.providerStatus(name));
  }

  /** @throws `rates.unknown_provider` (missing) */
  providerStatus(source: string): ProviderStatus {
    const { runners, fleet } = this.#engine;
    const runner = runners.get(source);
    if (runner === undefined) throw this.#unknownProvider(source);
    const { policy } = this.#deps.settings;
    const routes = policy.pairs.flatMap((each) =>
      [...each.routes, ...each.references]
        .filter(({ legs }) => legs.some((leg) => leg.source === source))
        .map((route) => `${pairName(each.pair)} by ${route.name}`),
    );
    return statusOf(runner, fleet.now(), routes);
  }

  /**
   * An operator's word about one source's circuit breaker, for the whole fleet.
   * @throws `rates.unknown_provider` (missing)
   */
  async controlBreaker(source: string, action: 'open' | 'close' | 'reset'): Promise<ProviderStatus> {
    const runner = this.#engine.runners.get(source);
    if (runner === undefined) throw this.#unknownProvider(source);
    await runner.control(action);
    return this.providerStatus(source);
  }

  /**
   * An operator's own rate for the whole fleet: served as `manual`, until it expires, is ended, or the
   * market is further away than it allows.
   * @throws `rates.unknown_pair` (missing); `rates.manual_refused` (invalid)
   */
  async setManualRate(request: NewManual): Promise<ManualRate> {
    const { clock, random, settings } = this.#deps;
    const { fleet, sink } = this.#engine;
    const { policy } = await this.checkManualRate(request);
    const at = fleet.now();
    const identity = { quoteId: request.quoteId ?? newId<'quote'>(clock, random), publishedAt: clock.now() };
    const manual: ManualRate = {
      id: request.id,
      reason: request.reason,
      setBy: request.setBy,
      maxDeviationBps: request.maxDeviationBps,
      expiresAt: at + request.expiresAt - clock.now(),
      published: {
        ...{ ...identity, mid: request.mid, agreement: 'manual', basis: 'manual' },
        ...{ halfSpreadBps: policy.halfSpreadBps, figures: [], opinions: [], ageMs: 0, at },
      },
    };
    const record = this.#engine.recordOf(pairName(policy.pair));
    await fleet.update(record, (state) => ({ ...state, revision: state.revision + 1, manual }));
    const { policyHash } = settings;
    const evidence = evidenceOfManual({ ...request, ...identity, policyHash });
    sink.publish({ pair: policy.pair, published: manual.published, policyHash, evidence });
    return manual;
  }

  /** Whether the rate could be set. @throws as `setManualRate` */
  async checkManualRate(request: ManualRequest): Promise<PairFeed> {
    const { clock, settings } = this.#deps;
    const { fleet } = this.#engine;
    const feed = this.#feedOf(request.mid.pair);
    await fleet.sync();
    const { published } = this.#engine.recordOf(pairName(request.mid.pair)).value;
    const level = published && levelOfPublished(published, ageAt(published, fleet.now()), settings);
    const market = level === 'fresh' || level === 'aging' ? published?.mid : undefined;
    assertManual(request, feed.policy, market, clock.now());
    return feed;
  }

  /** @returns the manual rate that was ended, or undefined: there was none. @throws `rates.unknown_pair` (missing) */
  async endManualRate(pair: Pair): Promise<ManualRate | undefined> {
    const record = this.#engine.recordOf(pairName(this.#feedOf(pair).policy.pair));
    let ended: ManualRate | undefined;
    await this.#engine.fleet.update(record, (state) => {
      ended = state.manual;
      return ended === undefined ? undefined : { ...state, revision: state.revision + 1, manual: undefined };
    });
    return ended;
  }

  manualRates(): readonly { readonly pair: Pair; readonly manual: ManualRate }[] {
    const { fleet, records } = this.#engine;
    return this.pairs.flatMap((each) => {
      const state = records.get(pairName(each))?.value;
      const manual = state && manualOf(state, fleet.now());
      return manual === undefined ? [] : [{ pair: each, manual }];
    });
  }

  /** Numbers of this process, for metrics. */
  statistics() {
    const { fleet, feeds } = this.#engine;
    return {
      processes: fleet.processes,
      alone: fleet.alone !== undefined,
      pairs: [...feeds.values()].map((feed) => ({
        pair: feed.policy.pair,
        answered: feed.answered,
        known: measured(feed.known('display')),
      })),
    };
  }

  /** Hears of everything that happens from now on. @returns the end of it */
  listen(listener: OnRatesEvent): () => void {
    return this.#engine.listen(listener);
  }

  /** What was known before this process, where the shared cache does not know better. Never rejects. */
  recall(): Promise<void> {
    return this.#engine.recall();
  }

  /** Asks every source once, and resolves when each has answered or failed: memory is as good as it gets. */
  warm(): Promise<void> {
    return this.#engine.warm();
  }

  /** Polls every source in its turn from now on. */
  start(): void {
    this.#engine.poller.start();
  }

  /** Ends after the calls that are under way. */
  stop(): Promise<void> {
    return this.#engine.poller.stop();
  }

  #feedOrNone(pair: Pair): PairFeed | undefined {
    const latest = this.#latest;
    if (latest !== undefined && samePair(latest.policy.pair, pair)) return latest;
    this.#latest = this.#feeds.find((each) => samePair(each.policy.pair, pair));
    return this.#latest;
  }

  #feedOf(pair: Pair): PairFeed {
    const feed = this.#feedOrNone(pair);
    if (feed === undefined) throw this.#unknownPair(pair);
    return feed;
  }

  #unknownPair(pair: Pair): PlumblineError {
    const accepted = this.pairs.map(pairName);
    const asked = pairName(pair).slice(0, 40);
    return new PlumblineError(
      'missing',
      'rates.unknown_pair',
      `no rate of ${asked} is kept; accepted: ${accepted.join(', ')}`,
      { details: { pair: asked, accepted } },
    );
  }

  #unknownProvider(source: string): PlumblineError {
    const accepted = [...this.#engine.runners.keys()];
    return new PlumblineError(
      'missing',
      'rates.unknown_provider',
      `there is no provider "${source.slice(0, 40)}"; there are ${accepted.join(', ')}`,
      { details: { provider: source.slice(0, 40), accepted } },
    );
  }
}

/** What is measured of a quote. */
const measured = (quote: Quote | undefined) =>
  quote && {
    ageMs: quote.ageMs,
    halfSpreadBps: bpsBetween(quote.bid, quote.mid),
    deviationBps: Math.max(
      0,
      ...quote.witnesses.map(({ rate }) => (rate === undefined ? 0 : bpsBetween(rate, quote.mid))),
    ),
  };
