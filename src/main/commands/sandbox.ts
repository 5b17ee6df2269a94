/** `plumbline sandbox ...`: the simulated gateway, and what can be done to it. */
import { Argument } from 'commander';
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import type { CommandContext, RegisterCommands } from '../../platform/command-line/port.ts';
import { PROVIDERS, parseFault } from '../../sandbox/providers/faults.ts';
import { CHAINS } from '../../sandbox/rules.ts';
import { SOURCES } from '../../sandbox/store-switches.ts';

const STATE = z.object({
  sandbox: z
    .looseObject({
      seed: z.int(),
      date: z.string(),
      merchants: z.int(),
      wallets: z.array(z.object({ blockchain: z.string(), usdt: z.string() }).loose()),
      bankAccounts: z.array(z.object({ code: z.string(), vnd: z.string() }).loose()),
      owed: z.record(z.string(), z.string()),
      thefts: z.array(z.object({ from: z.string(), amount: z.string(), currency: z.string() }).loose()),
      broken: z.array(z.string()),
    })
    .nullable(),
  providers: z.record(z.string(), z.looseObject({ kind: z.string() })),
  depeg_percent: z.int(),
  tampered: z.array(z.object({ index: z.int() }).loose()),
});

export const sandboxCommands: RegisterCommands = (program, context) => {
  const sandbox = program.command('sandbox').description('a simulated gateway: nothing in it is real money');

  sandbox
    .command('start')
    .description('fill it on the first start, show its rates and its books, and serve until Ctrl-C')
    .option('--date <YYYY-MM-DD>', 'the day it is in the sandbox; today unless told')
    .option('--seed <n>', 'another seed, another gateway (first start only)')
    .action(async (options: { date?: string; seed?: string }) => {
      const { startSandbox } = await import('../sandbox-start.ts'); // see ../connect.ts
      await startSandbox(options, (text) => context.print(text));
    });

  sandbox
    .command('status')
    .description('what the gateway holds and what is broken')
    .action(async () => show(context, await (await context.api()).call('GET', '/v1/sandbox')));

  sandbox
    .command('fault')
    .description(
      'make a provider slow, failing or lying: none, dead, hang, slow:MS, status:CODE, html, empty-object, zero, huge, inverted, lying:PERCENT, ... ',
    )
    .addArgument(new Argument('<provider>').choices(PROVIDERS))
    .argument('<fault>')
    .action(async (provider: string, fault: string) =>
      act(context, '/v1/sandbox/faults', { provider, fault: { ...parseFault(fault) } }),
    );

  sandbox
    .command('depeg')
    .description('let USDT be worth so many percent of its recorded value, wherever it is quoted; 100 is its peg')
    .argument('<percent>')
    .action(async (percent: string) =>
      act(context, '/v1/sandbox/depeg', { factor_percent: /^\d+$/.test(percent) ? Number(percent) : percent }),
    );

  sandbox
    .command('steal')
    .description('take money without a trace in the ledger: `steal bank 5000000000` (VND), `steal tron 20000` (USDT)')
    .addArgument(new Argument('<from>').choices(['bank', ...CHAINS]))
    .argument('<amount>')
    .action(async (from: string, amount: string) =>
      act(
        context,
        '/v1/sandbox/thefts',
        from === 'bank' ? { from, amount } : { from: 'wallet', blockchain: from, amount },
      ),
    );

  sandbox
    .command('outage')
    .description('make a table of the gateway unreadable, so that its amount is unknown')
    .addArgument(new Argument('<source>').choices(SOURCES))
    .action(async (source: string) => act(context, '/v1/sandbox/outages', { source }));

  sandbox
    .command('tamper')
    .description("change a report in the audit log behind the service's back, as the owner of the database could")
    .action(async () => act(context, '/v1/sandbox/tampering', {}));

  sandbox
    .command('mend')
    .description('give back what was stolen, mend every source, every provider and the log, and USDT its peg')
    .action(async () => act(context, '/v1/sandbox/mend', {}));
};

async function act(context: CommandContext, path: string, body: Json): Promise<void> {
  show(context, await (await context.api()).call('POST', path, body));
}

function show(context: CommandContext, answer: unknown): void {
  const state = STATE.parse(answer);
  context.answer(state, () => {
    const { sandbox, providers, depeg_percent, tampered } = state;
    if (sandbox === null) return ['there is no sandbox; start one: npm start'];
    return [
      `sandbox of ${sandbox.date}, seed ${sandbox.seed}, ${sandbox.merchants} merchants`,
      ...sandbox.wallets.map(({ blockchain, usdt }) => `  hot wallet ${blockchain}: ${usdt} USDT`),
      ...sandbox.bankAccounts.map(({ code, vnd }) => `  bank account ${code}: ${vnd} VND`),
      ...Object.entries(sandbox.owed).map(([what, vnd]) => `  owed to merchants, ${what}: ${vnd} VND`),
      ...sandbox.thefts.map(({ from, amount, currency }) => `  STOLEN from ${from}: ${amount} ${currency}`),
      ...sandbox.broken.map((source) => `  UNREADABLE: ${source}`),
      ...tampered.map(({ index }) => `  TAMPERED WITH: the record of leaf ${index} of the audit log`),
      ...(depeg_percent === 100 ? [] : [`  USDT OFF ITS PEG: worth ${depeg_percent} % of its recorded value`]),
      ...Object.entries(providers).map(([name, { kind }]) => `  provider ${name}: ${kind === 'none' ? 'well' : kind}`),
    ];
  });
}
