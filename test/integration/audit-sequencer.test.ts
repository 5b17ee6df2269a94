/** What the sequencer of one process owes to all who use it at once. */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { assureStream } from '../../src/features/audit/log/store.ts';
import { AuditLog } from '../../src/features/audit/service.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import { ORIGIN, openTestLog } from '../support/audit.ts';
import { describeEachPostgres } from '../support/databases.ts';
import { ManualClock } from '../support/manual-clock.ts';

const CALLERS = 80;
/** They end by themselves after so many, so that a test fails and does not hang. */
const MOST = 8_000;

const entry = (at: number) => ({
  ...{ stream: 'payments', recordId: `record ${at}`, op: 'insert', actor: 'tester' },
  content: { record: { at } },
});

describeEachPostgres('the sequencer', (open) => {
  it('lets others have their turn while callers append without a pause', async () => {
    const { db, log, clock, redact } = await openTestLog(await open());
    await log.append(entry(0));
    let appended = 0;
    let isEnough = false;
    const callers = Array.from({ length: CALLERS }, async () => {
      while (!isEnough && appended < MOST) {
        appended += 1;
        await log.append(entry(appended));
      }
    });
    await sql`INSERT INTO accounts VALUES (1, 10, 'opened')`.execute(db.sql);
    await log.drainAll();
    expect((await sql`SELECT FROM audit_outbox`.execute(db.sql)).rows).toEqual([]);
    await clock.advance(86_400_000);
    await log.closeDays(); // by now: a caller may have come first
    expect((await sql`SELECT FROM audit_days`.execute(db.sql)).rows).toHaveLength(1);
    await redact([0]);
    expect(appended).toBeLessThan(MOST); // it was not waited for their end
    isEnough = true;
    await Promise.all(callers);
  });

  it('refuses those whose batch cannot be made, and goes on with the others', async () => {
    const db = await open();
    let isBroken = false;
    const bytes = (length: number): Uint8Array => {
      if (isBroken) throw new Error('no chance left');
      return systemRandom.bytes(length);
    };
    const deps = { db, clock: new ManualClock(), random: { ...systemRandom, bytes } };
    const log = new AuditLog({ ...deps, origin: ORIGIN, zone: 'UTC' });
    await log.open();
    await assureStream(db.sql, 'payments', true);
    await log.append(entry(0));
    const first = log.append(entry(1));
    await setImmediate(); // its batch is made: the next one is made while it is being committed
    isBroken = true;
    const second = log.append(entry(2)).catch((error: unknown) => error);
    expect((await first).leaf.index).toBe(1);
    expect(await second).toMatchObject({ message: 'no chance left' });
    isBroken = false;
    expect((await log.append(entry(3))).leaf.index).toBe(2);
  });
});
