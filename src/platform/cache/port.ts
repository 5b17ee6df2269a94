/**
 * Shared, forgetful memory. Records change by compare-and-swap, so that any number of processes can
 * run one state machine on them. Whatever is in it may be gone at any time, and nothing may depend on
 * it. Every call answers or fails within 50 ms or so; it never hangs its caller.
 */
export interface Stored {
  readonly value: string;
  /** Another for each write, and never one that was there before. */
  readonly tag: string;
}

export interface Snapshot {
  /** Milliseconds on the clock of the cache: one time for everybody who shares it. */
  readonly now: number;
  /** In the order of the keys that were asked for. */
  readonly found: readonly (Stored | undefined)[];
}

export interface Cache {
  readonly kind: 'memory' | 'redis';
  /**
   * What the keys hold, all at one instant.
   * @throws `cache.unavailable` (upstream), here and below; with `timed_out` among its details where the
   * cache is there and only slow, or its user's own processor is
   */
  read(keys: readonly string[]): Promise<Snapshot>;
  /**
   * Writes `value` if the key still holds what was read: the record with the tag `expected`, or nothing
   * where that is undefined. `ttlMs` counts from this write.
   * @returns the tag of what was written, or undefined where somebody else came first
   * @throws `cache.unavailable` (upstream): it may have been written all the same
   */
  swap(key: string, expected: string | undefined, value: string, ttlMs: number): Promise<string | undefined>;
  /**
   * How many members of the group called this within the last `ttlMs`, this one included.
   * @throws `cache.unavailable` (upstream)
   */
  census(group: string, member: string, ttlMs: number): Promise<number>;
  /** @throws `cache.unavailable` (upstream) */
  ping(): Promise<void>;
  close(): Promise<void>;
}
