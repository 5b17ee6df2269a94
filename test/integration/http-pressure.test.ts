/** Who is refused when the process is late, and who is not. */
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { refusePressure } from '../../src/apps/http/pressure.ts';

const standStill = async (ms: number): Promise<void> => {
  const until = performance.now() + ms;
  while (performance.now() < until);
  await new Promise((resolve) => setImmediate(resolve));
};

test('a loop that stood still for a second refuses nobody', { timeout: 30_000 }, async () => {
  const server = Fastify();
  await refusePressure(server);
  server.get('/', () => 'here');
  await server.ready();
  for (let times = 0; times < 3; times += 1) await standStill(1_050); // longer than the loop is sampled
  expect((await server.inject('/')).statusCode).toBe(200);
  await server.close();
});

test('a loop that is late by more than it may refuses, and says when to come again', async () => {
  const server = Fastify();
  await refusePressure(server, { maxEventLoopDelay: 1 });
  server.get('/', () => 'here');
  await server.ready();
  const answers = [];
  for (let times = 0; times < 40; times += 1) {
    await standStill(60);
    answers.push(await server.inject('/'));
  }
  await server.close();
  const refused = answers.filter(({ statusCode }) => statusCode !== 200);
  expect(refused[0]?.headers['retry-after']).toBe('5');
  expect(refused[0]?.json()).toMatchObject({ code: 'service.overloaded' });
});
