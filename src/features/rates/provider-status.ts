/** How a source is doing, for operators. */
import type { BreakerSnapshot } from '../../platform/breaker/circuit-breaker.ts';
import type { AttemptOutcome, SourceName } from './quote.ts';

export interface ProviderStatus {
  readonly name: SourceName;
  /** For people. */
  readonly role: string;
  /** The routes that use it, in their order: `USDT/VND by coingecko`. */
  readonly routes: readonly string[];
  readonly enabled: boolean;
  readonly disabledReason: string | undefined;
  readonly breaker: BreakerSnapshot;
  /** Epoch milliseconds until which it is left alone: it said so, or refused us. */
  readonly heldUntil: number | undefined;
  readonly heldReason: string | undefined;
  readonly lastOutcome: AttemptOutcome | undefined;
  readonly lastMessage: string | undefined;
  /** Epoch milliseconds. */
  readonly lastSuccessAt: number | undefined;
  /** Attempts that failed since the last one that did not, whatever their class. */
  readonly consecutiveFailures: number;
  /** Whole milliseconds of the last attempt. */
  readonly latencyMs: number | undefined;
}
