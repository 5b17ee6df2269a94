/** The same cache under other keys: what one user of it writes the other never reads. */
import type { Cache } from './port.ts';

export function namespaced(cache: Cache, namespace: string): Cache {
  const own = (key: string): string => `${namespace}:${key}`;
  return {
    kind: cache.kind,
    read: (keys) => cache.read(keys.map(own)),
    swap: (key, expected, value, ttlMs) => cache.swap(own(key), expected, value, ttlMs),
    census: (group, member, ttlMs) => cache.census(own(group), member, ttlMs),
    ping: () => cache.ping(),
    close: () => cache.close(),
  };
}
