/** Time, injected. Wall time says when something happened; monotonic time says how long it took. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. May jump either way. */
  now(): number;
  /** Milliseconds on a clock that never goes back; its zero means nothing. */
  monotonic(): number;
  /** Resolves after `ms` on the monotonic clock; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `ms`; the answer cancels it. Does not keep the process alive. */
  after(ms: number, fn: () => void): () => void;
}

/** Randomness, injected. */
export interface Random {
  /** Uniform in [0, 1). For jitter, never for secrets. */
  fraction(): number;
  /** Cryptographically strong. */
  bytes(length: number): Uint8Array;
}
