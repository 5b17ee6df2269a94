/** migrations/schema.sql is what the migrations make, on every engine. */
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { readSchemaText } from '../../scripts/schema-text.ts';
import { describeEachDb } from '../support/databases.ts';

describeEachDb('the schema', (open) => {
  it('is the one in migrations/schema.sql (npm run schema rewrites it)', async () => {
    const db = await open();
    const committed = await readFile(new URL('../../migrations/schema.sql', import.meta.url), 'utf8');
    expect(await readSchemaText(db.sql)).toBe(committed);
  });

  it('has one text on every engine, whatever it is made of', async () => {
    const db = await open({ schema: 'empty' });
    await sql
      .raw(`
        CREATE TYPE mood AS ENUM ('b', 'a');
        CREATE DOMAIN share AS numeric(5,2) CHECK (VALUE BETWEEN 0 AND 100);
        CREATE SEQUENCE loose;
        CREATE TABLE parent (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, span int4range,
          EXCLUDE USING gist (span WITH &&));
        CREATE TABLE "Child" (
          parent int REFERENCES parent, at timestamptz DEFAULT now() NOT NULL, n numeric(20,2) DEFAULT 0.00,
          tags text[] DEFAULT '{}'::text[], twice numeric GENERATED ALWAYS AS (n * 2) STORED, m mood DEFAULT 'a', s share,
          raw text COLLATE "C", CHECK (n >= 0 AND (m IS NULL OR m = 'a'))
        ) PARTITION BY RANGE (at);
        CREATE INDEX child_at ON "Child" (at DESC) WHERE n > 0;
        CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql STABLE AS $$ SELECT a + length(b) $$;
        CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
        CREATE TRIGGER t BEFORE UPDATE OR DELETE ON parent FOR EACH ROW WHEN (OLD.name <> 'x') EXECUTE FUNCTION guard();
        CREATE VIEW v AS SELECT p.name, count(*) AS n FROM parent p LEFT JOIN "Child" c ON c.parent = p.id
          WHERE p.id > 0 GROUP BY p.name;
        CREATE VIEW single AS SELECT id, upper(name) AS name FROM parent WHERE name LIKE 'a%';
        CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;`)
      .execute(db.sql);
    await expect(await readSchemaText(db.sql)).toMatchFileSnapshot('migrate-schema.expected.sql');
  });
});
