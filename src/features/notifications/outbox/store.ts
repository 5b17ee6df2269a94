/** The SQL of the outbox: what is to be sent, who sends it, and what came of it. */
import { type RawBuilder, sql } from 'kysely';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import type { NotificationId } from '../../../kernel/ids.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { ChannelName, Outcome } from '../channels/channel.ts';
import type { EndpointId } from '../preferences/store.ts';
import type { Urgency } from '../rules.ts';
import type { Locale } from '../templates/builtin.ts';

export type Status = 'pending' | 'sending' | 'sent' | 'delivered' | 'retrying' | 'dead' | 'suppressed';

export interface NewNotification {
  readonly id: NotificationId;
  readonly event_key: string;
  readonly merchant_id: string | null;
  readonly payment_id: string | null;
  readonly channel: ChannelName;
  readonly event_type: string;
  readonly severity: 'info' | 'warning' | 'critical';
  /** Masked. */
  readonly recipient: string;
  readonly recipient_hash: Buffer;
  readonly endpoint_id: EndpointId | null;
  readonly team: string | null;
  readonly incident_id: string | null;
  readonly message: string;
  readonly payload: Json;
  readonly urgency: Urgency;
  readonly locale: Locale;
  readonly message_id: string;
  readonly status: 'pending' | 'suppressed';
  readonly suppressed: string | null;
  readonly next_retry_at: Date | null;
  readonly digest_key: string | null;
  readonly is_test: boolean;
  readonly created_at: Date;
}

/** @returns false where this event was said over this channel to this recipient before */
export async function enqueue(tx: Tx, row: NewNotification): Promise<boolean> {
  const { numAffectedRows } = await sql`
    INSERT INTO notification_logs (id, event_key, merchant_id, payment_id, channel, event_type, severity, recipient, recipient_hash,
      endpoint_id, team, incident_id, message, payload, urgency, locale, message_id, status, suppressed, next_retry_at, digest_key, is_test,
      created_at, round_at)
    VALUES (${row.id}, ${row.event_key}, ${row.merchant_id}, ${row.payment_id}, ${row.channel}, ${row.event_type}, ${row.severity},
      ${row.recipient}, ${row.recipient_hash}, ${row.endpoint_id}, ${row.team}, ${row.incident_id}, ${row.message},
      ${canonicalJson(row.payload)}::jsonb, ${row.urgency}, ${row.locale}, ${row.message_id}, ${row.status}, ${row.suppressed},
      ${row.next_retry_at}, ${row.digest_key}, ${row.is_test}, ${row.created_at}, ${row.created_at})
    ON CONFLICT (event_key) DO NOTHING`.execute(tx);
  return numAffectedRows === 1n;
}

/** One that a worker has taken. */
export interface Claimed {
  readonly id: NotificationId;
  readonly event_key: string;
  readonly merchant_id: string | null;
  readonly channel: ChannelName | 'log';
  readonly event_type: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly payload: Json;
  readonly urgency: Urgency;
  readonly locale: Locale;
  readonly message_id: string;
  readonly endpoint_id: EndpointId | null;
  readonly incident_id: string | null;
  readonly team: string | null;
  readonly is_test: boolean;
  readonly created_at: Date;
  /** This one included. */
  readonly attempts: number;
  readonly round_from: number;
  /** Who had it before and did not live to tell; null: nobody. */
  readonly left_by: string | null;
  /** Of its recipient; null: forgotten, or there is none. */
  readonly sealed: Buffer | null;
  readonly endpoint_status: 'enabled' | 'disabled' | null;
  readonly secret_version: number | null;
  readonly previous_until: Date | null;
  /** Of its endpoint. */
  readonly zone: string | null;
  /** When the last of all that were taken with it was due, in the database's own words. */
  readonly looked_to: string;
}

export interface Claim {
  readonly worker: string;
  readonly now: Date;
  readonly leaseUntil: Date;
  readonly limit: number;
  readonly pages: boolean;
  /** What was due before is passed over; a `looked_to`. Undefined: nothing is. */
  readonly since?: string | undefined;
}

/**
 * Takes what is due, or was left behind by a worker whose lease is over: whether that one sent it nobody knows, and
 * the log of attempts says so with the claim. Taken is what no other worker has: rows under their locks are passed
 * over.
 */
