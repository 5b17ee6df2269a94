/** What reconciliation needs of others. Their services fit these shapes; main/compose.ts joins them. */
import type { Json } from '../../kernel/canonical.ts';
import type { Money } from '../../kernel/money.ts';
import type { Notice } from '../../kernel/notice.ts';
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

export interface ReportNotice extends Notice {
  /** The report that it is about: `alert_triggered` of a report is true where such a notice was raised. */
  readonly report?: string;
}

export interface Notices {
  /** Written in the caller's transaction: the notice exists if and only if the report does. */
  raise(tx: Tx, notice: ReportNotice): Promise<void>;
  /** After the commit and the critical log line: the operators' log has it. */
  told(notice: Pick<Notice, 'key'>): Promise<void>;
}

/** What a report means for payouts. One without a verdict is an `error`, and leaves them as they were. */
export type PayoutVerdict = {
  readonly reportId: string;
  readonly book: string;
  /** In a sentence. */
  readonly reason: string;
} & (
  | { readonly outcome: 'error' }
  | {
      readonly outcome: 'solvent' | 'deficit';
      /** The instant that the report speaks of: its cut, or where it has none, its snapshot. */
      readonly asOf: Date;
      /** When its snapshot was taken. */
      readonly observedAt: Date;
      readonly difference: string;
      readonly tolerance: string;
    }
);

export interface PayoutHalts {
  /** In the transaction that ends the attempt: a deficit's report and its halt are committed together. */
  onVerdict(tx: Tx, verdict: PayoutVerdict): Promise<void>;
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

/** The instant that the readings speak of. */
export interface AsOf {
  /** The end of the business date, or the snapshot where that has not come, or where not everything can be read as of it. */
  readonly basis: 'cut' | 'snapshot';
  /** Epoch milliseconds. */
  readonly instant: number;
  /** What could only say what stood at the snapshot, though the date was over by then. */
  readonly notAtCut: readonly string[];
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
