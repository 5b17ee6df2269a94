/** This repository's migrations, for databases of tests. */
import { sha256Hex } from '../../src/kernel/hash.ts';
import { migrate } from '../../src/platform/db/migrate.ts';
import { loadMigrations } from '../../src/platform/db/migration-files.ts';
import type { Db } from '../../src/platform/db/port.ts';

export async function applyMigrations(db: Db): Promise<void> {
  await migrate(db, await loadMigrations());
}

/** Names the schema: databases with equal digests have the same one. */
export async function migrationsDigest(): Promise<string> {
  const files = await loadMigrations();
  return sha256Hex(files.map((file) => `${file.name} ${file.sha256}\n`).join('')).slice(0, 16);
}
