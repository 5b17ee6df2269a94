/**
 * The chain: the routes of a pair in their order, all within one deadline. A route is one leg, or two
 * that are multiplied; a leg has sources that stand in for one another. Each route gets its fair share
 * of the time that is left, so that a provider that hangs leaves time for the next.
 */
import type { Clock } from '../../kernel/clock.ts';
import { type Pair, pairName, roundRate } from '../../kernel/rate.ts';
import { toSourceFailure } from './classes.ts';
import type { QuoteAttempt, QuoteSource, SourceName } from './quote.ts';
import { asOfAt, crossLegs, type DatedRate, RATE_SCALE } from './rules.ts';
import type { SourceRunner } from './source-runner.ts';
import { USD_VND, USDT_USD, USDT_VND } from './sources/source.ts';
import { assertInBand, type Bands } from './validity.ts';

export interface Leg {
  readonly pair: Pair;
  /** In order: the next is asked where one has no answer. */
  readonly sources: readonly SourceName[];
}

export interface Route {
  readonly name: string;
  readonly legs: readonly [Leg] | readonly [Leg, Leg];
}

export interface PairRoutes {
  readonly pair: Pair;
  readonly routes: readonly Route[];
}

const direct = (pair: Pair, source: SourceName): Route => ({ name: source, legs: [{ pair, sources: [source] }] });

/** The pairs that are served, and how. */
export const PAIR_ROUTES: readonly PairRoutes[] = [
  {
    pair: USDT_VND,
    routes: [
      direct(USDT_VND, 'coingecko'),
      {
        name: 'binance x fx',
        legs: [
          { pair: USDT_USD, sources: ['binance'] },
          { pair: USD_VND, sources: ['open-er-api', 'frankfurter'] },
        ],
      },
      direct(USDT_VND, 'cryptocompare'),
    ],
  },
  {
    pair: USDT_USD,
    routes: [direct(USDT_USD, 'coingecko'), direct(USDT_USD, 'binance'), direct(USDT_USD, 'cryptocompare')],
  },
  { pair: USD_VND, routes: [direct(USD_VND, 'open-er-api'), direct(USD_VND, 'frankfurter')] },
];

export const SERVED_PAIRS: readonly Pair[] = PAIR_ROUTES.map((routes) => routes.pair);

export type Runners = { readonly [Name in SourceName]: SourceRunner };

export interface FoundRate extends DatedRate {
  readonly basis: string;
  readonly sources: readonly QuoteSource[];
}

export interface Search {
  readonly found: FoundRate | undefined;
  /** Every source that was looked at, in order. */
  readonly attempts: readonly QuoteAttempt[];
}

interface LegResult {
  readonly found: (DatedRate & { readonly basis: string; readonly source: QuoteSource }) | undefined;
  readonly attempts: readonly QuoteAttempt[];
}

export class Chain {
  readonly #clock: Clock;
  readonly #runners: Runners;
  readonly #bands: Bands;

  constructor(clock: Clock, runners: Runners, bands: Bands) {
    this.#clock = clock;
    this.#runners = runners;
    this.#bands = bands;
  }

  /** Answers within `budgetMs`; never rejects. */
  async search({ routes }: PairRoutes, budgetMs: number): Promise<Search> {
    const end = this.#clock.monotonic() + budgetMs;
    const attempts: QuoteAttempt[] = [];
    for (const [index, route] of routes.entries()) {
      const blocked = this.#blocked(route);
      if (blocked.length > 0) {
        attempts.push(...blocked);
        continue;
      }
      const others = routes.slice(index + 1).filter((later) => this.#blocked(later).length === 0).length;
      const share = (end - this.#clock.monotonic()) / (1 + others);
      const legs = await Promise.all(route.legs.map((leg) => this.#readLeg(route, leg, share)));
      attempts.push(...legs.flatMap((leg) => leg.attempts));
      const found = this.#join(route, legs, attempts);
      if (found !== undefined) return { found, attempts };
    }
    return { found: undefined, attempts };
  }

  /** Why the route cannot be taken: the sources of a leg that has none to ask. Empty: it can. */
  #blocked(route: Route): readonly QuoteAttempt[] {
    for (const leg of route.legs) {
      const blocked = leg.sources.map((name) => this.#runners[name].blocked()).filter((each) => each !== undefined);
      if (blocked.length === leg.sources.length) return blocked;
    }
    return [];
  }

  async #readLeg(route: Route, leg: Leg, budgetMs: number): Promise<LegResult> {
    const end = this.#clock.monotonic() + budgetMs;
    const attempts: QuoteAttempt[] = [];
    for (const [index, name] of leg.sources.entries()) {
      const others = leg.sources.slice(index + 1).filter((each) => this.#runners[each].blocked() === undefined).length;
      const result = await this.#runners[name].read((end - this.#clock.monotonic()) / (1 + others));
      attempts.push(result.attempt);
      if (result.kind === 'unread') continue;
      const observation = result.reading.observations.find((each) => pairName(each.pair) === pairName(leg.pair));
      if (observation === undefined) continue;
      const { pair, rate, basis, publishedAt } = observation;
      const asOf = asOfAt(observation, this.#clock.now());
      const source = { source: name, route: route.name, pair, rate, asOf, publishedAt };
      return { found: { rate, asOf, basis, source }, attempts };
    }
    return { found: undefined, attempts };
  }

  /** The route's rate, or undefined where a leg is missing or the product cannot be true. */
  #join(route: Route, legs: readonly LegResult[], attempts: QuoteAttempt[]): FoundRate | undefined {
    const found = legs.map((leg) => leg.found).filter((leg) => leg !== undefined);
    const [first, second] = found;
    if (first === undefined || found.length < route.legs.length) return undefined;
    const joined =
      second === undefined
        ? { rate: roundRate(first.rate, RATE_SCALE, 'half-even'), asOf: first.asOf }
        : crossLegs(first, second);
    try {
      assertInBand(joined.rate, this.#bands);
    } catch (error) {
      const { class: outcome, message } = toSourceFailure(error);
      attempts.push({ source: first.source.source, outcome, message: `${route.name}: ${message}`, ms: 0 });
      return undefined;
    }
    return {
      ...joined,
      basis: found.map((leg) => leg.basis).join('_x_'),
      sources: found.map((leg) => leg.source),
    };
  }
}
