/** What reconciliation needs of others. Their services fit these shapes; main/compose.ts joins them. */
import type { Json } from '../../kernel/canonical.ts';
import type { Money } from '../../kernel/money.ts';
import type { Pair, Rate } from '../../kernel/rate.ts';
import type { Tx } from '../../platform/db/port.ts';

/** A rate pinned for one run: whatever happens later, the report is valued at this. */
export interface PinnedQuote {
  readonly quoteId: string;
  readonly pair: Pair;
  /** What one unit of the base can be sold at, and what it costs. */
  readonly bid: Rate;
  readonly mid: Rate;
  readonly ask: Rate;
  /** Epoch milliseconds. */
  readonly asOf: number;
  readonly ageMs: number;
  readonly level: 'fresh' | 'aging' | 'stale' | 'manual';
  readonly basis: string;
  /** What the rate was made of. */
  readonly sources: readonly {
    readonly source: string;
    readonly pair: Pair;
    readonly rate: Rate;
    readonly asOf: number;
  }[];
}

export interface RateSource {
  /** @throws where no rate young enough for a reconciliation is to be had */
  getQuote(pair: Pair, options: { readonly purpose: 'reconcile' }): Promise<PinnedQuote>;
}

export interface Alert {
  /** One for one fact: raising it twice tells once. */
  readonly key: string;
  readonly event: 'solvency.deficit' | 'solvency.error' | 'reconciliation.breaks';
  readonly severity: 'critical' | 'warning';
  readonly message: string;
  readonly payload: Json;
}

export interface Alerts {
  /** Written in the caller's transaction: the alert exists if and only if the report does. */
  raise(tx: Tx, alert: Alert): Promise<void>;
  /** After the commit and the critical log line: the operators' log has it. */
  told(alert: Pick<Alert, 'key'>): Promise<void>;
}

/** What one line's source said. An amount that could not be read is never zero: it is `unreadable`. */
export type Reading =
  | {
      readonly kind: 'read';
      readonly amount: Money;
      readonly evidence: Json;
      /** Whether the source could say what stood at the cut; absent: it says what stands now. */
      readonly at?: 'cut' | 'now';
    }
  | Unreadable;

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly reason: string;
}

/** One thing that is under way between two sides. */
export interface Item {
  readonly id: string;
  readonly amount: Money;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** What a query listed, one by one. */
export type ItemsReading = { readonly kind: 'items'; readonly items: readonly Item[] } | Unreadable;
