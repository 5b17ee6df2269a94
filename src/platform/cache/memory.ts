/** The cache of one process: bounded, on the injected clock. */
import type { Clock } from '../../kernel/clock.ts';
import { steadyTime } from '../clock/steady.ts';
import type { Cache } from './port.ts';

export interface MemoryCacheOptions {
  readonly clock: Clock;
  /** Records that are held at the most; 10,000 unless told. What was written longest ago goes first. */
  readonly maxEntries?: number;
}

interface Entry {
  readonly value: string;
  readonly tag: string;
  /** On the monotonic clock. */
  readonly expiresAt: number;
}

export function createMemoryCache({ clock, maxEntries = 10_000 }: MemoryCacheOptions): Cache {
  const time = steadyTime(clock);
  const entries = new Map<string, Entry>();
  const groups = new Map<string, Map<string, number>>();
  let writes = 0;

  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry === undefined || clock.monotonic() < entry.expiresAt) return entry;
    entries.delete(key);
    return undefined;
  };

  return {
    kind: 'memory',
    read: (keys) => Promise.resolve({ now: time(), found: keys.map(live) }),
    swap: (key, expected, value, ttlMs) => {
      if (live(key)?.tag !== expected) return Promise.resolve(undefined);
      writes += 1;
      const tag = String(writes);
      entries.delete(key); // so that it goes to the end: a Map keeps the order of insertion
      entries.set(key, { value, tag, expiresAt: clock.monotonic() + ttlMs });
      if (entries.size > maxEntries) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest);
          break;
        }
      }
      return Promise.resolve(tag);
    },
    census: (group, member, ttlMs) => {
      const now = clock.monotonic();
      const members = groups.get(group) ?? new Map<string, number>();
      groups.set(group, members.set(member, now + ttlMs));
      for (const [each, until] of members) if (until <= now) members.delete(each);
      return Promise.resolve(members.size);
    },
    ping: () => Promise.resolve(),
    close: () => {
      entries.clear();
      groups.clear();
      return Promise.resolve();
    },
  };
}
