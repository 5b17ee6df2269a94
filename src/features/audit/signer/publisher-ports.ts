/** What the publisher needs of the log and of whoever keeps its checkpoints. */
import type { NodeReader } from '../tlog/proofs.ts';

export interface LogReader {
  /** The log as it is committed. */
  head(): Promise<{ readonly size: number; readonly root: Uint8Array }>;
  /** Nodes of the tree of that size, from the stored tiles. */
  nodes(size: number): NodeReader;
  /** As they stand with the leaves `from` to `to` - 1. */
  leafHashes(from: number, to: number): Promise<readonly Uint8Array[]>;
  /** The trees in which a day was closed, ascending: after < size <= upTo. */
  closings(after: number, upTo: number): Promise<readonly { readonly size: number; readonly root: Uint8Array }[]>;
}

export interface Published {
  readonly size: number;
  /** The signed note. */
  readonly note: string;
}

export interface CheckpointStore {
  /** What was kept last as `newest`. */
  newest(): Promise<Published | undefined>;
  /**
   * `newest` takes the place of the one before, unless that is larger; each `daily` and `witnessed` one is
   * kept. Keeping one twice is keeping it once. Durable when it resolves.
   */
  keep(
    checkpoint: Published & { readonly kind: 'daily' | 'newest' | 'witnessed'; readonly signedAt: Date },
  ): Promise<void>;
}
