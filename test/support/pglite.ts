/**
 * The embedded engine takes seconds to make a database and less than one to open it. So one is made for
 * the whole run and copied, and one copy serves a whole process of tests, emptied between them.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { inject } from 'vitest';
import { embeddedSession, registerEmbedded } from '../../src/platform/db/embedded.ts';
import { openPglite } from '../../src/platform/db/pglite.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { SESSION_SQL } from '../../src/platform/db/types.ts';

let opening: Promise<Db> | undefined;

/** Empty, with fresh session settings; `close()` does nothing. */
export async function sharedPglite(): Promise<Db> {
  opening ??= madeDataFolder().then((folder) => openPglite({ folder }));
  const db = await opening;
  await empty(db);
  const shared: Db = { ...db, close: () => Promise.resolve() };
  const session = embeddedSession(db);
  if (session !== undefined) registerEmbedded(shared, session);
  return shared;
}

/** A new data folder with an empty database in it, as a first start leaves it. */
export async function madeDataFolder(): Promise<string> {
  const template = path.join(inject('scratch'), 'data');
  if (!existsSync(template)) await makeTemplate(template);
  const folder = mkdtempSync(`${template}-`);
  cpSync(template, folder, { recursive: true });
  return folder;
}

/** The first worker that needs it makes it; the others wait. */
async function makeTemplate(template: string): Promise<void> {
  const mine = `${template}-made`;
  try {
    mkdirSync(mine);
  } catch {
    while (!existsSync(template)) await delay(50);
    return;
  }
  const db = await openPglite({ folder: mine });
  await db.close();
  renameSync(mine, template);
}

async function empty(db: Db): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    SELECT quote_ident(nspname) AS name FROM pg_namespace
    WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'`.execute(db.sql);
  for (const { name } of rows) await sql.raw(`DROP SCHEMA ${name} CASCADE`).execute(db.sql);
  await sql.raw(`CREATE SCHEMA public; DISCARD TEMP; RESET ALL; ${SESSION_SQL}`).execute(db.sql);
}
