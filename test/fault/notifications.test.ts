// A slice of `npm run soak -- notifications`, another seed each time; a violation is found again by its seed.
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { kills } from '../soak/notifications/kills.ts';
import { life } from '../soak/notifications/lives.ts';
import { crashes } from '../soak/notifications/steps.ts';
import { describePostgres, urlOfDb } from '../support/databases.ts';

describePostgres('workers that die', (open) => {
  test('at any step lose nothing, and a second arrival has the id of the first', async () => {
    const db = await open();
    const seed = randomInt(1, 1_000_000);
    for (let nth = 0; nth < 3; nth += 1) {
      const { violations } = await crashes(db, seed + nth);
      expect(violations, `seed ${seed + nth}`).toEqual([]);
    }
  });

  test('at any instant of a life send again what was under way, and nothing else', async () => {
    const db = await open();
    const seed = randomInt(1, 1_000_000);
    const { violations, duplicates } = await life(db, seed, { amidBurst: true });
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(duplicates).toBeGreaterThan(0);
  });

  test('by SIGKILL lose nothing either', async () => {
    const db = await open();
    const seed = randomInt(1, 1_000_000);
    const { violations, kills: killed } = await kills(db, urlOfDb(db) ?? '', seed, { kills: 2, each: 150 });
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(killed).toBe(2);
  }, 120_000);
});
