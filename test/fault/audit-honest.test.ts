/** Honest work of every kind, verified and watched between any two steps: nothing is raised. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { verifyDatabase } from '../../src/features/audit/verify/database.ts';
import { Monitor } from '../../src/features/audit/verify/monitor.ts';
import { fill, keep, openTestLog, type TestLog } from '../support/audit.ts';
import { describePostgres } from '../support/databases.ts';

const DAY = 86_400_000;

type Step = (test: TestLog, at: number) => Promise<unknown>;

const STEPS: readonly Step[] = [
  ({ log }, at) => fill(log, 40, at * 1_000),
  ({ log }, at) => fill(log, 270, at * 1_000),
  ({ log }, at) =>
    log.append({
      stream: 'payouts',
      recordId: `bare ${at}`,
      op: 'insert',
      actor: 'a',
      content: { dataHash: 'ab'.repeat(32) },
    }),
  ({ db }, at) =>
    sql`INSERT INTO accounts VALUES (${at}, 1.50, E'a "quoted" \\ note') ON CONFLICT (id) DO NOTHING`.execute(db.sql),
  ({ db }) => sql`UPDATE accounts SET balance = balance * 2, note = NULL`.execute(db.sql),
  ({ db }) => sql`DELETE FROM accounts WHERE id = (SELECT min(id) FROM accounts)`.execute(db.sql),
  ({ db }) => sql`TRUNCATE accounts`.execute(db.sql),
  async ({ db }, at) => {
    const undone = db.transaction({}, async (tx) => {
      await sql`INSERT INTO accounts VALUES (${at + 1_000}, 1, '')`.execute(tx);
      throw new Error('undone');
    });
    await undone.catch(() => undefined);
  },
  ({ log }) => log.drain(),
  async ({ log, clock }) => {
    await clock.advance(DAY);
    await log.closeDays();
  },
  async (test) => keep(test, await test.sign(), 'witnessed'),
  async (test) => keep(test, await test.sign(), 'published'),
  async ({ db, redact }) => {
    const { rows } = await sql<{
      idx: bigint;
    }>`SELECT idx FROM audit_payloads p WHERE salt IS NOT NULL ORDER BY idx DESC LIMIT 3`.execute(db.sql);
    if (rows.length > 0) await redact(rows.map(({ idx }) => Number(idx)));
  },
];

describePostgres('honest work', (open) => {
  it('raises nothing, whatever its order', { timeout: 180_000 }, async () => {
    const order = fc.array(fc.nat({ max: STEPS.length - 1 }), { minLength: 10, maxLength: 25 });
    for (const [run, steps] of fc.sample(order, { numRuns: 4, seed: 4 }).entries()) {
      const test = await openTestLog(await open());
      const options = { keys: test.keys, bareStreams: ['payouts'] };
      const saved: string[] = [];
      const raised: unknown[] = [];
      const monitor = new Monitor({
        ...{ db: test.db, clock: test.clock, options, rowsEveryMs: 0, scrubBundles: 1 },
        state: { load: async () => saved.at(-1), save: async (text) => void saved.push(text) },
        onDamage: (damage) => void raised.push(...damage),
        onRollback: (damage) => void raised.push(damage),
        onFailure: (error) => void raised.push(error),
      });
      for (const [at, step] of steps.entries()) {
        await STEPS[step]?.(test, at);
        if (at % 3 === 0) await monitor.look();
      }
      await monitor.look();
      expect([run, raised]).toEqual([run, []]);
      expect((await verifyDatabase(test.db, options)).damage).toEqual([]);
    }
  });
});
