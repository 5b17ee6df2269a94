/** Brings a database to the program's version: forward only, each file once, each in one transaction. */
import { sql } from 'kysely';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { isUniqueViolation, statementPosition } from './errors.ts';
import type { MigrationFile } from './migration-files.ts';
import type { Db, Sql } from './port.ts';

export { loadMigrations } from './migration-files.ts';

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
  readonly appliedAt: Date;
}

export interface MigrationStatus {
  /** Ascending. */
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly MigrationFile[];
}

/**
 * Where the database stands; changes nothing.
 * @throws `db.migration_edited`, `db.migration_history_gap` (integrity)
 * @throws `db.migration_renamed`, `db.newer_than_program` (conflict)
 */
export async function migrationStatus(db: Db, files: readonly MigrationFile[]): Promise<MigrationStatus> {
  const applied = await readApplied(db.sql);
  assertConsistent(applied, files);
  return { applied, pending: files.slice(applied.length) };
}

/**
 * Applies what is pending, in order, and answers with what this call applied. A second migrator waits
 * for the first and finds nothing to do; one that knows nothing of the lock fails on the key of
 * `plumbline_migrations`, whose row is written before the file runs.
 * @throws what `migrationStatus` throws; `db.migration_failed` (internal): that file left nothing behind
 */
export async function migrate(db: Db, files: readonly MigrationFile[]): Promise<readonly MigrationFile[]> {
  return await db.exclusive('plumbline:migrate', async () => {
    await createTable(db.sql);
    const done: MigrationFile[] = [];
    let { pending } = await migrationStatus(db, files);
    for (let next = pending[0]; next !== undefined; next = pending[0]) {
      if (await apply(db, next)) done.push(next);
      ({ pending } = await migrationStatus(db, files));
    }
    return done;
  });
}

/** @returns false when somebody else applied it in the meantime */
async function apply(db: Db, file: MigrationFile): Promise<boolean> {
  try {
    await db.transaction({}, async (tx) => {
      await sql`SET LOCAL statement_timeout = 0`.execute(tx);
      await sql`INSERT INTO plumbline_migrations (version, name, sha256)
                VALUES (${file.version}, ${file.name}, ${file.sha256})`.execute(tx);
      try {
        await sql.raw(file.sql).execute(tx);
      } catch (error) {
        throw failed(file, error);
      }
    });
    return true;
  } catch (error) {
    if (isUniqueViolation(error, 'plumbline_migrations_pkey')) return false;
    throw error;
  }
}

function failed(file: MigrationFile, error: unknown): PlumblineError {
  const position = statementPosition(error);
  const line = position === undefined ? '' : `:${file.sql.slice(0, position).split('\n').length}`;
  return new PlumblineError(
    'internal',
    'db.migration_failed',
    `migrations/${file.name}${line} failed and was undone: ${messageOf(error)}`,
    { details: { version: file.version, name: file.name }, cause: error },
  );
}

/** IF NOT EXISTS alone is not enough for two at once; the migrators' lock is. */
async function createTable(db: Sql): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS plumbline_migrations (
      version    integer PRIMARY KEY,
      name       text NOT NULL,
      sha256     text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
}

async function readApplied(db: Sql): Promise<readonly AppliedMigration[]> {
  const { rows: found } = await sql<{ table: string | null }>`
    SELECT to_regclass('plumbline_migrations')::text AS table`.execute(db);
  if (found[0]?.table == null) return []; // a database that no migrator has seen
  const { rows } = await sql<AppliedMigration>`
    SELECT version, name, sha256, applied_at AS "appliedAt" FROM plumbline_migrations ORDER BY version`.execute(db);
  return rows;
}

function assertConsistent(applied: readonly AppliedMigration[], files: readonly MigrationFile[]): void {
  for (const [index, row] of applied.entries()) {
    const details = { version: row.version, name: row.name };
    if (row.version !== index + 1) {
      throw new PlumblineError(
        'integrity',
        'db.migration_history_gap',
        `the database says that migration ${row.version} was applied and migration ${index + 1} was not; restore the rows of plumbline_migrations from a backup`,
        { details },
      );
    }
    const file = files[index];
    if (file === undefined) {
      throw new PlumblineError(
        'conflict',
        'db.newer_than_program',
        `the database is at migration ${applied.length} (${row.name} is unknown here), this program at ${files.length}; run the newer program`,
        { details: { ...details, database: applied.length, program: files.length } },
      );
    }
    if (file.name !== row.name) {
      throw new PlumblineError(
        'conflict',
        'db.migration_renamed',
        `migration ${row.version} was applied as ${row.name}, and here it is ${file.name}; an applied migration keeps its name, and a new one takes the next free number`,
        { details: { ...details, file: file.name } },
      );
    }
    if (file.sha256 !== row.sha256) {
      throw new PlumblineError(
        'integrity',
        'db.migration_edited',
        `migrations/${file.name} is not the text that was applied to this database; restore it, and put the change into a new migration`,
        { details: { ...details, applied: row.sha256, file: file.sha256 } },
      );
    }
  }
}
