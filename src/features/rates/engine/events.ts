/** What happens in here, for metrics, for streams and for people. */
import type { Pair } from '../../../kernel/rate.ts';
import type { BreakerKind } from '../../../platform/breaker/breaker-state.ts';
import type { Alarm, Published } from '../fleet/pair-state.ts';
import type { FailureClass } from '../sources/classes.ts';

export type RatesEvent =
  /** One call of a source. */
  | { readonly kind: 'attempt'; readonly source: string; readonly outcome: 'ok' | FailureClass; readonly ms: number }
  | { readonly kind: 'breaker'; readonly source: string; readonly from: BreakerKind; readonly to: BreakerKind }
  /** A source was asked ahead of its turn, because the one before it was slow. */
  | { readonly kind: 'hedge'; readonly slow: string; readonly instead: string }
  /** A rate is served now that was not before, whoever published it. */
  | { readonly kind: 'published'; readonly pair: Pair; readonly published: Published }
  | { readonly kind: 'alarm'; readonly alarm: Alarm };

export type OnRatesEvent = (event: RatesEvent) => void;
