/** The same cache under other keys: what one user of it writes the other never reads. */
import type { Cache } from './port.ts';

export const namespaced = (cache: Cache, namespace: string): Cache => ({
  kind: cache.kind,
  get: (key) => cache.get(`${namespace}:${key}`),
  setIfNewer: (key, value, version, ttlMs) => cache.setIfNewer(`${namespace}:${key}`, value, version, ttlMs),
  ping: () => cache.ping(),
  close: () => cache.close(),
});
