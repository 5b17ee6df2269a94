/** The cache of one process: bounded, on the injected clock. */
import type { Clock } from '../../kernel/clock.ts';
import type { Cache } from './port.ts';

export interface MemoryCacheOptions {
  readonly clock: Clock;
  /** Values that are held at the most; 10,000 unless told. What was written longest ago goes first. */
  readonly maxEntries?: number;
}

interface Entry {
  readonly value: string;
  readonly version: number;
  /** On the monotonic clock. */
  readonly expiresAt: number;
}

export function createMemoryCache({ clock, maxEntries = 10_000 }: MemoryCacheOptions): Cache {
  const entries = new Map<string, Entry>();

  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry === undefined || clock.monotonic() < entry.expiresAt) return entry;
    entries.delete(key);
    return undefined;
  };

  return {
    kind: 'memory',
    get: (key) => Promise.resolve(live(key)?.value),
    setIfNewer: (key, value, version, ttlMs) => {
      const held = live(key);
      if (held !== undefined && held.version >= version) return Promise.resolve(false);
      entries.delete(key); // so that it goes to the end: a Map keeps the order of insertion
      entries.set(key, { value, version, expiresAt: clock.monotonic() + ttlMs });
      if (entries.size > maxEntries) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest);
          break;
        }
      }
      return Promise.resolve(true);
    },
    ping: () => Promise.resolve(),
    close: () => {
      entries.clear();
      return Promise.resolve();
    },
  };
}
