/** Tables that changed between archive and return: whatever the change, each value comes back or is named. */
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import type { Db } from '../../src/platform/db/port.ts';
import { folderBench } from '../support/cold-stores.ts';
import { describeEachPostgres } from '../support/databases.ts';
import { type Restorable, restorable } from '../support/restores.ts';

interface Mapping {
  readonly columns?: Readonly<Record<string, string | null>>;
  readonly fill?: Readonly<Record<string, 'default' | 'null'>>;
}

interface Change {
  readonly ddl: string;
  /** Columns that are named when no mapping says where they go. */
  readonly names?: readonly string[];
  /** What then brings the rows back; undefined where nothing has to be said. */
  readonly mapping?: Mapping;
  /** What the table itself says to that, and the mapping that brings them back after all. */
  readonly fails?: { readonly code: string; readonly rescue?: Mapping; readonly ddl?: string };
}

const CHANGES: readonly Change[] = [
  { ddl: 'ALTER TABLE T ADD extra text', names: ['extra'], mapping: { fill: { extra: 'null' } } },
  { ddl: 'ALTER TABLE T ADD extra int DEFAULT 7', names: ['extra'], mapping: { fill: { extra: 'default' } } },
  {
    ddl: 'ALTER TABLE T ADD extra int NOT NULL DEFAULT 7',
    names: ['extra'],
    mapping: { fill: { extra: 'null' } },
    fails: { code: 'archive.return_refused', rescue: { fill: { extra: 'default' } } },
  },
  { ddl: 'ALTER TABLE T ADD thrice bigint GENERATED ALWAYS AS (n * 3) STORED' },
  {
    ddl: 'ALTER TABLE T ADD counter bigint GENERATED ALWAYS AS IDENTITY',
    names: ['counter'],
    mapping: { fill: { counter: 'default' } },
  },
  { ddl: 'ALTER TABLE T DROP note', names: ['note'], mapping: { columns: { note: null } } },
  { ddl: 'ALTER TABLE T DROP twice', names: ['twice'], mapping: { columns: { twice: null } } },
  { ddl: 'ALTER TABLE T RENAME note TO remark', names: ['note', 'remark'], mapping: { columns: { note: 'remark' } } },
  { ddl: 'ALTER TABLE T RENAME id TO uid', names: ['id', 'uid'], mapping: { columns: { id: 'uid' } } },
  {
    ddl: 'ALTER TABLE T RENAME note TO x; ALTER TABLE T RENAME other TO note; ALTER TABLE T RENAME x TO other',
    names: ['note', 'other'],
    mapping: { columns: { note: 'other', other: 'note' } },
  },
  {
    ddl: 'ALTER TABLE T DROP note; ALTER TABLE T ADD note text',
    names: ['note'],
    mapping: {
      columns: Object.fromEntries(
        ['note', 'other', 'doc', 'seen', 'kind', 'tags', 'created_at', 'twice'].map((name) => [name, name]),
      ),
    },
  },
  {
    ddl: 'ALTER TABLE T ALTER amount TYPE numeric(30,4)',
    names: ['amount'],
    mapping: { columns: { amount: 'amount' } },
  },
  {
    ddl: 'ALTER TABLE T ALTER amount TYPE numeric(20,0)',
    names: ['amount'],
    mapping: { columns: { amount: 'amount' } },
  },
  { ddl: 'ALTER TABLE T ALTER amount TYPE text', names: ['amount'], mapping: { columns: { amount: 'amount' } } },
  {
    ddl: 'ALTER TABLE T ALTER amount TYPE int',
    names: ['amount'],
    mapping: { columns: { amount: 'amount' } },
    fails: { code: 'archive.return_refused', rescue: { columns: { amount: null }, fill: { amount: 'null' } } },
  },
  {
    ddl: 'ALTER TABLE T ALTER note TYPE varchar(3)',
    names: ['note'],
    mapping: { columns: { note: 'note' } },
    fails: { code: 'archive.return_refused', rescue: { columns: { note: null }, fill: { note: 'null' } } },
  },
  { ddl: 'ALTER TABLE T ALTER doc TYPE text', names: ['doc'], mapping: { columns: { doc: 'doc' } } },
  { ddl: 'ALTER TABLE T ALTER seen TYPE timestamp', names: ['seen'], mapping: { columns: { seen: 'seen' } } },
  {
    ddl: 'ALTER TABLE T ALTER tags TYPE jsonb USING to_jsonb(tags)',
    names: ['tags'],
    mapping: { columns: { tags: 'tags' } },
  },
  { ddl: 'ALTER TABLE T ALTER note SET NOT NULL; ALTER TABLE T ALTER other SET DEFAULT 7' },
  { ddl: "ALTER TYPE K ADD VALUE 'third'" },
  {
    ddl: "ALTER TYPE K RENAME VALUE 'new' TO 'fresh'",
    fails: { code: 'archive.return_refused', rescue: { columns: { kind: null }, fill: { kind: 'null' } } },
  },
  {
    ddl: "ALTER TABLE T ADD CHECK (note <> 'note 1') NOT VALID",
    fails: { code: 'archive.return_refused', ddl: 'ALTER TABLE T DROP CONSTRAINT T_note_check' },
  },
  {
    ddl: 'CREATE TRIGGER spoil BEFORE INSERT ON T FOR EACH ROW EXECUTE FUNCTION spoil()',
    fails: { code: 'archive.return_differs', rescue: { columns: { note: null }, fill: { note: 'null' } } },
  },
  {
    ddl: 'CREATE TRIGGER swallow BEFORE INSERT ON T FOR EACH ROW EXECUTE FUNCTION swallow()',
    fails: { code: 'archive.count_differs', ddl: 'DROP TRIGGER swallow ON T' },
  },
  {
    ddl: 'ALTER TABLE T DROP twice; ALTER TABLE T ADD twice bigint GENERATED ALWAYS AS (n * 5) STORED',
    fails: { code: 'archive.return_differs', rescue: { columns: { twice: null } } },
  },
  {
    ddl: 'ALTER TABLE T DROP n CASCADE; ALTER TABLE T ADD n bigint GENERATED ALWAYS AS (length(note)) STORED',
    names: ['n', 'twice'],
    mapping: {
      columns: {
        ...Object.fromEntries(
          ['amount', 'note', 'other', 'doc', 'seen', 'kind', 'tags', 'created_at'].map((name) => [name, name]),
        ),
        n: null,
        twice: null,
      },
    },
  },
  {
    ddl: "INSERT INTO T (id, created_at) VALUES ('00000000-0000-4000-8000-000000000001', now())",
    fails: { code: 'archive.row_taken', ddl: 'DELETE FROM T' },
  },
];

