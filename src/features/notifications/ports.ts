/** What notifications need of others; main/compose.ts joins them. */
import type { AlarmName } from '../../kernel/alarms.ts';
import type { Json } from '../../kernel/canonical.ts';
import type { Tx } from '../../platform/db/port.ts';

/** Something that somebody has to look at. */
export interface Trouble {
  /** One for one fact. */
  readonly key: string;
  readonly event: AlarmName;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly payload: Json;
}

/** Who makes an incident of it: the same trouble again is the same incident. */
export interface Incidents {
  /** In the caller's transaction: the incident exists if and only if the fact does. */
  raise(tx: Tx, trouble: Trouble): Promise<void>;
}

/** Who is told that an incident was seen by somebody. */
export interface Acknowledger {
  /** @throws where there is none, or it is over */
  acknowledge(id: string, subject: string): Promise<unknown>;
}
