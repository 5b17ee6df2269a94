/** The log on every engine: what is appended is there once, in one order, and the database takes nothing else. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { leafText } from '../../src/features/audit/log/leaf.ts';
import { assureStream, readState } from '../../src/features/audit/log/store.ts';
import { nodesOf } from '../../src/features/audit/log/tile-reader.ts';
import { AuditLog, type NewEntry } from '../../src/features/audit/service.ts';
import { findLeaves, readDays, readLeaves, readPayloads } from '../../src/features/audit/store.ts';
import { leafHash } from '../../src/features/audit/tlog/hashing.ts';
import { consistencyProof, rootAt, verifyConsistency } from '../../src/features/audit/tlog/proofs.ts';
import { Frontier } from '../../src/features/audit/tlog/tree.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeDb } from '../support/databases.ts';
import { ManualClock } from '../support/manual-clock.ts';

const ORIGIN = 'example.org/audit';
const ZONE = 'Asia/Ho_Chi_Minh';
const START = Date.parse('2026-11-25T05:00:00Z');
const DAY = 86_400_000;

const clockAt = (at: number): ManualClock => new ManualClock(at);

async function openLog(db: Db, clock: Clock = clockAt(START)): Promise<AuditLog> {
  const log = new AuditLog({ db, clock, random: systemRandom, origin: ORIGIN, zone: ZONE });
  await log.open();
  await assureStream(db.sql, 'payments', true);
  await assureStream(db.sql, 'payouts', false);
  return log;
}

const entry = (at: number, more: Partial<NewEntry> = {}): NewEntry => ({
  stream: at % 2 === 0 ? 'payments' : 'payouts',
  recordId: `record ${at}`,
  op: 'insert',
  actor: 'tester',
  content: { record: { amount: `${at}.50`, note: 'ghi chú "\\ {}' } },
  ...more,
});

/** Every leaf again, from what it says: the tree that the log has to be. */
async function recomputed(db: Db): Promise<Frontier> {
  const frontier = Frontier.empty();
  const heads = new Map<string, string>();
  for (const leaf of await readLeaves(db.sql, 0, 1_000_000)) {
    expect(leaf.index).toBe(frontier.size);
    if (leaf.seq > 0) expect(leaf.previousHash).toBe(heads.get(leaf.stream));
    const hash = leafHash(leafText(leaf));
    expect(hash.toString('hex')).toBe(leaf.leafHash);
    heads.set(leaf.stream, leaf.leafHash);
    frontier.append(hash);
  }
  return frontier;
}

async function expectSound(db: Db): Promise<number> {
  const frontier = await recomputed(db);
  const state = await readState(db.sql);
  expect(state?.frontier.size).toBe(frontier.size);
  expect(Buffer.compare(state?.frontier.root() ?? Buffer.alloc(0), frontier.root())).toBe(0);
  expect(Buffer.compare(await rootAt(nodesOf(db.sql, frontier.size), frontier.size), frontier.root())).toBe(0);
  return frontier.size;
}

