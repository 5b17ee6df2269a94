import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { once } from '../../src/features/access/idempotency.ts';
import { accessJobs } from '../../src/features/access/jobs.ts';
import { AccessService } from '../../src/features/access/service.ts';
import { PlumblineError } from '../../src/kernel/errors.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeDb, describeEachPostgres } from '../support/databases.ts';
import { failure } from '../support/failure.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordingLogger } from '../support/reconciliation.ts';

const DAY = 86_400_000;
const log = recordingLogger();
const notices = { raise: () => Promise.resolve() };

describeDb('repeated requests', (open) => {
  test('are answered as the first for a month, and then forgotten', async () => {
    const db = await open();
    const clock = new ManualClock();
    let acted = 0;
    const send = () =>
      once({ db, clock, random: systemRandom }, { subject: 'test', key: 'k', requestHash: 'h' }, async () => {
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
      once({ db, clock, random: systemRandom }, { subject: 'test', key: 'k', requestHash: 'h' }, async () => ({
        status: 201,
        body: '{}',
        stored: '{}',
      }));
    await expect(send()).rejects.toMatchObject({ code: 'idempotency.in_flight', kind: 'conflict' });
    clock.jump(16 * 60_000);
    expect(await send()).toMatchObject({ replayed: false });
  });
});

describeEachPostgres('requests at the same instant', (open) => {
  test('under one key one of them is done, also while others under it are refused and release it', async () => {
    const db = await open();
    const clock = new ManualClock();
    for (let round = 0; round < 12; round += 1) {
      let under = 0;
      const sent = Array.from({ length: 8 }, (_, n) =>
        once(
          { db, clock, random: systemRandom },
          { subject: 'test', key: `k${round}`, requestHash: `h${n % 4}` },
          async () => {
            under += 1;
            expect(under).toBe(1); // nobody else holds the key
            await sql`SELECT pg_sleep(0.001)`.execute(db.sql);
            under -= 1;
            if (n % 2 === 0) throw new PlumblineError('invalid', 'test.refused', 'nothing was done');
            return { status: 201, body: String(n), stored: String(n) };
          },
        ),
      );
      const settled = await Promise.allSettled(sent);
      const done = settled.filter((each) => each.status === 'fulfilled' && !each.value.replayed);
      expect(done.length).toBeLessThanOrEqual(1);
      const unexpected = settled.flatMap((each) =>
        each.status === 'rejected' && !(each.reason instanceof PlumblineError) ? [each.reason] : [],
      );
      expect(unexpected).toEqual([]);
    }
  });

  test('whoever was taken for dead neither answers nor releases for who took over', async () => {
    const db = await open();
    const clock = new ManualClock();
    const first = Promise.withResolvers<void>();
    const request = { subject: 'test', key: 'k', requestHash: 'h' };
    const deps = { db, clock, random: systemRandom };
    const slow = once(deps, request, async () => {
      await first.promise;
      throw new PlumblineError('invalid', 'test.refused', 'nothing was done');
    });
    slow.catch(() => undefined);
    while ((await sql`SELECT FROM idempotency_keys`.execute(db.sql)).rows.length === 0);
    clock.jump(16 * 60_000);
    const second = Promise.withResolvers<void>();
    const taken = once(deps, request, async () => {
      await second.promise;
      return { status: 201, body: '2', stored: '2' };
    });
    while (
      (await sql`SELECT FROM idempotency_keys WHERE claimed_at > ${new Date(clock.now() - 60_000)}`.execute(db.sql))
        .rows.length === 0
    );
    first.resolve();
    await expect(slow).rejects.toMatchObject({ code: 'test.refused' });
    expect(await failure(once(deps, request, async () => ({ status: 201, body: '3', stored: '3' })))).toMatchObject({
      code: 'idempotency.in_flight',
    });
    second.resolve();
    expect(await taken).toMatchObject({ body: '2', replayed: false });
  });
});

describeDb('API keys', (open) => {
  /** Two processes on one database. */
  const processes = async () => {
    const db = await open();
    const clock = new ManualClock();
    const start = () => new AccessService({ db, clock, random: systemRandom, log, notices });
    return { db, clock, here: start(), there: start() };
  };
  /** Rejects in either way that authenticate refuses. */
  const use = async (service: AccessService, secret: string) =>
    service.authenticate(service.digest(secret), { reads: true, address: '127.0.0.1' });

  test('a revoked one is refused here at once, and within two seconds elsewhere', async () => {
    const { clock, here, there } = await processes();
    const { row, secret } = await here.createKey({ name: 'x', scopes: ['rates:read'] }, 'local');
    const via = `key:${row.id}`;
    const principal = { subject: via, via, name: 'x', role: 'service', scopes: new Set(['rates:read']) };
    expect(await use(here, secret)).toEqual(principal);
    expect(await use(there, secret)).toEqual(principal);
    await here.revokeKey(row.id);
    expect(await failure(use(here, secret))).toMatchObject({ code: 'access.key_revoked', kind: 'denied' });
    clock.advanceSync(1_999);
    expect(await use(there, secret)).toEqual(principal);
    clock.advanceSync(1);
    expect(await failure(use(there, secret))).toMatchObject({ code: 'access.key_revoked' });
  });

  test('one that expires is refused from that millisecond on, remembered or not', async () => {
    const { clock, here, there } = await processes();
    const expiresAt = new Date(clock.now() + 1_000);
    const { secret } = await here.createKey({ name: 'x', scopes: ['rates:read'], expiresAt }, 'local');
    clock.advanceSync(999);
    await use(here, secret);
    clock.advanceSync(1);
    expect(await failure(use(here, secret))).toMatchObject({ code: 'access.key_expired' });
    expect(await failure(use(there, secret))).toMatchObject({ code: 'access.key_expired' });
  });

  test('one whose revocation got no answer is not taken from memory again', async () => {
    const { db, clock } = await processes();
    let lost = false;
    const failing: Db = {
      ...db,
      get sql() {
        if (lost) throw new Error('connection lost');
        return db.sql;
      },
    };
    const here = new AccessService({ db: failing, clock, random: systemRandom, log, notices });
    const { row, secret } = await here.createKey({ name: 'x', scopes: ['rates:read'] }, 'local');
    await use(here, secret);
    lost = true;
    expect(await failure(here.revokeKey(row.id))).toMatchObject({ message: 'connection lost' });
    expect(await failure(use(here, secret))).toMatchObject({ message: 'connection lost' });
  });
});
