/**
 * One pair: the rate in memory, and the one search for a newer one that runs at a time.
 *
 *   fresh            answered from memory
 *   aging            answered from memory, while a search runs behind
 *   stale or absent  the caller waits for the search, no longer than its deadline; then it gets what
 *                    was found, or the last known good rate with its label, where its purpose allows
 *                    that age, or a refusal that says why
 */
import type { Clock, Random } from '../../kernel/clock.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { newId, type QuoteId } from '../../kernel/ids.ts';
import { pairName } from '../../kernel/rate.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import type { Chain, FoundRate, PairRoutes } from './chain.ts';
import type { OnRatesEvent } from './events.ts';
import { ageOf, type HeldRate, hold, type KnownRate, quoteOf } from './known-rate.ts';
import type { Quote, QuoteAttempt } from './quote.ts';
import { quoteToJson } from './quote-json.ts';
import { allowedFor, type Purpose } from './rules.ts';
import type { RatesSettings } from './settings.ts';
import type { SharedMemory } from './shared-memory.ts';
import { waitAtMost } from './wait.ts';

/** A caller whose time reaches this much beyond a search it joined may start its own. */
const WORTH_ANOTHER_SEARCH_MS = 50;
const COMPLAINT_INTERVAL_MS = 60_000;
const REMEMBERED_IDS = 256;

export interface FeedDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly settings: RatesSettings;
  readonly chain: Chain;
  readonly shared: SharedMemory;
  readonly onEvent?: OnRatesEvent | undefined;
}

interface Search {
  /** Monotonic milliseconds. */
  readonly end: number;
  /** Never rejects. */
  readonly done: Promise<void>;
}

/** The quote given last, given again within the same millisecond. */
interface LastAnswer {
  readonly atMs: number;
  readonly purpose: Purpose;
  readonly quote: Quote;
}

export class PairFeed {
  readonly routes: PairRoutes;
  readonly #deps: FeedDeps;
  #held: HeldRate | undefined;
  #attempts: readonly QuoteAttempt[] = [];
  #search: Search | undefined;
  /** Monotonic milliseconds. */
  #searchedAt = Number.NEGATIVE_INFINITY;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #lastAnswer: LastAnswer | undefined;
  readonly #heldBefore = new Set<QuoteId>();
  readonly #name: string;

  constructor(routes: PairRoutes, deps: FeedDeps) {
    this.routes = routes;
    this.#name = pairName(routes.pair);
    this.#deps = deps;
  }

  /** At once where memory has the answer. @throws `rates.unavailable` (upstream), as a rejection */
  quote(purpose: Purpose, deadlineMs: number): Quote | Promise<Quote> {
    const quote = this.#fromMemory(purpose);
    return quote === undefined ? this.#afterWaiting(purpose, deadlineMs) : this.#given(quote);
  }

  /** Looks for a newer rate, unless the fleet has one younger than half the interval. Never rejects. */
  async poll(): Promise<void> {
    const { settings } = this.#deps;
    await (this.#search ?? this.#startSearch(settings.deadlineMs, settings.pollMs / 2)).done;
  }

  #given(quote: Quote): Quote {
    this.#deps.onEvent?.({ kind: 'quote', pair: quote.pair, level: quote.level, ageMs: quote.ageMs });
    return quote;
  }

  #fromMemory(purpose: Purpose): Quote | undefined {
    const quote = this.#answer(purpose);
    if (quote === undefined || quote.level === 'stale') return undefined;
    if (!allowedFor(purpose, quote.ageMs, this.#deps.settings.maxAgeMs)) return undefined;
    if (quote.level === 'aging') this.#searchBehind();
    return quote;
  }

  #searchBehind(): void {
    const { clock, settings } = this.#deps;
    if (this.#search !== undefined || clock.monotonic() - this.#searchedAt < settings.refreshGapMs) return;
    this.#startSearch(settings.deadlineMs, settings.freshMs);
  }

  async #afterWaiting(purpose: Purpose, deadlineMs: number): Promise<Quote> {
    const { clock, settings } = this.#deps;
    const end = clock.monotonic() + deadlineMs;
    for (;;) {
      const left = end - clock.monotonic();
      const joined = this.#search;
      const search = joined ?? this.#startSearch(left, settings.freshMs);
      await waitAtMost(clock, search.done, left, () => undefined);
      const quote = this.#fromMemory(purpose);
      if (quote !== undefined) return this.#given(quote);
      const shorter = joined !== undefined && joined.end < end - WORTH_ANOTHER_SEARCH_MS;
      if (!shorter || end - clock.monotonic() < WORTH_ANOTHER_SEARCH_MS) break;
    }
    const last = this.#answer(purpose);
    if (last !== undefined && allowedFor(purpose, last.ageMs, settings.maxAgeMs)) return this.#given(last);
    throw this.#unavailable(purpose, last);
  }

