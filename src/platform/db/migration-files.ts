/** The migrations as files: `000001_name.sql`, numbered from 1 without a gap, never edited once released. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/hash.ts';

export interface MigrationFile {
  readonly version: number;
  /** `000001_reconciliation.sql` */
  readonly name: string;
  readonly sql: string;
  /** Of the text with `\n` line ends, however it was checked out. */
  readonly sha256: string;
}

/** The package's own; the same from `src/platform/db` and from `dist/platform/db`. */
const FOLDER = fileURLToPath(new URL('../../../migrations/', import.meta.url));

const NAME = /^(\d{6})_[a-z0-9_]+\.sql$/;
const DUMP = 'schema.sql';

/** A file is one transaction; one that ends it halfway would leave half a migration. */
const TRANSACTION_CONTROL = /^\s*(BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK)(\s+(WORK|TRANSACTION))?\s*;/im;

/** Ascending. @throws `db.migration_files_invalid` (internal): the package is damaged or wrongly made */
export async function loadMigrations(folder: string = FOLDER): Promise<readonly MigrationFile[]> {
  const names = (await listed(folder)).filter((name) => name.endsWith('.sql') && name !== DUMP).sort();
  const files = await Promise.all(names.map((name) => load(folder, name)));
  for (const [index, file] of files.entries()) {
    if (file.version === index + 1) continue;
    throw invalid(
      folder,
      file.version <= index
        ? `number ${file.version} is used twice (${file.name}); give the newer one the next free number`
        : `migration ${index + 1} is missing before ${file.name}; numbers go up by one from 000001`,
    );
  }
  return files;
}

async function load(folder: string, name: string): Promise<MigrationFile> {
  const version = Number(NAME.exec(name)?.[1] ?? 0);
  if (version === 0) throw invalid(folder, `${name} is not named NNNNNN_name.sql in lower case`);
  const sql = (await readFile(path.join(folder, name), 'utf8')).replaceAll('\r\n', '\n');
  if (TRANSACTION_CONTROL.test(sql)) {
    throw invalid(folder, `${name} begins or ends a transaction; each file already is one`);
  }
  return { version, name, sql, sha256: sha256Hex(sql) };
}

async function listed(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw invalid(folder, `the folder cannot be read: ${messageOf(error)}`);
  }
}

const invalid = (folder: string, what: string): PlumblineError =>
  new PlumblineError('internal', 'db.migration_files_invalid', `migrations (${folder}): ${what}`);
