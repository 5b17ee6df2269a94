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
   * @param bytes at once, or piece by piece: what the pieces' own work throws is thrown, and nothing is stored
   * @throws `objects.exists` (conflict) when the key is taken, whatever its bytes
   * @throws `objects.key_malformed` (invalid)
   */
  put(key: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<ObjectHead>;
  /** @throws `objects.missing` (missing); `objects.corrupt` (integrity) when the bytes do not hash to what was stored */
  get(key: string): Promise<Uint8Array>;
  /**
   * A part of the bytes, as it is: nothing was hashed, so who asks must be able to tell by what is read.
   * @throws `objects.missing` (missing); `objects.corrupt` (integrity) when the object ends before the part does
   */
  getRange(key: string, offset: number, length: number): Promise<Uint8Array>;
  head(key: string): Promise<ObjectHead | undefined>;
  /** Keys that start with `prefix`, ascending. */
  list(prefix: string): AsyncIterable<string>;
  /** Proves that the store can be reached and written. @throws `objects.unavailable` (upstream) */
  check(): Promise<void>;
}
