/**
 * `npm start`: the whole service beside a simulated gateway. It shows what the service is for (a rate
 * through failing providers, the books reconciled), and then serves until it is told to end.
 */
import { inProcessApi } from '../apps/cli/api.ts';
import { localScopes } from '../features/access/roles.ts';
import { parseQuote, quoteLines } from '../features/rates/show.ts';
import { parseReport, reportLines } from '../features/reconciliation/commands.ts';
import { type BusinessDate, businessDateAt, parseBusinessDate } from '../kernel/business-date.ts';
import { PlumblineError } from '../kernel/errors.ts';
import { systemClock } from '../platform/clock/system.ts';
import { type Config, loadConfig, processEnvironment } from '../platform/config/config.ts';
import { startProviders } from '../sandbox/providers/providers.ts';
import { sandboxRoutes } from '../sandbox/routes.ts';
import { ZONE } from '../sandbox/rules.ts';
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { createTampering } from '../sandbox/tampering.ts';
import { compose } from './compose.ts';
import { consoleLink } from './console.ts';
import type { App } from './parts.ts';
import { sandboxMonitor } from './sandbox-monitor.ts';
import { rehearseRates } from './sandbox-rates.ts';
import { sandboxRates } from './sandbox-settings.ts';
import { untilTold } from './until-told.ts';

export interface StartOptions {
  readonly date?: string;
  readonly seed?: string;
}

type Print = (text: string) => void;

export async function startSandbox(options: StartOptions, print: Print): Promise<void> {
  const config = sandboxConfig();
  const date = options.date === undefined ? businessDateAt(systemClock.now(), ZONE) : parseBusinessDate(options.date);

  const providers = await startProviders({ clock: systemClock, date: () => date });
  let sandbox: Sandbox | undefined;
  try {
    const app = await compose({
      config,
      mode: 'sandbox',
      logFd: 2,
      migrate: true,
      book: { name: 'sandbox', schema: 'sandbox' },
      rates: sandboxRates(config, providers),
      routes: ({ db, clock, log }) => {
        sandbox = createSandbox({ db, clock, log });
        return [sandboxRoutes(sandbox, providers, createTampering({ db, clock }))];
      },
    });
    try {
      if (sandbox === undefined) throw new PlumblineError('internal', 'sandbox.missing', 'the sandbox was not made');
      print(`Plumbline sandbox: a simulated gateway, ${date}. Nothing in it is real money.\n`);
      await fill(sandbox, date, options.seed, print);
      const story = await rehearseRates(app, date);
      print(
        `\n1. A rate through failing and recovering providers (time skips ahead between the lines)\n\n${indent(story)}\n`,
      );
      await app.rates.warm();
      const url = await app.listen();
      await showDay(app, url, print);
      await app.startWorker();
      const monitor = sandboxMonitor(app);
      monitor.start();
      try {
        await untilTold(app.clock);
      } finally {
        await monitor.stop();
      }
      print('\nStopping. Everything is kept: the next start goes on from here.\n');
    } finally {
      await app.close();
    }
  } finally {
    await providers.close();
  }
}

/**
 * The real platform's book and database are not the sandbox's: it never reads them. People read this
 * terminal, so only what needs them is logged, unless they ask for more.
 */
function sandboxConfig(): Config {
  const env = processEnvironment();
  const own = Object.entries(env).filter(([name]) => !/^(PLATFORM|RECONCILIATION)_/.test(name));
  return loadConfig({ ...Object.fromEntries(own), LOG_LEVEL: env.LOG_LEVEL || 'fatal' });
}

async function fill(sandbox: Sandbox, date: BusinessDate, seed: string | undefined, print: Print): Promise<void> {
  let shown = '';
  const filled = await sandbox.fill({
    date,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    onProgress: (step, done, total) => {
      if (step === shown) return;
      shown = step;
      print(`  filling ${step} (${done} of ${total})\n`);
    },
  });
  const held = `${filled.merchants} merchants, ${filled.payments} payments, ${filled.auditLogs} audit logs over 13 months`;
  print(filled.created ? `Made: ${held}.\n` : `Resumed the sandbox of ${filled.date}: ${held}.\n`);
}

async function showDay(app: App, url: string, print: Print): Promise<void> {
  const key = app.access.createLocalKey('sandbox', localScopes(app.approvals.required));
  const api = inProcessApi(app.server, key, app.random);
  const quote = parseQuote(await api.call('GET', '/v1/rates/USDT/VND'));
  print(`\n2. The rate now\n\n${indent(quoteLines(quote))}\n`);
  const report = parseReport(await api.call('POST', '/v1/reconciliations', {}));
  print(`\n3. Can the platform pay what it owes?\n\n${indent(reportLines(report))}\n`);
  print(`
4. The service runs

  console   ${consoleLink(url, key)}
  address   ${url}      (API: ${url}/docs)
  key       ${key}   (of this run alone)
  database  ${app.db.engine === 'pglite' ? `embedded, in ${app.config.values.PLUMBLINE_DATA} (survives the process, not a loss of power)` : 'PostgreSQL'}; cache: ${app.cache.kind}

Try next, in another terminal in this folder:

  curl -H "Authorization: Bearer ${key}" ${url}/v1/rates/USDT/VND
  npx plumbline sandbox steal bank 20000000000 && npx plumbline reconcile run --again
  npx plumbline sandbox tamper && sleep 5 && npx plumbline incidents list
  npx plumbline sandbox mend && npx plumbline rates providers

Ctrl-C ends it.
`);
}

const indent = (lines: readonly string[]): string => lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n');
