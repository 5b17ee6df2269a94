/** The SQL of endpoints and of addresses. */
import { type RawBuilder, sql } from 'kysely';
import type { Id } from '../../../kernel/ids.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { ChannelName } from '../channels/channel.ts';
import type { Locale } from '../templates/builtin.ts';
import type { Severity } from './rules.ts';

export type EndpointId = Id<'endpoint'>;

export interface EndpointRow {
  readonly id: EndpointId;
  readonly merchant_id: string | null;
  readonly team: string | null;
  readonly channel: ChannelName;
  readonly recipient_hash: Buffer;
  readonly label: string;
  readonly events: readonly string[];
  readonly min_severity: Severity;
  readonly locale: Locale;
  readonly zone: string;
  readonly quiet_from: number | null;
  readonly quiet_until: number | null;
  readonly digest: 'off' | 'hourly' | 'daily';
  readonly digest_at: number;
  readonly status: 'enabled' | 'disabled';
  readonly disabled_reason: string | null;
  readonly secret_version: number;
  readonly previous_until: Date | null;
  readonly failures: number;
  readonly failing_since: Date | null;
  readonly last_error: string | null;
  readonly last_success_at: Date | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly deleted_at: Date | null;
  /** Of its address. */
  readonly masked: string;
}

const ENDPOINTS = sql`SELECT e.*, r.masked FROM notification_endpoints e JOIN notification_recipients r ON r.hash = e.recipient_hash`;

export interface Recipient {
  readonly hash: Buffer;
  readonly channel: ChannelName;
  readonly masked: string;
  readonly sealed: Buffer;
}

/** An address that was forgotten and is given again is known again. */
export async function keepRecipient(tx: Tx, { hash, channel, masked, sealed }: Recipient, at: Date): Promise<void> {
  await sql`
    INSERT INTO notification_recipients (hash, channel, masked, sealed, created_at)
    VALUES (${hash}, ${channel}, ${masked}, ${sealed}, ${at})
    ON CONFLICT (hash) DO UPDATE SET sealed = excluded.sealed WHERE notification_recipients.sealed IS NULL`.execute(tx);
}

export async function findSealed(db: Sql | Tx, hash: Buffer): Promise<Buffer | undefined> {
  const { rows } = await sql<{ sealed: Buffer | null }>`
    SELECT sealed FROM notification_recipients WHERE hash = ${hash}`.execute(db);
  return rows[0]?.sealed ?? undefined;
}

export type NewEndpoint = Pick<
  EndpointRow,
  | 'id'
  | 'merchant_id'
  | 'team'
  | 'channel'
  | 'recipient_hash'
  | 'label'
  | 'events'
  | 'min_severity'
  | 'locale'
  | 'zone'
  | 'quiet_from'
  | 'quiet_until'
  | 'digest'
  | 'digest_at'
  | 'created_by'
  | 'created_at'
>;

/** @returns false where the owner has this address already */
export async function insertEndpoint(tx: Tx, row: NewEndpoint): Promise<boolean> {
  const { numAffectedRows } = await sql`
    INSERT INTO notification_endpoints (id, merchant_id, team, channel, recipient_hash, label, events, min_severity, locale, zone,
      quiet_from, quiet_until, digest, digest_at, status, created_by, created_at)
    VALUES (${row.id}, ${row.merchant_id}, ${row.team}, ${row.channel}, ${row.recipient_hash}, ${row.label}, ${textArray(row.events)},
      ${row.min_severity}, ${row.locale}, ${row.zone}, ${row.quiet_from}, ${row.quiet_until}, ${row.digest}, ${row.digest_at}, 'enabled',
      ${row.created_by}, ${row.created_at})
    ON CONFLICT (coalesce(merchant_id::text, team), channel, recipient_hash) WHERE deleted_at IS NULL DO NOTHING`.execute(
    tx,
  );
  return numAffectedRows === 1n;
}

const textArray = (values: readonly string[]): RawBuilder<string[]> =>
  sql`(SELECT coalesce(array_agg(v), '{}') FROM jsonb_array_elements_text(${JSON.stringify(values)}::jsonb) AS t(v))`;

export type Preferences = Partial<
  Pick<
    EndpointRow,
    'label' | 'events' | 'min_severity' | 'locale' | 'zone' | 'quiet_from' | 'quiet_until' | 'digest' | 'digest_at'
  >
>;

export async function updateEndpoint(tx: Tx, id: EndpointId, change: Preferences): Promise<void> {
  const keep = (name: keyof Preferences, type: string): RawBuilder<unknown> =>
    Object.hasOwn(change, name) ? sql`${change[name]}::${sql.raw(type)}` : sql.ref(name);
  await sql`
    UPDATE notification_endpoints SET label = ${keep('label', 'text')},
      events = ${change.events === undefined ? sql.ref('events') : textArray(change.events)},
      min_severity = ${keep('min_severity', 'text')}, locale = ${keep('locale', 'text')}, zone = ${keep('zone', 'text')},
      quiet_from = ${keep('quiet_from', 'smallint')}, quiet_until = ${keep('quiet_until', 'smallint')},
      digest = ${keep('digest', 'text')}, digest_at = ${keep('digest_at', 'smallint')}
    WHERE id = ${id} AND deleted_at IS NULL`.execute(tx);
}

