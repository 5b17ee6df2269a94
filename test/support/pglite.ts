/**
 * The embedded engine takes seconds to make a database and less than one to open it. So one is made for
 * the whole run and copied, and one copy serves a whole process of tests. Between two of them it gets its
 * rows back, and its schema only where a test changed that.
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
import { applyMigrations } from './migrations.ts';
import { dropSchemas, keepPristine, restore } from './pristine.ts';

let opening: Promise<Db> | undefined;
/** Undefined where the database is not a migrated one. */
let pristine: string | undefined;

/** With fresh session settings; `close()` does nothing. */
export async function sharedPglite(schema: 'migrated' | 'empty'): Promise<Db> {
  opening ??= madeDataFolder().then((folder) => openPglite({ folder }));
  const db = await opening;
  await freshSession(db);
  if (schema === 'empty' || pristine === undefined || !(await restore(db, pristine))) await rebuild(db, schema);
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

async function rebuild(db: Db, schema: 'migrated' | 'empty'): Promise<void> {
  pristine = undefined;
  await dropSchemas(db, []);
  await sql.raw('CREATE SCHEMA public').execute(db.sql);
  await freshSession(db);
  if (schema === 'empty') return;
  await applyMigrations(db);
  pristine = await keepPristine(db);
}

const freshSession = (db: Db): Promise<unknown> => sql.raw(`DISCARD TEMP; RESET ALL; ${SESSION_SQL}`).execute(db.sql);
