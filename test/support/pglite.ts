/**
 * The embedded engine takes seconds to make a database and less than one to open it. So one is made for
 * the whole run, migrated or empty, and copied, and one copy serves a whole process of tests. Between two of
 * them it gets its rows back, and its schema only where a test changed that.
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
import { catalogue, dropSchemas, keepPristine, restore } from './pristine.ts';

type Schema = 'migrated' | 'empty';

let opening: Promise<Db> | undefined;
/** Undefined where the database is not a migrated one. */
let pristine: string | undefined;

/** With fresh session settings; `close()` does nothing. */
export async function sharedPglite(schema: Schema): Promise<Db> {
  opening ??= openFirst(schema);
  const db = await opening;
  await freshSession(db);
  if (schema === 'empty' || pristine === undefined || !(await restore(db, pristine))) await rebuild(db, schema);
  const shared: Db = { ...db, close: () => Promise.resolve() };
  const session = embeddedSession(db);
  if (session !== undefined) registerEmbedded(shared, session);
  return shared;
}

async function openFirst(schema: Schema): Promise<Db> {
  const db = await openPglite({ folder: await madeDataFolder(schema) });
  if (schema === 'migrated') pristine = await catalogue(db);
  return db;
}

/** A new data folder; the empty database is as a first start leaves it. */
export async function madeDataFolder(schema: Schema = 'empty'): Promise<string> {
  const template = path.join(inject('scratch'), schema);
  if (!existsSync(template)) await makeTemplate(template, schema);
  const folder = mkdtempSync(`${template}-`);
  cpSync(template, folder, { recursive: true });
  return folder;
}

/** The first worker that needs it makes it; the others wait. */
async function makeTemplate(template: string, schema: Schema): Promise<void> {
  const mine = `${template}-made`;
  try {
    mkdirSync(mine);
  } catch {
    while (!existsSync(template)) await delay(50);
    return;
  }
  if (schema === 'migrated') cpSync(await madeDataFolder(), mine, { recursive: true });
  const db = await openPglite({ folder: mine });
  if (schema === 'migrated') {
    await applyMigrations(db);
    await keepPristine(db);
  }
  await db.close();
  renameSync(mine, template);
}

async function rebuild(db: Db, schema: Schema): Promise<void> {
  pristine = undefined;
  await dropSchemas(db, []);
  await sql.raw('CREATE SCHEMA public').execute(db.sql);
  await freshSession(db);
  if (schema === 'empty') return;
  await applyMigrations(db);
  pristine = await keepPristine(db);
}

const freshSession = (db: Db): Promise<unknown> => sql.raw(`DISCARD TEMP; RESET ALL; ${SESSION_SQL}`).execute(db.sql);
