/** Logs for tests: with days, streams, watched rows, redactions and signed checkpoints, and what a superuser does to them. */
import { sql } from 'kysely';
import { watch } from '../../src/features/audit/capture/watch.ts';
import { Sequencer } from '../../src/features/audit/log/sequencer.ts';
import { assureStream, readState } from '../../src/features/audit/log/store.ts';
import { AuditLog } from '../../src/features/audit/service.ts';
import { keepCheckpoint, writePublished } from '../../src/features/audit/store.ts';
import { formatCheckpoint } from '../../src/features/audit/tlog/checkpoint.ts';
import { generateSigningKey, parseVerifierKey, type SigningKey } from '../../src/features/audit/tlog/keys.ts';
import { formatNote, signatureLine } from '../../src/features/audit/tlog/note.ts';
import { canonicalJson } from '../../src/kernel/canonical.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import type { Db, Tx } from '../../src/platform/db/port.ts';
import { ManualClock } from './manual-clock.ts';

export const ORIGIN = 'example.org/audit';
const START = Date.parse('2026-11-25T05:00:00Z');
const DAY = 86_400_000;

export interface TestLog {
  readonly db: Db;
  readonly log: AuditLog;
  readonly clock: ManualClock;
  readonly key: SigningKey;
  readonly keys: readonly ReturnType<typeof parseVerifierKey>[];
  /** A signed checkpoint of the log as it is. */
  sign(): Promise<{ readonly size: number; readonly note: string }>;
  redact(indices: readonly number[]): Promise<void>;
}

export async function signed(key: SigningKey, size: number, root: Uint8Array, origin = ORIGIN): Promise<string> {
  const text = formatCheckpoint({ origin, size, root });
  return formatNote(text, [signatureLine(key.name, key.keyId, await key.sign(text))]);
}

export async function openTestLog(db: Db): Promise<TestLog> {
  const clock = new ManualClock(START);
  const deps = { db, clock, random: systemRandom };
  const log = new AuditLog({ ...deps, origin: ORIGIN, zone: 'Asia/Ho_Chi_Minh' });
  await log.open();
  await assureStream(db.sql, 'payments', true);
  await assureStream(db.sql, 'payouts', false);
  await sql`CREATE TABLE accounts (id integer PRIMARY KEY, balance numeric(20,2) NOT NULL, note text)`.execute(db.sql);
  await watch(db, { table: 'accounts', actor: 'admin' });
  const key = generateSigningKey(ORIGIN, 'ed25519', () => 0);
  const redactor = new Sequencer(deps);
  return {
    ...{ db, log, clock, key, keys: [parseVerifierKey(key.vkey)] },
    sign: async () => {
      const state = await readState(db.sql);
      const size = state?.frontier.size ?? 0;
      return { size, note: await signed(key, size, state?.frontier.root() ?? new Uint8Array(32)) };
    },
    redact: async (indices) => {
      const record = canonicalJson({ reason: 'asked for', leaves: indices.map((index) => [index, index]) });
      const entry = { stream: 'plumbline.redactions', recordId: 'r', op: 'redact', actor: 'dpo' };
      await redactor.redact(indices, { ...entry, content: { kind: 'record', record } });
    },
  };
}

/** Appends so many entries, in batches that the sequencer makes. */
export const fill = (log: AuditLog, count: number, from = 0): Promise<unknown> =>
  Promise.all(
    Array.from({ length: count }, (_, at) =>
      log.append({
        stream: at % 3 === 0 ? 'payouts' : 'payments',
        recordId: `record ${from + at}`,
        op: 'insert',
        actor: 'tester',
        content: { record: { amount: `${from + at}.50`, note: 'ghi chú' } },
      }),
    ),
  );

export async function keep(
  { db, clock }: TestLog,
  checkpoint: { readonly size: number; readonly note: string },
  kind: 'daily' | 'witnessed' | 'published',
): Promise<void> {
  const head = { ...checkpoint, signedAt: new Date(clock.now()) };
  await (kind === 'published' ? writePublished(db.sql, head) : keepCheckpoint(db.sql, kind, head));
}

/**
 * Three days: 300 entries and a kept checkpoint, a day without any, 250 entries with rows of a watched
 * table and something forgotten, and a published checkpoint at the end.
 */
export async function threeDays(db: Db): Promise<TestLog> {
  const test = await openTestLog(db);
  await fill(test.log, 300);
  await test.clock.advance(DAY);
  await test.log.closeDays();
  await keep(test, await test.sign(), 'daily');
  await test.clock.advance(DAY);
  await sql`INSERT INTO accounts SELECT n, n * 10, 'opened' FROM generate_series(1, 20) AS n`.execute(db.sql);
  await test.log.drain();
  await fill(test.log, 250, 300);
  await sql`UPDATE accounts SET balance = balance + 1 WHERE id <= 5`.execute(db.sql);
  await sql`DELETE FROM accounts WHERE id = 20`.execute(db.sql);
  await test.log.drain();
  await test.redact([4, 5]);
  await keep(test, await test.sign(), 'witnessed');
  await fill(test.log, 40, 1_000);
  await keep(test, await test.sign(), 'published');
  return test;
}

/** What a superuser does to whom no trigger speaks. */
export const asSuperuser = (db: Db, work: (tx: Tx) => Promise<unknown>): Promise<void> =>
  db.transaction({}, async (tx) => {
    await sql`SELECT set_config('session_replication_role', 'replica', true)`.execute(tx);
    await work(tx);
  });
