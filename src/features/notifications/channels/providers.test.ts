/** Slack, Telegram, Zalo and text messages, against servers that speak as they do. */
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { systemClock } from '../../../platform/clock/system.ts';
import { createHttpClient } from '../../../platform/http-client/undici.ts';
import type { Channel, Outgoing } from './channel.ts';
import { Failover } from './failover.ts';
import { slackChannel } from './slack.ts';
import { parseSmsProviders, smsChannel } from './sms.ts';
import { telegramChannel } from './telegram.ts';
import { TelegramAnswers } from './telegram-answers.ts';
import { zaloChannel } from './zalo.ts';
import { type TokenStore, ZaloTokens } from './zalo-tokens.ts';

interface Call {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
type Answer = { readonly status?: number; readonly body?: unknown; readonly headers?: Record<string, string> };

async function speaking(answer: (call: Call, nth: number) => Answer) {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const call = { path: request.url ?? '', headers: request.headers, body };
      calls.push(call);
      const { status = 200, body: said = 'ok', headers = {} } = answer(call, calls.length);
      response.writeHead(status, headers).end(typeof said === 'string' ? said : JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, calls };
}

const client = () => {
  const http = createHttpClient({ clock: systemClock });
  onTestFinished(() => http.close());
  return http;
};
const INCIDENT = '01939e4e-7cb2-7c00-8000-0000000000aa';
const outgoing = (address: string, more: Partial<Outgoing> = {}): Outgoing => ({
  ...{
    messageId: 'msg_1',
    event: 'solvency.deficit',
    severity: 'critical',
    address,
    subject: 'Deficit <b> & more',
    text: 'A <script> & 5 > 3',
  },
  ...{ html: undefined, body: '', signing: undefined, incidentId: undefined, ...more },
});
const send = (channel: Channel, message: Outgoing) => channel.providers[0]?.send(message, 1_000);

test('Slack: escaped, its refusals by their words, its address never in an error', async () => {
  const slack = await speaking((_call, nth) =>
    nth === 1 ? {} : nth === 2 ? { status: 404, body: 'no_service' } : { status: 429, headers: { 'retry-after': '3' } },
  );
  const channel = slackChannel({ clock: systemClock, http: client(), origins: [slack.url] });
  const address = `${slack.url}/services/T000/B000/secretsecret`;
  expect(await channel.address(address)).toBe(address);
  expect(() => channel.address('https://example.com/services/x')).toThrow('an incoming webhook of');
  expect(await send(channel, outgoing(address))).toEqual({ kind: 'delivered', code: 200 });
  expect(JSON.parse(slack.calls[0]?.body ?? '')).toEqual({
    text: ':rotating_light: *Deficit &lt;b&gt; &amp; more*\nA &lt;script&gt; &amp; 5 &gt; 3',
  });
  expect(await send(channel, outgoing(address))).toMatchObject({
    kind: 'gone',
    error: 'Slack answered with status 404: no_service',
  });
  expect(await send(channel, outgoing(address))).toMatchObject({ kind: 'throttled', waitMs: 3_000 });
  expect(JSON.stringify(await send(channel, outgoing('http://127.0.0.1:1/services/secretsecret')))).not.toContain(
    'secretsecret',
  );
});

test('Telegram: plain text with a button, retry_after, a blocked bot, and no token in an error', async () => {
  const answers: readonly Answer[] = [
    { body: { ok: true, result: { message_id: 42 } } },
    {
      status: 429,
      body: { ok: false, error_code: 429, description: 'Too Many Requests', parameters: { retry_after: 9 } },
    },
    { status: 403, body: { ok: false, error_code: 403, description: 'Forbidden: bot was blocked by the user' } },
    { status: 400, body: { ok: false, error_code: 400, description: 'Bad Request: chat not found' } },
    { status: 502, body: 'Bad Gateway' },
  ];
  const telegram = await speaking((_call, nth) => answers[nth - 1] ?? {});
  const channel = telegramChannel({ http: client(), url: telegram.url, token: '123456:SECRETSECRET' });
  expect(await send(channel, outgoing('-1001', { incidentId: INCIDENT }))).toEqual({
    kind: 'delivered',
    messageId: '42',
    code: 200,
  });
  expect(telegram.calls[0]?.path).toBe('/bot123456:SECRETSECRET/sendMessage');
  expect(JSON.parse(telegram.calls[0]?.body ?? '')).toMatchObject({
    chat_id: '-1001',
    reply_markup: { inline_keyboard: [[{ callback_data: `ack:${INCIDENT}` }]] },
  });
  expect(telegram.calls[0]?.body).not.toContain('parse_mode');
  expect(await send(channel, outgoing('-1001'))).toMatchObject({ kind: 'throttled', waitMs: 9_000 });
  expect(await send(channel, outgoing('-1001'))).toMatchObject({ kind: 'gone' });
  expect(await send(channel, outgoing('-1001'))).toMatchObject({ kind: 'refused' });
  expect(await send(channel, outgoing('-1001'))).toMatchObject({ kind: 'failed', blame: 'provider', code: 502 });
  const down = telegramChannel({ http: client(), url: 'http://127.0.0.1:1', token: '123456:SECRETSECRET' });
  expect(JSON.stringify(await send(down, outgoing('-1001')))).not.toContain('SECRETSECRET');
});

test('a pressed button acknowledges from a chat of a team alone, once, and the place is kept', async () => {
  const query = (chat: number, data: string) => ({ id: 'q', from: { id: 7 }, message: { chat: { id: chat } }, data });
  const updates = [
    { update_id: 10, callback_query: query(-1001, `ack:${INCIDENT}`) },
    { update_id: 11, callback_query: query(-666, `ack:${INCIDENT}`) },
    { update_id: 12, callback_query: query(-1001, 'ack:nonsense') },
  ];
  const telegram = await speaking(({ path, body }) =>
    path.endsWith('/getUpdates')
      ? { body: { ok: true, result: updates.filter(({ update_id }) => update_id >= JSON.parse(body).offset) } }
      : { body: { ok: true, result: true } },
  );
  const acknowledged: string[] = [];
  let place = 0;
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    fatal: () => undefined,
    child: () => log,
  };
  const answers = new TelegramAnswers({
    ...{ http: client(), url: telegram.url, token: 't', log },
    incidents: { acknowledge: async (id, subject) => acknowledged.push(`${id} ${subject}`) },
    teamOf: async (chat) => (chat === '-1001' ? 'on-call' : undefined),
    place: {
      read: async () => place,
      write: async (update) => {
        place = update;
      },
    },
    exclusive: (work) => work(),
  });
  expect(await answers.look()).toBe(1);
  expect(await answers.look()).toBe(0);
  expect(acknowledged).toEqual([`${INCIDENT} telegram:7`]);
  expect(place).toBe(12);
});