export async function claim(
  db: Sql,
  { worker, now, leaseUntil, limit, pages, since = '-infinity' }: Claim,
): Promise<readonly Claimed[]> {
  const which = pages ? sql`urgency = 'page'` : sql`urgency <> 'page'`;
  const { rows } = await sql<Claimed>`
    WITH due AS MATERIALIZED (
      SELECT id AS due_id, next_retry_at AS due_at, attempts AS tries, CASE WHEN status = 'sending' THEN coalesce(claimed_by, 'unknown') END AS left_by FROM notification_logs
      WHERE status IN ('pending', 'sending', 'retrying') AND message_id IS NOT NULL AND ${which} AND next_retry_at BETWEEN ${since}::timestamptz AND ${now}
      ORDER BY next_retry_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ), unknown AS (
      INSERT INTO notification_attempts (notification_id, attempt, ordinal, provider, outcome, error, started_at, duration_ms, worker)
      SELECT due_id, tries, 0, 'unknown', 'unknown', 'the worker that had it did not say what came of it', ${now}, 0, left_by
      FROM due WHERE left_by IS NOT NULL AND tries > 0 ON CONFLICT DO NOTHING
    ), taken AS (
      UPDATE notification_logs SET status = 'sending', attempts = attempts + 1, retry_count = attempts - round_from, claimed_by = ${worker}, next_retry_at = ${leaseUntil}
      FROM due WHERE id = due_id
      RETURNING id, event_key, merchant_id, channel, event_type, severity, message, payload, urgency, locale, message_id, endpoint_id,
        incident_id, team, is_test, created_at, attempts, round_from, recipient_hash, left_by
    )
    SELECT t.*, (SELECT max(due_at)::text FROM due) AS looked_to, r.sealed, e.status AS endpoint_status, e.secret_version, e.previous_until, e.zone
    FROM taken t LEFT JOIN notification_recipients r ON r.hash = t.recipient_hash LEFT JOIN notification_endpoints e ON e.id = t.endpoint_id
    ORDER BY t.id`.execute(db);
  return rows;
}

/** Gives back what was taken and not begun, such as by a worker that is stopped: as if it had not been taken. */
export async function release(tx: Tx, rows: readonly Pick<Claimed, 'id' | 'attempts'>[], now: Date): Promise<void> {
  const given = JSON.stringify(rows.map(({ id, attempts }) => ({ id, attempts })));
  await sql`
    UPDATE notification_logs l SET status = CASE WHEN l.attempts > 1 THEN 'retrying' ELSE 'pending' END, round_from = round_from + 1,
      claimed_by = NULL, next_retry_at = ${now}
    FROM jsonb_to_recordset(${given}::jsonb) AS g (id uuid, attempts integer)
    WHERE l.id = g.id AND l.attempts = g.attempts AND l.status = 'sending'`.execute(tx);
}

/** What one try came to. */
export interface AttemptRow {
  readonly notification_id: NotificationId;
  readonly attempt: number;
  readonly ordinal: number;
  readonly provider: string;
  readonly outcome: Outcome['kind'] | 'unknown';
  readonly status_code: number | null;
  readonly provider_message_id: string | null;
  readonly error: string | null;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly worker: string;
}

const INSERT_ATTEMPTS = (rows: readonly AttemptRow[]) => sql`
    INSERT INTO notification_attempts (notification_id, attempt, ordinal, provider, outcome, status_code, provider_message_id, error, started_at, duration_ms, worker)
    SELECT notification_id, attempt, ordinal, provider, outcome, status_code, provider_message_id, error, started_at, duration_ms, worker
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS t (notification_id uuid, attempt integer, ordinal smallint, provider text,
      outcome text, status_code integer, provider_message_id text, error text, started_at timestamptz, duration_ms integer, worker text)
    ON CONFLICT DO NOTHING`;

/** Tries that are known already stay as they are. */
export async function insertAttempts(tx: Tx, rows: readonly AttemptRow[]): Promise<void> {
  if (rows.length > 0) await INSERT_ATTEMPTS(rows).execute(tx);
}

/** What becomes of a notification after a try. */
export interface SettledRow {
  readonly id: NotificationId;
  /** The claim that it was: one that somebody else has claimed since is left alone. */
  readonly attempt: number;
  readonly status: 'sent' | 'delivered' | 'retrying' | 'dead' | 'suppressed';
  readonly next_retry_at: string | null;
  readonly provider: string | null;
  readonly provider_message_id: string | null;
  readonly error_message: string | null;
  readonly suppressed: string | null;
  readonly owner: string | null;
}

