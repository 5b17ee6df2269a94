/**
 * Shared, forgetful memory: whatever is in it may be gone at any time, and nothing may depend on it.
 * Every call answers or fails within 50 ms or so; it never hangs its caller.
 */
export interface Cache {
  readonly kind: 'memory' | 'redis';
  /** @throws `cache.unavailable` (upstream) */
  get(key: string): Promise<string | undefined>;
  /**
   * Stores `value` unless one with the same or a higher `version` is there: two writers can come in
   * any order and the newest wins. `ttlMs` counts from this write.
   * @returns whether it was stored
   * @throws `cache.unavailable` (upstream)
   */
  setIfNewer(key: string, value: string, version: number, ttlMs: number): Promise<boolean>;
  /** @throws `cache.unavailable` (upstream) */
  ping(): Promise<void>;
  close(): Promise<void>;
}