export async function findEndpoint(db: Sql | Tx, id: EndpointId): Promise<EndpointRow | undefined> {
  const { rows } = await sql<EndpointRow>`${ENDPOINTS} WHERE e.id = ${id}`.execute(db);
  return rows[0];
}

export async function listEndpoints(
  db: Sql,
  { merchantId, team }: { readonly merchantId?: string | undefined; readonly team?: string | undefined },
): Promise<readonly EndpointRow[]> {
  const { rows } = await sql<EndpointRow>`${ENDPOINTS}
    WHERE e.deleted_at IS NULL AND (${merchantId ?? null}::uuid IS NULL OR e.merchant_id = ${merchantId ?? null}::uuid)
      AND (${team ?? null}::text IS NULL OR e.team = ${team ?? null})
    ORDER BY e.created_at, e.id LIMIT 1000`.execute(db);
  return rows;
}

/** Whom an event may concern: the merchant's endpoints, and those of the teams. */
export async function endpointsOf(
  db: Sql | Tx,
  merchantId: string | null,
  teams: readonly string[],
): Promise<readonly EndpointRow[]> {
  const { rows } = await sql<EndpointRow>`${ENDPOINTS}
    WHERE e.deleted_at IS NULL AND (e.merchant_id = ${merchantId}::uuid
      OR e.team IN (SELECT jsonb_array_elements_text(${JSON.stringify(teams)}::jsonb)))
    ORDER BY e.created_at, e.id`.execute(db);
  return rows;
}

export async function setStatus(tx: Tx, id: EndpointId, disabledReason: string | null): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE notification_endpoints SET status = ${disabledReason === null ? 'enabled' : 'disabled'}, disabled_reason = ${disabledReason},
      failures = 0, failing_since = NULL
    WHERE id = ${id} AND deleted_at IS NULL AND (status = 'enabled') = ${disabledReason !== null}`.execute(tx);
  return numAffectedRows === 1n;
}

export async function deleteEndpoint(tx: Tx, id: EndpointId, at: Date): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE notification_endpoints SET deleted_at = ${at}, status = 'disabled', disabled_reason = 'deleted', failures = 0, failing_since = NULL
    WHERE id = ${id} AND deleted_at IS NULL`.execute(tx);
  return numAffectedRows === 1n;
}

/** The next version signs from now on, the present one as well until then. */
export async function rotate(tx: Tx, id: EndpointId, previousUntil: Date): Promise<void> {
  await sql`
    UPDATE notification_endpoints SET secret_version = secret_version + 1, previous_until = ${previousUntil}
    WHERE id = ${id} AND deleted_at IS NULL`.execute(tx);
}

/** An address that no endpoint uses any more is forgotten; what the log says of it stays, masked. */
export async function forgetUnused(tx: Tx, hash: Buffer): Promise<void> {
  await sql`
    UPDATE notification_recipients SET sealed = NULL
    WHERE hash = ${hash} AND NOT EXISTS (SELECT FROM notification_endpoints WHERE recipient_hash = ${hash} AND deleted_at IS NULL)`.execute(
    tx,
  );
}

/** By chat: who may answer for a team. */
export async function teamOfRecipient(db: Sql, hash: Buffer): Promise<string | undefined> {
  const { rows } = await sql<{ team: string }>`
    SELECT team FROM notification_endpoints WHERE recipient_hash = ${hash} AND team IS NOT NULL AND deleted_at IS NULL LIMIT 1`.execute(
    db,
  );
  return rows[0]?.team;
}

export async function readProviderState(
  db: Sql,
  name: string,
): Promise<{ sealed: Buffer; expires_at: Date | null } | undefined> {
  const { rows } = await sql<{ sealed: Buffer; expires_at: Date | null }>`
    SELECT sealed, expires_at FROM notification_provider_state WHERE name = ${name}`.execute(db);
  return rows[0];
}

export async function writeProviderState(
  db: Sql,
  name: string,
  sealed: Buffer,
  expiresAt: Date | null,
  at: Date,
): Promise<void> {
  await sql`
    INSERT INTO notification_provider_state (name, sealed, expires_at, updated_at) VALUES (${name}, ${sealed}, ${expiresAt}, ${at})
    ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at, updated_at = excluded.updated_at`.execute(
    db,
  );
}

/** An act of a person that no table of its own records, in the transaction of the act. */
export async function recordOperation(tx: Tx, recordId: string, op: string, actor: string): Promise<void> {
  await sql`SELECT audit_capture('notification_operations', ${recordId}, ${op}, '{}'::jsonb, ${actor})`.execute(tx);
}

/** Who acts, for what the triggers of this transaction record. */
export async function actAs(tx: Tx, actor: string): Promise<void> {
  await sql`SELECT set_config('plumbline.actor', ${actor}, true)`.execute(tx);
}
