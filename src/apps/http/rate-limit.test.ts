import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { limitRate, networkOf } from './rate-limit.ts';

/** A server of one limited and one public route, and what its answers say of the limit. */
function limited(max: number, capacity?: number) {
  const clock = new ManualClock();
  const server = Fastify();
  server.addHook('onRequest', limitRate(clock, max, capacity));
  server.get('/', () => 'ok');
  server.get('/public', { config: { access: 'public' } }, () => 'ok');
  const ask = async (from = '192.0.2.1', url = '/') => {
    const { statusCode, headers } = await server.inject({ url, remoteAddress: from });
    const of = (name: string) => headers[name];
    return [
      statusCode,
      of('x-ratelimit-limit'),
      of('x-ratelimit-remaining'),
      of('x-ratelimit-reset'),
      of('retry-after'),
    ];
  };
  return { clock, ask };
}

test('an address may ask so often within a minute that begins with its first request', async () => {
  const { clock, ask } = limited(2);
  expect(await ask()).toEqual([200, '2', '1', '60', undefined]);
  await clock.advance(30_001);
  expect(await ask()).toEqual([200, '2', '0', '30', undefined]);
  expect(await ask()).toEqual([429, '2', '0', '30', '30']);
  expect(await ask('192.0.2.2')).toEqual([200, '2', '1', '60', undefined]);
  await clock.advance(29_998);
  expect(await ask()).toEqual([429, '2', '0', '1', '1']);
  await clock.advance(1);
  expect(await ask()).toEqual([200, '2', '1', '60', undefined]);
});

test('what is public or absent is not counted', async () => {
  const { ask } = limited(1);
  for (const url of ['/public', '/absent', '/public', '/absent']) {
    expect((await ask('192.0.2.1', url)).slice(1)).toEqual([undefined, undefined, undefined, undefined]);
  }
  expect((await ask())[0]).toBe(200);
});

test('of too many addresses, the one whose minute began first makes room', async () => {
  const { ask } = limited(1, 2);
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) expect((await ask(address))[0]).toBe(200);
  expect((await ask('192.0.2.3'))[0]).toBe(429);
  expect((await ask('192.0.2.2'))[0]).toBe(429);
  expect((await ask('192.0.2.1'))[0]).toBe(200);
});

describe('the network of an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1::', '2001:db8:1:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s is %s', (address, network) => expect(networkOf(address)).toBe(network));
});
