/** Whether there is a sandbox, what is in it, and its end. */
import { sql } from 'kysely';
import { z } from 'zod';
import type { Sql, Tx } from '../platform/db/port.ts';
import { createSchema, MARK } from './store-schema.ts';

const META = z.object({
  version: z.number(),
  seed: z.number(),
  date: z.string(),
  merchants: z.number(),
  payments: z.number(),
  auditLogs: z.number(),
});

export type Meta = Readonly<z.output<typeof META>>;

export type State =
  | { readonly kind: 'absent' }
  /** A schema of this name that we did not make. */
  | { readonly kind: 'foreign' }
  /** The process that filled it did not come to the end. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'filled'; readonly meta: Meta };

const SCHEMA = z.object({ exists: z.boolean(), ours: z.boolean() });

export async function readState(db: Sql | Tx): Promise<State> {
  const found = await sql`
    SELECT to_regnamespace('sandbox') IS NOT NULL AS exists,
      to_regclass('sandbox.meta') IS NOT NULL
      AND coalesce(obj_description(to_regnamespace('sandbox')::oid, 'pg_namespace') = ${MARK}, false) AS ours`.execute(
    db,
  );
  const { exists, ours } = SCHEMA.parse(found.rows[0]);
  if (!exists) return { kind: 'absent' };
  if (!ours) return { kind: 'foreign' };
  const { rows } = await sql`
    SELECT version, seed, date::text AS date, merchants, payments, audit_logs AS "auditLogs" FROM sandbox.meta`.execute(
    db,
  );
  return rows.length === 0 ? { kind: 'unfinished' } : { kind: 'filled', meta: META.parse(rows[0]) };
}

export async function createMarkedSchema(tx: Tx): Promise<void> {
  for (const statement of createSchema) await statement.execute(tx);
}

export async function dropSchema(db: Sql): Promise<void> {
  await sql`DROP SCHEMA sandbox CASCADE`.execute(db);
}

/** The last statement of a fill. */
export async function insertMeta(db: Sql, meta: Pick<Meta, 'version' | 'seed' | 'date'>): Promise<void> {
  await sql`
    INSERT INTO sandbox.meta (version, seed, date, merchants, payments, audit_logs)
    SELECT ${meta.version}::int, ${meta.seed}::int, ${meta.date}::date,
      (SELECT count(*) FROM sandbox.merchants), (SELECT count(*) FROM sandbox.payments), (SELECT count(*) FROM sandbox.audit_logs)`.execute(
    db,
  );
}
