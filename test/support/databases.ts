/**
 * One suite on several engines: PGlite, PostgreSQL 15 and PostgreSQL 18. Each `open()` is a database that
 * nothing else uses; after the test it is closed.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeAll, describe, inject } from 'vitest';
import { openPostgres, type PostgresOptions } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { applyMigrations, migrationsDigest } from './migrations.ts';
import { sharedPglite } from './pglite.ts';
import { administer, urlOf } from './postgres.ts';
import { catalogue, keepPristine, restore } from './pristine.ts';

export type EngineName = 'PGlite' | 'PostgreSQL 15' | 'PostgreSQL 18';

export interface OpenOptions {
  /** `migrated` unless told: all migrations of this repository are applied. */
  readonly schema?: 'migrated' | 'empty';
  /** PostgreSQL only. */
  readonly postgres?: Omit<PostgresOptions, 'url'>;
}

export type OpenDb = (options?: OpenOptions) => Promise<Db>;

const urls = new WeakMap<Db, string>();

/** The connection string of a database that `open` made; undefined on PGlite. */
export const urlOfDb = (db: Db): string | undefined => urls.get(db);

type Cleanup = () => Promise<unknown>;

export function describeEachDb(name: string, suite: (open: OpenDb, engine: EngineName) => void): void {
  describeEngine(name, 'PGlite', undefined, suite);
  describeEachPostgres(name, suite);
}

/** For suites of a feature: the oldest server, and PGlite, which is PostgreSQL 18 itself. */
export function describeDb(name: string, suite: (open: OpenDb, engine: EngineName) => void): void {
  describeEngine(name, 'PGlite', undefined, suite);
  describeEngine(name, 'PostgreSQL 15', inject('postgres15'), suite);
}

/** For suites about concurrency, which an engine of one connection cannot show. */
export function describeEachPostgres(name: string, suite: (open: OpenDb, engine: EngineName) => void): void {
  describeEngine(name, 'PostgreSQL 15', inject('postgres15'), suite);
  describePostgres(name, suite);
}

/** For suites whose SQL others run on PGlite as well: the oldest server that is installed. */
export function describeOldest(name: string, suite: (open: OpenDb, engine: EngineName) => void): void {
  const oldest = inject('postgres15');
  if (oldest === undefined) describePostgres(name, suite);
  else describeEngine(name, 'PostgreSQL 15', oldest, suite);
}

/** For long suites whose SQL others run on every engine. */
export function describePostgres(name: string, suite: (open: OpenDb, engine: EngineName) => void): void {
  describeEngine(name, 'PostgreSQL 18', inject('postgres18'), suite);
}

function describeEngine(
  name: string,
  engine: EngineName,
  serverUrl: string | undefined,
  suite: (open: OpenDb, engine: EngineName) => void,
): void {
  describe.skipIf(serverUrl === '')(`${name} on ${engine}`, () => {
    const cleanups: Cleanup[] = [];
    if (serverUrl === undefined) {
      // The first one of a process takes long, and counts as no test's time.
      beforeAll(async () => {
        await sharedPglite('migrated');
      });
    }
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    });
    const open: OpenDb = (options = {}) =>
      serverUrl === undefined ? sharedPglite(options.schema ?? 'migrated') : openOn(serverUrl, options, cleanups);
    suite(open, engine);
  });
}

/** A database of this process: whoever closed it left it to the next test. */
interface Used {
  readonly url: string;
  readonly pristine: string;
}

const used = new Map<string, Used[]>();

async function openOn(serverUrl: string, options: OpenOptions, cleanups: Cleanup[]): Promise<Db> {
  if (options.schema === 'empty') return (await openNew(serverUrl, 'template0', options, cleanups)).db;
  const free = used.get(serverUrl)?.pop();
  if (free !== undefined) {
    const db = await openPostgres({ ...options.postgres, url: free.url });
    if (await restoreAlone(db, free.pristine)) return usable(db, serverUrl, free, cleanups);
    await db.close();
    await drop(serverUrl, free.url);
  }
  const { db, url } = await openNew(serverUrl, await migratedTemplate(serverUrl), options, []);
  return usable(db, serverUrl, { url, pristine: await catalogue(db) }, cleanups);
}

/** After the test it is free again. */
function usable(db: Db, serverUrl: string, database: Used, cleanups: Cleanup[]): Db {
  urls.set(db, database.url);
  cleanups.push(async () => {
    await db.close();
    used.set(serverUrl, [...(used.get(serverUrl) ?? []), database]);
  });
  return db;
}

/** What a test left connected is not to write into the next one's database. */
async function restoreAlone(db: Db, pristine: string): Promise<boolean> {
  await sql`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`.execute(db.sql);
  return restore(db, pristine);
}

async function openNew(
  serverUrl: string,
  template: string,
  options: OpenOptions,
  cleanups: Cleanup[],
): Promise<{ readonly db: Db; readonly url: string }> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = urlOf(serverUrl, name);
  cleanups.push(() => drop(serverUrl, url));
  const db = await openPostgres({ ...options.postgres, url });
  urls.set(db, url);
  cleanups.push(() => db.close());
  return { db, url };
}

const drop = (serverUrl: string, url: string): Promise<void> =>
  administer(serverUrl, `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);

const templates = new Map<string, Promise<string>>();

/** One for all workers: the first who needs it makes it. */
function migratedTemplate(serverUrl: string): Promise<string> {
  const template = templates.get(serverUrl) ?? makeTemplate(serverUrl);
  templates.set(serverUrl, template);
  return template;
}

async function makeTemplate(serverUrl: string): Promise<string> {
  const name = `migrated_${await migrationsDigest()}`;
  const server = await openPostgres({ url: serverUrl, poolSize: 2 });
  try {
    await server.exclusive(name, async () => {
      const { rows } = await sql`SELECT FROM pg_database WHERE datname = ${name}`.execute(server.sql);
      if (rows.length > 0) return;
      const unfinished = `${name}_unfinished`;
      await administer(serverUrl, `DROP DATABASE IF EXISTS ${unfinished}`);
      await administer(serverUrl, `CREATE DATABASE ${unfinished} TEMPLATE template0`);
      const db = await openPostgres({ url: urlOf(serverUrl, unfinished) });
      await applyMigrations(db)
        .then(() => keepPristine(db))
        .finally(() => db.close());
      await administer(serverUrl, `ALTER DATABASE ${unfinished} RENAME TO ${name}`);
    });
  } finally {
    await server.close();
  }
  return name;
}
