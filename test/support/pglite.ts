/**
 * The embedded engine takes seconds to start, so one in-memory instance serves a whole process of tests
 * and is emptied between them. Tests about opening and closing open their own.
 */
import { sql } from 'kysely';
import { embeddedSession, registerEmbedded } from '../../src/platform/db/embedded.ts';
import { openPglite } from '../../src/platform/db/pglite.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { SESSION_SQL } from '../../src/platform/db/types.ts';

let opening: Promise<Db> | undefined;

/** Empty, with fresh session settings; `close()` does nothing. */
export async function sharedPglite(): Promise<Db> {
  opening ??= openPglite();
  const db = await opening;
  await empty(db);
  const shared: Db = { ...db, close: () => Promise.resolve() };
  const session = embeddedSession(db);
  if (session !== undefined) registerEmbedded(shared, session);
  return shared;
}

async function empty(db: Db): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    SELECT quote_ident(nspname) AS name FROM pg_namespace
    WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'`.execute(db.sql);
  for (const { name } of rows) await sql.raw(`DROP SCHEMA ${name} CASCADE`).execute(db.sql);
  await sql.raw(`CREATE SCHEMA public; DISCARD TEMP; RESET ALL; ${SESSION_SQL}`).execute(db.sql);
}
