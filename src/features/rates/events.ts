/** What happens in here, for metrics. */
import type { Pair } from '../../kernel/rate.ts';
import type { BreakerKind } from '../../platform/breaker/circuit-breaker.ts';
import type { FailureClass } from './classes.ts';
import type { Level, SourceName } from './quote.ts';

export type RatesEvent =
  /** One call of a source. */
  | {
      readonly kind: 'attempt';
      readonly source: SourceName;
      readonly outcome: 'ok' | FailureClass;
      readonly ms: number;
    }
  | { readonly kind: 'breaker'; readonly source: SourceName; readonly from: BreakerKind; readonly to: BreakerKind }
  /** One answer to a caller. */
  | { readonly kind: 'quote'; readonly pair: Pair; readonly level: Level; readonly ageMs: number };

export type OnRatesEvent = (event: RatesEvent) => void;
