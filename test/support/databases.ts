/**
 * One suite on every engine: PGlite, PostgreSQL 15 and PostgreSQL 18. Each `open()` is a database that
 * nothing else uses; it is closed and dropped after the test.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, describe, inject } from 'vitest';
import { openPostgres, type PostgresOptions } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { applyMigrations, migrationsDigest } from './migrations.ts';
import { sharedPglite } from './pglite.ts';
import { administer, urlOf } from './postgres.ts';

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

/** For suites about concurrency, which an engine of one connection cannot show. */
export function describeEachPostgres(name: string, suite: (open: OpenDb, engine: EngineName) => void): void {
  describeEngine(name, 'PostgreSQL 15', inject('postgres15'), suite);
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
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    });
    const open: OpenDb = (options = {}) =>
      serverUrl === undefined ? openShared(options) : openOn(serverUrl, options, cleanups);
    suite(open, engine);
  });
}

async function openShared({ schema = 'migrated' }: OpenOptions): Promise<Db> {
  const db = await sharedPglite();
  if (schema === 'migrated') await applyMigrations(db);
  return db;
}

async function openOn(serverUrl: string, options: OpenOptions, cleanups: Cleanup[]): Promise<Db> {
  const template = options.schema === 'empty' ? 'template0' : await migratedTemplate(serverUrl);
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  cleanups.push(() => administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`));
  const url = urlOf(serverUrl, name);
  const db = await openPostgres({ ...options.postgres, url });
  urls.set(db, url);
  cleanups.push(() => db.close());
  return db;
}

/** A clone of a migrated database takes milliseconds; the first who needs it makes it, for all workers. */
async function migratedTemplate(serverUrl: string): Promise<string> {
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
      await applyMigrations(db).finally(() => db.close());
      await administer(serverUrl, `ALTER DATABASE ${unfinished} RENAME TO ${name}`);
    });
  } finally {
    await server.close();
  }
  return name;
}
