import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { once } from '../../src/features/access/idempotency.ts';
import { accessJobs } from '../../src/features/access/jobs.ts';
import { describeEachDb } from '../support/databases.ts';
import { ManualClock } from '../support/manual-clock.ts';

const DAY = 86_400_000;

describeEachDb('repeated requests', (open) => {
  test('are answered as the first for a month, and then forgotten', async () => {
    const db = await open();
    const clock = new ManualClock();
    let acted = 0;
    const send = () =>
      once({ db, clock }, { subject: 'test', key: 'k', requestHash: 'h' }, async () => {
        acted += 1;
        return { status: 201, body: '{}', stored: '{}' };
      });
    await send();
    clock.jump(29 * DAY);
    for (const job of accessJobs({ db, clock })) await job.run();
    expect(await send()).toMatchObject({ status: 201, replayed: true });
    clock.jump(2 * DAY);
    for (const job of accessJobs({ db, clock })) await job.run();
    expect(await send()).toMatchObject({ replayed: false });
    expect(acted).toBe(2);
  });

  test('whose first sender died are taken over after a quarter of an hour, and not before', async () => {
    const db = await open();
    const clock = new ManualClock();
    await sql`INSERT INTO idempotency_keys (subject, key, request_hash, claimed_at)
      VALUES ('test', 'k', 'h', ${new Date(clock.now())})`.execute(db.sql);
    const send = () =>
      once({ db, clock }, { subject: 'test', key: 'k', requestHash: 'h' }, async () => ({
        status: 201,
        body: '{}',
        stored: '{}',
      }));
    await expect(send()).rejects.toMatchObject({ code: 'idempotency.in_flight', kind: 'conflict' });
    clock.jump(16 * 60_000);
    expect(await send()).toMatchObject({ replayed: false });
  });
});
