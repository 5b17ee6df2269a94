/** All the SQL of incidents. */
import { sql } from 'kysely';
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import type { Id } from '../../kernel/ids.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';

export type IncidentId = Id<'incident'>;
export type SilenceId = Id<'silence'>;
export type Severity = 'info' | 'warning' | 'critical';
export type IncidentStatus = 'open' | 'acknowledged' | 'resolved';

export interface IncidentRow {
  readonly id: IncidentId;
  readonly fingerprint: string;
  readonly event_type: string;
  readonly scope: { readonly [field: string]: Json };
  readonly severity: Severity;
  readonly status: IncidentStatus;
  readonly title: string;
  readonly payload: Json;
  readonly count: bigint;
  readonly opened_at: Date;
  readonly last_seen_at: Date;
  readonly as_of: Date | null;
  readonly group_key: string;
  readonly stepping_from: Date;
  readonly step: number;
  readonly next_page_at: Date | null;
  readonly pages: number;
  readonly inhibited_by: IncidentId | null;
  readonly acknowledged_at: Date | null;
  readonly acknowledged_by: string | null;
  readonly resolved_at: Date | null;
  readonly resolved_by: string | null;
  readonly resolution: string | null;
}

export type EventKind =
  | 'opened'
  | 'reopened'
  | 'paged'
  | 'unheard'
  | 'acknowledged'
  | 'acknowledgement_expired'
  | 'noted'
  | 'inhibited'
  | 'released'
  | 'silenced'
  | 'resolved';

export interface EventRow {
  readonly id: string;
  readonly incident_id: IncidentId;
  readonly at: Date;
  readonly kind: EventKind;
  readonly subject: string;
  readonly text: string;
  readonly step: number | null;
}

