/** What payouts need of others; main/compose.ts joins them. */
import type { Tx } from '../../platform/db/port.ts';

/** One try to tell somebody, and what came of it. */
export interface Attempt {
  /** One for one try. */
  readonly key: string;
  readonly event: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly channel: 'webhook';
  /** Where it went, without what is secret in it. */
  readonly recipient: string;
  readonly message: string;
  readonly outcome: 'delivered' | 'retrying' | 'dead';
  /** Tries before this one. */
  readonly retries: number;
  readonly nextRetryAt: Date | null;
  /** What the receiver knows it by: the `webhook-id`. */
  readonly messageId: string;
  readonly error: string | null;
}

export interface AttemptLog {
  /** Written in the transaction that decides when the next try is. */
  attempted(tx: Tx, attempt: Attempt): Promise<void>;
}