describeEachPostgres('a table of another shape', (open, engine) => {
  it.skipIf(engine !== 'PostgreSQL 18')(
    `loses nothing by ${CHANGES.length} changes`,
    async () => {
      const db = await open();
      const bench = folderBench();
      const bed = restorable(db, bench);
      onTestFinished(async () => {
        bed.remove();
        await bench.close();
      });
      await sql`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := NEW.note || '!'; RETURN NEW; END $$`.execute(
        db.sql,
      );
      await sql`CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`.execute(
        db.sql,
      );
      const cases: Case[] = [];
      for (const [at, change] of CHANGES.entries()) cases.push(await changed(db, bed, `t${at}`, change));
      await bed.service.restores.advance();
      for (const each of cases) await mended(db, bed, each);
      await bed.service.restores.advance();
      for (const each of cases) await expectNothingLost(db, bed, each);
      // What is not there cannot be given back into, and still lands.
      await sql`ALTER TABLE t3 RENAME TO gone`.execute(db.sql);
      const what = { kind: 'range', from: '2023-01-01', to: '2024-01-01' };
      await expect(bed.ask({ table: 't3', what, purpose: 'return' })).rejects.toMatchObject({
        code: 'archive.table_unknown',
      });
      const landing = await bed.ask({ table: 't3', what });
      await bed.service.restores.advance();
      expect((await bed.service.restores.view(landing.restore.id)).objects).toMatchObject([
        { state: 'landed', landedRows: 2 },
      ]);
    },
    120_000,
  );
});