describeDb('the audit log', (open) => {
  it('keeps what it is given, in one order, under one tree', async () => {
    const db = await open();
    const log = await openLog(db);
    const appended = await Promise.all(Array.from({ length: 700 }, (_, at) => log.append(entry(at))));
    expect(new Set(appended.map(({ leaf }) => leaf.index)).size).toBe(700);
    expect(await expectSound(db)).toBe(700);
    const reader = nodesOf(db.sql, 700);
    const proof = await consistencyProof(reader, 300, 700);
    expect(verifyConsistency(300, await rootAt(reader, 300), 700, await rootAt(reader, 700), proof)).toBe(true);
    const payloads = await readPayloads(db.sql, [0, 1]);
    expect([payloads.get(0)?.salt?.length, payloads.get(1)?.salt]).toEqual([32, null]);
  });

  it('answers a repeated key with the first leaf, whoever asks at once, and refuses it for anything else', async () => {
    const db = await open();
    const [log, other] = [await openLog(db), await openLog(db)];
    const once = await Promise.all(
      Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? log : other).append(entry(2, { key: 'k' }))),
    );
    expect(new Set(once.map(({ leaf }) => leaf.leafHash)).size).toBe(1);
    expect(once.filter(({ replayed }) => !replayed)).toHaveLength(1);
    await expect(log.append(entry(3, { key: 'k' }))).rejects.toMatchObject({
      code: 'audit.key_reused',
      kind: 'invalid',
    });
    const changed = entry(2, { key: 'k', content: { record: { amount: '2.51' } } });
    await expect(log.append(changed)).rejects.toMatchObject({ code: 'audit.key_reused' });
    await log.append(entry(2, { key: 'k', actor: 'somebody else' })); // whose keys are their own
    expect(await expectSound(db)).toBe(2);
  });

  it('is one, however many processes append to it', async () => {
    const db = await open();
    const logs = await Promise.all([openLog(db), openLog(db), openLog(db)]);
    await Promise.all(Array.from({ length: 300 }, (_, at) => logs[at % 3]?.append(entry(at))));
    expect(await expectSound(db)).toBe(300);
  });

  it.each([
    [{ stream: 'nowhere' }, 'audit.stream_unknown', 'there is no stream "nowhere"'],
    [{ stream: 'plumbline.days' }, 'audit.stream_own', "is the log's own"],
    [{ stream: 'Nowhere!' }, 'audit.entry_malformed', '"Nowhere!" is not'],
    [{ recordId: 'a\nb' }, 'audit.entry_malformed', '"a\\nb" is not'],
    [{ recordId: '' }, 'audit.entry_malformed', '"" is not'],
    [{ op: 'Update' }, 'audit.entry_malformed', '"Update" is not'],
    [{ actor: 'x'.repeat(201) }, 'audit.entry_malformed', 'is not 1 to 200 characters'],
    [{ content: { record: { amount: 1.5 } } }, 'audit.record_not_canonical', '1.5 is not a safe integer'],
    [{ content: { record: { amount: 2 ** 53 } } }, 'audit.record_not_canonical', 'is not a safe integer'],
    [{ content: { dataHash: 'zz' } }, 'audit.data_hash_malformed', '64 lower-case hexadecimal digits'],
  ] as const)('refuses %j', async (more, code, message) => {
    const db = await open();
    const log = await openLog(db);
    const refused = await log.append(entry(0, more)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await expectSound(db)).toBe(0);
  });

  it('closes each day by a leaf, also an empty one, and gives the columns of `transaction_hashes`', async () => {
    const db = await open();
    const clock = clockAt(START);
    const log = await openLog(db, clock);
    await log.append(entry(0));
    clock.advanceSync(3 * DAY);
    expect(await log.closeDays()).toBe(3);
    await log.append(entry(1));
    const days = await readDays(db.sql, { limit: 10 });
    expect(days.map(({ date, firstIndex, size }) => [date, firstIndex, size])).toEqual([
      ['2026-11-27', 3, 4],
      ['2026-11-26', 2, 3],
      ['2026-11-25', 0, 2],
    ]);
    expect(new Set(days.map(({ root }) => root)).size).toBe(3);
    const { rows } = await sql<Record<string, unknown>>`
      SELECT table_name, record_id, operation, block_date, block_number, merkle_root, previous_hash, data_hash FROM transaction_hashes ORDER BY id`.execute(
      db.sql,
    );
    expect(rows.map((row) => [row.table_name, row.record_id, row.block_date, row.block_number])).toEqual([
      ['payments', 'record 0', '2026-11-25', 0n],
      ['plumbline.days', '2026-11-25', '2026-11-25', 1n],
      ['plumbline.days', '2026-11-26', '2026-11-26', 0n],
      ['plumbline.days', '2026-11-27', '2026-11-27', 0n],
      ['payouts', 'record 1', '2026-11-28', 0n],
    ]);
    expect(rows.map((row) => row.merkle_root)).toEqual([
      days[2]?.root,
      days[2]?.root,
      days[1]?.root,
      days[0]?.root,
      null,
    ]);
    await expectSound(db);
  });

  it('does not believe a clock that is years ahead', async () => {
    const db = await open();
    const clock = clockAt(START);
    const log = await openLog(db, clock);
    clock.advanceSync(500 * DAY);
    await expect(log.append(entry(0))).rejects.toMatchObject({ code: 'audit.clock_ahead', kind: 'integrity' });
  });

  it('keeps its name and its days', async () => {
    const db = await open();
    await openLog(db);
    const other = new AuditLog({
      db,
      clock: clockAt(START),
      random: systemRandom,
      origin: 'example.org/other',
      zone: 'UTC',
    });
    await expect(other.open()).rejects.toMatchObject({
      code: 'audit.origin_differs',
      faults: [
        { pointer: 'AUDIT_ORIGIN', message: expect.stringContaining('"example.org/audit"') },
        { pointer: 'AUDIT_ZONE', message: expect.stringContaining('Asia/Ho_Chi_Minh') },
      ],
    });
  });

  it('finds leaves by what they say', async () => {
    const db = await open();
    const log = await openLog(db);
    for (const at of [0, 1, 2, 3])
      await log.append(entry(at, { recordId: `r${at % 2}`, actor: at < 2 ? 'first' : 'second' }));
    const found = async (query: Omit<Parameters<typeof findLeaves>[1], 'limit'>) =>
      (await findLeaves(db.sql, { ...query, limit: 10 })).map(({ index }) => index);
    expect(await found({})).toEqual([3, 2, 1, 0]);
    expect(await found({ stream: 'payments' })).toEqual([2, 0]);
    expect(await found({ stream: 'payments', recordId: 'r0', actor: 'second' })).toEqual([2]);
    expect(await found({ recordId: 'r1', before: 3 })).toEqual([1]);
    expect(await found({ fromUs: (START + 1) * 1_000 })).toEqual([]);
    expect(await found({ fromUs: START * 1_000, toUs: (START + 1) * 1_000 })).toEqual([3, 2, 1, 0]);
  });
});

