/** `plumbline rates breaker|manual|lock|accept`: what changes something. */
import type { Command } from 'commander';
import { z } from 'zod';
import { waitsForApproval } from '../../../platform/command-line/pending.ts';
import type { CommandContext } from '../../../platform/command-line/port.ts';
import { table } from '../../../platform/command-line/table.ts';
import { pathOf } from '../paths.ts';
import { parseProvider, providerLines } from '../show.ts';

const MANUAL = z.looseObject({
  pair: z.string(),
  rate: z.string(),
  reason: z.string(),
  max_deviation_bps: z.int(),
  set_by: z.string(),
  expires_at: z.string(),
  ended_at: z.string().nullable(),
});

const LOCKED = z.looseObject({
  id: z.string(),
  pair: z.string(),
  side: z.string(),
  base_amount: z.string(),
  quote_amount: z.string(),
  rate: z.string(),
  level: z.string(),
  status: z.string(),
  expires_at: z.string(),
});

export function operateCommands(rates: Command, context: CommandContext): void {
  const waits = (answer: unknown): boolean => waitsForApproval(context, answer);

  rates
    .command('breaker')
    .description("force a provider's circuit breaker open or closed, or reset it, for all processes")
    .argument('<provider>')
    .argument('<action>', 'open, close or reset')
    .requiredOption('--reason <text>', 'kept with who and when')
    .action(async (provider: string, action: string, { reason }: { reason: string }) => {
      const api = await context.api();
      const path = `/v1/rates/providers/${encodeURIComponent(provider)}/breaker`;
      const said = await api.call('POST', path, { action, reason });
      if (waits(said)) return;
      const answer = parseProvider(said);
      context.answer(answer, () => providerLines([answer]));
    });

  const manual = rates.command('manual').description("an operator's own rate, until it expires");
  manual
    .command('set')
    .description('serve this rate, labelled `manual`; it ends by itself')
    .argument('<pair>', 'BASE/QUOTE')
    .argument('<rate>', 'quote units for one base unit')
    .requiredOption('--reason <text>', 'kept with who and when')
    .requiredOption('--max-deviation-bps <n>', 'the market ends it when it is further away, in basis points')
    .requiredOption('--expires <time>', 'RFC 3339 with zone, at most 7 days ahead')
    .action(
      async (pair: string, rate: string, options: { reason: string; maxDeviationBps: string; expires: string }) => {
        const body = {
          ...{ rate, reason: options.reason, expires_at: options.expires },
          max_deviation_bps: Number(options.maxDeviationBps),
        };
        const api = await context.api();
        const said = await api.call('POST', `${pathOf(pair)}/manual`, body);
        if (waits(said)) return;
        const answer = MANUAL.parse(said);
        context.answer(answer, () => manualLines([answer]));
      },
    );
  manual
    .command('end')
    .description('back to the market')
    .argument('<pair>', 'BASE/QUOTE')
    .requiredOption('--reason <text>', 'kept with who and when')
    .action(async (pair: string, { reason }: { reason: string }) => {
      const api = await context.api();
      const answer = MANUAL.parse(await api.call('POST', `${pathOf(pair)}/manual/end`, { reason }));
      context.answer(answer, () => manualLines([answer]));
    });
  manual
    .command('list')
    .description('the manual rates that are served')
    .action(async () => {
      const api = await context.api();
      const { data } = z.object({ data: z.array(MANUAL) }).parse(await api.call('GET', '/v1/rates/manual'));
      context.answer(data, () => (data.length === 0 ? ['no manual rate is served'] : manualLines(data)));
    });

  rates
    .command('lock')
    .description('lock a rate for an amount, for a while')
    .argument('<pair>', 'BASE/QUOTE')
    .argument('<side>', "the customer's: sell or buy the base")
    .argument('<amount>')
    .argument('<currency>', "one of the pair's two")
    .option('--seconds <n>', 'lifetime', '60')
    .action(async (pair: string, side: string, amount: string, currency: string, { seconds }: { seconds: string }) => {
      const api = await context.api();
      const body = { pair, side, amount, currency, lifetime_seconds: Number(seconds) };
      show(LOCKED.parse(await api.call('POST', '/v1/quotes', body)));
    });
  rates
    .command('accept')
    .description('keep a locked rate: the payment came')
    .argument('<id>')
    .option('--reference <text>', 'what it was accepted for')
    .action(async (id: string, { reference }: { reference?: string }) => {
      const api = await context.api();
      const body = reference === undefined ? {} : { reference };
      show(LOCKED.parse(await api.call('POST', `/v1/quotes/${encodeURIComponent(id)}/accept`, body)));
    });

  function show(locked: z.output<typeof LOCKED>): void {
    const [base, quote] = locked.pair.split('/');
    context.answer(locked, () => [
      `${locked.side} ${locked.base_amount} ${base} for ${locked.quote_amount} ${quote}, at ${locked.rate} (${locked.level})`,
      `${locked.status}, until ${locked.expires_at}`,
      `quote   ${locked.id}`,
    ]);
  }
}

const manualLines = (rows: readonly z.output<typeof MANUAL>[]): readonly string[] =>
  table(
    [
      { title: 'pair' },
      { title: 'rate', align: 'right' },
      { title: 'until' },
      { title: 'bps' },
      { title: 'by' },
      { title: 'why' },
    ],
    rows.map((each) => [
      each.pair,
      each.rate,
      each.ended_at === null ? each.expires_at : `ended ${each.ended_at}`,
      String(each.max_deviation_bps),
      each.set_by,
      each.reason,
    ]),
  );
