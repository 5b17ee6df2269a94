/** `plumbline reconcile compare|drill` */
import type { Command } from 'commander';
import { z } from 'zod';
import type { ApiClient, CommandContext } from '../../../platform/command-line/port.ts';
import { type Column, table } from '../../../platform/command-line/table.ts';

const AMOUNT = z.string().nullable();
const CHANGE = z.object({ before: AMOUNT, after: AMOUNT, change: AMOUNT });
const REPORT = z.looseObject({ id: z.string(), business_date: z.string(), as_of: z.string().nullable() });
const EFFECTS = { amount_effect: AMOUNT, rate_effect: AMOUNT };
const LINE = z.looseObject({
  id: z.string(),
  currency: z.string(),
  is: z.string(),
  amount: CHANGE,
  value: CHANGE,
  ...EFFECTS,
});
const BREAK = z.looseObject({ key: z.string(), currency: z.string(), amount: z.string() });
const COMPARISON = z.looseObject({
  before: REPORT,
  after: REPORT,
  currency: z.string(),
  same_book: z.boolean(),
  rates: z.array(z.object({ pair: z.string(), before: AMOUNT, after: AMOUNT })),
  assets: CHANGE,
  liabilities: CHANGE,
  difference: CHANGE.extend(EFFECTS),
  net: CHANGE,
  unexplained: CHANGE,
  lines: z.array(LINE),
  observed: z.array(LINE),
  breaks: z.object({ opened: z.array(BREAK), resolved: z.array(BREAK), changed: z.array(BREAK) }),
});

const COUNTER = z.object({ account: z.string(), currency: z.string(), entries: z.int(), amount: z.string() });
const MOVEMENTS = z.looseObject({
  title: z.string(),
  account: z.string(),
  currency: z.string(),
  before: REPORT.nullable(),
  after: REPORT,
  observed: CHANGE,
  ledger: CHANGE,
  entries_count: z.int(),
  entries_amount: z.string(),
  unexplained: AMOUNT,
  rewritten: AMOUNT,
  counter_accounts: z.array(COUNTER),
  other_currencies: z.array(COUNTER),
  data: z.array(
    z.looseObject({
      id: z.string(),
      counter_account: z.string(),
      currency: z.string(),
      amount: z.string(),
      reference: z.string().nullable(),
      created_at: z.string(),
    }),
  ),
  next: z.string().nullable(),
});

export function drillDownCommands(reconcile: Command, context: CommandContext): void {
  reconcile
    .command('compare')
    .description('what changed between two reports: amounts apart from rates, breaks opened and resolved')
    .argument('<report>', 'id or business date')
    .argument('[other]', 'id or business date; the final report before unless told')
    .action(async (report: string, other: string | undefined) => {
      const api = await context.api();
      const id = await idOf(api, report);
      const query = other === undefined ? '' : `?with=${encodeURIComponent(await idOf(api, other))}`;
      const compared = COMPARISON.parse(
        await api.call('GET', `/v1/reconciliations/${encodeURIComponent(id)}/compare${query}`),
      );
      context.answer(compared, () => comparisonLines(compared));
    });

  reconcile
    .command('drill')
    .description('which entries moved an observed line since the report before, and what no entry explains')
    .argument('<report>', 'id or business date')
    .argument('<line>', 'id of the line, such as vnd_pool')
    .option('--since <report>', 'id or business date to look back to; the final report before unless told')
    .option('--limit <n>', 'how many entries', '20')
    .option('--cursor <cursor>', '`next` of the page before')
    .action(async (report: string, line: string, options: { since?: string; limit: string; cursor?: string }) => {
      const api = await context.api();
      const id = await idOf(api, report);
      const query = new URLSearchParams({
        limit: options.limit,
        ...(options.since === undefined ? {} : { since: await idOf(api, options.since) }),
        ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
      });
      const path = `/v1/reconciliations/${encodeURIComponent(id)}/lines/${encodeURIComponent(line)}/movements`;
      const found = MOVEMENTS.parse(await api.call('GET', `${path}?${query}`));
      context.answer(found, () => movementLines(found));
    });
}

