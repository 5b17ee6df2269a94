import { createPublicKey, verify } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock, systemRandom } from '../../../platform/clock/system.ts';
import { AddressGuard } from '../../../platform/http-client/address-guard.ts';
import { createHttpClient } from '../../../platform/http-client/undici.ts';
import { Vault } from '../privacy/vault.ts';
import type { Outgoing } from './channel.ts';
import { secretTexts, webhookHeaders } from './signing.ts';
import { webhookChannel } from './webhook.ts';

const vault = new Vault(Buffer.alloc(32, 3), systemRandom);
const ENDPOINT = '01939e4e-7cb2-7c00-8000-000000000001';
const outgoing = (address: string, versions: readonly number[] = [1]): Outgoing => ({
  ...{
    messageId: 'msg_1',
    event: 'payment.completed',
    severity: 'info',
    address,
    subject: '',
    text: '',
    html: undefined,
  },
  ...{
    body: '{"type":"payment.completed","data":{"amount":"1000.00"}}',
    signing: { endpointId: ENDPOINT, versions },
    incidentId: undefined,
  },
});

async function receiver(answer: {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly hangs?: boolean;
}) {
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      if (answer.hangs !== true) response.writeHead(answer.status, answer.headers ?? {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/hooks`, received };
}

const channelOver = (allow: readonly string[]) => {
  const guard = new AddressGuard(allow);
  const http = createHttpClient({ clock: systemClock, guard });
  onTestFinished(() => http.close());
  return webhookChannel({
    clock: systemClock,
    http,
    vault,
    mayBeHttp: true,
    assertHost: (url) => guard.assertLiteral(url),
  });
};
const sendTo = (url: string, allow: readonly string[] = ['127.0.0.0/8'], timeoutMs = 2_000) =>
  channelOver(allow).providers[0]?.send(outgoing(url), timeoutMs);

test('the public library verifies what is received, with the secret that the owner was given', async () => {
  const { url, received } = await receiver({ status: 204 });
  expect(await sendTo(url)).toEqual({ kind: 'delivered', messageId: 'msg_1', code: 204 });
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  const { secret } = secretTexts(vault, ENDPOINT, 1);
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  expect(new Webhook(secret).verify(body, given)).toEqual({ type: 'payment.completed', data: { amount: '1000.00' } });
  expect(() => new Webhook(secretTexts(vault, ENDPOINT, 2).secret).verify(body, given)).toThrow();
  expect(() => new Webhook(secret).verify(body.replace('1000', '9000'), given)).toThrow();
});

test('v1a verifies with the public key, and each version of a secret signs while they overlap', () => {
  const body = '{}';
  const headers = webhookHeaders(
    vault,
    { endpointId: ENDPOINT, versions: [2, 1] },
    { id: 'msg_2', at: Date.now(), body },
  );
  const signatures = headers['webhook-signature']?.split(' ') ?? [];
  expect(signatures.map((each) => each.split(',')[0])).toEqual(['v1', 'v1a', 'v1', 'v1a']);
  for (const version of [1, 2]) {
    const { secret, publicKey } = secretTexts(vault, ENDPOINT, version);
    expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
    const raw = Buffer.from(publicKey.replace('whpk_', ''), 'base64');
    const key = createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]),
      format: 'der',
      type: 'spki',
    });
    const signed = Buffer.from(`msg_2.${headers['webhook-timestamp']}.${body}`);
    const right = signatures.filter(
      (each) => each.startsWith('v1a,') && verify(null, signed, key, Buffer.from(each.slice(4), 'base64')),
    );
    expect(right).toHaveLength(1);
  }
});

test.each([
  [{ status: 410 }, { kind: 'gone', code: 410 }],
  [
    { status: 429, headers: { 'retry-after': '7' } },
    { kind: 'throttled', waitMs: 7_000 },
  ],
  [
    { status: 503, headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() } },
    { kind: 'throttled', code: 503 },
  ],
  [{ status: 502 }, { kind: 'throttled' }],
  [{ status: 504 }, { kind: 'throttled' }],
  [{ status: 500 }, { kind: 'failed', blame: 'recipient' }],
  [{ status: 404 }, { kind: 'failed', blame: 'recipient' }],
  [
    { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    { kind: 'failed', code: 302 },
  ],
  [
    { status: 200, hangs: true },
    { kind: 'failed', error: expect.stringContaining('http.timeout') },
  ],
])('%o is %o', async (answer, outcome) => {
  const { url, received } = await receiver(answer);
  expect(await sendTo(url, ['127.0.0.0/8'], 400)).toMatchObject(outcome);
  expect(received).toHaveLength(1);
});

test('an address that is not public is not called, nor taken as an endpoint', async () => {
  const { url, received } = await receiver({ status: 204 });
  const port = new URL(url).port;
  for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]']) {
    expect(await sendTo(`http://${host}:${port}/hooks`, []), host).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('http.address_refused'),
    });
  }
  expect(received).toHaveLength(0);
  const channel = channelOver([]);
  for (const address of [
    'https://10.0.0.1/x',
    'https://169.254.169.254/latest',
    'https://user:pw@example.com/',
    'ftp://example.com',
    'https://[::1]/',
    'x',
  ]) {
    expect(() => channel.address(address), address).toThrow(
      expect.objectContaining({ code: 'notifications.address_malformed' }),
    );
  }
  expect(channel.address('https://example.com/hooks?x=1')).toBe('https://example.com/hooks?x=1');
});

test('an error names no path, query or secret', async () => {
  const outcome = await sendTo('http://127.0.0.1:1/T0PS3CRET/path?token=abcdefgh', ['127.0.0.0/8']);
  expect(JSON.stringify(outcome)).not.toMatch(/T0PS3CRET|token=|abcdefgh/);
});
