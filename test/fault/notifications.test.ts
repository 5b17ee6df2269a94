// A slice of `npm run soak -- notifications`, another seed each time; a violation is found again by its seed.
import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { Templates } from '../../src/features/notifications/templates/templates.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { kills } from '../soak/notifications/kills.ts';
import { life } from '../soak/notifications/lives.ts';
import { crashes } from '../soak/notifications/steps.ts';
import { queue } from '../soak/notifications/truth.ts';
import { describePostgres, urlOfDb } from '../support/databases.ts';
import { notifyWorld } from '../support/notifications.ts';

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

  test('without a connection to the database blame no provider, and leave the message due', async () => {
    const db = await open();
    const world = notifyWorld(db);
    const team = 'on-call';
    await world.endpoint(team, '-1001');
    await queue(db, team, world.clock.now(), [{ id: 'message/1', dueMs: 0 }]);
    const narrow = await openPostgres({ url: urlOfDb(db) ?? '', poolSize: 1, connectTimeoutMs: 50 });
    try {
      const templates = new Templates({ db: narrow, clock: world.clock, log: world.log });
      await narrow.transaction({}, async (tx) => {
        await sql`SELECT 1`.execute(tx); // all the connections that there are
        await expect(world.deliverer({ templates }).run()).rejects.toMatchObject({ code: 'db.pool_exhausted' });
      });
      expect((await sql`SELECT FROM notification_attempts`.execute(db.sql)).rows).toEqual([]);
      await world.deliverer({ templates }).run(); // at once, and not when a lease is over
      expect(world.channel.sent).toHaveLength(1);
    } finally {
      await narrow.close();
    }
  });

  test('by SIGKILL lose nothing either', async () => {
    const db = await open();
    const seed = randomInt(1, 1_000_000);
    const { violations, kills: killed } = await kills(db, urlOfDb(db) ?? '', seed, { kills: 2, each: 150 });
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(killed).toBe(2);
  }, 120_000);
});
