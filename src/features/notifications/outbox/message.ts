/** From a row of the outbox to what is sent: the same bytes at every try, as long as its template stays. */
import { formatInZone } from '../../../kernel/business-date.ts';
import type { Json } from '../../../kernel/canonical.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { Outgoing } from '../channels/channel.ts';
import { DIGEST_EVENT } from '../templates/builtin.ts';
import type { Said, Templates } from '../templates/templates.ts';
import { type Claimed, digestItems } from './store.ts';

export async function compose(
  {
    db,
    clock,
    templates,
    prefix = '',
  }: { readonly db: Db; readonly clock: Clock; readonly templates: Templates; readonly prefix?: string },
  row: Claimed,
  address: string,
): Promise<Outgoing> {
  const { data, incident } = partsOf(row.payload);
  const zone = row.zone ?? 'UTC';
  const time = formatInZone(row.created_at.getTime(), zone);
  const items = row.event_type === DIGEST_EVENT ? await digestItems(db.sql, row.event_key) : [];
  const said: Said = {
    ...{ event: row.event_type, severity: row.severity, message: row.message, data, incident, time },
    items: items.map(({ event, message, at }) => ({ event, message, time: formatInZone(at.getTime(), zone) })),
  };
  const isWebhook = row.channel === 'webhook';
  const rendered = isWebhook
    ? { subject: '', text: '', html: undefined }
    : await templates.say({ event: row.event_type, locale: row.locale, channel: row.channel }, said);
  return {
    ...{ messageId: row.message_id, event: row.event_type, severity: row.severity, address },
    ...{
      subject: `${prefix}${row.is_test ? '[test] ' : ''}${rendered.subject}`,
      text: `${prefix}${rendered.text}`,
      html: rendered.html,
    },
    body: isWebhook ? bodyOf(row, data) : '',
    signing: signingOf(row, clock.now()),
    incidentId: row.incident_id ?? undefined,
  };
}

/** Thin, as Standard Webhooks advises: what happened, and where the rest is. */
const bodyOf = (row: Claimed, data: Json): string =>
  JSON.stringify({
    type: row.event_type,
    timestamp: row.created_at.toISOString(),
    data: {
      notification_id: row.id,
      severity: row.severity,
      message: row.message,
      incident_id: row.incident_id,
      test: row.is_test,
      ...objectOf(data),
    },
  });

function signingOf({ endpoint_id, secret_version, previous_until }: Claimed, now: number): Outgoing['signing'] {
  if (endpoint_id === null || secret_version === null) return undefined;
  const overlaps = previous_until !== null && previous_until.getTime() > now && secret_version > 1;
  return { endpointId: endpoint_id, versions: overlaps ? [secret_version, secret_version - 1] : [secret_version] };
}

function partsOf(payload: Json): { readonly data: Json; readonly incident: Said['incident'] } {
  const { data = null, incident = null } = objectOf(payload);
  const { id, count, opened_at } = objectOf(incident);
  const known = typeof id === 'string' && typeof count === 'string' && typeof opened_at === 'string';
  return { data, incident: known ? { id, count, opened_at } : null };
}

const objectOf = (value: Json): { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !isArray(value) ? value : {};

/** `Array.isArray` does not narrow readonly arrays. */
const isArray = (value: readonly Json[] | { readonly [key: string]: Json }): value is readonly Json[] =>
  Array.isArray(value);
