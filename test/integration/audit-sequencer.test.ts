/** What the sequencer of one process owes to all who use it at once. */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { assureStream } from '../../src/features/audit/log/store.ts';
import { AuditLog } from '../../src/features/audit/service.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { ORIGIN, openTestLog } from '../support/audit.ts';
import { wayTo } from '../support/cut-off.ts';
import { describeEachPostgres, urlOfDb } from '../support/databases.ts';
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

  it('finds what was lost on its way and came after all, and does not append it again', async () => {
    const db = await open();
    const { clock } = await openTestLog(db);
    const way = await wayTo(urlOfDb(db) ?? '');
    const far = await openPostgres({ url: way.url, poolSize: 2 });
    try {
      const log = new AuditLog({ db: far, clock, random: systemRandom, origin: ORIGIN, zone: 'UTC' });
      await log.append(entry(0));
      const waitFor = async (waiting: number): Promise<void> => {
        for (;;) {
          const { rows } = await sql`
            SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(
            db.sql,
          );
          if (rows.length === waiting) return;
          await clock.advance(50); // who was cut off tries again in a moment
        }
      };
      let appending: Promise<unknown> | undefined;
      await db.transaction({}, async (tx) => {
        await sql`SELECT FROM audit_log FOR UPDATE`.execute(tx);
        appending = log.append(entry(1)); // without a key
        await waitFor(1);
        way.cut(); // the statement has arrived, and waits
        await waitFor(2);
      });
      expect(await appending).toMatchObject({ replayed: false, leaf: { recordId: 'record 1' } });
      const { rows } = await sql`SELECT FROM audit_leaves WHERE record_id = 'record 1'`.execute(db.sql);
      expect(rows).toHaveLength(1);
    } finally {
      await far.close();
      await way.close();
    }
  });
});