test('Zalo: a token is made once, kept, and made anew where it is refused; its errors are sorted', async () => {
  const errors: Record<number, object> = {
    1: { error: -124, message: 'Access token is invalid' },
    3: { error: -144, message: 'OA quota' },
    4: { error: -118, message: 'Zalo account not existed' },
  };
  const zns = await speaking((_call, nth) => ({
    body: errors[nth] ?? { error: 0, message: 'Success', data: { msg_id: 'z1', sent_time: '1' } },
  }));
  let tokens = 0;
  const oauth = await speaking(() => {
    tokens += 1;
    return { body: { access_token: `access-${tokens}`, refresh_token: `refresh-${tokens}`, expires_in: '90000' } };
  });
  let kept: { text: string; expiresAt: Date | null } | undefined;
  const store: TokenStore = {
    read: async () => kept,
    write: async (_name, text, expiresAt) => {
      kept = { text, expiresAt };
    },
    exclusive: (_name, work) => work(),
  };
  const deps = {
    http: client(),
    clock: systemClock,
    store,
    url: oauth.url,
    appId: 'app',
    appSecret: 'shh',
    refreshToken: 'refresh-0',
  };
  const channel = zaloChannel({ http: deps.http, url: zns.url, tokens: new ZaloTokens(deps), templateId: '77' });
  expect(await send(channel, outgoing('+84901234567'))).toEqual({ kind: 'accepted', messageId: 'z1', code: 200 });
  expect(zns.calls.map(({ headers }) => headers.access_token)).toEqual(['access-1', 'access-2']);
  expect(oauth.calls.map(({ body }) => new URLSearchParams(body).get('refresh_token'))).toEqual([
    'refresh-0',
    'refresh-1',
  ]);
  expect(oauth.calls[0]?.headers.secret_key).toBe('shh');
  expect(JSON.parse(zns.calls[1]?.body ?? '')).toMatchObject({
    phone: '84901234567',
    template_id: '77',
    tracking_id: 'msg_1',
    template_data: { title: 'Deficit <b> & more' },
  });
  expect(await send(channel, outgoing('+84901234567'))).toMatchObject({ kind: 'throttled' });
  expect(await send(channel, outgoing('+84901234567'))).toMatchObject({ kind: 'refused' });
  const own = outgoing('+84901234567', { text: '{"template_id":"9","template_data":{"amount":"1000"}}' });
  await send(channel, own);
  expect(JSON.parse(zns.calls.at(-1)?.body ?? '')).toMatchObject({
    template_id: '9',
    template_data: { amount: '1000' },
  });
  expect(tokens).toBe(2);
  for (const wrong of ['0901234567', '84901234567', '+0123456789', '+8490123456789012'])
    expect(() => channel.address(wrong), wrong).toThrow('E.164');
});

