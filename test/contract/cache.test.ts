/** What every cache adapter promises (src/platform/cache/port.ts). */
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createMemoryCache } from '../../src/platform/cache/memory.ts';
import type { Cache } from '../../src/platform/cache/port.ts';
import { openRedis } from '../../src/platform/cache/redis.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { failure } from '../support/failure.ts';
import { freePort } from '../support/ports.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

function contract(open: () => Promise<Cache>): void {
  let cache: Cache;
  beforeAll(async () => {
    cache = await open();
  });
  afterAll(() => cache.close());

  it('gives back what was stored, byte for byte', async () => {
    const value = 'a\u0000b\n"ü"€😀'.repeat(1_000);
    expect(await cache.setIfNewer('bytes', value, 1, 60_000)).toBe(true);
    expect(await cache.get('bytes')).toBe(value);
  });

  it('knows nothing of what was never stored', async () => {
    expect(await cache.get('never')).toBeUndefined();
  });

  it('lets the newest version win, in whatever order the writers come', async () => {
    expect(await cache.setIfNewer('order', 'two', 1_795_000_000_002, 60_000)).toBe(true);
    expect(await cache.setIfNewer('order', 'one', 1_795_000_000_001, 60_000)).toBe(false);
    expect(await cache.setIfNewer('order', 'two again', 1_795_000_000_002, 60_000)).toBe(false);
    expect(await cache.get('order')).toBe('two');
    expect(await cache.setIfNewer('order', 'ten', 1_795_000_000_010, 60_000)).toBe(true);
    expect(await cache.get('order')).toBe('ten');
  });

  it('compares versions as numbers, up to the largest safe one', async () => {
    expect(await cache.setIfNewer('numbers', 'nine', 9, 60_000)).toBe(true);
    expect(await cache.setIfNewer('numbers', 'ten', 10, 60_000)).toBe(true);
    expect(await cache.setIfNewer('numbers', 'almost', Number.MAX_SAFE_INTEGER - 1, 60_000)).toBe(true);
    expect(await cache.setIfNewer('numbers', 'last', Number.MAX_SAFE_INTEGER, 60_000)).toBe(true);
    expect(await cache.get('numbers')).toBe('last');
  });

  it('lets one of many writers of a version win', async () => {
    const writers = Array.from({ length: 50 }, (_, index) =>
      cache.setIfNewer('race', String(index % 10), index % 10, 60_000),
    );
    const stored = (await Promise.all(writers)).filter(Boolean);
    expect(stored.length).toBeLessThanOrEqual(10);
    expect(await cache.get('race')).toBe('9');
  });

  it('forgets a value after its time, and then takes any version', async () => {
    await cache.setIfNewer('short', 'new', 5, 30);
    await delay(60);
    expect(await cache.get('short')).toBeUndefined();
    expect(await cache.setIfNewer('short', 'old', 4, 60_000)).toBe(true);
  });

  it('counts the time to live from the last write that was stored', async () => {
    await cache.setIfNewer('extended', 'a', 1, 30);
    await cache.setIfNewer('extended', 'b', 2, 60_000);
    expect(await cache.setIfNewer('extended', 'refused', 2, 1)).toBe(false);
    await delay(60);
    expect(await cache.get('extended')).toBe('b');
  });

  it('answers a ping', async () => {
    await expect(cache.ping()).resolves.toBeUndefined();
  });
}

describe('the cache in memory', () => {
  contract(() => Promise.resolve(createMemoryCache({ clock: systemClock })));

  it('holds no more than it may, and drops what was written longest ago', async () => {
    const cache = createMemoryCache({ clock: systemClock, maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) await cache.setIfNewer(key, key, 1, 60_000);
    await cache.setIfNewer('a', 'a2', 2, 60_000);
    await cache.setIfNewer('d', 'd', 1, 60_000);
    const values = await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.get(key)));
    expect(values).toEqual(['a2', undefined, 'c', 'd']);
  });
});

describe.skipIf(inject('redisProgram') === '')('the cache in Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis(inject('redisProgram'));
  });
  afterAll(() => server.stop());

  contract(() => openRedis({ url: server.url }));

  it('is shared by processes, each version stored once', async () => {
    const [one, two] = await Promise.all([openRedis({ url: server.url }), openRedis({ url: server.url })]);
    expect(await one.setIfNewer('shared', 'from one', 1, 60_000)).toBe(true);
    expect(await two.setIfNewer('shared', 'from two', 1, 60_000)).toBe(false);
    expect(await two.get('shared')).toBe('from one');
    await Promise.all([one.close(), two.close()]);
  });

  it('leaves no key without an end', async () => {
    const cache = await openRedis({ url: server.url });
    await cache.setIfNewer('ends', 'x', 1, 1_000.5);
    const redis = new Redis(server.url);
    const keys = await redis.keys('plumbline:cache:*');
    const ends = await Promise.all(keys.map((key) => redis.pttl(key)));
    expect(keys).toContain('plumbline:cache:ends');
    expect(ends.every((ms) => ms > 0)).toBe(true);
    redis.disconnect();
    await cache.close();
  });
});

describe.skipIf(inject('redisProgram') === '')('Redis in trouble', () => {
  let server: RedisServer;
  let cache: Cache | undefined;
  const start = async (): Promise<Cache> => {
    server = await startRedis(inject('redisProgram'));
    cache = await openRedis({ url: server.url });
    return cache;
  };
  afterEach(async () => {
    await cache?.close();
    await server.stop();
  });

  const works = async (c: Cache): Promise<boolean> =>
    c.ping().then(
      () => true,
      () => false,
    );
  const until = async (state: boolean, c: Cache): Promise<void> => {
    while ((await works(c)) !== state) await delay(20);
  };

  it('hung: the first calls cost one timeout, the next nothing, and it recovers', async () => {
    const c = await start();
    server.freeze();
    const begun = performance.now();
    const first = await Promise.all([failure(c.get('a')), failure(c.setIfNewer('a', 'x', 1, 1_000))]);
    for (const error of first) expect(error).toMatchObject({ code: 'cache.unavailable', kind: 'upstream' });
    expect(performance.now() - begun).toBeLessThan(1_000); // 50 ms, on a machine that is busy
    const after = performance.now();
    for (let call = 0; call < 100; call++) await failure(c.get('a'));
    expect(performance.now() - after).toBeLessThan(1_000); // 100 timeouts would be 5 s
    server.thaw();
    await until(true, c);
  });

  it('killed and back, empty: fails meanwhile, then works on the same client', async () => {
    const c = await start();
    await c.setIfNewer('a', 'x', 1, 60_000);
    await server.kill();
    expect(await failure(c.get('a'))).toMatchObject({ code: 'cache.unavailable' });
    await server.restart();
    await until(true, c);
    expect(await c.get('a')).toBeUndefined();
  });

  it('hung from the start: opening ends, and it works once the server does', async () => {
    server = await startRedis(inject('redisProgram'));
    server.freeze();
    cache = await openRedis({ url: server.url });
    expect(await failure(cache.ping())).toMatchObject({ code: 'cache.unavailable' });
    server.thaw();
    await until(true, cache);
  });
});

describe('a Redis that is not there', () => {
  it('does not stop the start, and its password is in no message', async () => {
    const port = await freePort();
    const cache = await openRedis({ url: `redis://me:s3cret-word@127.0.0.1:${port}/0` });
    const error = await failure(cache.get('a'));
    expect(error).toMatchObject({ code: 'cache.unavailable', details: { host: '127.0.0.1', port } });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('s3cret-word');
    await cache.close();
  });
});
