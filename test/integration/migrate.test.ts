/** Migrations on real engines: order, atomicity, refusals, two at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadMigrations, migrate, migrationStatus } from '../../src/platform/db/migrate.ts';
import type { MigrationFile } from '../../src/platform/db/migration-files.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachDb, describeEachPostgres, urlOfDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';

const FILES: Readonly<Record<string, string>> = {
  '000001_first.sql': "CREATE TABLE a (n int PRIMARY KEY, note text);\nINSERT INTO a VALUES (1, 'x;y');\n",
  '000002_second.sql': `-- a comment; with a semicolon
CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN 1;
END $$;
CREATE TABLE b (n int DEFAULT one());
`,
  '000003_third.sql': 'ALTER TABLE b ADD COLUMN note text;',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plumbline-migrations-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
};
const load = async (files: Readonly<Record<string, string>>): Promise<readonly MigrationFile[]> => {
  rmSync(folder, { recursive: true });
  folder = mkdtempSync(path.join(tmpdir(), 'plumbline-migrations-'));
  write(files);
  return loadMigrations(folder);
};
const namesOf = (files: readonly MigrationFile[]): readonly string[] => files.map((file) => file.name);
const tables = async (db: Db): Promise<readonly string[]> => {
  const { rows } = await sql<{ name: string }>`
    SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`.execute(
    db.sql,
  );
  return rows.map((row) => row.name);
};

describe('migration files', () => {
  it('are read in order, without the dump and what is not SQL', async () => {
    const files = await load({ ...FILES, 'schema.sql': 'a dump', 'README.md': 'words' });
    expect(files.map(({ version, name }) => ({ version, name }))).toEqual([
      { version: 1, name: '000001_first.sql' },
      { version: 2, name: '000002_second.sql' },
      { version: 3, name: '000003_third.sql' },
    ]);
  });

  it('have one digest whatever the line ends of the checkout', async () => {
    const unix = await load({ '000001_a.sql': 'SELECT 1;\nSELECT 2;\n' });
    const windows = await load({ '000001_a.sql': 'SELECT 1;\r\nSELECT 2;\r\n' });
    expect(windows).toEqual(unix);
  });

  it('can be none', async () => {
    expect(await load({})).toEqual([]);
  });

  it.each([
    ['a gap', { '000001_a.sql': '', '000003_c.sql': '' }, 'migration 2 is missing before 000003_c.sql'],
    ['a late start', { '000002_b.sql': '' }, 'migration 1 is missing before 000002_b.sql'],
    ['a number used twice', { '000001_a.sql': '', '000001_b.sql': '' }, 'number 1 is used twice (000001_b.sql)'],
    ['a wrong name', { '1_a.sql': '' }, '1_a.sql is not named'],
    ['a transaction of its own', { '000001_a.sql': 'CREATE TABLE t ();\nCOMMIT;' }, 'begins or ends a transaction'],
  ])('are refused with %s', async (_, files, message) => {
    const error = await failure(load(files));
    expect(error).toMatchObject({ code: 'db.migration_files_invalid' });
    expect(String(error)).toContain(message);
  });

  it('are those of the package where no folder is named', async () => {
    expect((await loadMigrations()).map((file) => file.version)).toEqual(
      (await loadMigrations(path.resolve('migrations'))).map((file) => file.version),
    );
  });
});

describeEachDb('migrating', (open) => {
  it('applies what is pending, in order, once', async () => {
    const db = await open({ schema: 'empty' });
    const files = await load(FILES);
    expect(await migrate(db, files.slice(0, 2))).toEqual(files.slice(0, 2));
    expect(await migrationStatus(db, files)).toMatchObject({
      applied: [{ version: 1 }, { version: 2 }],
      pending: [{ version: 3 }],
    });
    expect(namesOf(await migrate(db, files))).toEqual(['000003_third.sql']);
    expect(await migrate(db, files)).toEqual([]);
    expect(await tables(db)).toEqual(['a', 'b', 'plumbline_migrations']);
    const { applied } = await migrationStatus(db, files);
    expect(applied.map(({ version, name, sha256 }) => ({ version, name, sha256 }))).toEqual(
      files.map(({ version, name, sha256 }) => ({ version, name, sha256 })),
    );
    expect(applied.every((row) => row.appliedAt instanceof Date)).toBe(true);
  });

  it('asks for the status without changing anything', async () => {
    const db = await open({ schema: 'empty' });
    const files = await load(FILES);
    expect(await migrationStatus(db, files)).toEqual({ applied: [], pending: files });
    expect(await tables(db)).toEqual([]);
  });

  it('works with no migrations at all', async () => {
    const db = await open({ schema: 'empty' });
    expect(await migrate(db, [])).toEqual([]);
    expect(await tables(db)).toEqual(['plumbline_migrations']);
  });

  it('undoes the whole file that fails, keeps those before it, and names the line', async () => {
    const db = await open({ schema: 'empty' });
    const broken = {
      '000002_second.sql': 'CREATE TABLE b ();\n\nINSERT INTO a VALUES (2);\nINSERT INTO nowhere VALUES (1);',
    };
    const error = await failure(migrate(db, await load({ ...FILES, ...broken })));
    expect(error).toMatchObject({ code: 'db.migration_failed', details: { version: 2 } });
    expect(String(error)).toContain('migrations/000002_second.sql:4 failed');
    expect(await tables(db)).toEqual(['a', 'plumbline_migrations']);
    expect((await sql`SELECT n FROM a`.execute(db.sql)).rows).toEqual([{ n: 1 }]);
    expect(namesOf(await migrate(db, await load(FILES)))).toEqual(['000002_second.sql', '000003_third.sql']);
  });

  it.each([
    [
      'an edited file',
      { ...FILES, '000001_first.sql': 'CREATE TABLE a ();' },
      { code: 'db.migration_edited', kind: 'integrity' },
    ],
    [
      'a database newer than the program',
      { '000001_first.sql': FILES['000001_first.sql'] ?? '' },
      {
        code: 'db.newer_than_program',
        kind: 'conflict',
      },
    ],
    [
      'a renamed file',
      {
        '000001_first.sql': FILES['000001_first.sql'] ?? '',
        '000002_other.sql': FILES['000002_second.sql'] ?? '',
        '000003_third.sql': FILES['000003_third.sql'] ?? '',
      },
      {
        code: 'db.migration_renamed',
        kind: 'conflict',
        details: { file: '000002_other.sql', name: '000002_second.sql' },
      },
    ],
  ])('refuses %s', async (_, files, expected) => {
    const db = await open({ schema: 'empty' });
    await migrate(db, await load(FILES));
    const others = await load(files);
    expect(await failure(migrate(db, others))).toMatchObject(expected);
    expect(await failure(migrationStatus(db, others))).toMatchObject(expected);
  });

  it('refuses a history with a hole', async () => {
    const db = await open({ schema: 'empty' });
    const files = await load(FILES);
    await migrate(db, files);
    await sql`DELETE FROM plumbline_migrations WHERE version = 2`.execute(db.sql);
    expect(await failure(migrate(db, files))).toMatchObject({ code: 'db.migration_history_gap', kind: 'integrity' });
  });

  it('is done once by two at once: the second waits and finds nothing to do', async () => {
    const db = await open({ schema: 'empty' });
    const files = await load(FILES);
    const answers = await Promise.all([migrate(db, files), migrate(db, files), migrate(db, files)]);
    expect(answers.map((applied) => applied.length).sort()).toEqual([0, 0, 3]);
  });
});

describeEachPostgres('migrating by several processes', (open) => {
  it('is done once', async () => {
    const db = await open({ schema: 'empty' });
    const files = await load({ ...FILES, '000004_slow.sql': 'SELECT pg_sleep(0.2); CREATE TABLE slow ();' });
    const others = await Promise.all([1, 2, 3].map(() => openPostgres({ url: urlOfDb(db) ?? '' })));
    const answers = await Promise.all(others.map((other) => migrate(other, files)));
    expect(answers.map((applied) => applied.length).sort()).toEqual([0, 0, 4]);
    await Promise.all(others.map((other) => other.close()));
  });

  it('is safe beside a migrator that takes no lock: the key of the history decides', async () => {
    const db = await open({ schema: 'empty' });
    const files = await load(FILES);
    await migrate(db, files.slice(0, 1));
    const [, second] = files;
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const rude = db.transaction({}, async (tx) => {
      await sql`INSERT INTO plumbline_migrations (version, name, sha256) VALUES (2, ${second?.name}, ${second?.sha256})`.execute(
        tx,
      );
      await sql.raw(second?.sql ?? '').execute(tx);
      begun.resolve();
      await gate.promise;
    });
    await begun.promise;
    const ours = migrate(db, files);
    const waiting = sql<{ n: bigint }>`SELECT count(*) AS n FROM pg_locks WHERE NOT granted`;
    while ((await waiting.execute(db.sql)).rows[0]?.n === 0n) await new Promise((resolve) => setTimeout(resolve, 10));
    gate.resolve();
    await rude;
    expect(namesOf(await ours)).toEqual(['000003_third.sql']);
  });
});
