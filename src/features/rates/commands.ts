/** `plumbline rates ...`: what everybody may ask. What operators do is in ./operating/commands.ts. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { PlumblineError } from '../../kernel/errors.ts';
import type { ApiClient, RegisterCommands, Shown } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';
import { replay } from './history/evidence.ts';
import { operateCommands } from './operating/commands.ts';
import { pathOf } from './paths.ts';
import { parseProviders, parseQuote, providerLines, quoteLines, watchLines } from './show.ts';

const EXIT_DIFFERS = 8; // as every doubt about integrity: docs/reference/cli.md

const EVIDENCE = z.object({ evidence: z.string(), policy: z.string() });
const HISTORY = z.object({
  pair: z.string(),
  bucket: z.string(),
  data: z.array(
    z.looseObject({
      from: z.string(),
      open: z.string(),
      high: z.string(),
      low: z.string(),
      close: z.string(),
      quotes: z.number(),
    }),
  ),
});

export const ratesCommands: RegisterCommands = (program, context) => {
  const rates = program.command('rates').description('rates that are never silently wrong');

  rates
    .command('get')
    .description('a rate with its age, its sources and what was tried')
    .argument('[pair]', 'BASE/QUOTE', 'USDT/VND')
    .option('--purpose <purpose>', 'what it is for: quote, reconcile or display', 'quote')
    .action(async (pair: string, { purpose }: { purpose: string }) => {
      const api = await context.api();
      const answer = parseQuote(await api.call('GET', `${pathOf(pair)}?purpose=${encodeURIComponent(purpose)}`));
      context.answer(answer, () => quoteLines(answer));
    });

  rates
    .command('providers')
    .description('each provider: its breaker, its quota, its last answer, and whether it may be asked')
    .action(async () => {
      const providers = await providersOf(await context.api());
      context.answer(providers, () => providerLines(providers));
    });

  rates
    .command('watch')
    .description('rates and providers, live, until Ctrl-C')
    .argument('[pairs...]', 'BASE/QUOTE; USDT/VND, USDT/USD and USD/VND unless told')
    .option('--every <seconds>', 'time between two looks', '1')
    .option('--times <n>', 'looks, then end; 0: until Ctrl-C', '0')
    .action(async (pairs: readonly string[], options: { every: string; times: string }) => {
      const api = await context.api();
      const wanted = pairs.length === 0 ? ['USDT/VND', 'USDT/USD', 'USD/VND'] : pairs;
      const times = count('--times', options.times, 0);
      await context.watch(() => look(api, wanted), count('--every', options.every, 1) * 1_000, times || Infinity);
    });

  rates
    .command('history')
    .description('what was published, in buckets')
    .argument('[pair]', 'BASE/QUOTE', 'USDT/VND')
    .option('--from <time>', 'RFC 3339; a day before --to unless told')
    .option('--to <time>', 'RFC 3339; now unless told')
    .option('--bucket <length>', '1m, 5m, 15m, 1h or 1d', '1h')
    .option('--zone <zone>', 'where a bucket of a day begins at midnight', 'UTC')
    .option('--csv', 'as CSV', false)
    .action(async (pair: string, { csv, ...query }: { csv: boolean } & Record<string, string | undefined>) => {
      const api = await context.api();
      const asked = new URLSearchParams({ format: csv ? 'csv' : 'json' });
      for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, value);
      const path = `${pathOf(pair)}/history?${asked}`;
      if (csv) {
        context.print(await api.text(path));
        return;
      }
      const { data, ...rest } = HISTORY.parse(await api.call('GET', path));
      context.answer({ ...rest, data }, () =>
        table(
          ['from', 'open', 'high', 'low', 'close', 'quotes'].map((title) => ({
            title,
            align: title === 'from' ? 'left' : 'right',
          })),
          data.map((each) => [each.from, each.open, each.high, each.low, each.close, String(each.quotes)]),
        ),
      );
    });

  rates
    .command('replay')
    .description('compute a published quote again from its recorded inputs, here, and compare it byte for byte')
    .argument('<quote-id>')
    .option('--file <file>', 'the evidence as `GET /v1/rates/quotes/<id>` gave it, in place of the service')
    .action(async (id: string, { file }: { file?: string }) => {
      const stored =
        file === undefined
          ? EVIDENCE.parse(await (await context.api()).call('GET', `/v1/rates/quotes/${encodeURIComponent(id)}`))
          : EVIDENCE.parse(JSON.parse(readFileSync(file, 'utf8')));
      const { same, document } = replay(stored.evidence, stored.policy);
      const bytes = Buffer.byteLength(stored.evidence);
      context.answer({ quote_id: id, same, bytes, recomputed: document }, () =>
        same
          ? [`quote ${id}: the same, byte for byte (${bytes} bytes)`, document]
          : [`quote ${id}: DIFFERS from what was stored`, `stored      ${stored.evidence}`, `recomputed  ${document}`],
      );
      if (!same) context.exitCode(EXIT_DIFFERS);
    });

  operateCommands(rates, context);
};

const providersOf = async (api: ApiClient) => parseProviders(await api.call('GET', '/v1/rates/providers'));

async function look(api: ApiClient, pairs: readonly string[]): Promise<Shown> {
  const quotes = await Promise.all(
    pairs.map(async (pair) => parseQuote(await api.call('GET', `${pathOf(pair)}?purpose=display`))),
  );
  const providers = await providersOf(api);
  return { value: { quotes, providers }, lines: watchLines(quotes, providers) };
}

function count(option: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new PlumblineError(
    'invalid',
    'cli.not_a_number',
    `${option}: "${text}" is not a whole number of ${least} or more`,
  );
}
