/** `plumbline rates ...` */
import { z } from 'zod';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';

const QUOTE = z.looseObject({
  quote_id: z.string(),
  pair: z.string(),
  bid: z.string(),
  mid: z.string(),
  ask: z.string(),
  as_of: z.string(),
  age_ms: z.number(),
  level: z.string(),
  basis: z.string(),
  sources: z.array(z.looseObject({ source: z.string(), pair: z.string(), rate: z.string() })),
  attempts: z.array(
    z.looseObject({ source: z.string(), outcome: z.string(), message: z.string().optional(), ms: z.number() }),
  ),
});
type Quote = z.output<typeof QUOTE>;

export const parseQuote = (answer: unknown): Quote => QUOTE.parse(answer);

const PROVIDER = z.looseObject({
  source: z.string(),
  enabled: z.boolean(),
  disabled_reason: z.string().nullable(),
  breaker: z.looseObject({ state: z.string() }),
  consecutive_failures: z.int(),
  last_outcome: z.string().nullable(),
  last_success_at: z.string().nullable(),
  held_until: z.string().nullable(),
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
      const [base = '', quote = ''] = pair.split('/');
      const path = `/v1/rates/${encodeURIComponent(base)}/${encodeURIComponent(quote)}?purpose=${encodeURIComponent(purpose)}`;
      const answer = parseQuote(await api.call('GET', path));
      context.answer(answer, () => quoteLines(answer));
    });

  rates
    .command('providers')
    .description('each provider: its breaker, its last answer, and whether it may be asked')
    .action(async () => {
      const api = await context.api();
      const { data } = z.object({ data: z.array(PROVIDER) }).parse(await api.call('GET', '/v1/rates/providers'));
      context.answer(data, () =>
        table(
          [
            { title: 'provider' },
            { title: 'breaker' },
            { title: 'failures', align: 'right' },
            { title: 'last outcome' },
            { title: 'last success' },
            { title: 'not before' },
          ],
          data.map((each) => [
            each.source,
            each.enabled ? each.breaker.state : `off (${each.disabled_reason ?? ''})`,
            String(each.consecutive_failures),
            each.last_outcome ?? 'never asked',
            each.last_success_at ?? '',
            each.held_until ?? '',
          ]),
        ),
      );
    });
};

export function quoteLines(quote: Quote): readonly string[] {
  const failed = quote.attempts.filter(({ outcome }) => outcome !== 'ok');
  return [
    `${quote.pair}  ${quote.mid}   (bid ${quote.bid}, ask ${quote.ask})`,
    `level   ${quote.level}, ${(quote.age_ms / 1000).toFixed(1)} s old, as of ${quote.as_of}`,
    `source  ${quote.sources.map(({ source, pair, rate }) => `${source} ${pair} ${rate}`).join('; ')}  (${quote.basis})`,
    ...failed.map(
      ({ source, outcome, message }) => `tried   ${source}: ${outcome}${message === undefined ? '' : `, ${message}`}`,
    ),
    `quote   ${quote.quote_id}`,
  ];
}
