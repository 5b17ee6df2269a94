/** From a deficit to the phone and back, by the whole service: API, command line, a real receiver, a real chat. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/platform/db/port.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { bookFile } from '../support/book-file.ts';
import { sharedPglite } from '../support/pglite.ts';
import { plumbline } from '../support/program.ts';
import { twoSided } from '../support/reconciliation.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const PHONE = '+84912345670';
const CHAT = '-1009998887776';
const TOKEN = `123456:${randomBytes(16).toString('hex')}`;
const SMTP_PASSWORD = randomBytes(12).toString('hex');
const SMS_KEY = randomBytes(12).toString('hex');

const several = <T>(count: number, make: (nth: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, nth) => make(nth));
/** Forty that nobody may find again: of the settings, and what tells one recipient from another. */
const PLANTED = {
  settings: [TOKEN, SMTP_PASSWORD, 'planted-mailer', SMS_KEY],
  phones: several(10, (nth) => `8490555001${nth}`),
  mailboxes: several(8, (nth) => `planted.person.${nth}`),
  chats: several(8, (nth) => `-100555000000${nth}`),
  tokens: several(6, (nth) => `planted-token-${nth}`),
  paths: several(4, (nth) => `T0PLANTED/B${nth}/XplantedX${nth}`),
};

let db: Db;
let service: TestApp;
let receiver: WebhookReceiver;
let echo: { readonly url: string; close(): Promise<void> };
let telegram: {
  url: string;
  sent: { chat_id: string; text: string; reply_markup?: { inline_keyboard: { callback_data: string }[][] } }[];
  press(data: string): void;
  close(): Promise<void>;
};

async function startTelegram(): Promise<typeof telegram> {
  const sent: (typeof telegram)['sent'] = [];
  const updates: { update_id: number; callback_query: object }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const given = JSON.parse(body) as { offset?: number; chat_id: string; text: string };
      if (PLANTED.chats.includes(given.chat_id)) {
        response
          .writeHead(400)
          .end(JSON.stringify({ ok: false, error_code: 400, description: `${request.url}: ${body}` }));
        return;
      }
      if (request.url?.endsWith('/sendMessage')) sent.push(given);
      const result = request.url?.endsWith('/getUpdates')
        ? updates.filter(({ update_id }) => update_id >= (given.offset ?? 0))
        : { message_id: sent.length };
      response.end(JSON.stringify({ ok: true, result }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    ...{ url: `http://127.0.0.1:${port}`, sent },
    press: (data) =>
      updates.push({
        update_id: updates.length + 1,
        callback_query: { id: 'q', from: { id: 7 }, message: { chat: { id: Number(CHAT) } }, data },
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Fails, and repeats what it was told. */
async function startEcho(): Promise<typeof echo> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => response.writeHead(500).end(`${request.url} ${JSON.stringify(request.headers)} ${body}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

beforeAll(async () => {
  db = await sharedPglite('migrated');
  echo = await startEcho();
  telegram = await startTelegram();
  receiver = await startReceiver();
  service = await startApp({
    db,
    warm: false,
    env: {
      RECONCILIATION_BOOK: bookFile(twoSided('1', '5000')),
      ...{ NOTIFY_TELEGRAM_URL: telegram.url, NOTIFY_TELEGRAM_TOKEN: TOKEN, NOTIFY_WEBHOOK_NETWORKS: '127.0.0.0/8' },
      NOTIFY_SMS_PROVIDERS: JSON.stringify([
        {
          name: 'gateway',
          url: `${receiver.url}/sms`,
          form: 'form',
          body: 'to={to}&text={text}',
          headers: { authorization: `Bearer ${SMS_KEY}` },
        },
      ]),
      NOTIFY_SLACK_ORIGIN: echo.url,
      NOTIFY_SMTP_URL: `smtp://planted-mailer:${SMTP_PASSWORD}@127.0.0.1:1`,
    },
  });
  await endpoint({ team: 'on-call', channel: 'telegram', address: CHAT });
  await service.app.startWorker();
});
afterAll(async () => {
  await service.close();
  await receiver.close();
  await telegram.close();
  await echo.close();
  await db.close();
});

const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(50);
  }
  throw new Error('it did not happen');
};
const bodyOf = async (path: string): Promise<{ data: Record<string, unknown>[] }> =>
  (await service.request(path)).body as never;
const endpoint = async (body: object) =>
  (await service.post('/v1/notification-endpoints', { label: 'test', locale: 'en', ...body })).body as {
    id: string;
    address: string;
  };

