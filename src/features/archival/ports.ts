/** What archival needs of others; main/archival.ts joins them. */

import type { Json } from '../../kernel/canonical.ts';
import type { Notice } from '../../kernel/notice.ts';
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

export interface Notices {
  /** In the transaction of what they are told of. */
  raise(tx: Tx, notice: Notice): Promise<void>;
  /** Whether an incident of it is there that has not ended. */
  isOpen(event: Notice['event'], payload: Json): Promise<boolean>;
}