/** The report in force for a date, or the id as it is. */
async function idOf(api: ApiClient, what: string): Promise<string> {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(what)) return what;
  return REPORT.parse(await api.call('GET', `/v1/reconciliations/dates/${what}`)).id;
}

const shown = (amount: string | null): string => amount ?? 'unknown';
const CHANGES: readonly Column[] = [
  { title: 'before', align: 'right' },
  { title: 'after', align: 'right' },
  { title: 'change', align: 'right' },
];
const cells = ({ before, after, change }: z.output<typeof CHANGE>): readonly string[] => [
  ...[before ?? '', after ?? ''],
  shown(change),
];
const name = ({ business_date, as_of, id }: z.output<typeof REPORT>): string =>
  `${business_date} (as of ${as_of ?? 'an unknown instant'}, ${id})`;

function comparisonLines(compared: z.output<typeof COMPARISON>): readonly string[] {
  const { before, after, currency, difference, breaks } = compared;
  const line = (each: z.output<typeof LINE>): readonly string[] => [
    each.is === 'kept' ? each.id : `${each.id} (${each.is})`,
    `${shown(each.amount.change)} ${each.currency}`,
    ...cells(each.value),
    ...[shown(each.amount_effect), shown(each.rate_effect)],
  ];
  const listed = (title: string, of: readonly z.output<typeof BREAK>[]): readonly string[] =>
    of.map(({ key, amount, currency: code }) => `break ${title}: ${key}, ${amount} ${code}`);
  const columns = (title: string): readonly Column[] => [
    { title },
    { title: 'change of amount', align: 'right' },
    ...CHANGES,
    { title: 'by amount', align: 'right' },
    { title: 'by rate', align: 'right' },
  ];
  return [
    `from ${name(before)}`,
    `to   ${name(after)}, values in ${currency}`,
    ...(compared.same_book ? [] : ['the two were made by different books']),
    ...compared.rates.map((rate) => `rate ${rate.pair}: ${rate.before ?? 'none'} -> ${rate.after ?? 'none'}`),
    '',
    ...table(columns('line'), [
      ...compared.lines.map(line),
      ['Difference', '', ...cells(difference), shown(difference.amount_effect), shown(difference.rate_effect)],
    ]),
    '',
    ...table(columns('observed'), [
      ...compared.observed.map(line),
      ['Net', '', ...cells(compared.net)],
      ['Unexplained', '', ...cells(compared.unexplained)],
    ]),
    '',
    ...listed('opened', breaks.opened),
    ...listed('changed', breaks.changed),
    ...listed('resolved', breaks.resolved),
  ];
}

function movementLines(found: z.output<typeof MOVEMENTS>): readonly string[] {
  const { currency, before } = found;
  return [
    `${found.title}, account ${found.account}, in ${currency}`,
    `from ${before === null ? 'the beginning' : name(before)}`,
    `to   ${name(found.after)}`,
    '',
    ...table(
      [{ title: '' }, ...CHANGES],
      [
        ['observed', ...cells(found.observed)],
        ['ledger', ...cells(found.ledger)],
        [`${found.entries_count} entries`, '', '', found.entries_amount],
        ['no entry explains', '', '', shown(found.unexplained)],
        ["the ledger's past changed by", '', '', shown(found.rewritten)],
      ],
    ),
    '',
    ...table(
      [{ title: 'with account' }, { title: 'entries', align: 'right' }, { title: 'amount', align: 'right' }],
      [...found.counter_accounts, ...found.other_currencies].map((each) => [
        each.account,
        String(each.entries),
        `${each.amount} ${each.currency}`,
      ]),
    ),
    '',
    ...table(
      [
        { title: 'when' },
        { title: 'with account' },
        { title: 'amount', align: 'right' },
        { title: 'reference' },
        { title: 'entry' },
      ],
      found.data.map((entry) => [
        ...[entry.created_at, entry.counter_account, `${entry.amount} ${entry.currency}`],
        ...[entry.reference ?? '', entry.id],
      ]),
    ),
    ...(found.next === null ? [] : ['', `more: --cursor ${found.next}`]),
  ];
}
