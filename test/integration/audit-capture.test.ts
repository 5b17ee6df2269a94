/** Watched tables and captured facts: a leaf stands for a change if and only if its transaction committed. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { listWatches } from '../../src/features/audit/capture/store.ts';
import { unwatch, watch } from '../../src/features/audit/capture/watch.ts';
import { assureStream } from '../../src/features/audit/log/store.ts';
import { AuditLog } from '../../src/features/audit/service.ts';
import { findLeaves, readPayloads } from '../../src/features/audit/store.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeDb } from '../support/databases.ts';

async function openLog(db: Db): Promise<AuditLog> {
  const log = new AuditLog({ db, clock: systemClock, random: systemRandom, origin: 'example.org/audit', zone: 'UTC' });
  await log.open();
  return log;
}

async function said(db: Db, stream: string) {
  const leaves = await findLeaves(db.sql, { stream, limit: 100 });
  const payloads = await readPayloads(
    db.sql,
    leaves.map(({ index }) => index),
  );
  return leaves.toReversed().map(({ index, op, recordId, actor }) => {
    const record: unknown = JSON.parse(payloads.get(index)?.record ?? 'null');
    return { op, recordId, actor, record };
  });
}

const accounts = (db: Db) =>
  sql`CREATE TABLE accounts (id integer, region text, balance numeric(20,2) NOT NULL, note jsonb, at timestamptz, secret text, PRIMARY KEY (region, id))`.execute(
    db.sql,
  );

describeDb('a watched table', (open) => {
  it('says each change in the transaction that makes it, in one form whatever the session', async () => {
    const db = await open();
    const log = await openLog(db);
    await accounts(db);
    await sql`INSERT INTO accounts VALUES (1, 'vn', 10.50, '{"a": 1.50}', '2026-11-25T10:00:00+07', 's')`.execute(
      db.sql,
    );
    const watched = await watch(db, { table: 'accounts', without: ['secret'], actor: 'admin' });
    expect(watched).toMatchObject({ table: 'public.accounts', stream: 'accounts', key: ['region', 'id'], rows: 1 });
    await db.transaction({}, async (tx) => {
      await sql`SELECT set_config('timezone', 'America/New_York', true), set_config('plumbline.actor', 'user 7', true)`.execute(
        tx,
      );
      await sql`UPDATE accounts SET balance = 11 WHERE id = 1`.execute(tx);
    });
    const rolledBack = db.transaction({}, async (tx) => {
      await sql`UPDATE accounts SET balance = 666`.execute(tx);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await sql`DELETE FROM accounts`.execute(db.sql);
    await sql`TRUNCATE accounts`.execute(db.sql);
    expect(await log.drain()).toBe(4);
    const row = { id: '1', region: 'vn', balance: '10.50', note: '{"a": 1.50}', at: '2026-11-25T03:00:00+00:00' };
    expect(await said(db, 'accounts')).toEqual([
      { op: 'snapshot', recordId: 'vn,1', actor: 'admin', record: row },
      { op: 'update', recordId: 'vn,1', actor: 'user 7', record: { ...row, balance: '11.00' } },
      { op: 'delete', recordId: 'vn,1', actor: expect.any(String), record: { ...row, balance: '11.00' } },
      { op: 'truncate', recordId: '*', actor: expect.any(String), record: {} },
    ]);
    expect(await log.drain()).toBe(0);
  });

  it('says the same by the statement as by the row, whatever the values and the session', async () => {
    const db = await open();
    const log = await openLog(db);
    await sql`CREATE TABLE odd (id bigint, key text, n numeric, f float8, b bytea, at timestamptz, d interval, list text[], doc jsonb,
      PRIMARY KEY (key, id))`.execute(db.sql);
    for (const stream of ['by_row', 'by_statement']) await assureStream(db.sql, stream, false);
    await sql`CREATE TRIGGER by_row AFTER INSERT ON odd FOR EACH ROW EXECUTE FUNCTION audit_watch('by_row', '{key,id}', '{f}')`.execute(
      db.sql,
    );
    await sql`CREATE TRIGGER by_statement AFTER INSERT ON odd REFERENCING NEW TABLE AS audit_inserted
      FOR EACH STATEMENT EXECUTE FUNCTION audit_watch_inserts('by_statement', '{key,id}', '{f}')`.execute(db.sql);
    await db.transaction({}, async (tx) => {
      await sql`SELECT set_config('timezone', 'America/New_York', true), set_config('datestyle', 'German', true),
        set_config('bytea_output', 'escape', true), set_config('plumbline.actor', 'user 7', true)`.execute(tx);
      await sql`INSERT INTO odd VALUES
        (9223372036854775807, 'a', 1.50, 0.1, '\\x00ff', '2026-11-25T10:00:00+07', '1 day 02:00', '{x,NULL,"y z"}', '{"a": [1.50, null]}'),
        (2, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (3, E'two\nlines', 'NaN', 'Infinity', '', 'infinity', '-1 mon', '{}', '"\u1ed5"'),
        (4, repeat('long', 200), -0.00, '-0', NULL, NULL, NULL, NULL, 'null')`.execute(tx);
      await sql`INSERT INTO odd (id, key) VALUES (2, ''), (5, 'b') ON CONFLICT DO NOTHING`.execute(tx);
      await sql`INSERT INTO odd (id, key) SELECT 6, 'none' WHERE false`.execute(tx);
    });
    await log.drain();
    const byRow = await said(db, 'by_row');
    expect(byRow.map(({ recordId }) => recordId)).toEqual([
      'a,9223372036854775807',
      ',2',
      `sha256:${sha256Hex('two\nlines,3')}`,
      `sha256:${sha256Hex(`${'long'.repeat(200)},4`)}`,
      'b,5',
    ]);
    expect(await said(db, 'by_statement')).toEqual(byRow);
    await sql`CREATE TRIGGER nowhere AFTER INSERT ON odd REFERENCING NEW TABLE AS audit_inserted
      FOR EACH STATEMENT EXECUTE FUNCTION audit_watch_inserts('nowhere', '{key,id}', '{}')`.execute(db.sql);
    await expect(sql`INSERT INTO odd (id, key) VALUES (7, 'c')`.execute(db.sql)).rejects.toThrow(
      'odd is watched for the stream "nowhere", which does not exist',
    );
  });

  it('is listed, and watched no more when told so', async () => {
    const db = await open();
    const log = await openLog(db);
    await accounts(db);
    await watch(db, {
      table: 'public.accounts',
      stream: 'ledger.accounts',
      salted: false,
      without: ['secret', 'note'],
      actor: 'admin',
    });
    expect((await listWatches(db.sql)).filter(({ stream }) => stream === 'ledger.accounts')).toEqual([
      {
        table: 'public.accounts',
        stream: 'ledger.accounts',
        key: ['region', 'id'],
        without: ['secret', 'note'],
        enabled: true,
      },
    ]);
    await unwatch(db, 'accounts');
    await sql`INSERT INTO accounts VALUES (1, 'vn', 1)`.execute(db.sql);
    expect(await log.drain()).toBe(0);
    expect((await listWatches(db.sql)).some(({ stream }) => stream === 'ledger.accounts')).toBe(false);
  });

  it.each([
    [{ table: 'nowhere' }, 'audit.table_unknown', 'there is no table "nowhere"'],
    [{ table: 'keyless' }, 'audit.table_without_key', 'has no primary key'],
    [{ table: 'accounts', without: ['id'] }, 'audit.columns_unknown', 'has no column id that could be left out'],
    [{ table: 'accounts', stream: 'plumbline.x' }, 'audit.stream_malformed', 'no name of a stream'],
  ] as const)('is refused: %j', async (request, code, message) => {
    const db = await open();
    await openLog(db);
    await accounts(db);
    await sql`CREATE TABLE keyless (a integer)`.execute(db.sql);
    await expect(watch(db, { ...request, actor: 'admin' })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('names a row whose key is no single line by its hash', async () => {
    const db = await open();
    const log = await openLog(db);
    await sql`CREATE TABLE texts (id text PRIMARY KEY)`.execute(db.sql);
    await watch(db, { table: 'texts', actor: 'admin' });
    await sql`INSERT INTO texts VALUES (${'two\nlines'}), (${'x'.repeat(513)}), (${'một dòng'})`.execute(db.sql);
    await log.drain();
    expect((await said(db, 'texts')).map(({ recordId }) => recordId)).toEqual([
      `sha256:${sha256Hex('two\nlines')}`,
      `sha256:${sha256Hex('x'.repeat(513))}`,
      'một dòng',
    ]);
  });
});

describeDb('audit_capture()', (open) => {
  it("says a record in the caller's transaction", async () => {
    const db = await open();
    const log = await openLog(db);
    await assureStream(db.sql, 'payments', true);
    await sql`SELECT audit_capture('payments', 'p 1', 'paid', '{"amount": "1.50", "n": 7, "list": [1, {"x": 2}]}', 'gateway')`.execute(
      db.sql,
    );
    expect(await log.drain()).toBe(1);
    expect(await said(db, 'payments')).toEqual([
      { op: 'paid', recordId: 'p 1', actor: 'gateway', record: { amount: '1.50', n: 7, list: [1, { x: 2 }] } },
    ]);
  });

  it.each([
    ["'nowhere', 'r', 'o', '{}', 'a'", /there is no stream "nowhere"/],
    ["'plumbline.days', 'r', 'o', '{}', 'a'", /the log's own/],
    ["'payments', E'a\\nb', 'o', '{}', 'a'", /record_id "a\nb" is not/],
    ["'payments', 'r', 'Op', '{}', 'a'", /op "Op" is not/],
    ["'payments', 'r', 'o', '{}', ''", /actor "" is not/],
    ["'payments', 'r', 'o', '{\"a\": [{\"b\": 1.5}]}', 'a'", /a number that is not whole/],
    ["'payments', 'r', 'o', '{\"a\": 9007199254740992}', 'a'", /beyond 2\^53/],
    ["'payments', 'r', 'o', NULL, 'a'", /a number that is not whole/],
  ])('refuses %s', async (args, why) => {
    const db = await open();
    const log = await openLog(db);
    await assureStream(db.sql, 'payments', true);
    await expect(sql.raw(`SELECT audit_capture(${args})`).execute(db.sql)).rejects.toThrow(why);
    expect(await log.drain()).toBe(0);
  });
});
