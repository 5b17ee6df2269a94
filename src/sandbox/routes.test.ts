/** The switches of the providers over HTTP; those of the gateway have a database, and tests of their own. */
import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { type Providers, startProviders } from './providers/providers.ts';
import { sandboxRoutes } from './routes.ts';
import type { Sandbox } from './sandbox.ts';
import type { Tampering } from './tampering.ts';

const none = (): Promise<never> => Promise.reject(new Error('this sandbox has no gateway'));
const sandbox: Sandbox = {
  fill: none,
  drop: none,
  steal: none,
  breakSource: none,
  mendSource: none,
  summary: async () => undefined,
  makeWhole: async () => ({ theftsUndone: 0, mended: [] }),
};

const tampering: Tampering = { tamper: none, tampered: async () => [], mendLog: async () => 0 };

const serve = (providers: Providers) => {
  const server = Fastify().withTypeProvider<ZodTypeProvider>();
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  sandboxRoutes(sandbox, providers, tampering)(server);
  return server;
};

let providers: Providers;
let server: ReturnType<typeof serve>;
beforeEach(async () => {
  providers = await startProviders({ clock: new ManualClock() });
  server = serve(providers);
});
afterEach(async () => {
  await server.close();
  await providers.close();
});

const post = (path: string, payload: object) => server.inject({ method: 'POST', url: `/v1/sandbox${path}`, payload });

it('take USDT off its peg, show it, and mend it with the faults', async () => {
  expect((await post('/depeg', { factor_percent: 96 })).json()).toMatchObject({ sandbox: null, depeg_percent: 96 });
  expect(providers.depeg()).toBe(96);
  await post('/faults', { provider: 'vietcombank', fault: { kind: 'inverted' } });
  expect((await server.inject('/v1/sandbox')).json()).toMatchObject({
    depeg_percent: 96,
    providers: { vietcombank: { kind: 'inverted' }, 'binance-p2p': { kind: 'none' } },
  });
  expect((await post('/mend', {})).json()).toMatchObject({
    depeg_percent: 100,
    providers: { vietcombank: { kind: 'none' } },
  });
});

it.each([[49], [151], [96.5], ['96'], [null]])('refuse a worth of %j percent', async (factor) => {
  expect((await post('/depeg', { factor_percent: factor })).statusCode).toBe(400);
  expect((await post('/depeg', { factor })).statusCode).toBe(400);
  expect(providers.depeg()).toBe(100);
});
