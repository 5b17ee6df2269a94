/** The SQL of the log of notifications: what people read of it, and do with it. */
import { sql } from 'kysely';
import type { Json } from '../../../kernel/canonical.ts';
import type { NotificationId } from '../../../kernel/ids.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { EndpointId } from '../preferences/store.ts';
import type { Status } from './store.ts';

export interface LogRow {
  readonly id: NotificationId;
  readonly event_key: string;
  readonly merchant_id: string | null;
  readonly payment_id: string | null;
  readonly channel: string;
  readonly event_type: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly recipient: string;
  readonly recipient_hash: Buffer | null;
  readonly endpoint_id: EndpointId | null;
  readonly team: string | null;
  readonly incident_id: string | null;
  readonly message: string;
  readonly payload: Json;
  readonly status: Status;
  readonly suppressed: string | null;
  readonly retry_count: number;
  readonly attempts: number;
  readonly next_retry_at: Date | null;
  readonly provider: string | null;
  readonly provider_message_id: string | null;
  readonly error_message: string | null;
  readonly owner: string | null;
  readonly is_test: boolean;
  readonly created_at: Date;
  readonly sent_at: Date | null;
  readonly delivered_at: Date | null;
}

const COLUMNS = sql`id, event_key, merchant_id, payment_id, channel, event_type, severity, recipient, recipient_hash, endpoint_id, team, incident_id,
  message, payload, status, suppressed, retry_count, attempts, next_retry_at, provider, provider_message_id, error_message, owner, is_test,
  created_at, sent_at, delivered_at`;

export interface LogRequest {
  readonly limit: number;
  readonly before?: { readonly at: Date; readonly id: string } | undefined;
  readonly status?: Status | undefined;
  readonly channel?: string | undefined;
  readonly event?: string | undefined;
  readonly merchantId?: string | undefined;
  readonly endpointId?: string | undefined;
  readonly incidentId?: string | undefined;
}

export async function listLogs(db: Sql, request: LogRequest): Promise<readonly LogRow[]> {
  const { limit, before, status, channel, event, merchantId, endpointId, incidentId } = request;
  const conditions = [
    ...(before === undefined ? [] : [sql`(created_at, id) < (${before.at}, ${before.id}::uuid)`]),
    ...(status === undefined ? [] : [sql`status = ${status}`]),
    ...(channel === undefined ? [] : [sql`channel = ${channel}`]),
    ...(event === undefined ? [] : [sql`event_type = ${event}`]),
    ...(merchantId === undefined ? [] : [sql`merchant_id = ${merchantId}::uuid`]),
    ...(endpointId === undefined ? [] : [sql`endpoint_id = ${endpointId}::uuid`]),
    ...(incidentId === undefined ? [] : [sql`incident_id = ${incidentId}::uuid`]),
    sql`true`,
  ];
  const { rows } = await sql<LogRow>`
    SELECT ${COLUMNS} FROM notification_logs WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

export async function findLog(db: Sql | Tx, id: NotificationId): Promise<LogRow | undefined> {
  const { rows } = await sql<LogRow>`SELECT ${COLUMNS} FROM notification_logs WHERE id = ${id}`.execute(db);
  return rows[0];
}

export interface LoggedAttempt {
  readonly attempt: number;
  readonly ordinal: number;
  readonly provider: string;
  readonly outcome: string;
  readonly status_code: number | null;
  readonly provider_message_id: string | null;
  readonly error: string | null;
  readonly started_at: Date;
  readonly duration_ms: number;
  readonly worker: string;
}

export async function listAttempts(db: Sql, id: NotificationId): Promise<readonly LoggedAttempt[]> {
  const { rows } = await sql<LoggedAttempt>`
    SELECT attempt, ordinal, provider, outcome, status_code, provider_message_id, error, started_at, duration_ms, worker
    FROM notification_attempts WHERE notification_id = ${id} ORDER BY attempt, ordinal`.execute(db);
  return rows;
}

/** The same message once more, under the same message id: a receiver that has had it knows. */
export async function insertAgain(tx: Tx, id: NotificationId, again: NotificationId, at: Date): Promise<boolean> {
  const { numAffectedRows } = await sql`
    INSERT INTO notification_logs (id, event_key, merchant_id, payment_id, channel, event_type, severity, recipient, recipient_hash,
      endpoint_id, team, incident_id, message, payload, urgency, locale, message_id, status, next_retry_at, is_test, created_at, round_at)
    SELECT ${again}, event_key || '/again/' || ${again}::text, merchant_id, payment_id, channel, event_type, severity, recipient, recipient_hash,
      endpoint_id, team, incident_id, message, payload, urgency, locale, message_id, 'pending', ${at}, is_test, ${at}, ${at}
    FROM notification_logs WHERE id = ${id} AND message_id IS NOT NULL AND recipient_hash IS NOT NULL`.execute(tx);
  return numAffectedRows === 1n;
}

/** A dead letter begins a new round of tries. @returns false where it is not dead */
export async function redrive(tx: Tx, id: NotificationId, owner: string, at: Date): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE notification_logs SET status = 'retrying', next_retry_at = ${at}, round_from = attempts, round_at = ${at}, owner = ${owner}
    WHERE id = ${id} AND status = 'dead' AND message_id IS NOT NULL`.execute(tx);
  return numAffectedRows === 1n;
}

