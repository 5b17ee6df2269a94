/** What access needs of others; main/compose.ts joins them. */
import type { Notice } from '../../kernel/notice.ts';
import type { Tx } from '../../platform/db/port.ts';

export interface Notices {
  /** Somebody is to be told, in the transaction of what they are told of. */
  raise(tx: Tx, notice: Notice): Promise<void>;
}