// The ids are said twice: of what JSON holds PostgreSQL expects 100 rows and reads the whole log for them. Which claim
// it was is one condition: of rows that are being sent it expects one, and compares each of 100 with each of 100.
const SETTLE = (rows: readonly SettledRow[], now: Date) => sql<{ id: NotificationId }>`
    UPDATE notification_logs l SET status = s.status, next_retry_at = s.next_retry_at, claimed_by = NULL,
      provider = coalesce(s.provider, l.provider), provider_message_id = coalesce(s.provider_message_id, l.provider_message_id),
      error_message = s.error_message, suppressed = coalesce(s.suppressed, l.suppressed), owner = coalesce(l.owner, s.owner),
      sent_at = CASE WHEN s.status IN ('sent', 'delivered') THEN ${now}::timestamptz ELSE l.sent_at END,
      delivered_at = CASE WHEN s.status = 'delivered' THEN ${now}::timestamptz ELSE l.delivered_at END
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS s (id uuid, attempt integer, status text, next_retry_at timestamptz,
      provider text, provider_message_id text, error_message text, suppressed text, owner text)
    WHERE l.id = s.id AND CASE WHEN l.status = 'sending' THEN l.attempts END = s.attempt AND l.id = ANY (${rows.map(({ id }) => id)}::uuid[])
    RETURNING l.id`;

/** @returns those that were settled by this */
export async function settle(tx: Tx, rows: readonly SettledRow[], now: Date): Promise<ReadonlySet<NotificationId>> {
  const { rows: done } = await SETTLE(rows, now).execute(tx);
  return new Set(done.map(({ id }) => id));
}

/** @param ids a query of those that do well */
const NOTE_WELL = (ids: RawBuilder<unknown>, now: Date) => sql`
    UPDATE notification_endpoints SET last_success_at = ${now}, failures = 0, failing_since = NULL
    WHERE id IN (
      SELECT id FROM notification_endpoints
      WHERE id IN (${ids})
        AND (failures > 0 OR last_success_at IS NULL OR last_success_at < ${now}::timestamptz - interval '1 minute')
      ORDER BY id FOR UPDATE)`;

/**
 * What providers have taken, with its tries and the health of its endpoints, in one statement that is a transaction of its own: between the answer of
 * a provider and this there is nothing at which a process could die and leave the message to be sent again.
 */
export async function settleTaken(
  db: Sql,
  rows: readonly SettledRow[],
  attempts: readonly AttemptRow[],
  heard: readonly { readonly id: NotificationId; readonly endpoint: EndpointId }[],
  now: Date,
): Promise<void> {
  await sql`
    WITH done AS (${SETTLE(rows, now)}), tried AS (${INSERT_ATTEMPTS(attempts)})
    ${NOTE_WELL(
      sql`SELECT h.endpoint FROM jsonb_to_recordset(${JSON.stringify(heard)}::jsonb) AS h (id uuid, endpoint uuid) JOIN done ON done.id = h.id`,
      now,
    )}`.execute(db);
}

export interface Health {
  readonly id: EndpointId;
  readonly ok: boolean;
  readonly error: string | null;
}

/**
 * Endpoints, in one order, so that two workers do not wait for each other. One that does well is written at most once a minute.
 * @returns those that have failed for too long, or want nothing more
 */
export async function noteHealth(
  tx: Tx,
  health: readonly Health[],
  now: Date,
  giveUpBefore: Date,
): Promise<readonly EndpointId[]> {
  const given: EndpointId[] = [];
  const well = health.filter(({ ok }) => ok).map(({ id }) => id);
  if (well.length > 0) {
    await NOTE_WELL(sql`SELECT jsonb_array_elements_text(${JSON.stringify(well)}::jsonb)::uuid`, now).execute(tx);
  }
  for (const { id, error } of health.filter(({ ok }) => !ok).sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { rows } = await sql<{ given_up: boolean }>`
      UPDATE notification_endpoints SET failures = failures + 1, failing_since = coalesce(failing_since, ${now}), last_error = ${error}
      WHERE id = ${id} AND deleted_at IS NULL
      RETURNING status = 'enabled' AND failing_since < ${giveUpBefore} AS given_up`.execute(tx);
    if (rows[0]?.given_up === true) given.push(id);
  }
  return given;
}

/** What a digest gathers. */
export async function digestItems(
  db: Sql,
  digestKey: string,
): Promise<readonly { readonly event: string; readonly message: string; readonly at: Date }[]> {
  const { rows } = await sql<{ event: string; message: string; at: Date }>`
    SELECT event_type AS event, message, created_at AS at FROM notification_logs
    WHERE digest_key = ${digestKey} ORDER BY created_at, id LIMIT 200`.execute(db);
  return rows;
}
