/** Mail against a real SMTP server that fails at each step. */
import { createServer, type Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../platform/clock/system.ts';
import type { Outgoing } from './channel.ts';
import { Failover } from './failover.ts';
import { smtpChannel } from './smtp.ts';

type Step = 'CONNECT' | 'RCPT' | 'RCPT temporarily' | 'DATA' | 'after 250' | 'hangs' | 'none';

async function mailServer(step: Step) {
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  const failure = (code: number, text: string): Error => Object.assign(new Error(text), { responseCode: code });
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onConnect: (_session, callback) => {
      if (step === 'hangs') return;
      callback(step === 'CONNECT' ? failure(421, 'too busy') : null);
    },
    onRcptTo: (_address, _session, callback) => {
      if (step === 'RCPT') callback(failure(550, 'no such mailbox ops@example.com'));
      else callback(step === 'RCPT temporarily' ? failure(451, 'greylisted') : null);
    },
    onData: (stream, _session, callback) => {
      let mail = '';
      stream.on('data', (chunk: Buffer) => {
        mail += chunk.toString();
      });
      stream.on('end', () => {
        if (step === 'DATA') {
          callback(failure(452, 'insufficient storage'));
          return;
        }
        mails.push(mail);
        // It has the mail, and the connection breaks before it can say so.
        if (step === 'after 250') for (const socket of sockets) socket.destroy();
        else callback(null);
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  server.server.on('connection', (socket: Socket) => sockets.add(socket));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `smtp://127.0.0.1:${address.port}`, mails };
}

const MESSAGE: Outgoing = {
  ...{
    messageId: '01939e4e-7cb2-7c00-8000-000000000001',
    event: 'solvency.deficit',
    severity: 'critical',
    address: 'ops@example.com',
  },
  ...{
    subject: 'Thi\u1ebfu h\u1ee5t',
    text: 'Thi\u1ebfu 5.000 \u0111',
    html: undefined,
    body: '',
    signing: undefined,
    incidentId: undefined,
  },
};
const FROM = 'Plumbline <alerts@plumbline.example>';

const send = (servers: readonly string[], timeoutMs = 1_500) =>
  new Failover({
    clock: systemClock,
    breaker: { failureThreshold: 5, openMs: 60_000 },
    timeoutMs: () => timeoutMs,
  }).send(smtpChannel({ servers, from: FROM }), MESSAGE);

test('a mail has its stable id, says that nobody wrote it, and reads as it was written', async () => {
  const { url, mails } = await mailServer('none');
  const [tried] = await send([url]);
  expect(tried?.outcome).toMatchObject({
    kind: 'accepted',
    messageId: `<${MESSAGE.messageId}@plumbline.example>`,
    code: 250,
  });
  expect(mails[0]).toContain(`Message-ID: <${MESSAGE.messageId}@plumbline.example>`);
  expect(mails[0]).toContain('Auto-Submitted: auto-generated');
});

test.each([
  ['CONNECT', 'throttled'],
  ['RCPT', 'refused'],
  ['RCPT temporarily', 'throttled'],
  ['DATA', 'throttled'],
  ['after 250', 'failed'],
  ['hangs', 'failed'],
] as const)('a server that fails at %s: %s, and no address in the error', async (step, kind) => {
  const { url } = await mailServer(step);
  const [tried] = await send([url], step === 'hangs' ? 300 : 1_500);
  expect(tried?.outcome.kind).toBe(kind);
  expect(JSON.stringify(tried)).not.toContain('ops@example.com');
});

test.each(['CONNECT', 'DATA', 'after 250', 'hangs'] as const)(
  'where the first fails at %s, the second sends it under the same id',
  async (step) => {
    const [first, second] = [await mailServer(step), await mailServer('none')];
    const tried = await send([first.url, second.url], 400);
    expect(tried.map(({ provider }) => provider)).toEqual(['smtp', 'smtp-2']);
    expect(tried.at(-1)?.outcome.kind).toBe('accepted');
    for (const mail of [...first.mails, ...second.mails]) expect(mail).toContain(`<${MESSAGE.messageId}@`);
    expect(second.mails).toHaveLength(1);
  },
);

test('nobody listens, or the password is wrong: the second server, and no secret in the error', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const address = closed.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise<void>((resolve) => closed.close(() => resolve()));
  const second = await mailServer('none');
  const tried = await send([`smtp://mailer:hunter2hunter2@127.0.0.1:${port}`, second.url]);
  expect(tried.map(({ outcome }) => outcome.kind)).toEqual(['failed', 'accepted']);
  const refusing = new SMTPServer({
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: (_auth, _session, callback) => callback(new Error('no')),
  });
  refusing.on('error', () => undefined);
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => new Promise<void>((resolve) => refusing.close(() => resolve())));
  const at = refusing.server.address();
  const authPort = typeof at === 'object' && at !== null ? at.port : 0;
  const [wrong] = await send([`smtp://mailer:hunter2hunter2@127.0.0.1:${authPort}`, second.url]);
  expect(wrong?.outcome).toMatchObject({ kind: 'failed', blame: 'provider' });
  expect(JSON.stringify([tried, wrong])).not.toMatch(/hunter2|bWFpbGVy/);
});
