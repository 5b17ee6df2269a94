import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createMemoryCache } from './memory.ts';

describe('the cache in memory', () => {
  it('forgets at the end of the time to live, on the injected clock', async () => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    await cache.swap('a', undefined, 'x', 1_000);
    await clock.advance(999);
    expect((await cache.read(['a'])).found[0]?.value).toBe('x');
    await clock.advance(1);
    expect((await cache.read(['a'])).found).toEqual([undefined]);
  });

  it('is not moved by a wall clock that is set', async () => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    await cache.swap('a', undefined, 'x', 1_000);
    clock.jump(86_400_000);
    expect((await cache.read(['a'])).found[0]?.value).toBe('x');
  });

  it('has a time that is not set back', async () => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    const { now: first } = await cache.read([]);
    clock.jump(-3_600_000);
    clock.advanceSync(10);
    expect((await cache.read([])).now).toBe(first + 10);
  });
});