test('a deficit pages a chat once, and the button under the page acknowledges', async () => {
  const made = await service.post('/v1/reconciliations', {});
  expect(made.body).toMatchObject({ status: 'deficit', alert_triggered: true });
  const page = await until(async () => telegram.sent.find(({ text }) => text.includes('deficit')));
  expect(page).toMatchObject({ chat_id: CHAT, text: expect.stringContaining('assets less liabilities is -4999.00') });
  await service.post('/v1/reconciliations', { again: true });
  const [incident, ...others] = (await bodyOf('/v1/incidents')).data.filter(
    ({ event }) => event === 'solvency.deficit',
  );
  expect(incident).toMatchObject({ status: 'open', severity: 'critical', pages: 1, scope: { book: 'test' } });
  expect(Number(incident?.count)).toBeGreaterThan(1);
  expect(others).toEqual([]);
  telegram.press(page.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? '');
  const seen = await until(async () => {
    const body = (await service.request(`/v1/incidents/${incident?.id}`)).body as { status: string };
    return body.status === 'acknowledged' ? body : undefined;
  });
  expect(seen).toMatchObject({
    acknowledged_by: 'telegram:7',
    timeline: [{ kind: 'opened' }, { kind: 'paged' }, { kind: 'acknowledged', subject: 'telegram:7' }],
  });
  const shown = await plumbline(['incidents', 'show', String(incident?.id)], {
    PLUMBLINE_URL: service.url,
    PLUMBLINE_API_KEY: service.key('incidents:read'),
  });
  expect(shown.stderr).toBe('');
  expect(shown.stdout).toContain('acknowledged  telegram:7');
});

test('a merchant is told by a webhook that the public library verifies; the same key tells nobody twice', async () => {
  const merchant_id = '01939e4e-7cb2-7c00-8000-000000000001';
  const { id } = await endpoint({ merchant_id, channel: 'webhook', address: `${receiver.url}?token=T0PS3CRET` });
  const { secret } = (await service.post(`/v1/notification-endpoints/${id}/secret`, {})).body as { secret: string };
  const event = {
    key: 'payment/1',
    event: 'payment.completed',
    message: 'Paid',
    data: { amount: '1000.00' },
    merchant_id,
  };
  expect((await service.post('/v1/notifications', event)).body).toMatchObject({
    data: [{ channel: 'webhook', status: 'pending' }],
    known: 0,
  });
  expect((await service.post('/v1/notifications', event)).body).toMatchObject({ data: [], known: 1 });
  const [log] = await until(async () => {
    const { data } = await bodyOf(`/v1/notifications?merchant_id=${merchant_id}`);
    return data[0]?.status === 'delivered' ? data : undefined;
  });
  const { headers, body } = receiver.received[0] ?? { headers: {}, body: '' };
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  expect(new Webhook(secret).verify(body, given)).toMatchObject({
    type: 'payment.completed',
    data: { amount: '1000.00', notification_id: log?.id },
  });
  expect(given['webhook-id']).toBe(log?.id);
  const one = await service.request(`/v1/notifications/${log?.id}`);
  expect(one.body).toMatchObject({
    status: 'delivered',
    attempts: [{ attempt: 1, outcome: 'delivered', status_code: 204 }],
  });
  const listed = await plumbline(['notifications', 'list', '--status', 'delivered'], {
    PLUMBLINE_URL: service.url,
    PLUMBLINE_API_KEY: service.key('notifications:read'),
  });
  expect(listed.stdout).toContain('payment.completed');
  const revealed = await service.post(`/v1/notifications/${log?.id}/reveal`, { reason: 'the merchant asks' });
  expect(revealed.body).toEqual({ address: `${receiver.url}?token=T0PS3CRET` });
});

test.each([
  [
    'an unknown channel',
    '/v1/notification-endpoints',
    { team: 'ops', channel: 'pigeon', address: 'x', label: 'x' },
    422,
    undefined,
  ],
  [
    'a channel that is off',
    '/v1/notification-endpoints',
    { team: 'ops', channel: 'zalo', address: PHONE, label: 'x' },
    409,
    'notifications.channel_off',
  ],
  [
    'a private webhook',
    '/v1/notification-endpoints',
    { team: 'ops', channel: 'webhook', address: 'http://10.0.0.1/hook', label: 'x' },
    422,
    'notifications.address_malformed',
  ],
  [
    'a phone that is not E.164',
    '/v1/notification-endpoints',
    { team: 'ops', channel: 'sms', address: '0901234567', label: 'x' },
    422,
    'notifications.address_malformed',
  ],
  [
    'an owner too many',
    '/v1/notification-endpoints',
    { team: 'ops', merchant_id: '01939e4e-7cb2-7c00-8000-000000000001', channel: 'sms', address: PHONE, label: 'x' },
    422,
    'notifications.owner',
  ],
  [
    'an event that is none',
    '/v1/notifications',
    { key: 'k', event: 'Payment', message: 'm', teams: ['ops'] },
    422,
    undefined,
  ],
  [
    'nobody to tell',
    '/v1/notifications',
    { key: 'k', event: 'payment.completed', message: 'm' },
    422,
    'notifications.nobody',
  ],
  [
    'a template with an unknown variable',
    '/v1/notification-templates',
    { event: 'payment.completed', locale: 'vi', subject: 's', body: '{{ data.nothing }}' },
    422,
    'notifications.template_invalid',
  ],
  [
    'a template that reads a file',
    '/v1/notification-templates',
    { event: '*', locale: 'vi', subject: 's', body: "{% include '/etc/passwd' %}" },
    422,
    'notifications.template_invalid',
  ],
  [
    'an incident that is none',
    '/v1/incidents/01939e4e-7cb2-7c00-8000-000000000009/acknowledge',
    {},
    404,
    'incidents.unknown',
  ],
  [
    'a deficit to be silent',
    '/v1/incident-silences',
    { event: 'solvency.deficit', minutes: 5, reason: 'quiet' },
    422,
    'incidents.never_silent',
  ],
])('%s is refused', async (_what, path, body, status, code) => {
  const answer = await service.post(path, body);
  expect(answer.status).toBe(status);
  if (code !== undefined) expect(answer.body).toMatchObject({ code });
  expect(answer.text).not.toContain(PHONE);
});

