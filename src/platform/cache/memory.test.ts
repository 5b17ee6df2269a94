import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createMemoryCache } from './memory.ts';

describe('the cache in memory', () => {
  it('forgets at the end of the time to live, on the injected clock', async () => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    await cache.setIfNewer('a', 'x', 7, 1_000);
    await clock.advance(999);
    expect(await cache.get('a')).toBe('x');
    await clock.advance(1);
    expect(await cache.get('a')).toBeUndefined();
    expect(await cache.setIfNewer('a', 'older', 1, 1_000)).toBe(true);
  });

  it('is not moved by a wall clock that is set', async () => {
    const clock = new ManualClock();
    const cache = createMemoryCache({ clock });
    await cache.setIfNewer('a', 'x', 1, 1_000);
    clock.jump(86_400_000);
    expect(await cache.get('a')).toBe('x');
  });
});
