/**
 * The embedded database: PostgreSQL compiled to WebAssembly, in this process. One connection, so
 * transactions and statements take turns; no fsync, so it survives the death of the process and not a
 * loss of power; one process per folder, which the folder's lock enforces.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PGlite, type QueryOptions } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, type PGlite as PGliteLike, type PGliteTransaction } from 'kysely';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { copyOut } from './copy-pglite.ts';
import { registerEmbedded } from './embedded.ts';
import { acquireFolderLock, type FolderLock } from './folder-lock.ts';
import { KeyedQueue } from './keyed-queue.ts';
import type { Db, NoTables } from './port.ts';
import { runTransaction } from './transaction.ts';
import { PARSED_TYPES, parserOf, SESSION_SQL } from './types.ts';
import { readVersion } from './version.ts';

export interface PgliteOptions {
  /** The data folder, made when absent; the database is in its `database/`. Absent: in memory. */
  readonly folder?: string;
  /** The folder's lock, when the caller holds it already. Either way `close()` releases it. */
  readonly lock?: FolderLock;
}

/** @throws `db.folder_in_use` (busy), `db.folder_unusable` (invalid) */
export async function openPglite(options: PgliteOptions = {}): Promise<Db> {
  const { folder } = options;
  const lock = options.lock ?? (folder === undefined ? undefined : acquireFolderLock(folder));
  try {
    const pglite = folder === undefined ? await create(undefined) : await openFolder(folder);
    return database(pglite, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/**
 * A first start that was cut off leaves half a database, which no later start could open. A note beside
 * it says that it was never finished, and so never held anything: then it is made again.
 */
async function openFolder(folder: string): Promise<PGlite> {
  const dataFolder = path.join(folder, 'database');
  const unfinished = path.join(folder, 'database.unfinished');
  try {
    mkdirSync(folder, { recursive: true });
    if (existsSync(unfinished)) rmSync(dataFolder, { recursive: true, force: true });
    if (!existsSync(dataFolder)) writeFileSync(unfinished, 'the database beside this file is still being made\n');
    const pglite = await create(dataFolder);
    rmSync(unfinished, { force: true });
    return pglite;
  } catch (error) {
    throw new PlumblineError(
      'invalid',
      'db.folder_unusable',
      `the embedded database in ${dataFolder} cannot be opened: ${messageOf(error)}; check the folder's owner, its free space, and that its files are complete`,
      { details: { folder }, cause: error },
    );
  }
}

async function create(dataFolder: string | undefined): Promise<PGlite> {
  const pglite = await PGlite.create(dataFolder === undefined ? {} : { dataDir: dataFolder });
  for (const oid of PARSED_TYPES) pglite.parsers[oid] = parserOf(oid);
  await pglite.exec(SESSION_SQL);
  return pglite;
}

function database(pglite: PGlite, lock: FolderLock | undefined): Db {
  const dialect = new PGliteDialect({ pglite: likeServer(pglite) });
  const kysely = new Kysely<NoTables>({ dialect });
  const queue = new KeyedQueue();
  const db: Db = {
    engine: 'pglite',
    sql: kysely,
    inOrder: kysely, // one connection, at which statements take turns
    version: () => readVersion(kysely),
    copyOut,
    transaction: (mode, work) => runTransaction(kysely, mode, work),
    // The folder has one process and the memory too, so a queue in this process is a lock.
    exclusive: (name, work) => queue.run(name, work),
    close: async () => {
      await kysely.destroy();
      if (!pglite.closed) await pglite.close(); // Kysely leaves an engine alone that it never used
      lock?.release();
    },
  };

  /** Kysely hands out the one connection to one holder at a time; whoever bypasses it must hold it too. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => kysely.connection().execute(work);
  const ownTypes = { parsers: { 20: (text: string) => Number(text) } };
  registerEmbedded(db, {
    query: (text, parameters = []) => alone(() => pglite.query(text, [...parameters], ownTypes)),
    exec: (text) =>
      alone(async () => {
        try {
          return await pglite.exec(text, ownTypes);
        } catch (error) {
          await pglite.exec('ROLLBACK'); // outside a transaction this is only a warning
          throw error;
        }
      }),
  });
  return db;
}

/**
 * As node-postgres does, a statement without parameters goes by the simple protocol, which takes any
 * number of statements: so a migration is one text on both engines.
 */
function likeServer(pglite: PGlite): PGliteLike {
  const over =
    (engine: Pick<PGlite, 'query' | 'exec'>): PGliteTransaction['query'] =>
    async <T>(text: string, parameters: unknown[] = [], options?: QueryOptions) => {
      if (parameters.length > 0) return await engine.query<T>(text, parameters, options);
      const results = await engine.exec(text, options);
      const only = results.length === 1 ? results[0] : undefined;
      // T is the caller's claim about its own SQL, here as in query().
      return only === undefined ? { rows: [], fields: [] } : { ...only, rows: only.rows as T[] };
    };
  return {
    get closed() {
      return pglite.closed;
    },
    get ready() {
      return pglite.ready;
    },
    waitReady: pglite.waitReady,
    close: () => pglite.close(),
    query: over(pglite),
    transaction: (work) => pglite.transaction((tx) => work({ query: over(tx), rollback: () => tx.rollback() })),
  };
}
