/** `plumbline reconcile breaks ...` */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import type { CommandContext } from '../../../platform/command-line/port.ts';
import { table } from '../../../platform/command-line/table.ts';

const BREAK = z.looseObject({
  id: z.string(),
  key: z.string(),
  account: z.string().nullable(),
  currency: z.string(),
  amount: z.string(),
  text: z.string(),
  state: z.string(),
  age_days: z.int(),
  business_date: z.string(),
  accepted: z.object({ by: z.string(), reason: z.string(), until: z.string().nullable() }).nullable(),
});
const EVENT = z.looseObject({
  event: z.string(),
  at: z.string(),
  report: z.string().nullable(),
  actor: z.string().nullable(),
  amount: z.string(),
  reason: z.string().nullable(),
});
const PAGE = z.object({ data: z.array(BREAK), next: z.string().nullable() });

export function breakCommands(reconcile: Command, context: CommandContext): void {
  const breaks = reconcile.command('breaks').description('what reports could not explain, and since when');

  breaks
    .command('list', { isDefault: true })
    .description('breaks, newest first')
    .addOption(new Option('--state <state>', 'which').choices(['open', 'accepted', 'resolved', 'all']).default('open'))
    .option('--limit <n>', 'how many', '50')
    .option('--cursor <cursor>', '`next` of the page before')
    .action(async ({ state, limit, cursor }: { state: string; limit: string; cursor?: string }) => {
      const api = await context.api();
      const query = new URLSearchParams({
        limit,
        ...(state === 'all' ? {} : { state }),
        ...(cursor ? { cursor } : {}),
      });
      const page = PAGE.parse(await api.call('GET', `/v1/reconciliation-breaks?${query}`));
      context.answer(page, () => [
        ...breakLines(page.data),
        ...(page.next === null ? [] : ['', `more: --cursor ${page.next}`]),
      ]);
    });

  breaks
    .command('show')
    .description('a break, and what happened to it')
    .argument('<id>')
    .action(async (id: string) => {
      const api = await context.api();
      const found = BREAK.extend({ events: z.array(EVENT) }).parse(
        await api.call('GET', `/v1/reconciliation-breaks/${encodeURIComponent(id)}`),
      );
      context.answer(found, () => [...breakLines([found]), '', found.text, '', ...eventLines(found.events)]);
    });

  breaks
    .command('accept')
    .description('say why a break is there; it opens again when it grows, or when the time is over')
    .argument('<id>')
    .requiredOption('--reason <text>', 'kept with who and when')
    .option('--until <time>', 'RFC 3339 with zone; for good unless told')
    .option('--up-to <amount>', 'in its currency, with its sign; what it is now unless told')
    .action(async (id: string, { reason, until, upTo }: { reason: string; until?: string; upTo?: string }) => {
      const api = await context.api();
      const body = {
        reason,
        ...(until === undefined ? {} : { until }),
        ...(upTo === undefined ? {} : { up_to: upTo }),
      };
      const path = `/v1/reconciliation-breaks/${encodeURIComponent(id)}/accept`;
      const accepted = BREAK.parse(await api.call('POST', path, body));
      context.answer(accepted, () => breakLines([accepted]));
    });
}

const breakLines = (breaks: readonly z.output<typeof BREAK>[]): readonly string[] =>
  breaks.length === 0
    ? ['no breaks']
    : table(
        [
          { title: 'since' },
          { title: 'days', align: 'right' },
          { title: 'state' },
          { title: 'break' },
          { title: 'account' },
          { title: 'amount', align: 'right' },
          { title: 'id' },
          { title: 'accepted' },
        ],
        breaks.map((each) => [
          each.business_date,
          String(each.age_days),
          each.state,
          each.key,
          each.account ?? '',
          `${each.amount} ${each.currency}`,
          each.id,
          each.accepted === null
            ? ''
            : `${each.accepted.by}: ${each.accepted.reason}${each.accepted.until === null ? '' : `, until ${each.accepted.until}`}`,
        ]),
      );

const eventLines = (events: readonly z.output<typeof EVENT>[]): readonly string[] =>
  table(
    [{ title: 'when' }, { title: 'what' }, { title: 'amount', align: 'right' }, { title: 'by' }, { title: 'reason' }],
    events.map(({ at, event, amount, report, actor, reason }) => [
      ...[at, event, amount],
      ...[actor ?? `report ${report ?? ''}`, reason ?? ''],
    ]),
  );
