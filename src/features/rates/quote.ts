/** A quote: a rate with its evidence. Nothing in this service hands out a bare number as a rate. */
import type { QuoteId } from '../../kernel/ids.ts';
import type { Pair, Rate } from '../../kernel/rate.ts';
import type { FailureClass } from './classes.ts';
import type { Level } from './rules.ts';

export type { Level, Purpose } from './rules.ts';

/** In the order of the chain; the last two are sources of the USD/VND leg. */
export const SOURCE_NAMES = ['coingecko', 'binance', 'cryptocompare', 'open-er-api', 'frankfurter'] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

/** One figure that went into the rate. */
export interface QuoteSource {
  readonly source: SourceName;
  /** `coingecko`, or `binance x fx` where two legs are multiplied. */
  readonly route: string;
  readonly pair: Pair;
  readonly rate: Rate;
  /** Epoch milliseconds: the last instant at which it was known to be the source's current figure. */
  readonly asOf: number;
  /** Epoch milliseconds at which the source made it; for a daily rate, earlier than `asOf`. */
  readonly publishedAt: number;
}

/** What asking one source came to: a rate, no question at all, or a class of failure. */
export type AttemptOutcome = 'ok' | 'skipped-open' | 'skipped-hold' | 'disabled' | FailureClass;

export interface QuoteAttempt {
  readonly source: SourceName;
  readonly outcome: AttemptOutcome;
  readonly message?: string;
  /** Whole milliseconds spent, retries included. */
  readonly ms: number;
}

export interface Quote {
  /** One for each rate that was found: answers from memory share it. */
  readonly quoteId: QuoteId;
  readonly pair: Pair;
  /** What one unit of the base is bought at. */
  readonly bid: Rate;
  readonly mid: Rate;
  /** What one unit of the base is sold at. */
  readonly ask: Rate;
  /** Epoch milliseconds. */
  readonly asOf: number;
  /** Whole milliseconds at the time of the answer, rounded up. */
  readonly ageMs: number;
  readonly level: Level;
  readonly sources: readonly QuoteSource[];
  /** What the latest search for a rate met, source by source: why it was these sources. */
  readonly attempts: readonly QuoteAttempt[];
  /** What kind of rate it is: `spot_aggregate`, `spot_conversion`, `book_mid`, `fx_mid`, `book_mid_x_fx_mid`. */
  readonly basis: string;
  /** Epoch milliseconds after which the quote must not be used. */
  readonly expiresAt: number;
}
