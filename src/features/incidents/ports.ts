/** What incidents need of others; main/incidents.ts joins them. */
import type { Json } from '../../kernel/canonical.ts';
import type { Tx } from '../../platform/db/port.ts';

/** One thing to be said to teams, in the transaction of what it tells of. */
export interface Page {
  /** One for one page: saying it twice tells once. */
  readonly key: string;
  readonly event: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly data: Json;
  readonly teams: readonly string[];
  readonly urgency: 'page' | 'message';
  /** Null: it is told for information, and nobody has to answer. */
  readonly incident: { readonly id: string; readonly count: string; readonly opened_at: string } | null;
}

export interface Pager {
  /** @returns how many will hear of it; none is not an error, and has to be noticed */
  notify(
    tx: Tx,
    page: Page,
  ): Promise<{ readonly queued: readonly { readonly status: string }[]; readonly known: number }>;
}
