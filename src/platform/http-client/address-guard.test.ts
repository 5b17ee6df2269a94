import { createServer } from 'node:http';
import { expect, it, onTestFinished, test } from 'vitest';
import { systemClock } from '../clock/system.ts';
import { AddressGuard, type Resolve } from './address-guard.ts';
import { createHttpClient } from './undici.ts';

const REFUSED = [
  ...[
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
  ],
  ...['255.255.255.255', '198.18.0.1', '::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', '::ffff:127.0.0.1'],
  ...['::ffff:10.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1'],
];

test.each(REFUSED)('%s is not called', (ip) => expect(new AddressGuard().permits(ip)).toBe(false));
test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '2400:cb00::1'])('%s is called', (ip) =>
  expect(new AddressGuard().permits(ip)).toBe(true),
);

const LITERALS = [
  ...['http://127.0.0.1', 'http://127.1', 'http://0x7f.1', 'http://2130706433', 'http://017700000001', 'http://[::1]'],
  ...[
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:7f00:1]',
    'http://0',
    'http://127.0.0.1.',
    'http://169.254.169.254/latest',
  ],
  ...['http://user@127.0.0.1', 'http://localhost'],
];

async function server(answer: { status: number; location?: string }) {
  let calls = 0;
  const http = createServer((_request, response) => {
    calls += 1;
    response.writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location }).end('ok');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void http.close());
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, calls: () => calls };
}

const clientOf = (guard: AddressGuard) => {
  const client = createHttpClient({ clock: systemClock, guard });
  onTestFinished(() => client.close());
  return client;
};

test('no way of writing loopback reaches a server that listens there', async () => {
  const { port, calls } = await server({ status: 200 });
  const client = clientOf(new AddressGuard());
  for (const literal of LITERALS) {
    const { length } = /^http:\/\/[^/]+/.exec(literal)?.[0] ?? '';
    const url = `${literal.slice(0, length)}:${port}${literal.slice(length)}`;
    await expect(client.send({ url, timeoutMs: 2_000 }), url).rejects.toMatchObject({ code: 'http.address_refused' });
  }
  expect(calls()).toBe(0);
});

test('a name that answers with a public address first and a private one then is refused when it is connected to', async () => {
  const { port, calls } = await server({ status: 200 });
  let asked = 0;
  const rebinding: Resolve = async () => {
    asked += 1;
    return [{ address: asked === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
  };
  // The first answer is let through, as a public one would be: nobody listens there.
  const client = clientOf(new AddressGuard(['127.0.0.2/32'], rebinding));
  await expect(client.send({ url: `http://rebinding.test:${port}`, timeoutMs: 2_000 })).rejects.toMatchObject({
    code: 'http.transport',
  });
  await expect(client.send({ url: `http://rebinding.test:${port}`, timeoutMs: 2_000 })).rejects.toMatchObject({
    code: 'http.address_refused',
  });
  expect(calls()).toBe(0);
});

test('one private address among public ones is one too many', async () => {
  const { port, calls } = await server({ status: 200 });
  const both: Resolve = async () => [
    { address: '8.8.8.8', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  await expect(
    clientOf(new AddressGuard([], both)).send({ url: `http://both.test:${port}`, timeoutMs: 2_000 }),
  ).rejects.toMatchObject({
    code: 'http.address_refused',
  });
  expect(calls()).toBe(0);
});

test('a redirect is an answer and is not followed; a network that is allowed is called', async () => {
  const inner = await server({ status: 200 });
  const outer = await server({ status: 302, location: `http://127.0.0.1:${inner.port}/` });
  const answer = await clientOf(new AddressGuard(['127.0.0.0/8'])).send({
    url: `http://localhost:${outer.port}`,
    timeoutMs: 2_000,
  });
  expect(answer.status).toBe(302);
  expect(inner.calls()).toBe(0);
});

it('says what a network looks like', () => {
  expect(() => new AddressGuard(['10.0.0.0'])).toThrow('is not a network such as 10.20.0.0/16');
});
