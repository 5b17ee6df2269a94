/** Which tables can be archived and how: types, keys, partitions, references, purges, and what is refused. */

import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseManifest } from '../../src/features/archival/format/manifest.ts';
import { makePlan } from '../../src/features/archival/plan/plan.ts';
import { parsePrices } from '../../src/features/archival/plan/prices.ts';
import { readTable } from '../../src/features/archival/plan/store-table.ts';
import { judge } from '../../src/features/archival/plan/subject.ts';
import { findPointers } from '../../src/features/archival/pointers/store.ts';
import { readAll } from '../../src/features/archival/run/steps.ts';
import { listBatches, readManifestText } from '../../src/features/archival/run/store-batches.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { archivable, census, createAuditLogs, fill, linesOf, NOW, policyOf } from '../support/archival.ts';
import { coldDouble } from '../support/cold-double.ts';
import { describeEachDb } from '../support/databases.ts';

const count = async (db: Db, from: string): Promise<number> =>
  Number((await sql<{ n: bigint }>`SELECT count(*) AS n FROM ${sql.raw(from)}`.execute(db.sql)).rows[0]?.n);

/** A column of each type that is archived, with values that a careless copy would change. */
const TYPES: readonly (readonly [type: string, ...values: string[]])[] = [
  ['boolean', 'true'],
  ['smallint', '-32768'],
  ['integer', '2147483647'],
  ['bigint', '9007199254740993'],
  ['real', "'1.1'", "'NaN'"],
  ['double precision', "'0.1'", "'-Infinity'", '1e-300'],
  ['numeric', "'123456789012345678901234567890.123456789000'", "'NaN'"],
  ['numeric(20,2)', '1.10'],
  ['money', "'-1234.50'"],
  ['oid', '4294967295'],
  ['pg_lsn', "'16/B374D848'"],
  ['text', `E'line\\nend \\\\ "quoted" \\u0001 \\u2028 €'`],
  ['varchar(10)', "'x '"],
  ['char(5)', "'ab'"],
  ['"char"', "'x'"],
  ['name', "'a_name'"],
  ['uuid', "'00000000-0000-0000-0000-00000000000a'"],
  ['bytea', "'\\x00ff0a'"],
  ['jsonb', `'{"b": 1.10, "a": 123456789012345678901234567890, "c": 1e400, "n": "x\\ny"}'`],
  ['bit(3)', "B'101'"],
  ['bit varying', "B'1'"],
  ['date', "'2023-10-05'", "'infinity'", "'0044-03-15 BC'"],
  ['time', "'24:00:00'"],
  ['timetz', "'01:02:03.000004+07'"],
  ['timestamp', "'2023-10-05 01:02:03.000001'", "'-infinity'"],
  ['timestamptz', "'2023-10-05 01:02:03.1+07'"],
  ['interval', "'1 year -2 days 03:04:05.6'"],
  ['inet', "'10.0.0.1/8'"],
  ['cidr', "'10.0.0.0/8'"],
  ['macaddr', "'08:00:2b:01:02:03'"],
  ['macaddr8', "'08:00:2b:01:02:03:04:05'"],
  ['tsvector', "'a:1 b:2'"],
  ['tsquery', "'a & b'"],
  ['point', "'(0.1,-0.2)'"],
  ['line', "'{1,2,3}'"],
  ['lseg', "'[(0,0),(1,1)]'"],
  ['box', "'(1,1),(0,0)'"],
  ['path', "'((0,0),(1,1))'"],
  ['polygon', "'((0,0),(1,1),(1,0))'"],
  ['circle', "'<(0,0),1.5>'"],
  ['int4range', "'[1,5)'"],
  ['tstzrange', `'["2023-10-05 00:00:00+00",)'`],
  ['nummultirange', "'{[1.0,2.50],[3,4)}'"],
  ['text[]', `'{"a b",NULL,"{x}"}'`],
  ['numeric[]', "'{{1.10,2},{3,4}}'"],
  ['mood', "'very sad'"],
  ['positive', '3'],
];

