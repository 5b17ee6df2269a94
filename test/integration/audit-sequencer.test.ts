/** What the sequencer of one process owes to all who use it at once. */
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { buildBatch } from '../../src/features/audit/log/batch.ts';
import type { Appended } from '../../src/features/audit/log/group-commit.ts';
import { appending, assureStream, readState } from '../../src/features/audit/log/store.ts';
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

  it('appends nothing to a log that only has the size that was expected', async () => {
    const { db } = await openTestLog(await open());
    await assureStream(db.sql, 'payouts', false);
    const made = async (stream: string) => {
      const content = { kind: 'hash', dataHash: 'a5'.repeat(32) } as const;
      const base = await readState(db.sql);
      if (base === undefined) throw new Error('no log');
      const of = (log: typeof base) =>
        buildBatch(log, [{ stream, recordId: stream, op: 'insert', actor: 'tester', content }], log.atUs);
      const first = of(base);
      return { first, behind: of(first.next) };
    };
    const [mine, theirs] = [await made('payments'), await made('payouts')];
    expect(await appending({ batch: theirs.first })(db.sql)).toBe(true);
    expect(await appending({ batch: mine.first })(db.inOrder)).toBe(false);
    // Nobody has appended to its stream, and its size is right; the tree that it goes on with is not.
    const other = { ...theirs.behind, root: mine.behind.root };
    expect(await appending({ batch: other })(db.inOrder)).toBe(false);
    expect(await appending({ batch: theirs.behind })(db.inOrder)).toBe(true);
    expect((await readState(db.sql))?.frontier.root()).toEqual(theirs.behind.next.frontier.root());
  });

  it.each([
    ['one batch', 1, 1],
    ['two, of which one was sent behind the other', CALLERS, 2],
  ])(
    'finds what was lost on its way and came after all, and does not append it again: %s',
    async (_, callers, batches) => {
      const db = await open();
      const { clock } = await openTestLog(db);
      const way = await wayTo(urlOfDb(db) ?? '');
      const far = await openPostgres({ url: way.url, poolSize: 4 });
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
        let sent: Promise<readonly Appended[]> | undefined;
        await db.transaction({}, async (tx) => {
          await sql`SELECT FROM audit_log FOR UPDATE`.execute(tx);
          sent = Promise.all(Array.from({ length: callers }, (_, at) => log.append(entry(1 + at)))); // without a key
          await waitFor(1);
          await delay(100); // the second is there, behind the first
          way.cut(); // the first waits
          await waitFor(1 + batches);
        });
        const answers = (await sent) ?? [];
        expect(answers.map(({ leaf, replayed }) => [leaf.recordId, replayed])).toEqual(
          Array.from({ length: callers }, (_, at) => [`record ${1 + at}`, false]),
        );
        const { rows } = await sql<{
          idx: bigint;
          record_id: string;
        }>`SELECT idx, record_id FROM audit_leaves WHERE idx > 0 ORDER BY idx`.execute(db.sql);
        const byIndex = answers.map(({ leaf }) => leaf).toSorted((a, b) => a.index - b.index);
        expect(rows.map((row) => [Number(row.idx), row.record_id])).toEqual(
          byIndex.map((leaf) => [leaf.index, leaf.recordId]),
        );
      } finally {
        await far.close();
        await way.close();
      }
    },
  );
});
