/** What only a database server can get wrong: lost connections, several sessions, full pools. */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { sqlState } from '../../src/platform/db/errors.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachPostgres, urlOfDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';
import { freePort } from '../support/ports.ts';
import { findPostgres, type PostgresServer, startPostgres, urlOf } from '../support/postgres.ts';

const connections = async (db: Db): Promise<bigint | undefined> => {
  const { rows } = await sql<{ n: bigint }>`
    SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()`.execute(db.sql);
  return rows[0]?.n;
};

const terminateOthers = (db: Db, query: string) =>
  sql`
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE ${query}`.execute(db.sql);

describeEachPostgres('PostgreSQL', (open) => {
  it('gives lock waiters connections of their own, so that they cannot starve statements', async () => {
    const db = await open({ schema: 'empty', postgres: { poolSize: 2 } });
    const held = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const holder = db.exclusive('name', () => {
      held.resolve();
      return gate.promise;
    });
    await held.promise;
    const waiters = Array.from({ length: 10 }, () => db.exclusive('name', () => Promise.resolve()));
    while (((await connections(db)) ?? 0n) < 12n) await delay(20);
    await Promise.all([
      db.transaction({}, (tx) => sql`SELECT 1`.execute(tx)),
      db.transaction({}, (tx) => sql`SELECT 1`.execute(tx)),
    ]);
    gate.resolve();
    await Promise.all([holder, ...waiters]);
    while (((await connections(db)) ?? 0n) > 2n) await delay(20); // none is left behind
  });

  it('holds a name against another process', async () => {
    const db = await open({ schema: 'empty' });
    const other = await openPostgres({ url: urlOfDb(db) ?? '' });
    const log: string[] = [];
    const held = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const first = db.exclusive('name', async () => {
      held.resolve();
      await gate.promise;
      log.push('first');
    });
    await held.promise;
    const second = other.exclusive('name', async () => log.push('second'));
    await other.exclusive('another name', async () => log.push('another'));
    gate.resolve();
    await Promise.all([first, second]);
    expect(log).toEqual(['another', 'first', 'second']);
    await other.close();
  });

  it('frees a name when the session that holds it dies, and does not interrupt the work', async () => {
    const db = await open({ schema: 'empty' });
    const held = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const first = db.exclusive('name', async () => {
      held.resolve();
      await gate.promise;
      return 'unaware';
    });
    await held.promise;
    await terminateOthers(db, '%pg_advisory_lock%');
    expect(await db.exclusive('name', () => Promise.resolve('second'))).toBe('second');
    gate.resolve();
    expect(await first).toBe('unaware');
  });

  it('survives a connection that dies while idle', async () => {
    const db = await open({ schema: 'empty', postgres: { poolSize: 1 } });
    await sql`SELECT 'idle'`.execute(db.sql);
    const other = await openPostgres({ url: urlOfDb(db) ?? '' });
    await terminateOthers(other, "%'idle'%");
    await other.close();
    await delay(50); // the end of the connection reaches the pool
    expect((await sql`SELECT 1 AS n`.execute(db.sql)).rows).toEqual([{ n: 1 }]);
  });

  it('reports a connection that dies in a transaction between two statements', async () => {
    const db = await open({ schema: 'empty' });
    const error = await failure(
      db.transaction({}, async (tx) => {
        await sql`SELECT 'in transaction'`.execute(tx);
        await terminateOthers(db, "%'in transaction'%");
        await delay(50);
        await sql`SELECT 1`.execute(tx);
      }),
    );
    expect(error).toMatchObject({ code: 'db.unavailable', kind: 'upstream' });
    expect((await sql`SELECT 1 AS n`.execute(db.sql)).rows).toEqual([{ n: 1 }]);
  });

  it('reports a connection that dies under a statement', async () => {
    const db = await open({ schema: 'empty' });
    const sleeping = failure(sql`SELECT pg_sleep(30)`.execute(db.sql));
    let killed = 0;
    while (killed === 0) killed = (await terminateOthers(db, '%pg_sleep(30)%')).rows.length;
    expect(await sleeping).toMatchObject({ code: 'db.unavailable', kind: 'upstream' });
  });

  it('reports all that was sent in order where the connection dies, and sends the next by another', async () => {
    const db = await open({ schema: 'empty' });
    const sleeping = failure(sql`SELECT pg_sleep(30)`.execute(db.inOrder));
    const behind = [1, 2].map((n) => failure(sql`SELECT ${n}::int`.execute(db.inOrder)));
    let killed = 0;
    while (killed === 0) killed = (await terminateOthers(db, '%pg_sleep(30)%')).rows.length;
    const lost = { code: 'db.unavailable', kind: 'upstream' };
    expect(await Promise.all([sleeping, ...behind])).toMatchObject([lost, lost, lost]);
    expect((await sql`SELECT 1 AS n`.execute(db.inOrder)).rows).toEqual([{ n: 1 }]);
    await terminateOthers(db, '%1 AS n%');
    await delay(50); // idle by now
    expect((await sql`SELECT 2 AS n`.execute(db.inOrder)).rows).toEqual([{ n: 2 }]);
  });

  it('cancels a statement that takes longer than it may', async () => {
    const db = await open({ schema: 'empty', postgres: { statementTimeoutMs: 100 } });
    expect(sqlState(await failure(sql`SELECT pg_sleep(30)`.execute(db.sql)))).toBe('57014');
  });

  it('says that the pool is exhausted rather than that the server is gone', async () => {
    const db = await open({ schema: 'empty', postgres: { poolSize: 1, connectTimeoutMs: 200 } });
    const error = await db.transaction({}, () => failure(sql`SELECT 1`.execute(db.sql)));
    expect(error).toMatchObject({ code: 'db.pool_exhausted', kind: 'busy' });
  });

  it('shows its name to the server', async () => {
    const db = await open({ schema: 'empty', postgres: { applicationName: 'plumbline worker' } });
    const { rows } = await sql`SELECT current_setting('application_name') AS name`.execute(db.sql);
    expect(rows).toEqual([{ name: 'plumbline worker' }]);
  });

  it('says that a database does not exist, with its name', async () => {
    const db = await open({ schema: 'empty' });
    const error = await failure(openPostgres({ url: urlOf(urlOfDb(db) ?? '', 'nowhere') }));
    expect(error).toMatchObject({ code: 'db.unavailable', details: { host: '127.0.0.1', database: 'nowhere' } });
    expect(String(error)).toContain('"nowhere" does not exist');
  });
});

