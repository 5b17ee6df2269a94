/**
 * A migrated database as the migrations left it, again after each test: its rows come back, which is far
 * cheaper than a new database; what the test made is dropped, and where it changed the schema it is said so.
 */
import { sql } from 'kysely';
import type { Db } from '../../src/platform/db/port.ts';

const PRISTINE = 'pristine';

/** Call it when the migrations were just applied. @returns what to hand to `restore` */
export async function keepPristine(db: Db): Promise<string> {
  await sql.raw(KEEP_ROWS).execute(db.sql);
  return catalogue(db);
}

/**
 * @returns false where the schema is not the migrated one. Triggers do not run: what is append-only is
 *   emptied as well. A table that nobody wrote to is left alone.
 */
export async function restore(db: Db, pristine: string): Promise<boolean> {
  await dropSchemas(db, ['public', PRISTINE]);
  await sql.raw(DROP_WHAT_CAME_LATER).execute(db.sql);
  if ((await catalogue(db)) !== pristine) return false;
  await sql.raw(GIVE_ROWS_BACK).execute(db.sql);
  return true;
}

export async function dropSchemas(db: Db, kept: readonly string[]): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    SELECT quote_ident(nspname) AS name FROM pg_namespace
    WHERE nspname <> 'information_schema' AND nspname !~ '^pg_' AND NOT (nspname = ANY (${kept}))`.execute(db.sql);
  for (const { name } of rows) await sql.raw(`DROP SCHEMA ${name} CASCADE`).execute(db.sql);
}

/** The rows that the migrations themselves put in, and where the sequences stand. */
const KEEP_ROWS = `DO $$
DECLARE t record;
BEGIN
  CREATE SCHEMA ${PRISTINE};
  CREATE TABLE ${PRISTINE}."sequences of public" AS
    SELECT quote_ident(sequencename) AS name, coalesce(last_value, start_value) AS value, last_value IS NOT NULL AS used
    FROM pg_sequences WHERE schemaname = 'public';
  FOR t IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE ${PRISTINE}.%I AS TABLE public.%1$I', t.name);
  END LOOP;
  CREATE TABLE ${PRISTINE}."newest object" AS SELECT max(oid) AS oid FROM pg_class;
END $$`;

/** Tables, functions and types of the test's own in `public`: their numbers are higher than those of all others. */
const DROP_WHAT_CAME_LATER = `DO $$
DECLARE newest oid; statements text[]; statement text;
BEGIN
  SELECT oid INTO newest FROM ${PRISTINE}."newest object";
  -- Sequences last: most go with their column, which would not let go of them before.
  SELECT array_agg(format('DROP %s IF EXISTS %s CASCADE', kind, name) ORDER BY kind = 'SEQUENCE') INTO statements FROM (
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
      oid::regclass::text
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND oid > newest AND relkind IN ('r', 'p', 'v', 'm', 'S')
    UNION ALL
    SELECT 'ROUTINE', oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND oid > newest
    UNION ALL
    SELECT 'TYPE', oid::regtype::text FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND oid > newest AND typtype IN ('e', 'd', 'r')
  ) AS later (kind, name);
  FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
    EXECUTE statement;
  END LOOP;
END $$`;

const GIVE_ROWS_BACK = `DO $$
DECLARE t record; found boolean; columns text;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR t IN SELECT oid, relname AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t.name) INTO found;
    CONTINUE WHEN NOT found;
    EXECUTE format('DELETE FROM public.%I', t.name);
    SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
      WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    EXECUTE format('INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM ${PRISTINE}.%1$I', t.name, columns);
  END LOOP;
  PERFORM setval('public.' || s.name, s.value, s.used) FROM ${PRISTINE}."sequences of public" s;
END $$`;

/** What to hand to `restore`: how many rows describe the schema, and which transactions wrote them. */
export async function catalogue(db: Db): Promise<string> {
  const parts = CATALOGUES.map(
    (name) =>
      `SELECT '${name} ' || count(*) || ' ' || sum(xmin::text::bigint) || ' ' || max(xmin::text::bigint) AS line FROM ${name}`,
  );
  const { rows } = await sql<{ line: string }>`${sql.raw(parts.join(' UNION ALL '))}`.execute(db.sql);
  return rows.map(({ line }) => line).join('\n');
}

const CATALOGUES = [
  'pg_namespace',
  'pg_class',
  'pg_attribute',
  'pg_attrdef',
  'pg_constraint',
  'pg_index',
  'pg_trigger',
  'pg_proc',
  'pg_type',
  'pg_policy',
  'pg_rewrite',
  'pg_db_role_setting',
];
