/** Who acts, and what they may. */
import type { Scope } from './scopes.ts';

export interface Principal {
  /** Stable name of who acts, for records: `key:<id>`, `local`. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
}
