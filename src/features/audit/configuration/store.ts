/** The SQL of what is remembered of secrets: enough to see that one is another. */
import { sql } from 'kysely';
import type { Sql } from '../../../platform/db/port.ts';

export interface KnownSecret {
  readonly name: string;
  readonly salt: Uint8Array;
  readonly fingerprint: Uint8Array;
}

export async function readSecrets(db: Sql): Promise<ReadonlyMap<string, KnownSecret>> {
  const { rows } = await sql<KnownSecret>`SELECT name, salt, fingerprint FROM audit_secrets`.execute(db);
  return new Map(rows.map((row) => [row.name, row]));
}

export async function writeSecret(db: Sql, { name, salt, fingerprint }: KnownSecret): Promise<void> {
  await sql`
    INSERT INTO audit_secrets (name, salt, fingerprint) VALUES (${name}, ${Buffer.from(salt)}, ${Buffer.from(fingerprint)})
    ON CONFLICT (name) DO UPDATE SET salt = excluded.salt, fingerprint = excluded.fingerprint`.execute(db);
}