  #startSearch(budgetMs: number, youngEnoughMs: number): Search {
    const { clock, log } = this.#deps;
    const done = this.#run(budgetMs, youngEnoughMs)
      .catch((error: unknown) => {
        log.error({ code: 'rates.search_failed', err: error }, `${this.#name}: the search for a rate broke off`);
      })
      .finally(() => {
        this.#search = undefined;
        this.#searchedAt = clock.monotonic();
      });
    const search = { end: clock.monotonic() + budgetMs, done };
    this.#search = search;
    return search;
  }

  async #run(budgetMs: number, youngEnoughMs: number): Promise<void> {
    const { clock, random, chain, shared } = this.#deps;
    const end = clock.monotonic() + budgetMs;
    const known = await shared.read();
    // Another process may have found one since.
    if (known !== undefined && this.#keep(known) && this.#ageMs() <= youngEnoughMs) return;
    const { found, attempts } = await chain.search(this.routes, end - clock.monotonic());
    this.#attempts = attempts;
    this.#lastAnswer = undefined;
    if (found === undefined) {
      this.#complain();
      return;
    }
    const fresh = this.#known(found, newId(clock, random));
    if (this.#keep(fresh)) void shared.write(fresh);
  }

  /** While nobody answers, every caller searches: the log hears of it once a minute. */
  #complain(): void {
    const { clock, log } = this.#deps;
    if (clock.monotonic() - this.#complainedAt < COMPLAINT_INTERVAL_MS) return;
    this.#complainedAt = clock.monotonic();
    const fields = { code: 'rates.none_found', pair: this.#name, attempts: this.#attempts };
    log.error(fields, `${this.#name}: no source gave a rate`);
  }

  #known({ rate, asOf, basis, sources }: FoundRate, quoteId: QuoteId): KnownRate {
    return { quoteId, pair: this.routes.pair, mid: rate, asOf, basis, sources };
  }

  /**
   * Keeps the younger of two. By age, not by `asOf`: the wall clock may have stepped back since. For
   * the same reason a rate that was held before never comes back: the shared cache may still have it,
   * and it would look younger than it is.
   */
  #keep(known: KnownRate): boolean {
    const { clock } = this.#deps;
    if (this.#heldBefore.has(known.quoteId)) return false;
    const candidate = hold(known, clock);
    if (this.#held !== undefined && ageOf(candidate, clock) >= ageOf(this.#held, clock)) return false;
    this.#held = candidate;
    this.#lastAnswer = undefined;
    this.#heldBefore.add(known.quoteId);
    const [oldest] = this.#heldBefore;
    if (this.#heldBefore.size > REMEMBERED_IDS && oldest !== undefined) this.#heldBefore.delete(oldest);
    return true;
  }

  #ageMs(): number {
    return this.#held === undefined ? Number.POSITIVE_INFINITY : ageOf(this.#held, this.#deps.clock);
  }

  #answer(purpose: Purpose): Quote | undefined {
    const { clock, settings } = this.#deps;
    if (this.#held === undefined) return undefined;
    const atMs = Math.floor(clock.monotonic());
    const last = this.#lastAnswer;
    if (last !== undefined && last.atMs === atMs && last.purpose === purpose) return last.quote;
    const quote = quoteOf(this.#held, this.#attempts, purpose, clock, settings);
    this.#lastAnswer = { atMs, purpose, quote };
    return quote;
  }

  #unavailable(purpose: Purpose, last: Quote | undefined): PlumblineError {
    const name = this.#name;
    const maxAgeMs = this.#deps.settings.maxAgeMs[purpose];
    const reasons = this.#attempts.map(({ source, outcome, message }) => ({ source, outcome, message: message ?? '' }));
    const age =
      last === undefined
        ? 'none was ever known'
        : `the last known good one is ${Math.ceil(last.ageMs / 1000)} s old, and ${Math.floor((maxAgeMs ?? 0) / 1000)} s is the limit`;
    const why = reasons.length === 0 ? 'the search has not ended yet' : reasons.map(describe).join('; ');
    return new PlumblineError(
      'upstream',
      'rates.unavailable',
      `${name}: no rate for purpose "${purpose}": ${age}; ${why}`,
      {
        details: {
          pair: name,
          purpose,
          max_age_ms: maxAgeMs,
          last_good: last === undefined ? undefined : quoteToJson(last),
          reasons,
        },
      },
    );
  }
}

const describe = ({ source, outcome, message }: { source: string; outcome: string; message: string }): string =>
  message === '' ? `${source} ${outcome}` : `${source} ${outcome} (${message})`;