/** What an endpoint missed: what died, or was held back because it was disabled. @returns how many */
export async function recover(tx: Tx, endpointId: EndpointId, since: Date, owner: string, at: Date): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    UPDATE notification_logs SET status = 'retrying', next_retry_at = ${at}, round_from = attempts, round_at = ${at}, owner = ${owner}
    WHERE endpoint_id = ${endpointId} AND created_at >= ${since} AND message_id IS NOT NULL
      AND (status = 'dead' OR (status = 'suppressed' AND suppressed LIKE 'endpoint disabled%'))`.execute(tx);
  return Number(numAffectedRows);
}

export async function setOwner(tx: Tx, id: NotificationId, owner: string): Promise<boolean> {
  const { numAffectedRows } =
    await sql`UPDATE notification_logs SET owner = ${owner} WHERE id = ${id} AND status = 'dead'`.execute(tx);
  return numAffectedRows === 1n;
}

/** The provider says that it arrived, or that it will not. @returns how many of ours it was about */
export async function receipt(
  tx: Tx,
  {
    channel,
    providerMessageId,
    delivered,
    error,
  }: {
    readonly channel: string;
    readonly providerMessageId: string;
    readonly delivered: boolean;
    readonly error: string | null;
  },
  at: Date,
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    UPDATE notification_logs SET status = ${delivered ? 'delivered' : 'dead'}, delivered_at = ${delivered ? at : null}::timestamptz,
      error_message = ${error}, owner = CASE WHEN ${delivered} THEN owner ELSE coalesce(owner, 'operations') END
    WHERE provider_message_id = ${providerMessageId} AND channel = ${channel} AND status = 'sent'`.execute(tx);
  return Number(numAffectedRows);
}

/** For /metrics and the readiness of the outbox: what waits, by state, and the age of the oldest that is due. */
export async function backlog(
  db: Sql,
  now: Date,
): Promise<{ readonly due: number; readonly oldestDueAt: Date | null; readonly dead: number }> {
  const { rows } = await sql<{ due: number; oldest: Date | null; dead: number }>`
    SELECT (SELECT count(*)::int FROM (SELECT 1 FROM notification_logs WHERE status IN ('pending', 'sending', 'retrying') AND message_id IS NOT NULL
        AND next_retry_at <= ${now} LIMIT 100000) AS d) AS due,
      (SELECT min(next_retry_at) FROM notification_logs WHERE status IN ('pending', 'sending', 'retrying') AND message_id IS NOT NULL AND next_retry_at <= ${now}) AS oldest,
      (SELECT count(*)::int FROM notification_logs WHERE status = 'dead') AS dead`.execute(db);
  return { due: rows[0]?.due ?? 0, oldestDueAt: rows[0]?.oldest ?? null, dead: rows[0]?.dead ?? 0 };
}