// The embedded engine is asked for what it does in a way of its own: it detaches no partition beside others.
describeEachDb('tables to be archived', (open, engine) => {
  it.skipIf(engine === 'PGlite')(
    'keep the bytes of every type, and number their rows as they like',
    async () => {
      const db = await open();
      const cold = coldDouble();
      await sql
        .raw(
          `CREATE TYPE mood AS ENUM ('very sad', 'ok'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
         CREATE TABLE everything (id bigint PRIMARY KEY, created_at timestamp NOT NULL, ${TYPES.map(([type], n) => `c${n} ${type}`).join(', ')});
         CREATE INDEX ON everything (created_at)`,
        )
        .execute(db.sql);
      for (let row = 0; row < 3; row += 1) {
        const values = TYPES.map(([, ...all]) => all[row] ?? (row === 2 ? 'NULL' : (all[0] ?? 'NULL')));
        await sql
          .raw(`INSERT INTO everything VALUES (${row === 1 ? '-5' : row * 7}, '2023-10-05', ${values.join(', ')})`)
          .execute(db.sql);
      }
      const table = await archivable(db, cold, 'everything');
      onTestFinished(() => table.remove());
      const before = await census(db, cold, table.subject);
      await sql.raw('CREATE TABLE again (LIKE everything)').execute(db.sql);
      await table.run();
      const after = await census(db, cold, table.subject);
      expect(after).toEqual({ hot: [], cold: before.hot });

      // Brought back by PostgreSQL itself and exported again, the bytes are the same.
      cold.thaw();
      const [batch] = await listBatches(db.sql, { limit: 1 });
      const manifest = parseManifest((await readManifestText(db.sql, batch?.no ?? 0)) ?? '', 'm');
      expect(manifest.columns.map(({ type }) => type)).toContain('numeric(20,2)');
      for (const line of await linesOf(manifest, await readAll(cold, manifest.object.key))) {
        await sql`INSERT INTO again SELECT r.* FROM json_populate_record(NULL::again, ${line}::text::json) AS r`.execute(
          db.sql,
        );
      }
      expect((await census(db, cold, { ...table.subject, table: 'again' })).hot).toEqual(before.hot);
      const { rows } = await sql<{ original_id: string }>`SELECT original_id FROM archived_records ORDER BY 1`.execute(
        db.sql,
      );
      expect(rows.map(({ original_id }) => original_id)).toEqual([
        '00000000-0000-0000-0000-000000000000',
        '00000000-0000-0000-0000-00000000000e',
        '00000000-0000-0000-ffff-fffffffffffb',
      ]);
      expect(await findPointers(db.sql, 'public.everything', '00000000-0000-0000-ffff-fffffffffffb')).toHaveLength(1);
    },
    120_000,
  );

  it('leave by partitions where they have them, and one that was changed in chunks', async () => {
    const db = await open();
    const cold = coldDouble();
    await sql
      .raw(
        `CREATE TABLE logs (id uuid NOT NULL, actor text NOT NULL, amount numeric, after jsonb, ip inet, created_at timestamptz NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
         CREATE TABLE logs_10 PARTITION OF logs FOR VALUES FROM ('2023-10-01') TO ('2023-11-01');
         CREATE TABLE logs_11 PARTITION OF logs FOR VALUES FROM ('2023-11-01') TO ('2023-12-01');
         CREATE TABLE logs_12 PARTITION OF logs FOR VALUES FROM ('2023-12-01') TO ('2024-03-05');
         CREATE INDEX ON logs (created_at, id)`,
      )
      .execute(db.sql);
    await fill(db, 'logs', 1, 700, '2 hours');
    await fill(db, 'logs', 2_001, 2_010, '1 hour', '2023-12-11'); // a partition of which some is too young
    const table = await archivable(db, cold, 'logs');
    onTestFinished(() => table.remove());
    expect(table.subject).toMatchObject({ partitioned: true, uniqueAlone: false });
    const { hot: start } = await census(db, cold, table.subject);
    const died = new Error('died');
    for (const fatal of ['detach', 'detached', 'dropped', 'exchanged']) {
      const dying = table.run({
        onStep: (step) => {
          if (step === fatal) throw died;
        },
      });
      await expect(dying).rejects.toBe(died);
    }
    let changed = 0;
    await table.run({
      onStep: async (step) => {
        if (step !== 'begun' || changed > 0) return;
        changed += 1;
        await sql`UPDATE logs SET actor = 'changed' WHERE id = (SELECT id FROM logs ORDER BY created_at LIMIT 1)`.execute(
          db.sql,
        );
      },
    });
    expect(changed).toBe(1);
    const { hot, cold: archived } = await census(db, cold, table.subject);
    expect([hot.length, archived.length, start.length]).toEqual([10, 700, 710]);
    const unchanged = new Set(start);
    expect([...hot, ...archived].filter((hash) => !unchanged.has(hash))).toHaveLength(1); // in its new form
    const batches = await listBatches(db.sql, { limit: 50, states: ['sealed'] });
    expect(batches.map(({ way, archivedRows, keptRows }) => `${way} ${archivedRows} ${keptRows}`).reverse()).toEqual([
      'partition 323 0',
      'partition 359 1',
      'rows 1 0',
      'rows 17 0',
    ]);
    expect(await count(db, "pg_class WHERE relname IN ('logs_10', 'logs_11', 'logs_12') AND relkind = 'r'")).toBe(2);
    expect(await count(db, 'archived_records')).toBe(700);
  }, 120_000);

  it.skipIf(engine !== 'PostgreSQL 18')(
    'are purged for good where that is all the policy says, and each chunk is in the log',
    async () => {
      const db = await open();
      await createAuditLogs(db);
      await fill(db, 'audit_logs', 1, 200);
      await sql.raw('CREATE TABLE notes (audit_id uuid REFERENCES audit_logs (id))').execute(db.sql);
      await sql`INSERT INTO notes SELECT id FROM audit_logs ORDER BY created_at LIMIT 3`.execute(db.sql);
      const cold = coldDouble();
      const table = await archivable(db, cold, 'audit_logs', policyOf({ purge_only: true }));
      onTestFinished(() => table.remove());
      await table.run();
      expect(await count(db, 'audit_logs')).toBe(3); // somebody refers to them
      expect(cold.objects.size).toBe(0);
      expect(await listBatches(db.sql, { limit: 5 })).toMatchObject([
        { state: 'purged', way: 'purge', archivedRows: 197 },
      ]);
      expect(await count(db, "audit_outbox WHERE op = 'purge'")).toBe(1);
    },
  );

  it.skipIf(engine !== 'PostgreSQL 18')(
    'are refused by name where a row could be lost, before anything is touched',
    async () => {
      const db = await open();
      await sql
        .raw(
          `CREATE TABLE parent (id uuid PRIMARY KEY, created_at timestamptz NOT NULL, body json, price xml, "Odd Name" jsonb);
         CREATE TABLE child (parent_id uuid REFERENCES parent (id) ON DELETE CASCADE);
         CREATE TABLE keyless (id uuid NOT NULL, created_at text);
         CREATE TABLE "Big Table" (id integer PRIMARY KEY, at date NOT NULL);
         CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER guard BEFORE DELETE ON "Big Table" FOR EACH ROW EXECUTE FUNCTION never()`,
        )
        .execute(db.sql);
      const faults = async (name: string, more = {}) => {
        const facts = await readTable(db.sql, name);
        if (facts === undefined) throw new Error(name);
        const { faults: all, risks } = judge(facts, policyOf(more));
        return { faults: all.map(({ message }) => message).join('\n'), risks: risks.map(({ code }) => code) };
      };
      const parent = await faults('parent');
      expect(parent.faults).toMatch(/"body" is of type json, which is not archived .*make it jsonb/);
      expect(parent.faults).toMatch(/"price" is of type xml/);
      expect(parent.faults).toMatch(/public\.child refers to it with ON DELETE CASCADE \(child_parent_id_fkey\)/);
      expect(parent.risks).toContain('index');
      expect((await faults('keyless')).faults).toMatch(/"created_at" is of type text.*\n.*"id" is not unique/);
      expect((await faults('keyless', { column: 'at', key: 'key' })).faults).toMatch(
        /no column "at"; there are id, created_at\n.*no column "key"/,
      );
      expect(await faults('"Big Table"', { column: 'at' })).toEqual({ faults: '', risks: ['delete_trigger', 'index'] });
      // A trigger that silently keeps rows is no loss: what was not deleted is not archived.
      await sql`INSERT INTO "Big Table" VALUES (1, '2023-10-05')`.execute(db.sql);
      const cold = coldDouble();
      const table = await archivable(db, cold, '"Big Table"', policyOf({ column: 'at' }));
      onTestFinished(() => table.remove());
      await table.run();
      expect([await count(db, '"Big Table"'), await count(db, 'archived_records')]).toEqual([1, 0]);
    },
  );

  it.skipIf(engine !== 'PostgreSQL 18')(
    'are planned: rows, objects, bytes and cost, and nothing is changed',
    async () => {
      const db = await open();
      await createAuditLogs(db);
      await fill(db, 'audit_logs', 1, 3_000);
      const prices = parsePrices(readFileSync('books/cold-prices.json', 'utf8'), 'prices');
      const facts = await readTable(db.sql, 'audit_logs');
      if (facts === undefined) throw new Error('no table');
      const plan = await makePlan(db, { facts, policy: policyOf(), prices, region: 'us-east-1', now: NOW });
      expect(plan).toMatchObject({
        ...{ table: 'public.audit_logs', rows: 3_000, objects: 3, faults: [] },
        months: [
          { month: '2023-10', rows: 1050 },
          { month: '2023-11', rows: 1168 },
          { month: '2023-12', rows: 782 },
        ],
      });
      expect(plan.risks.map(({ code }) => code)).toEqual(['small_objects']);
      const cold = coldDouble();
      const table = await archivable(db, cold, 'audit_logs');
      onTestFinished(() => table.remove());
      expect(await count(db, 'audit_logs')).toBe(3_000);
      await table.run();
      const stored = (await listBatches(db.sql, { limit: 5 })).reduce(
        (sum, { object }) => sum + (object?.bytes ?? 0),
        0,
      );
      expect(Number(plan.storedBytes) / stored).toBeGreaterThan(0.8);
      expect(Number(plan.storedBytes) / stored).toBeLessThan(1.2);
      expect(plan.costLater?.upload).toBe(120_000_000n); // three objects at $0.03 a thousand, and six at $0.005
      const nowhere = await makePlan(db, { facts, policy: policyOf(), prices, region: 'nowhere', now: NOW });
      expect(nowhere.costLater).toBeUndefined();
    },
  );
});

describe('a table of prices', () => {
  it('is refused where it is none', () => {
    expect(() => parsePrices('{}', 'my.json')).toThrow(/my\.json is no table of prices/);
    expect(() => parsePrices('nonsense', 'my.json')).toThrow(/my\.json/);
  });
});
