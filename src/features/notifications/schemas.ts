/** What the API says of notifications. */
import { z } from 'zod';
import { TIMESTAMP } from '../../platform/http-server/port.ts';
import { CHANNELS } from './channels/channel.ts';
import type { LoggedAttempt, LogRow } from './outbox/store-log.ts';
import type { EndpointRow } from './preferences/store.ts';

export const SEVERITY = z.enum(['info', 'warning', 'critical']);
export const LOCALE = z.enum(['vi', 'en']);
export const CHANNEL = z.enum(CHANNELS);
export const EVENT = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/, 'must be an event such as payment.completed');
export const TEAM = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower case letters, digits and -');
export const STATUSES = ['pending', 'sending', 'sent', 'delivered', 'retrying', 'dead', 'suppressed'] as const;

export const NOTIFICATION = z.object({
  id: z.uuid(),
  event: z.string(),
  severity: SEVERITY,
  channel: z.string(),
  recipient: z.string().describe('Masked'),
  status: z.enum(STATUSES).describe('sent: a provider has it; delivered: the receiver has it'),
  suppressed: z.string().nullable().describe('Why it is not sent'),
  merchant_id: z.uuid().nullable(),
  payment_id: z.uuid().nullable(),
  endpoint_id: z.uuid().nullable(),
  team: z.string().nullable(),
  incident_id: z.uuid().nullable(),
  message: z.string(),
  retry_count: z.int(),
  next_retry_at: TIMESTAMP.nullable(),
  provider: z.string().nullable(),
  provider_message_id: z.string().nullable(),
  error_message: z.string().nullable(),
  owner: z.string().nullable().describe('Of a dead letter'),
  test: z.boolean(),
  created_at: TIMESTAMP,
  sent_at: TIMESTAMP.nullable(),
  delivered_at: TIMESTAMP.nullable(),
});

export const ATTEMPT = z.object({
  attempt: z.int(),
  ordinal: z.int().describe('Providers that were tried in one attempt'),
  provider: z.string(),
  outcome: z.enum(['delivered', 'accepted', 'throttled', 'failed', 'refused', 'gone', 'unknown']),
  status_code: z.int().nullable(),
  provider_message_id: z.string().nullable(),
  error: z.string().nullable(),
  started_at: TIMESTAMP,
  duration_ms: z.int(),
});

const MINUTES = z.int().min(0).max(1439).describe('Minutes of the day in the zone');
export const QUIET = z.strictObject({ from: MINUTES, until: MINUTES });
export const PATTERN = z
  .string()
  .max(100)
  .regex(/^(\*|[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?)$/, 'must be an event, or a prefix such as payment.*');
export const PREFERENCES = {
  label: z.string().trim().min(1).max(100),
  events: z.array(PATTERN).min(1).max(50),
  min_severity: SEVERITY,
  locale: LOCALE,
  zone: z.string().max(60),
  quiet: QUIET.nullable(),
  digest: z.enum(['off', 'hourly', 'daily']),
  digest_at: MINUTES,
};

export const ENDPOINT = z.object({
  id: z.uuid(),
  merchant_id: z.uuid().nullable(),
  team: z.string().nullable(),
  channel: CHANNEL,
  address: z.string().describe('Masked'),
  ...PREFERENCES,
  status: z.enum(['enabled', 'disabled']),
  disabled_reason: z.string().nullable(),
  health: z.object({
    failures: z.int().describe('In a row'),
    failing_since: TIMESTAMP.nullable(),
    last_error: z.string().nullable(),
    last_success_at: TIMESTAMP.nullable(),
  }),
  secret_overlap_until: TIMESTAMP.nullable().describe('Until when the secret before this one signs as well'),
  created_by: z.string(),
  created_at: TIMESTAMP,
});

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

export const logToJson = (row: LogRow): z.input<typeof NOTIFICATION> => ({
  ...{
    id: row.id,
    event: row.event_type,
    severity: row.severity,
    channel: row.channel,
    recipient: row.recipient,
    status: row.status,
  },
  ...{
    suppressed: row.suppressed,
    merchant_id: row.merchant_id,
    payment_id: row.payment_id,
    endpoint_id: row.endpoint_id,
    team: row.team,
  },
  ...{
    incident_id: row.incident_id,
    message: row.message,
    retry_count: row.retry_count,
    next_retry_at: time(row.next_retry_at),
  },
  ...{
    provider: row.provider,
    provider_message_id: row.provider_message_id,
    error_message: row.error_message,
    owner: row.owner,
  },
  ...{
    test: row.is_test,
    created_at: row.created_at.toISOString(),
    sent_at: time(row.sent_at),
    delivered_at: time(row.delivered_at),
  },
});

export const attemptToJson = ({ started_at, outcome, ...row }: LoggedAttempt): z.input<typeof ATTEMPT> => ({
  ...{
    attempt: row.attempt,
    ordinal: row.ordinal,
    provider: row.provider,
    outcome: ATTEMPT.shape.outcome.parse(outcome),
  },
  ...{
    status_code: row.status_code,
    provider_message_id: row.provider_message_id,
    error: row.error,
    duration_ms: row.duration_ms,
  },
  started_at: started_at.toISOString(),
});

export const endpointToJson = (row: EndpointRow): z.input<typeof ENDPOINT> => ({
  ...{
    id: row.id,
    merchant_id: row.merchant_id,
    team: row.team,
    channel: row.channel,
    address: row.masked,
    label: row.label,
  },
  ...{
    events: [...row.events],
    min_severity: row.min_severity,
    locale: row.locale,
    zone: row.zone,
    digest: row.digest,
    digest_at: row.digest_at,
  },
  quiet: row.quiet_from === null || row.quiet_until === null ? null : { from: row.quiet_from, until: row.quiet_until },
  ...{
    status: row.status,
    disabled_reason: row.disabled_reason,
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
  },
  health: {
    failures: row.failures,
    failing_since: time(row.failing_since),
    last_error: row.last_error,
    last_success_at: time(row.last_success_at),
  },
  secret_overlap_until: time(row.previous_until),
});
