/** Every operation of notifications and incidents once, for whoever holds answers against their schemas. */
import { sql } from 'kysely';
import type { Db } from '../../src/platform/db/port.ts';

interface Caller {
  readonly act: (path: string, body: unknown) => Promise<unknown>;
  readonly get: (path: string) => Promise<{ readonly status: number; readonly body: unknown }>;
}

type WithId = { readonly id: string };

/** @returns the paths that were read and did not answer with 200 */
export async function askAllOfNotifications({ act, get }: Caller, db: Db): Promise<readonly string[]> {
  const merchant_id = '01939e4e-7cb2-7c00-8000-00000000000a';
  const endpoint = (await act('/v1/notification-endpoints', {
    ...{ merchant_id, channel: 'webhook', address: 'https://hooks.example.com/x', label: 'x' },
  })) as WithId;
  const at = `/v1/notification-endpoints/${endpoint.id}`;
  await act(`${at}/preferences`, { digest: 'off', quiet: { from: 0, until: 60 } });
  await act(`${at}/disable`, { reason: 'to see what is answered' });
  await act(`${at}/enable`, {});
  await act(`${at}/test`, {});
  await act(`${at}/secret`, {});
  await act(`${at}/rotate`, { overlap_hours: 1 });
  const { data } = (await act('/v1/notifications', {
    ...{ key: 'schemas', event: 'payment.completed', message: 'Paid', merchant_id },
  })) as { data: WithId[] };
  const one = `/v1/notifications/${data[0]?.id}`;
  await act(`${one}/resend`, {});
  await act(`${one}/reveal`, { reason: 'to see what is answered' });
  // As a worker leaves it that has given it up.
  await sql`UPDATE notification_logs SET status = 'sending', attempts = 1 WHERE id = ${data[0]?.id}`.execute(db.sql);
  await sql`UPDATE notification_logs SET status = 'dead', next_retry_at = NULL WHERE id = ${data[0]?.id}`.execute(
    db.sql,
  );
  await act(`${one}/owner`, { owner: 'ann' });
  await act(`${one}/redrive`, {});
  await act(`${at}/recover`, { since: '2026-01-01T00:00:00Z' });
  await act('/v1/notification-receipts', { channel: 'sms', provider_message_id: 'x', delivered: true });
  const text = { event: 'payment.completed', locale: 'en', subject: 's', body: '{{ message }}' };
  await act('/v1/notification-templates', text);
  await act('/v1/notification-templates/preview', { event: 'payment.completed', locale: 'en' });
  const silence = (await act('/v1/incident-silences', { event: 'rates.*', minutes: 5, reason: 'to see' })) as WithId;
  await act(`/v1/incident-silences/${silence.id}/end`, {});
  const incidents = (await get('/v1/incidents?status=live')).body as { data: WithId[] };
  const incident = `/v1/incidents/${incidents.data[0]?.id}`;
  await act(`${incident}/notes`, { text: 'to see what is answered' });
  await act(`${incident}/acknowledge`, {});
  await act(`${incident}/resolve`, { reason: 'to see what is answered' });
  const reads = [
    ...[
      '/v1/notification-endpoints',
      at,
      '/v1/notifications',
      one,
      '/v1/notification-channels',
      '/v1/notification-templates',
    ],
    ...['/v1/incidents', incident, '/v1/incident-silences', '/v1/incident-catalogue'],
  ];
  const wrong: string[] = [];
  for (const path of reads) if ((await get(path)).status !== 200) wrong.push(path);
  await act(`${at}/delete`, {});
  return wrong;
}