/** One at a time for each fingerprint; ends with the transaction. */
export async function lockFingerprint(tx: Tx, fingerprint: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`incident/${fingerprint}`}, 0))`.execute(tx);
}

/** The live one, held; else the one that ended after the instant. */
export async function findKnown(tx: Tx, fingerprint: string, endedAfter: Date): Promise<IncidentRow | undefined> {
  const { rows } = await sql<IncidentRow>`
    SELECT * FROM incidents WHERE fingerprint = ${fingerprint} AND (status <> 'resolved' OR resolved_at > ${endedAfter})
    ORDER BY (status <> 'resolved') DESC, resolved_at DESC LIMIT 1 FOR NO KEY UPDATE`.execute(tx);
  return rows[0];
}

export type NewIncident = Pick<
  IncidentRow,
  | 'id'
  | 'fingerprint'
  | 'event_type'
  | 'scope'
  | 'severity'
  | 'title'
  | 'payload'
  | 'opened_at'
  | 'group_key'
  | 'next_page_at'
  | 'inhibited_by'
>;

export async function insertIncident(tx: Tx, row: NewIncident): Promise<IncidentRow> {
  const { rows } = await sql<IncidentRow>`
    INSERT INTO incidents (id, fingerprint, event_type, scope, severity, status, title, payload, count, opened_at, last_seen_at, group_key,
      stepping_from, next_page_at, inhibited_by)
    VALUES (${row.id}, ${row.fingerprint}, ${row.event_type}, ${canonicalJson(row.scope)}::jsonb, ${row.severity}, 'open', ${row.title},
      ${canonicalJson(row.payload)}::jsonb, 1, ${row.opened_at}, ${row.opened_at}, ${row.group_key}, ${row.opened_at}, ${row.next_page_at},
      ${row.inhibited_by})
    RETURNING *`.execute(tx);
  return one(rows);
}

/** A further fact of a live one. A louder one makes it as loud. */
export async function seenAgain(tx: Tx, id: IncidentId, { title, payload, severity, at }: Seen): Promise<IncidentRow> {
  const { rows } = await sql<IncidentRow>`
    UPDATE incidents SET count = count + 1, last_seen_at = greatest(last_seen_at, ${at}), title = ${title}, payload = ${canonicalJson(payload)}::jsonb,
      severity = CASE WHEN severity = 'critical' OR ${severity} = 'critical' THEN 'critical' WHEN severity = 'warning' OR ${severity} = 'warning' THEN 'warning' ELSE 'info' END
    WHERE id = ${id} RETURNING *`.execute(tx);
  return one(rows);
}

export interface Seen {
  readonly title: string;
  readonly payload: Json;
  readonly severity: Severity;
  readonly at: Date;
}

/** It has come back before it was really over. */
export async function reopen(
  tx: Tx,
  id: IncidentId,
  { title, payload, severity, at }: Seen,
  more: { readonly nextPageAt: Date | null; readonly inhibitedBy: IncidentId | null },
): Promise<IncidentRow> {
  const { rows } = await sql<IncidentRow>`
    UPDATE incidents SET status = 'open', count = count + 1, last_seen_at = ${at}, title = ${title}, payload = ${canonicalJson(payload)}::jsonb,
      severity = ${severity}, stepping_from = ${at}, step = -1, next_page_at = ${more.nextPageAt}, inhibited_by = ${more.inhibitedBy},
      resolved_at = NULL, resolved_by = NULL, resolution = NULL, acknowledged_at = NULL, acknowledged_by = NULL
    WHERE id = ${id} RETURNING *`.execute(tx);
  return one(rows);
}

/** A live incident of one of these events; the oldest. */
export async function findLive(tx: Tx, events: readonly string[]): Promise<IncidentId | undefined> {
  if (events.length === 0) return undefined;
  const { rows } = await sql<{ id: IncidentId }>`
    SELECT id FROM incidents WHERE status <> 'resolved' AND event_type IN (SELECT jsonb_array_elements_text(${JSON.stringify(events)}::jsonb))
    ORDER BY opened_at LIMIT 1`.execute(tx);
  return rows[0]?.id;
}

export async function isLive(db: Sql, fingerprint: string): Promise<boolean> {
  const { rows } = await sql<{ live: boolean }>`
    SELECT EXISTS (SELECT FROM incidents WHERE fingerprint = ${fingerprint} AND status <> 'resolved') AS live`.execute(
    db,
  );
  return rows[0]?.live === true;
}

/** Live ones of a fingerprint, held. */
export async function lockLive(tx: Tx, fingerprint: string): Promise<IncidentRow | undefined> {
  const { rows } = await sql<IncidentRow>`
    SELECT * FROM incidents WHERE fingerprint = ${fingerprint} AND status <> 'resolved' FOR NO KEY UPDATE`.execute(tx);
  return rows[0];
}

export async function lockIncident(tx: Tx, id: IncidentId): Promise<IncidentRow | undefined> {
  const { rows } = await sql<IncidentRow>`SELECT * FROM incidents WHERE id = ${id} FOR NO KEY UPDATE`.execute(tx);
  return rows[0];
}

export async function noteAsOf(tx: Tx, fingerprint: string, asOf: Date): Promise<void> {
  await sql`
    UPDATE incidents SET as_of = greatest(as_of, ${asOf}::timestamptz) WHERE fingerprint = ${fingerprint} AND status <> 'resolved'`.execute(
    tx,
  );
}

export async function setAcknowledged(
  tx: Tx,
  id: IncidentId,
  subject: string,
  at: Date,
  againAt: Date | null,
): Promise<void> {
  await sql`
    UPDATE incidents SET status = 'acknowledged', acknowledged_at = ${at}, acknowledged_by = ${subject}, next_page_at = ${againAt}
    WHERE id = ${id}`.execute(tx);
}

export async function setResolved(
  tx: Tx,
  id: IncidentId,
  subject: string,
  at: Date,
  resolution: string,
): Promise<void> {
  await sql`
    UPDATE incidents SET status = 'resolved', resolved_at = ${at}, resolved_by = ${subject}, resolution = ${resolution}, next_page_at = NULL
    WHERE id = ${id}`.execute(tx);
}

/** Children that were muted by it are loud again. @returns theirs */
export async function releaseInhibited(tx: Tx, by: IncidentId, at: Date): Promise<readonly IncidentId[]> {
  const { rows } = await sql<{ id: IncidentId }>`
    UPDATE incidents SET inhibited_by = NULL, next_page_at = CASE WHEN status = 'open' THEN ${at}::timestamptz ELSE next_page_at END,
      stepping_from = CASE WHEN status = 'open' THEN ${at}::timestamptz ELSE stepping_from END
    WHERE inhibited_by = ${by} AND status <> 'resolved' RETURNING id`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Open ones of other events that this one mutes from now on. */
export async function inhibit(
  tx: Tx,
  by: IncidentId,
  eventPrefixes: readonly string[],
): Promise<readonly IncidentId[]> {
  const { rows } = await sql<{ id: IncidentId }>`
    UPDATE incidents SET inhibited_by = ${by}, next_page_at = NULL
    WHERE id IN (
      SELECT i.id FROM incidents i, jsonb_array_elements_text(${JSON.stringify(eventPrefixes)}::jsonb) AS t (pattern)
      WHERE i.status = 'open' AND i.inhibited_by IS NULL AND i.id <> ${by}
        AND (pattern = '*' OR pattern = i.event_type OR (pattern LIKE '%.*' AND starts_with(i.event_type, left(pattern, -1))))
      FOR NO KEY UPDATE OF i SKIP LOCKED
    ) RETURNING id`.execute(tx);
  return rows.map(({ id }) => id);
}

/** One whose time has come, held; whoever else looks passes it over. */
export async function takeDue(tx: Tx, now: Date): Promise<IncidentRow | undefined> {
  const { rows } = await sql<IncidentRow>`
    SELECT * FROM incidents WHERE next_page_at <= ${now} AND status <> 'resolved'
    ORDER BY severity = 'critical' DESC, next_page_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`.execute(tx);
  return rows[0];
}

/** Others of its group that nobody has been told of yet, held. */
export async function takeGroup(tx: Tx, groupKey: string, except: IncidentId): Promise<readonly IncidentRow[]> {
  const { rows } = await sql<IncidentRow>`
    SELECT * FROM incidents WHERE group_key = ${groupKey} AND id <> ${except} AND status = 'open' AND step = -1 AND next_page_at IS NOT NULL
    ORDER BY opened_at LIMIT 50 FOR NO KEY UPDATE SKIP LOCKED`.execute(tx);
  return rows;
}

export async function setPaged(
  tx: Tx,
  id: IncidentId,
  { step, nextPageAt }: { readonly step: number; readonly nextPageAt: Date | null },
): Promise<void> {
  await sql`UPDATE incidents SET step = ${step}, pages = pages + 1, next_page_at = ${nextPageAt} WHERE id = ${id}`.execute(
    tx,
  );
}

export async function setNextPage(tx: Tx, id: IncidentId, at: Date | null): Promise<void> {
  await sql`UPDATE incidents SET next_page_at = ${at} WHERE id = ${id}`.execute(tx);
}

/** An acknowledgement that has lasted long enough: it is open again, from its first step. */
export async function setLoudAgain(tx: Tx, id: IncidentId, at: Date): Promise<void> {
  await sql`
    UPDATE incidents SET status = 'open', stepping_from = ${at}, step = -1, next_page_at = ${at} WHERE id = ${id}`.execute(
    tx,
  );
}

/** Live ones that were not seen since, of an event that ends by itself; held. */
export async function takeQuiet(tx: Tx, event: string, seenBefore: Date): Promise<IncidentRow | undefined> {
  const { rows } = await sql<IncidentRow>`
    SELECT * FROM incidents WHERE event_type = ${event} AND status <> 'resolved' AND last_seen_at < ${seenBefore}
    ORDER BY last_seen_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`.execute(tx);
  return rows[0];
}

export async function insertEvent(tx: Tx, row: EventRow): Promise<void> {
  await sql`
    INSERT INTO incident_events (id, incident_id, at, kind, subject, text, step)
    VALUES (${row.id}, ${row.incident_id}, ${row.at}, ${row.kind}, ${row.subject}, ${row.text}, ${row.step})`.execute(
    tx,
  );
}

export async function findIncident(db: Sql, id: IncidentId): Promise<IncidentRow | undefined> {
  const { rows } = await sql<IncidentRow>`SELECT * FROM incidents WHERE id = ${id}`.execute(db);
  return rows[0];
}

export async function timeline(db: Sql, id: IncidentId): Promise<readonly EventRow[]> {
  const { rows } =
    await sql<EventRow>`SELECT * FROM incident_events WHERE incident_id = ${id} ORDER BY seq LIMIT 2000`.execute(db);
  return rows;
}

export interface ListRequest {
  readonly limit: number;
  readonly status?: 'live' | IncidentStatus | undefined;
  readonly before?: { readonly at: Date; readonly id: string } | undefined;
}

export async function listIncidents(db: Sql, { limit, status, before }: ListRequest): Promise<readonly IncidentRow[]> {
  const of = status === undefined ? sql`true` : status === 'live' ? sql`status <> 'resolved'` : sql`status = ${status}`;
  const { rows } = await sql<IncidentRow>`
    SELECT * FROM incidents WHERE ${of} AND (${before === undefined} OR (opened_at, id) < (${before?.at ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    ORDER BY opened_at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

export interface SilenceRow {
  readonly id: SilenceId;
  readonly event: string;
  readonly scope: { readonly [field: string]: Json };
  readonly reason: string;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly created_by: string;
  readonly created_at: Date;
  readonly ended_by: string | null;
  readonly ended_at: Date | null;
}

export async function insertSilence(tx: Tx, row: Omit<SilenceRow, 'ended_by' | 'ended_at'>): Promise<void> {
  await sql`
    INSERT INTO incident_silences (id, event, scope, reason, starts_at, ends_at, created_by, created_at)
    VALUES (${row.id}, ${row.event}, ${canonicalJson(row.scope)}::jsonb, ${row.reason}, ${row.starts_at}, ${row.ends_at}, ${row.created_by}, ${row.created_at})`.execute(
    tx,
  );
}

export async function endSilence(tx: Tx, id: SilenceId, subject: string, at: Date): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE incident_silences SET ended_by = ${subject}, ended_at = ${at} WHERE id = ${id} AND ended_at IS NULL AND ends_at > ${at}`.execute(
    tx,
  );
  return numAffectedRows === 1n;
}

export async function listSilences(db: Sql, now: Date | undefined): Promise<readonly SilenceRow[]> {
  const { rows } = await sql<SilenceRow>`
    SELECT * FROM incident_silences WHERE ${now === undefined} OR (ended_at IS NULL AND ends_at > ${now ?? null}::timestamptz)
    ORDER BY created_at DESC, id DESC LIMIT 200`.execute(db);
  return rows;
}

/** The one in force that lasts longest; undefined: it may be told. */
export async function silenceOf(tx: Tx, row: IncidentRow, now: Date): Promise<SilenceRow | undefined> {
  const { rows } = await sql<SilenceRow>`
    SELECT * FROM incident_silences
    WHERE ended_at IS NULL AND starts_at <= ${now} AND ends_at > ${now} AND ${canonicalJson(row.scope)}::jsonb @> scope
      AND (event = '*' OR event = ${row.event_type} OR (event LIKE '%.*' AND starts_with(${row.event_type}, left(event, -1))))
    ORDER BY ends_at DESC LIMIT 1`.execute(tx);
  return rows[0];
}

/** What waits for the end of this silence is looked at now. */
export async function wake(tx: Tx, id: SilenceId, now: Date): Promise<void> {
  await sql`
    UPDATE incidents SET next_page_at = ${now}
    WHERE status = 'open' AND next_page_at = (SELECT ends_at FROM incident_silences WHERE id = ${id})`.execute(tx);
}

export interface Count {
  readonly severity: Severity;
  readonly status: IncidentStatus;
  readonly count: number;
  /** Of these, beyond their first step. */
  readonly escalated: number;
}

/** Of those that have not ended. */
export async function counts(db: Sql): Promise<readonly Count[]> {
  const { rows } = await sql<Count>`
    SELECT severity, status, count(*)::int AS count, (count(*) FILTER (WHERE step > 0))::int AS escalated FROM incidents WHERE status <> 'resolved' GROUP BY severity, status`.execute(
    db,
  );
  return rows;
}

/** Whether or not it has ended. */
export async function lastOpenedAt(db: Sql): Promise<Date | undefined> {
  const { rows } = await sql<{
    opened_at: Date;
  }>`SELECT opened_at FROM incidents ORDER BY opened_at DESC LIMIT 1`.execute(db);
  return rows[0]?.opened_at;
}

export async function actAs(tx: Tx, actor: string): Promise<void> {
  await sql`SELECT set_config('plumbline.actor', ${actor}, true)`.execute(tx);
}

function one(rows: readonly IncidentRow[]): IncidentRow {
  const [row] = rows;
  if (row === undefined) throw new Error('an incident was written and did not come back');
  return row;
}
