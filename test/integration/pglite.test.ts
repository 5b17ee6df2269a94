/** What only the embedded engine can get wrong: folders, half-made databases, a killed process. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { embeddedSession } from '../../src/platform/db/embedded.ts';
import { acquireFolderLock, readFolderLock } from '../../src/platform/db/folder-lock.ts';
import { openPglite } from '../../src/platform/db/pglite.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { start, stop } from '../support/child.ts';
import { failure } from '../support/failure.ts';
import { madeDataFolder, sharedPglite } from '../support/pglite.ts';

const CHILD = fileURLToPath(new URL('pglite-child.ts', import.meta.url));

const numbers = async (db: Db): Promise<readonly number[]> =>
  (await sql<{ n: number }>`SELECT n FROM t ORDER BY n`.execute(db.sql)).rows.map((row) => row.n);

describe('the embedded database in a folder', () => {
  let folder: string;
  const open = new Set<Db>();
  const openFolder = async (options: Parameters<typeof openPglite>[0]): Promise<Db> => {
    const db = await openPglite(options);
    open.add(db);
    return db;
  };
  beforeEach(async () => {
    folder = await madeDataFolder();
  });
  afterEach(async () => {
    for (const db of open) await db.close();
    open.clear();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps what was committed over a restart', async () => {
    const db = await openFolder({ folder });
    await sql.raw('CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)').execute(db.sql);
    await db.close();
    expect(await numbers(await openFolder({ folder }))).toEqual([1, 2]);
  });

  it('is one process at a time, and free again after close', async () => {
    const db = await openFolder({ folder });
    expect(readFolderLock(folder)).toMatchObject({ pid: process.pid });
    expect(await failure(openPglite({ folder }))).toMatchObject({ code: 'db.folder_in_use', kind: 'busy' });
    await db.close();
    await db.close();
    expect(readFolderLock(folder)).toBeUndefined();
  });

  it('takes a lock that its caller holds already, and gives it back at its end', async () => {
    const lock = acquireFolderLock(folder);
    const db = await openFolder({ folder, lock });
    lock.update({ url: 'http://127.0.0.1:8080' });
    expect(readFolderLock(folder)).toMatchObject({ url: 'http://127.0.0.1:8080' });
    await db.close();
    expect(readFolderLock(folder)).toBeUndefined();
  });

  it('loses nothing that was acknowledged when its process is killed', async () => {
    const child = start(process.execPath, [CHILD, folder]);
    await child.said('acknowledged 50;');
    expect(await failure(openPglite({ folder }))).toMatchObject({ code: 'db.folder_in_use' });
    await stop(child, 'SIGKILL');
    const last = Number(/acknowledged (\d+);\s*$/.exec(child.output())?.[1]);
    const found = await numbers(await openFolder({ folder }));
    expect(last).toBeGreaterThanOrEqual(50);
    expect(found.length).toBeGreaterThanOrEqual(last);
    expect(found).toEqual(Array.from({ length: found.length }, (_, index) => index + 1));
  });

  it('marks a database that a first start is still making', async () => {
    const fresh = mkdtempSync(path.join(tmpdir(), 'plumbline-fresh-'));
    const child = start(process.execPath, [CHILD, fresh]);
    await child.said('opening');
    while (!readdirSync(fresh).includes('database')) await new Promise((resolve) => setTimeout(resolve, 5));
    await stop(child, 'SIGKILL');
    expect(readdirSync(fresh)).toContain('database.unfinished');
    rmSync(fresh, { recursive: true });
  });

  it('makes a database again that was never finished, and only such a one', async () => {
    rmSync(path.join(folder, 'database', 'global', 'pg_control'));
    expect(await failure(openPglite({ folder }))).toMatchObject({ code: 'db.folder_unusable' });
    expect(readdirSync(path.join(folder, 'database'))).toContain('base'); // damaged, and still there to be rescued
    writeFileSync(path.join(folder, 'database.unfinished'), '');
    const db = await openFolder({ folder });
    expect(await db.version()).toMatch(/^18/);
    expect(readdirSync(folder).sort()).toEqual(['database', 'plumbline.lock']);
  });

  it('says that the folder cannot be used, and does not keep its lock', async () => {
    rmSync(path.join(folder, 'database'), { recursive: true });
    writeFileSync(path.join(folder, 'database'), 'a file where the database should be');
    const error = await failure(openPglite({ folder }));
    expect(error).toMatchObject({ code: 'db.folder_unusable', kind: 'invalid' });
    expect(String(error)).toContain(folder);
    expect(readFolderLock(folder)).toBeUndefined();
  });
});

describe('the embedded database for a library that speaks to the engine', () => {
  it('undoes a failed batch before anybody else gets the connection', async () => {
    const db = await sharedPglite('empty');
    await sql`CREATE TABLE t (n int PRIMARY KEY)`.execute(db.sql);
    const session = embeddedSession(db);
    if (session === undefined) throw new Error('the embedded database has no session');
    const batch = session.exec('BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); COMMIT');
    const others = [1, 2, 3].map((n) => sql`INSERT INTO t VALUES (${n * 10})`.execute(db.sql));
    const transaction = db.transaction({}, (tx) => sql`INSERT INTO t VALUES (${99})`.execute(tx));
    expect(await failure(batch)).toMatchObject({ code: '23505' });
    await Promise.all([...others, transaction]);
    expect(await numbers(db)).toEqual([10, 20, 30, 99]);
  });

  it('waits for a transaction that is open', async () => {
    const db = await sharedPglite('empty');
    await sql`CREATE TABLE t (n int)`.execute(db.sql);
    const session = embeddedSession(db);
    let outside: Promise<unknown> = Promise.resolve();
    await failure(
      db.transaction({}, async (tx) => {
        outside = session?.query('INSERT INTO t VALUES ($1)', [2]) ?? outside;
        await sql`INSERT INTO t VALUES (1)`.execute(tx);
        throw new Error('roll back');
      }),
    );
    await outside;
    expect(await numbers(db)).toEqual([2]);
  });
});
