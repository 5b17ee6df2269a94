import { sql } from 'kysely';
import { PlumblineError } from '../../kernel/errors.ts';
import type { Sql } from './port.ts';

const OLDEST_MAJOR = 15;

/** `15.18` of `15.18 (Debian 15.18-0+deb12u1)`. */
export async function readVersion(db: Sql): Promise<string> {
  const { rows } = await sql<{ server_version: string }>`SHOW server_version`.execute(db);
  return /^\d+(\.\d+)*/.exec(rows[0]?.server_version ?? '')?.[0] ?? 'unknown';
}

/** @throws `db.version_unsupported` (invalid) */
export function assertSupported(version: string): void {
  const major = Number.parseInt(version, 10);
  if (major >= OLDEST_MAJOR) return;
  throw new PlumblineError(
    'invalid',
    'db.version_unsupported',
    `the database is PostgreSQL ${version}; Plumbline needs ${OLDEST_MAJOR} or newer`,
    { details: { version, oldest: String(OLDEST_MAJOR) } },
  );
}
