/** What the rates need of others. The database fits these shapes; main/compose.ts joins them. */
import type { Pair } from '../../kernel/rate.ts';
import type { ManualRate, Published } from './fleet/pair-state.ts';
import type { SourceState } from './fleet/source-state.ts';

/** A quote for the record. */
export interface QuoteForRecord {
  readonly pair: Pair;
  readonly published: Published;
  readonly policyHash: string;
  /** Canonical JSON: ./history/evidence.ts. */
  readonly evidence: string;
}

/** Where published quotes go. It answers at once and writes later: a rate does not wait for a database. */
export interface QuoteSink {
  publish(quote: QuoteForRecord): void;
}

/** What a process knows again after a restart, whatever has become of the shared cache. */
export interface RatesMemory {
  /** The last good rate of each pair, and the operators' rates that still hold. */
  recall(): Promise<readonly Remembered[]>;
  /** The spent calls and the holds of each source. */
  recallSources(): Promise<ReadonlyMap<string, Pick<SourceState, 'spentUntil' | 'hold'>>>;
  rememberSource(source: string, state: Pick<SourceState, 'spentUntil' | 'hold'>): Promise<void>;
}

export interface Remembered {
  readonly pair: Pair;
  /** Its `at` is that of the record; ages count from `publishedAt`. */
  readonly published: Published | undefined;
  readonly manual: ManualRate | undefined;
}
