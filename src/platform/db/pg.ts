/** PostgreSQL by node-postgres. */
import {
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import pg from 'pg';
import { CopyReader, copyOut } from './copy-pg.ts';
import { MappedDriver } from './mapped-driver.ts';
import { InOrderDriver } from './pg-in-order.ts';
import { withLock } from './pg-lock.ts';
import type { Db, NoTables } from './port.ts';
import { runTransaction } from './transaction.ts';
import { parserOf, SESSION_SQL } from './types.ts';
import { mapLost, type Target, unavailable } from './unavailable.ts';
import { assertSupported, readVersion } from './version.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database?sslmode=verify-full` */
  readonly url: string;
  /** Connections that this process may hold for statements; 10 unless told. Locks, and one for `inOrder`, come on top. */
  readonly poolSize?: number;
  /** What `pg_stat_activity` shows; `plumbline` unless told. */
  readonly applicationName?: string;
  /** Milliseconds that one statement may take; what the server says unless told. */
  readonly statementTimeoutMs?: number;
  /** Milliseconds to connect in, and to wait for a free connection of the pool; 5,000 unless told. */
  readonly connectTimeoutMs?: number;
}

/** @throws `db.unavailable` (upstream), `db.version_unsupported` (invalid) */
export async function openPostgres(options: PostgresOptions): Promise<Db> {
  const config = clientConfig(options);
  const target = targetOf(config);
  const prepare = (client: pg.ClientBase): Promise<void> => prepareSession(client, options.statementTimeoutMs);
  const pool = new pg.Pool({
    ...config,
    max: options.poolSize ?? 10,
    onConnect: prepare,
  });
  // A connection that breaks while idle is dropped by the pool itself; the next statement opens another.
  pool.on('error', () => undefined);

  const kysely = over(target, () => new PostgresDialect({ pool, cursor: CopyReader }).createDriver());
  const inOrder = over(target, () => new InOrderDriver(config, prepare));

  const version = async (): Promise<string> => {
    try {
      return await readVersion(kysely);
    } catch (error) {
      throw mapLost(error, target);
    }
  };
  try {
    assertSupported(await version());
  } catch (error) {
    await pool.end();
    // Here a refusal (password, unknown database) is as good as silence: there is no database to use.
    throw error instanceof pg.DatabaseError ? unavailable(error, target) : error;
  }

  return {
    engine: 'postgresql',
    sql: kysely,
    inOrder,
    version,
    copyOut,
    transaction: (mode, work) => runTransaction(kysely, mode, work),
    exclusive: (name, work, lock) => withLock(config, target, name, work, lock),
    close: async () => {
      await inOrder.destroy();
      await kysely.destroy();
    },
  };
}

/** Over the driver's connections, with failures that say which database is meant. */
const over = (target: Target, createDriver: () => Driver): Kysely<NoTables> =>
  new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createDriver: () => new MappedDriver(createDriver(), (error) => mapLost(error, target)),
    },
  });

function clientConfig(options: PostgresOptions): pg.ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName ?? 'plumbline',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000, // a peer that vanished is noticed in seconds, not in two hours
    types: { getTypeParser: parserOf },
  };
}

/** An unconnected client knows what the URL and the PG* defaults add up to. */
function targetOf(config: pg.ClientConfig): Target {
  const { host, port, database } = new pg.Client(config);
  return { host, port, database: database ?? '' };
}

async function prepareSession(client: pg.ClientBase, statementTimeoutMs: number | undefined): Promise<void> {
  // A client that breaks in the hands of a transaction between two statements has nobody else to tell:
  // without a listener the event would end the process. The next statement fails and says so.
  client.on('error', () => undefined);
  const timeout = statementTimeoutMs === undefined ? '' : `SET statement_timeout = ${Math.trunc(statementTimeoutMs)};`;
  await client.query(SESSION_SQL + timeout);
}
