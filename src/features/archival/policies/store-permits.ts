/** The SQL of the permission to delete a table's rows. */
import { sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';

/** Two people have permitted it, or rows of the table have left already. */
export async function mayDelete(db: Sql | Tx, table: string): Promise<boolean> {
  const { rows } = await sql<{ may: boolean }>`
    SELECT EXISTS (SELECT FROM archive_deletion_permits WHERE table_name = ${table})
      OR EXISTS (SELECT FROM archive_batches WHERE table_name = ${table} AND state IN ('committing', 'committed', 'sealed', 'purged')) AS may`.execute(
    db,
  );
  return rows[0]?.may === true;
}

export interface DeletionPermit {
  readonly table: string;
  readonly policyVersion: number;
  readonly approvalId: string;
  readonly requestedBy: string;
  readonly approvedBy: string;
  readonly at: Date;
}

/** @returns false where it is permitted already */
export async function insertPermit(tx: Tx, permit: DeletionPermit): Promise<boolean> {
  const { numAffectedRows } = await sql`
    INSERT INTO archive_deletion_permits (table_name, policy_version, approval_id, requested_by, approved_by, permitted_at)
    VALUES (${permit.table}, ${permit.policyVersion}, ${permit.approvalId}, ${permit.requestedBy}, ${permit.approvedBy}, ${permit.at})
    ON CONFLICT DO NOTHING`.execute(tx);
  return numAffectedRows === 1n;
}
