/** What access needs of others; main/compose.ts joins them. */
import type { AlarmName } from '../../kernel/alarms.ts';
import type { Json } from '../../kernel/canonical.ts';
import type { Tx } from '../../platform/db/port.ts';

export interface Notice {
  /** The same key is told once. */
  readonly key: string;
  readonly event: AlarmName;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly payload: Json;
}

export interface Notices {
  /** Somebody is to be told, in the transaction of what they are told of. */
  raise(tx: Tx, notice: Notice): Promise<void>;
}
