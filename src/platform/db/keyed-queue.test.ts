import { describe, expect, it } from 'vitest';
import { KeyedQueue } from './keyed-queue.ts';

describe('KeyedQueue', () => {
  it('runs one work of a key at a time, in the order asked, and keys side by side', async () => {
    const queue = new KeyedQueue();
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const all = [
      queue.run('a', async () => {
        log.push('a1 begins');
        await gate.promise;
        log.push('a1 ends');
      }),
      queue.run('a', () => Promise.resolve(log.push('a2'))),
      queue.run('b', () => Promise.resolve(log.push('b1'))),
      queue.run('a', () => Promise.resolve(log.push('a3'))),
    ];
    await all[2];
    gate.resolve();
    await Promise.all(all);
    expect(log).toEqual(['a1 begins', 'b1', 'a1 ends', 'a2', 'a3']);
  });

  it('goes on after a work that fails, and gives the failure to its caller alone', async () => {
    const queue = new KeyedQueue();
    const bad = queue.run('a', () => Promise.reject(new Error('mine')));
    const good = queue.run('a', () => Promise.resolve('fine'));
    await expect(bad).rejects.toThrow('mine');
    await expect(good).resolves.toBe('fine');
  });

  it('forgets a key when nobody waits for it', async () => {
    const queue = new KeyedQueue();
    const all = [1, 2, 3].map(() => queue.run('a', () => Promise.resolve()));
    expect(queue.size).toBe(1);
    await Promise.all(all);
    expect(queue.size).toBe(0);
  });
});