interface Case {
  readonly table: string;
  readonly change: Change;
  restore: string;
  mapping: Mapping | undefined;
}

const asked = (table: string) => ({
  table,
  what: { kind: 'range', from: '2023-01-01', to: '2024-01-01' },
  purpose: 'return',
});

const runOn = (db: Db, table: string, text: string) => {
  const named = text.replaceAll(/\bT\b/g, table).replaceAll('T_note', `${table}_note`);
  return sql.raw(named.replaceAll(/\bK\b/g, `kind_${table}`)).execute(db.sql);
};

async function changed(db: Db, bed: Restorable, table: string, change: Change): Promise<Case> {
  await runOn(
    db,
    table,
    `CREATE TYPE K AS ENUM ('new', 'old');
    CREATE TABLE T (id uuid PRIMARY KEY, n bigint, amount numeric(20,2), note text, other text, doc jsonb, seen timestamptz, kind K,
      tags text[], created_at timestamptz NOT NULL, twice bigint GENERATED ALWAYS AS (n * 2) STORED);
    INSERT INTO T SELECT ('00000000-0000-4000-8000-00000000000' || i)::uuid, 9007199254740993 + i, i + 0.25, 'note ' || i, 'other' || i,
      '{"big": 123456789012345678.10, "text": "\\u00e9"}', '2023-05-05 05:05:05.123456+07', 'new', ARRAY['a,b', NULL],
      ('2023-10-0' || i)::timestamptz FROM generate_series(1, 2) AS i`,
  );
  await bed.archive(table, { storage_class: 'STANDARD' });
  await runOn(db, table, change.ddl);
  if (change.names !== undefined) {
    const refused = await bed.ask(asked(table)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused, change.ddl).toMatchObject({ code: 'archive.shape_differs' });
    for (const name of change.names) expect(String(refused)).toContain(`"${name}"`);
  }
  const { restore } = await bed.ask({ ...asked(table), mapping: change.mapping });
  return { table, change, restore: restore.id, mapping: change.mapping };
}

/** Where the table itself refused its rows, or changed them, nothing of it was done; and it is mended. */
async function mended(db: Db, bed: Restorable, each: Case): Promise<void> {
  const { fails, ddl } = each.change;
  if (fails === undefined) return;
  const { objects } = await bed.service.restores.view(each.restore);
  expect(objects, ddl).toMatchObject([{ state: 'failed', error: { code: fails.code }, returnedRows: 0 }]);
  if (fails.ddl !== undefined) await runOn(db, each.table, fails.ddl);
  each.mapping = fails.rescue ?? each.mapping;
  each.restore = (await bed.ask({ ...asked(each.table), mapping: each.mapping })).restore.id;
}

/** Each archived value is in its table as it was, or in `_overflow`; compared by the database, as text. */
async function expectNothingLost(db: Db, bed: Restorable, { table, restore, mapping, change }: Case): Promise<void> {
  const { ddl } = change;
  const { objects } = await bed.service.restores.view(restore);
  expect(objects, ddl).toMatchObject([{ state: 'landed', returnedRows: 2, error: undefined }]);
  const columns = mapping?.columns ?? {};
  const key = columns.id ?? 'id';
  const { rows } = await sql<{ name: string; there: boolean; kept: boolean }>`
    SELECT e.key AS name,
      coalesce((to_json(t)::jsonb -> coalesce(m.to, e.key))::text = e.value::jsonb::text, false) AND coalesce(m.to, e.key) <> '' AS there,
      coalesce((a._overflow -> e.key)::text = e.value::jsonb::text, false) AS kept
    FROM archive_restored_rows a
    JOIN ${sql.table(table)} t ON t.${sql.id(key)} = a.original_id
    CROSS JOIN LATERAL json_each(a.row::json) e
    LEFT JOIN LATERAL (SELECT coalesce(value, '') AS to FROM json_each_text(${JSON.stringify(columns)}::text::json) WHERE key = e.key) m ON true
    WHERE a.restore = ${restore}::uuid`.execute(db.sql);
  expect(rows).toHaveLength(22);
  expect(
    rows.filter(({ there, kept }) => !there && !kept).map(({ name }) => name),
    ddl,
  ).toEqual([]);
}
