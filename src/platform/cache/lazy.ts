/**
 * A cache that is opened when it is first needed: whoever makes it waits for no server, and a process
 * that asks nothing of it opens no connection. The first call lasts as long as the opening does.
 */
import { PlumblineError } from '../../kernel/errors.ts';
import type { Cache } from './port.ts';

export function lazyCache(kind: Cache['kind'], open: () => Promise<Cache>): Cache {
  let opening: Promise<Cache> | undefined;
  let closed = false;
  const cache = (): Promise<Cache> => {
    if (closed) return Promise.reject(new PlumblineError('upstream', 'cache.unavailable', 'the cache is closed'));
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    kind,
    read: async (keys) => (await cache()).read(keys),
    swap: async (key, expected, value, ttlMs) => (await cache()).swap(key, expected, value, ttlMs),
    census: async (group, member, ttlMs) => (await cache()).census(group, member, ttlMs),
    ping: async () => (await cache()).ping(),
    close: async () => {
      closed = true;
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
