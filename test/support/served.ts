/** A database for a whole file of tests: on PostgreSQL where it is installed, which is the cheaper one for many requests. */
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { openPglite } from '../../src/platform/db/pglite.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { applyMigrations } from './migrations.ts';
import { administer, urlOf } from './postgres.ts';

export interface Served {
  readonly db: Db;
  /** Undefined: it is embedded. */
  readonly url: string | undefined;
  close(): Promise<void>;
}

export async function openServed(): Promise<Served> {
  const server = inject('postgres15');
  if (server === '') {
    const db = await openPglite();
    return { db, url: undefined, close: () => db.close() };
  }
  const name = `served_${randomBytes(8).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = urlOf(server, name);
  const db = await openPostgres({ url });
  await applyMigrations(db);
  return {
    ...{ db, url },
    close: async () => {
      await db.close();
      await administer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
