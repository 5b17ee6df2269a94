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

export async function markSent(db: Sql, eventKey: string, at: Date): Promise<void> {
  await db
    .$extendTables<Tables>()
    .updateTable('notification_logs')
    .set({ status: 'sent', sent_at: at })
    .where('event_key', '=', eventKey)
    .where('status', '=', 'pending')
    .execute();
}