describe('a server that is not there', () => {
  it('is reported with its host and database, and never with the password', async () => {
    const port = await freePort();
    const error = await failure(openPostgres({ url: `postgres://me:s3cret-word@127.0.0.1:${port}/money` }));
    expect(error).toMatchObject({
      code: 'db.unavailable',
      kind: 'upstream',
      details: { host: '127.0.0.1', port, database: 'money' },
    });
    const all = `${String(error)} ${JSON.stringify(error)} ${String(error instanceof Error ? error.cause : '')}`;
    expect(all).toContain('money at 127.0.0.1');
    expect(all).not.toContain('s3cret-word');
  });
});

describe.skipIf(inject('postgres18') === '')('a server that goes away and comes back', () => {
  let server: PostgresServer | undefined;
  afterAll(() => server?.stop());

  it('fails each statement and each lock as unavailable, then works again', async () => {
    const bin = await findPostgres(18);
    server = await startPostgres(bin ?? '');
    const db = await openPostgres({ url: server.url });
    await server.halt();
    expect(await failure(sql`SELECT 1`.execute(db.sql))).toMatchObject({ code: 'db.unavailable' });
    expect(await failure(db.version())).toMatchObject({ code: 'db.unavailable' });
    expect(await failure(db.transaction({}, () => Promise.resolve()))).toMatchObject({ code: 'db.unavailable' });
    expect(await failure(db.exclusive('name', () => Promise.resolve()))).toMatchObject({ code: 'db.unavailable' });
    await server.resume();
    expect((await sql`SELECT 1 AS n`.execute(db.sql)).rows).toEqual([{ n: 1 }]);
    await db.close();
  });
});
