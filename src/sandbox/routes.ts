/** The sandbox's switches over HTTP. They exist only in a service that runs the sandbox. */
import { z } from 'zod';
import { DECIMAL, type RegisterRoutes, TIMESTAMP } from '../platform/http-server/port.ts';
import { FAULT, PROVIDERS, type ProviderFaults } from './providers/faults.ts';
import { DEPEG_PERCENT, type Market } from './providers/market.ts';
import { BANK_ACCOUNTS, CHAINS } from './rules.ts';
import type { Loot, Sandbox } from './sandbox.ts';
import { SOURCES } from './store-switches.ts';
import type { Tampering } from './tampering.ts';

const STATE = z.object({
  sandbox: z.record(z.string(), z.unknown()).nullable().describe('What the gateway holds, thefts and broken sources'),
  providers: z.record(z.string(), FAULT).describe('The fault that each simulated provider shows'),
  depeg_percent: z.int().describe('What a USDT is worth, in percent of its recorded value; 100: its peg'),
  tampered: z
    .array(z.object({ index: z.int(), tampered_at: TIMESTAMP }))
    .describe('Leaves of the audit log whose record is not what was recorded'),
});
const LOOT = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('bank'), account: z.enum(BANK_ACCOUNTS).default('vnd_pool'), amount: DECIMAL }),
  z.strictObject({ from: z.literal('wallet'), blockchain: z.enum(CHAINS), amount: DECIMAL }),
]);

const tags = ['sandbox'];
const acts = { access: 'sandbox:control', acts: true };

export const sandboxRoutes =
  (sandbox: Sandbox, providers: ProviderFaults & Market, tampering: Tampering): RegisterRoutes =>
  (routes) => {
    const state = async (): Promise<z.input<typeof STATE>> => ({
      sandbox: toRecord(await sandbox.summary()),
      providers: { ...providers.faults() },
      depeg_percent: providers.depeg(),
      tampered: (await tampering.tampered()).map(({ index, tamperedAt }) => ({
        ...{ index, tampered_at: tamperedAt.toISOString() },
      })),
    });
    routes.get(
      '/v1/sandbox',
      {
        config: { access: 'sandbox:control' },
        schema: { tags, summary: 'The simulated gateway and its faults', response: { 200: STATE } },
      },
      state,
    );
    routes.post(
      '/v1/sandbox/faults',
      {
        config: acts,
        schema: {
          tags,
          summary: 'Make a simulated provider slow, failing or lying, or well again',
          body: z.strictObject({ provider: z.enum(PROVIDERS), fault: FAULT }),
          response: { 200: STATE },
        },
      },
      async (request) => {
        providers.setFault(request.body.provider, request.body.fault);
        return state();
      },
    );
    routes.post(
      '/v1/sandbox/depeg',
      {
        config: acts,
        schema: {
          tags,
          summary: 'Let USDT leave its peg at every simulated provider that quotes it; 100 is its peg',
          body: z.strictObject({ factor_percent: z.int().min(DEPEG_PERCENT.min).max(DEPEG_PERCENT.max) }),
          response: { 200: STATE },
        },
      },
      async (request) => {
        providers.setDepeg(request.body.factor_percent);
        return state();
      },
    );
    routes.post(
      '/v1/sandbox/thefts',
      {
        config: acts,
        schema: { tags, summary: 'Steal from a bank account or a hot wallet', body: LOOT, response: { 200: STATE } },
      },
      async (request) => {
        const loot: Loot = request.body;
        await sandbox.steal(loot);
        return state();
      },
    );
    routes.post(
      '/v1/sandbox/outages',
      {
        config: acts,
        schema: {
          tags,
          summary: 'Make a table of the gateway unreadable',
          body: z.strictObject({ source: z.enum(SOURCES) }),
          response: { 200: STATE },
        },
      },
      async (request) => {
        await sandbox.breakSource(request.body.source);
        return state();
      },
    );
    routes.post(
      '/v1/sandbox/tampering',
      {
        config: acts,
        schema: {
          tags,
          summary: "Change a report in the audit log behind the service's back, as the owner of the database could",
          description: 'Refused where a live service has written to the log. What watches the log finds it.',
          body: z.strictObject({}).optional(),
          response: { 200: STATE },
        },
      },
      async () => {
        await tampering.tamper();
        return state();
      },
    );
    routes.post(
      '/v1/sandbox/mend',
      {
        config: acts,
        schema: {
          tags,
          summary: 'Give back what was stolen, mend every source, every provider and the log, and USDT its peg',
          response: { 200: STATE },
        },
      },
      async () => {
        await tampering.mendLog();
        await sandbox.makeWhole();
        for (const provider of PROVIDERS) providers.setFault(provider, { kind: 'none' });
        providers.setDepeg(100);
        return state();
      },
    );
  };

/** Times as RFC 3339; everything else in it is text already. */
const toRecord = (summary: object | undefined): Record<string, unknown> | null =>
  summary === undefined ? null : z.record(z.string(), z.unknown()).parse(JSON.parse(JSON.stringify(summary)));