describeDb('the database of the log', (open) => {
  const append = (changed: Partial<Record<string, string>> = {}) => {
    const part = (name: string, right: string) => sql.raw(changed[name] ?? right);
    return sql`SELECT audit_append(${part('size', '1')}, 2000000000000000, NULL, ${part('streams', "ARRAY[(SELECT id FROM audit_streams WHERE name = 'payouts')]::smallint[]")},
      ${part('seqs', "'{1}'")}, ${part('follows', "'{0}'")}, ${part('records', "'{r}'")}, '{insert}', '{tester}', '{NULL}', ${part('data', "sha256('x')")},
      ${part('leaf', `(SELECT sha256('\\x00'::bytea || convert_to(audit_leaf_text('payouts', 1, 'r', 'insert', sha256('x'), head, 2000000000000000, 'tester', true), 'UTF8')) FROM audit_streams WHERE name = 'payouts')`)},
      sha256(''), ${part('frontier', "sha256('')")}, '', '{}', '', '{}', '{}')`;
  };

  it('recomputes what it is given, and refuses anything else', async () => {
    const db = await open();
    const log = await openLog(db);
    await log.append(entry(1));
    await expect(append({ leaf: "sha256('wrong')" }).execute(db.sql)).rejects.toThrow(
      /1 of 1 leaves are not what their fields hash to/,
    );
    await expect(append({ data: "sha256('other')" }).execute(db.sql)).rejects.toThrow(/not what their fields hash to/);
    await expect(append({ records: "'{s}'" }).execute(db.sql)).rejects.toThrow(/not what their fields hash to/);
    await expect(append({ streams: 'ARRAY[4711]::smallint[]' }).execute(db.sql)).rejects.toThrow(
      /not what their fields hash to/,
    );
    for (const place of [
      { seqs: "'{2}'" },
      { seqs: "'{0}'" },
      { follows: "'{1}'" },
      { follows: "'{2}'" },
      { follows: "'{-1}'" },
    ]) {
      await expect(append(place).execute(db.sql)).rejects.toThrow(/or do not follow their stream's head/);
    }
    await expect(append({ frontier: "''" }).execute(db.sql)).rejects.toThrow(/audit_log_frontier/);
    expect((await append({ size: '0', frontier: "sha256('')" }).execute(db.sql)).rows).toEqual([
      { audit_append: null },
    ]);
    expect((await append({ size: '7', frontier: "sha256('')" }).execute(db.sql)).rows).toEqual([
      { audit_append: null },
    ]);
    expect(await expectSound(db)).toBe(1);
    expect((await append().execute(db.sql)).rows).toEqual([{ audit_append: 2n }]); // the right one, for comparison
  });

  it.each([
    "UPDATE audit_leaves SET actor = 'x'",
    'DELETE FROM audit_leaves',
    'TRUNCATE audit_leaves',
    'DELETE FROM audit_payloads',
    "UPDATE audit_payloads SET record = '{}'",
    'TRUNCATE audit_payloads',
    'UPDATE audit_log SET size = 0',
    "UPDATE audit_log SET origin = 'x', size = size + 1",
    'DELETE FROM audit_log',
    'TRUNCATE audit_log',
    "UPDATE audit_streams SET head = sha256('')",
    'DELETE FROM audit_streams',
    'TRUNCATE audit_streams',
    'TRUNCATE audit_days',
    'TRUNCATE audit_tiles',
    'TRUNCATE audit_checkpoints',
    'TRUNCATE audit_published',
    'TRUNCATE audit_redactions',
    "INSERT INTO audit_leaves VALUES (1, 1, 1, 1, NULL, sha256(''), sha256(''), 'r', 'insert', 'x')",
  ])('refuses its owner: %s', async (statement) => {
    const db = await open();
    const log = await openLog(db);
    await log.append(entry(1));
    await expect(sql.raw(statement).execute(db.sql)).rejects.toThrow(/refused/);
    expect(await expectSound(db)).toBe(1);
  });
});
