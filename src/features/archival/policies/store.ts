/** The SQL of policies: every version is kept, the newest is in force. */
import { type Selectable, sql } from 'kysely';
import { canonicalJson } from '../../../kernel/canonical.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { POLICY, type Policy, type VersionedPolicy } from './policy.ts';

type Policies = {
  readonly table_name: string;
  readonly version: number;
  readonly policy: unknown;
  readonly set_by: string;
  readonly set_at: Date;
};

const toPolicy = (row: Selectable<Policies>): VersionedPolicy => ({
  table: row.table_name,
  version: row.version,
  policy: POLICY.parse(row.policy),
  setBy: row.set_by,
  setAt: row.set_at,
});

/** The newest version of each table, or of one. */
export async function readPolicies(db: Sql | Tx, table?: string): Promise<readonly VersionedPolicy[]> {
  const { rows } = await sql<Selectable<Policies>>`
    SELECT DISTINCT ON (table_name) table_name, version, policy, set_by, set_at FROM archive_policies
    WHERE ${table ?? null}::text IS NULL OR table_name = ${table ?? null}
    ORDER BY table_name, version DESC`.execute(db);
  return rows.map(toPolicy);
}

/** Newest first. */
export async function readVersions(db: Sql, table: string): Promise<readonly VersionedPolicy[]> {
  const { rows } = await sql<Selectable<Policies>>`
    SELECT table_name, version, policy, set_by, set_at FROM archive_policies WHERE table_name = ${table} ORDER BY version DESC`.execute(
    db,
  );
  return rows.map(toPolicy);
}

/** The next version of the table's policy; two who set it at once get two versions. */
export async function insertPolicy(
  tx: Tx,
  {
    table,
    policy,
    by,
    at,
  }: { readonly table: string; readonly policy: Policy; readonly by: string; readonly at: Date },
): Promise<VersionedPolicy> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`archive-policy/${table}`}, 0))`.execute(tx);
  await sql`SELECT set_config('plumbline.actor', ${by}, true)`.execute(tx);
  const { rows } = await sql<Selectable<Policies>>`
    INSERT INTO archive_policies (table_name, version, policy, set_by, set_at)
    SELECT ${table}, coalesce(max(version), 0) + 1, ${canonicalJson(policy)}::text::jsonb, ${by}, ${at}::timestamptz
    FROM archive_policies WHERE table_name = ${table}
    RETURNING table_name, version, policy, set_by, set_at`.execute(tx);
  return rows.map(toPolicy)[0] as VersionedPolicy;
}
