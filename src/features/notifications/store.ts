/** All the SQL of notifications. */
import { sql } from 'kysely';
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import type { NotificationId } from '../../kernel/ids.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';

export type NotificationLog = {
  readonly id: NotificationId;
  readonly event_key: string;
  readonly channel: string;
  readonly event_type: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly recipient: string;
  readonly message: string;
  readonly payload: Json;
  readonly status: 'pending' | 'sending' | 'sent' | 'delivered' | 'retrying' | 'dead' | 'suppressed';
  readonly retry_count?: number;
  readonly next_retry_at?: Date | null;
  readonly provider_message_id?: string | null;
  readonly error_message?: string | null;
  readonly message_id?: string | null;
  readonly created_at: Date;
  readonly sent_at: Date | null;
};

type Tables = { notification_logs: NotificationLog };

/** @returns false where the event was told over this channel before */
export async function insertNotification(tx: Tx, row: NotificationLog): Promise<boolean> {
  const result = await tx
    .$extendTables<Tables>()
    .insertInto('notification_logs')
    .values({ ...row, payload: sql<Json>`${canonicalJson(row.payload)}::jsonb` })
    .onConflict((conflict) => conflict.column('event_key').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** The line was written: a try like any other, by the process itself. */
export async function markSent(db: Sql, eventKey: string, at: Date): Promise<void> {
  await sql`
    WITH said AS (
      UPDATE notification_logs SET status = 'sent', sent_at = ${at}, next_retry_at = NULL, attempts = 1, provider = 'log'
      WHERE event_key = ${eventKey} AND status = 'pending' RETURNING id
    )
    INSERT INTO notification_attempts (notification_id, attempt, ordinal, provider, outcome, started_at, duration_ms, worker)
    SELECT id, 1, 0, 'log', 'accepted', ${at}, 0, 'self' FROM said`.execute(db);
}

/** A second alarm of the same kind about a report changes nothing. */
export async function insertReceipt(
  tx: Tx,
  {
    subjectId,
    event,
    key,
    at,
  }: { readonly subjectId: string; readonly event: string; readonly key: string; readonly at: Date },
): Promise<void> {
  await sql`
    INSERT INTO alert_receipts (subject_id, event_type, event_key, at) VALUES (${subjectId}, ${event}, ${key}, ${at})
    ON CONFLICT DO NOTHING`.execute(tx);
}
