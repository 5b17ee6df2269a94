/** What notifications need of others; main/compose.ts joins them. */
import type { Notice } from '../../kernel/notice.ts';
import type { Tx } from '../../platform/db/port.ts';

/** Who makes an incident of it: the same notice again is the same incident. */
export interface Incidents {
  /** In the caller's transaction: the incident exists if and only if the fact does. */
  raise(tx: Tx, notice: Notice): Promise<void>;
}

/** Who is told that an incident was seen by somebody. */
export interface Acknowledger {
  /** @throws where there is none, or it is over */
  acknowledge(id: string, subject: string): Promise<unknown>;
}
