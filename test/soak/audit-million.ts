/**
 * A log of honest work, as large as a busy year's: entries with records and without, rows of a watched table, days,
 * redactions and kept checkpoints. Nothing may be raised, neither by whoever verifies the database at the
 * end nor by the monitor that watched it grow.
 */
import { sql } from 'kysely';
import { assureStream } from '../../src/features/audit/log/store.ts';
import type { NewEntry } from '../../src/features/audit/service.ts';
import { verifyDatabase } from '../../src/features/audit/verify/database.ts';
import { Monitor } from '../../src/features/audit/verify/monitor.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { keep, openTestLog } from '../support/audit.ts';
import { applyMigrations } from '../support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../support/postgres.ts';
import { Dice } from './month/dice.ts';
import type { Soak } from './soak.ts';

const ENTRIES = 1_000_000;
const MOST_STEPS = 100;
const DAY = 86_400_000;
const STREAMS = ['payments', 'payouts', 'ledger', 'documents'];

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const server = await startPostgres(bin, { shared_buffers: '512MB' });
  const violations: string[] = [];
  try {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const name = `soak_${seed}`;
      await administer(server.url, `CREATE DATABASE ${name}`);
      const found = await honest(urlOf(server.url, name), ENTRIES, seed, console.log);
      violations.push(...found.map((each) => `seed ${seed}: ${each}`));
      await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
    }
  } finally {
    await server.stop();
  }
  return { runs: seeds, violations };
};

/** @returns what was raised */
export async function honest(
  url: string,
  entries: number,
  seed: number,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const db = await openPostgres({ url });
  try {
    await applyMigrations(db);
    const dice = new Dice(seed, 'honest work');
    const test = await openTestLog(db);
    const { log, clock, keys } = test;
    for (const stream of STREAMS) await assureStream(db.sql, stream, stream === 'ledger');
    const raised: string[] = [];
    const raise = (what: unknown): void => void raised.push(JSON.stringify(what));
    const saved: string[] = [];
    const monitor = new Monitor({
      ...{ db, clock, options: { keys }, rowsEveryMs: 0 },
      state: { load: async () => saved.at(-1), save: async (text) => void saved.push(text) },
      onDamage: raise,
      onRollback: raise,
      onFailure: (error) => raise(String(error)),
    });
    const began = performance.now();
    const steps = Math.min(MOST_STEPS, Math.ceil(entries / 200));
    const each = Math.ceil(entries / steps);
    for (let step = 0; step < steps; step += 1) {
      await Promise.all(Array.from({ length: each }, (_, at) => log.append(entryOf(dice, step * each + at))));
      await changeRows(db.sql, dice, step);
      await log.drainAll();
      if (dice.chance(0.3)) {
        await clock.advance(DAY);
        await log.closeDays();
      }
      if (dice.chance(0.2)) await keep(test, await test.sign(), dice.chance(0.5) ? 'witnessed' : 'published');
      if (dice.chance(0.2)) await forgetSome(db.sql, test.redact);
      if (step % Math.ceil(steps / 10) === 0) await monitor.look();
    }
    const appended = performance.now();
    const { damage, checked } = await verifyDatabase(db, { keys });
    const seconds = (performance.now() - appended) / 1_000;
    say(
      `  ${JSON.stringify(checked)} appended in ${((appended - began) / 1_000).toFixed(0)} s, verified in ${seconds.toFixed(0)} s: ${((checked.leaves ?? 0) / seconds).toFixed(0)} leaves/s`,
    );
    if ((checked.leaves ?? 0) < entries) raised.push(`the log has ${checked.leaves} leaves of ${entries}`);
    return [...raised, ...damage.map((one) => JSON.stringify(one))];
  } finally {
    await db.close();
  }
}

function entryOf(dice: Dice, at: number): NewEntry {
  const stream = STREAMS[Math.floor(dice.fraction() * STREAMS.length)] ?? 'payments';
  const fields = { stream, recordId: `record-${at}`, op: dice.chance(0.5) ? 'insert' : 'update', key: `key ${at}` };
  const actor = `merchant-${Math.floor(dice.fraction() * 5_000)}`;
  const content = dice.chance(0.3)
    ? { dataHash: Buffer.from(dice.bytes(32)).toString('hex') }
    : { record: { amount: `${at}.50`, note: 'ghi chú' } };
  return { ...fields, actor, content };
}

async function changeRows(db: Parameters<typeof assureStream>[0], dice: Dice, step: number): Promise<void> {
  await sql`INSERT INTO accounts SELECT ${step} * 50 + n, n, 'opened' FROM generate_series(1, 50) AS n`.execute(db);
  if (dice.chance(0.5)) await sql`UPDATE accounts SET balance = balance + 1 WHERE id % 7 = 0`.execute(db);
  if (dice.chance(0.2)) await sql`DELETE FROM accounts WHERE id % 50 = ${step % 50}`.execute(db);
}

async function forgetSome(
  db: Parameters<typeof assureStream>[0],
  redact: (indices: readonly number[]) => Promise<void>,
): Promise<void> {
  const { rows } = await sql<{ idx: bigint }>`
    SELECT p.idx FROM audit_payloads p JOIN audit_leaves l ON l.idx = p.idx JOIN audit_streams s ON s.id = l.stream_id
    WHERE s.name = 'payments' ORDER BY p.idx DESC LIMIT 20`.execute(db);
  if (rows.length > 0) await redact(rows.map(({ idx }) => Number(idx)));
}