test('text messages: the form is configuration, values are encoded, and one provider stands in for another', async () => {
  const first = await speaking(() => ({ status: 500, body: 'down, said +84901234567' }));
  const second = await speaking(() => ({ body: { code: '100', sms: { id: 991 } } }));
  const providers = parseSmsProviders(
    JSON.stringify([
      {
        name: 'first',
        url: first.url,
        form: 'form',
        body: 'To={to}&Body={text}',
        headers: { authorization: 'Basic c2VjcmV0' },
      },
      {
        name: 'second',
        url: second.url,
        form: 'json',
        body: '{"to":"{to}","text":"{text}","ref":"{id}"}',
        headers: { 'idempotency-key': 'plumbline-{id}' },
        id: '/sms/id',
        success: { pointer: '/code', value: '100' },
      },
    ]),
  );
  const channel = smsChannel({ http: client(), clock: systemClock }, providers);
  const clock = new ManualClock();
  const failover = new Failover({ clock, breaker: { failureThreshold: 2, openMs: 60_000 }, timeoutMs: () => 1_000 });
  const message = outgoing('+84901234567', { text: 'a "quoted"\n& text' });
  const tried = await failover.send(channel, message);
  expect(tried.map(({ provider, outcome }) => [provider, outcome.kind])).toEqual([
    ['first', 'failed'],
    ['second', 'accepted'],
  ]);
  expect(tried[1]?.outcome).toMatchObject({ messageId: '991' });
  expect(first.calls[0]?.body).toBe('To=%2B84901234567&Body=a%20%22quoted%22%0A%26%20text');
  expect(JSON.parse(second.calls[0]?.body ?? '')).toEqual({
    to: '+84901234567',
    text: 'a "quoted"\n& text',
    ref: 'msg_1',
  });
  expect(second.calls[0]?.headers['idempotency-key']).toBe('plumbline-msg_1');
  expect(JSON.stringify(tried)).not.toContain('84901234567');
  // After two failures nobody asks the first any more, until a probe a minute later.
  await failover.send(channel, message);
  expect((await failover.send(channel, message)).map(({ provider }) => provider)).toEqual(['second']);
  await clock.advance(60_000);
  expect((await failover.send(channel, message)).map(({ provider }) => provider)).toEqual(['first', 'second']);
  expect(failover.breakers()).toMatchObject([
    { name: 'sms/first', kind: 'open' },
    { name: 'sms/second', kind: 'closed' },
  ]);
  expect(() => parseSmsProviders('[{"name":"x"}]')).toThrow('is not a list of providers');
});
