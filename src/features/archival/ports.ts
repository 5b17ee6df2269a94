/** What archival needs of others; main/archival.ts joins them. */

import type { AlarmName } from '../../kernel/alarms.ts';
import type { Json } from '../../kernel/canonical.ts';
import type { Tx } from '../../platform/db/port.ts';

/** What the audit log says of an object whose rows were let go. */
export interface LoggedManifest {
  readonly objectKey: string;
  readonly batch: string;
  /** Hex. */
  readonly manifestSha256: string;
}

export interface ManifestLog {
  /** All of them, those included that were said and are not in the log yet. */
  manifests(): AsyncIterable<LoggedManifest>;
}

/** Something that people are to be told of. */
export interface Notice {
  /** The same key is told once. */
  readonly key: string;
  readonly event: AlarmName;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly payload: Json;
}

export interface Notices {
  /** In the transaction of what they are told of. */
  raise(tx: Tx, notice: Notice): Promise<void>;
  /** Whether an incident of it is there that has not ended. */
  isOpen(event: AlarmName, payload: Json): Promise<boolean>;
}
