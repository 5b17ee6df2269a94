/**
 * Objects: whole files under a key, written once. What `put` has acknowledged is durable and is what
 * `get` returns; a key's bytes never change.
 */
export interface ObjectHead {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the stored bytes, lower-case hex. */
  readonly sha256: string;
}

export interface ObjectStore {
  readonly kind: 'folder';
  /**
   * @throws `objects.exists` (conflict) when the key is taken, whatever its bytes
   * @throws `objects.key_malformed` (invalid)
   */
  put(key: string, bytes: Uint8Array): Promise<ObjectHead>;
  /** @throws `objects.missing` (missing); `objects.corrupt` (integrity) when the bytes do not hash to what was stored */
  get(key: string): Promise<Uint8Array>;
  head(key: string): Promise<ObjectHead | undefined>;
  /** Keys that start with `prefix`, ascending. */
  list(prefix: string): AsyncIterable<string>;
  /** Proves that the store can be reached and written. @throws `objects.unavailable` (upstream) */
  check(): Promise<void>;
}