test('a key without the scope is refused', async () => {
  const answer = await service.request('/v1/notifications', {
    headers: { authorization: `Bearer ${service.key('rates:read')}` },
  });
  expect(answer).toMatchObject({ status: 403, body: { code: 'access.scope_missing' } });
});

test('templates are previewed and put; a test is logged as one', async () => {
  const text = { subject: 'Paid {{ data.amount }}', body: 'Thanks', html: '<p>{{ data.name }}</p>' };
  const name = { event: 'payment.completed', locale: 'en', channel: 'email' };
  const preview = await service.post('/v1/notification-templates/preview', {
    ...name,
    text,
    data: { amount: '5', name: '<script>' },
  });
  expect(preview.body).toEqual({ subject: 'Paid 5', text: 'Thanks', html: '<p>&lt;script&gt;</p>' });
  expect(
    (await service.post('/v1/notification-templates', { ...name, ...text, example: { amount: '5', name: 'x' } })).body,
  ).toMatchObject({ version: 1 });
  const { id } = await endpoint({ team: 'ops', channel: 'sms', address: PHONE });
  const { notification_id } = (await service.post(`/v1/notification-endpoints/${id}/test`, {})).body as {
    notification_id: string;
  };
  const sent = await until(async () => {
    const body = (await service.request(`/v1/notifications/${notification_id}`)).body as { status: string };
    return body.status === 'sent' ? body : undefined;
  });
  expect(sent).toMatchObject({ test: true, channel: 'sms', recipient: '+84*****670', provider: 'gateway' });
});

test('none of forty planted secrets and addresses is in a log line, an answer, or a stored attempt', async () => {
  const owned = (channel: string, addresses: readonly string[]) => addresses.map((address) => ({ channel, address }));
  for (const each of [
    ...owned(
      'sms',
      PLANTED.phones.map((phone) => `+${phone}`),
    ),
    ...owned(
      'email',
      PLANTED.mailboxes.map((mailbox) => `${mailbox}@mail.example`),
    ),
    ...owned('telegram', PLANTED.chats),
    ...owned(
      'webhook',
      PLANTED.tokens.map((token) => `${echo.url}/hook?token=${token}`),
    ),
    ...owned(
      'slack',
      PLANTED.paths.map((path) => `${echo.url}/services/${path}`),
    ),
  ])
    expect(await endpoint({ team: 'planted', ...each })).toMatchObject({ channel: each.channel });
  await service.post('/v1/notifications', { key: 'k2', event: 'payment.failed', message: 'm', teams: ['planted'] });
  const ids = await until(async () => {
    const { data } = await bodyOf('/v1/notifications?limit=200');
    const ours = data.filter(({ team }) => team === 'planted');
    return ours.length === 36 && ours.every(({ status }) => !['pending', 'sending'].includes(String(status)))
      ? ours.map(({ id }) => String(id))
      : undefined;
  });
  for (const path of [
    ...ids.map((id) => `/v1/notifications/${id}`),
    ...['/v1/notification-endpoints', '/v1/incidents', '/v1/notification-channels', '/v1/audit/entries?limit=100'],
  ])
    await service.request(path);
  const { rows } = await sql<{ text: string; attempts: number }>`
    SELECT coalesce((SELECT json_agg(a)::text FROM notification_attempts a), '') || coalesce((SELECT json_agg(l)::text FROM notification_logs l), '')
      || coalesce((SELECT json_agg(p.record)::text FROM audit_payloads p), '') || coalesce((SELECT json_agg(o)::text FROM audit_outbox o), '')
      || (SELECT json_agg(e)::text FROM notification_endpoints e) AS text,
      (SELECT count(DISTINCT notification_id)::int FROM notification_attempts a JOIN notification_logs l ON l.id = a.notification_id WHERE l.team = 'planted') AS attempts`.execute(
    db.sql,
  );
  expect(rows[0]?.attempts).toBe(36);
  // What creating an endpoint answers with is for whoever named the address: it is masked as well.
  const everything = [rows[0]?.text, ...service.said, JSON.stringify(service.log.lines)].join('\n');
  const planted = [...Object.values(PLANTED).flat(), PHONE.slice(1), CHAT, 'T0PS3CRET'];
  expect(planted).toHaveLength(43);
  expect(planted.filter((each) => everything.includes(each))).toEqual([]);
});
