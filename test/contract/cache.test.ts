/** What every cache adapter promises (src/platform/cache/port.ts). */
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { lazyCache } from '../../src/platform/cache/lazy.ts';
import { createMemoryCache } from '../../src/platform/cache/memory.ts';
import { namespaced } from '../../src/platform/cache/namespaced.ts';
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

  const get = async (key: string): Promise<string | undefined> => (await cache.read([key])).found[0]?.value;
  /** Writes over whatever is there. */
  const put = async (key: string, value: string, ttlMs = 60_000): Promise<string> => {
    for (;;) {
      const held = (await cache.read([key])).found[0];
      const tag = await cache.swap(key, held?.tag, value, ttlMs);
      if (tag !== undefined) return tag; // else it was forgotten in between
    }
  };

  it('gives back what was stored, character for character', async () => {
    const value = 'a\u0000b\n"ü"€😀'.repeat(1_000);
    await put('text', value);
    expect(await get('text')).toBe(value);
    await put('empty', '');
    expect(await get('empty')).toBe('');
  });

  it('reads many keys at one instant, in their order, and says when that was', async () => {
    await put('one', '1');
    await put('two', '2');
    const before = Date.now();
    const { now, found } = await cache.read(['two', 'never', 'one']);
    expect(found.map((each) => each?.value)).toEqual(['2', undefined, '1']);
    expect(Math.abs(now - before)).toBeLessThan(5_000);
    expect((await cache.read([])).found).toEqual([]);
  });

  it('has a time that does not go back', async () => {
    let last = 0;
    for (let read = 0; read < 50; read += 1) {
      const { now } = await cache.read(['one']);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  it('swaps only what was read', async () => {
    expect(await cache.swap('swapped', 'a tag', 'x', 60_000)).toBeUndefined();
    const first = await cache.swap('swapped', undefined, 'a', 60_000);
    expect(first).toBeTypeOf('string');
    expect(await cache.swap('swapped', undefined, 'b', 60_000)).toBeUndefined();
    const second = await cache.swap('swapped', first, 'c', 60_000);
    expect(await cache.swap('swapped', first, 'd', 60_000)).toBeUndefined();
    expect((await cache.read(['swapped'])).found).toMatchObject([{ value: 'c', tag: second }]);
  });

  it('never gives a tag twice, also where a record is forgotten and comes back', async () => {
    const tags = new Set<string>();
    for (let write = 0; write < 30; write += 1) {
      tags.add(await put('short lived', 'same value', 5));
      if (write % 3 === 0) await delay(8);
    }
    expect(tags.size).toBe(30);
  });

  it('lets one of many writers win each round', async () => {
    await put('count', '0');
    const add = async (): Promise<void> => {
      for (;;) {
        const held = (await cache.read(['count'])).found[0];
        if (await cache.swap('count', held?.tag, String(Number(held?.value) + 1), 60_000)) return;
      }
    };
    await Promise.all(Array.from({ length: 40 }, add));
    expect(await get('count')).toBe('40');
  });

  it('forgets a record after its time, counted from the last write', async () => {
    const tag = await put('short', 'new', 30);
    await put('extended', 'a', 30);
    await put('extended', 'b', 60_000);
    await delay(60);
    expect(await get('short')).toBeUndefined();
    expect(await get('extended')).toBe('b');
    expect(await cache.swap('short', tag, 'x', 60_000)).toBeUndefined();
    expect(await cache.swap('short', undefined, 'x', 60_000)).toBeTypeOf('string');
  });

  it('counts who is there, and no longer who went silent', async () => {
    expect(await cache.census('group', 'a', 60_000)).toBe(1);
    expect(await cache.census('group', 'a', 60_000)).toBe(1);
    expect(await cache.census('group', 'b', 60_000)).toBe(2);
    expect(await cache.census('another', 'c', 40)).toBe(1);
    await delay(60);
    expect(await cache.census('another', 'd', 40)).toBe(1);
  });

  it('answers a ping', async () => {
    await expect(cache.ping()).resolves.toBeUndefined();
  });
}

describe('the cache in memory', () => {
  contract(() => Promise.resolve(createMemoryCache({ clock: systemClock })));

  it('holds no more than it may, and drops what was written longest ago', async () => {
    const cache = createMemoryCache({ clock: systemClock, maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) await cache.swap(key, undefined, key, 60_000);
    const [a] = (await cache.read(['a'])).found;
    await cache.swap('a', a?.tag, 'a2', 60_000);
    await cache.swap('d', undefined, 'd', 60_000);
    const { found } = await cache.read(['a', 'b', 'c', 'd']);
    expect(found.map((each) => each?.value)).toEqual(['a2', undefined, 'c', 'd']);
  });
});

describe.skipIf(inject('redisProgram') === '')('the cache in Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis(inject('redisProgram'));
  });
  afterAll(() => server.stop());

  contract(() => openRedis({ url: server.url }));

  describe('opened when it is first needed', () => {
    const open = () => openRedis({ url: server.url });
    contract(() => Promise.resolve(namespaced(lazyCache('redis', open), 'lazy'))); // the keys above are taken

    it('is opened once, by the first call, and by none after its end', async () => {
      let opened = 0;
      const cache = lazyCache('redis', () => {
        opened += 1;
        return openRedis({ url: server.url });
      });
      expect(opened).toBe(0);
      await Promise.all([cache.ping(), cache.read(['a'])]);
      expect(opened).toBe(1);
      await cache.close();
      expect(await failure(cache.ping())).toMatchObject({ code: 'cache.unavailable', kind: 'upstream' });
      expect(opened).toBe(1);
    });

    it('is opened again where opening failed', async () => {
      let opened = 0;
      const cache = lazyCache('redis', () => {
        opened += 1;
        return opened === 1 ? Promise.reject(new Error('not now')) : openRedis({ url: server.url });
      });
      expect(await failure(cache.ping())).toMatchObject({ message: 'not now' });
      await cache.ping();
      await cache.close();
    });
  });

  it('is shared by processes', async () => {
    const [one, two] = await Promise.all([openRedis({ url: server.url }), openRedis({ url: server.url })]);
    const tag = await one.swap('shared', undefined, 'from one', 60_000);
    expect(await two.swap('shared', undefined, 'from two', 60_000)).toBeUndefined();
    expect((await two.read(['shared'])).found).toEqual([{ value: 'from one', tag }]);
    expect(await two.swap('shared', tag, 'from two', 60_000)).toBeTypeOf('string');
    await Promise.all([one.close(), two.close()]);
  });

  it('leaves no key without an end', async () => {
    const cache = await openRedis({ url: server.url });
    await cache.swap('ends', undefined, 'x', 1_000.5);
    await cache.census('group ends', 'x', 1_000.5);
    const redis = new Redis(server.url);
    const keys = await redis.keys('*plumbline*');
    const ends = await Promise.all(keys.map((key) => redis.pttl(key)));
    expect(keys).toContain('{plumbline}:cache:ends');
    expect(ends.filter((ms) => ms === -1)).toEqual([]);
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

  it('hung: a few calls cost a timeout, the next nothing, and it recovers', async () => {
    const c = await start();
    server.freeze();
    const begun = performance.now();
    const first = await Promise.all([failure(c.read(['a'])), failure(c.swap('a', undefined, 'x', 1_000))]);
    for (const error of first) {
      expect(error).toMatchObject({ code: 'cache.unavailable', kind: 'upstream', details: { timed_out: true } });
    }
    expect(performance.now() - begun).toBeLessThan(1_000); // 50 ms, on a machine that is busy
    const after = performance.now();
    for (let call = 0; call < 100; call++) await failure(c.read(['a']));
    expect(performance.now() - after).toBeLessThan(1_000); // 100 timeouts would be 5 s
    server.thaw();
    await until(true, c);
  });

  it('killed and back, empty: fails meanwhile, then works on the same client', async () => {
    const c = await start();
    await c.swap('a', undefined, 'x', 60_000);
    await server.kill();
    expect(await failure(c.read(['a']))).toMatchObject({ code: 'cache.unavailable' });
    await server.restart();
    await until(true, c);
    expect((await c.read(['a'])).found).toEqual([undefined]);
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
    const error = await failure(cache.read(['a']));
    expect(error).toMatchObject({ code: 'cache.unavailable', details: { host: '127.0.0.1', port } });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('s3cret-word');
    await cache.close();
  });
});
