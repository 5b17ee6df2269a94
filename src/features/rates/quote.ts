/** A quote: a rate with its evidence. Nothing in this service hands out a bare number as a rate. */
import type { QuoteId } from '../../kernel/ids.ts';
import type { Pair, Rate } from '../../kernel/rate.ts';
import type { Agreement, Opinion } from './consensus/agreement.ts';
import type { Level } from './rules.ts';
import type { FailureClass } from './sources/classes.ts';

export type { Level, Purpose } from './rules.ts';

/** One figure that went into the rate. */
export interface QuoteSource {
  readonly source: string;
  /** `coingecko`, or `binance USDT/USD x USD/VND` where legs are multiplied. */
  readonly route: string;
  readonly pair: Pair;
  readonly rate: Rate;
  /** Epoch milliseconds: the last instant at which it was known to be the source's current figure. */
  readonly asOf: number;
  /** Epoch milliseconds at which the source made it; for a daily rate, earlier than `asOf`. */
  readonly publishedAt: number;
}

/** How one source fared last: a reading, no question at all, or a class of failure. */
export type AttemptOutcome = 'ok' | 'skipped-open' | 'skipped-hold' | 'disabled' | FailureClass;

export interface QuoteAttempt {
  readonly source: string;
  readonly outcome: AttemptOutcome;
  readonly message?: string;
  /** Whole milliseconds that its last call took. */
  readonly ms: number;
}

export interface Quote {
  /** One for each rate that was published: answers from memory share it. */
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
  /** By age; a rate in dispute is the last known good one, `stale` whatever its age. */
  readonly level: Level;
  /** Who stands behind it: ./consensus/agreement.ts. */
  readonly agreement: Agreement | 'manual';
  readonly sources: readonly QuoteSource[];
  /** What each route said when the rate was published, and what became of its word. */
  readonly witnesses: readonly Opinion[];
  /** How each source fared last. */
  readonly attempts: readonly QuoteAttempt[];
  /** What kind of rate it is: `spot_aggregate`, `book_mid_x_bank_mid`, `manual`. */
  readonly basis: string;
  /** Epoch milliseconds after which the quote must not be used. */
  readonly expiresAt: number;
}
