/** `plumbline reconcile match`: a statement against a ledger, from files or from the platform's database. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { parseBusinessDate } from '../../../kernel/business-date.ts';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { displayMoney, formatMoney } from '../../../kernel/money.ts';
import { printable } from '../../../kernel/text.ts';
import type { CommandContext } from '../../../platform/command-line/port.ts';
import { table } from '../../../platform/command-line/table.ts';
import { lineFile } from './line-file.ts';
import { matchStatement } from './matcher.ts';
import { type Policy, parsePolicy } from './policy.ts';
import type { Result, ResultLine } from './result.ts';
import type { StatementMatching } from './service.ts';
import { totalsToJson } from './totals.ts';

interface Options {
  readonly statement: string;
  readonly ledger?: string;
  readonly sql?: string;
  readonly policy: string;
  readonly account?: string;
  readonly from?: string;
  readonly to?: string;
  readonly keep: boolean;
}

/** 0 every line of both sides is matched, 2 something is left. */
const LEFT = 2;

/** Opens what a query and `--keep` need; neither is needed to match two files. */
export type OpenMatching = () => Promise<{ readonly service: StatementMatching; close(): Promise<void> }>;

export function matchCommand(reconcile: Command, context: CommandContext, open: OpenMatching): void {
  reconcile
    .command('match')
    .description('match a statement against a ledger; ends with 0 when every line is matched, 2 when something is left')
    .requiredOption(
      '--statement <file>',
      'the external lines: .csv or .jsonl with id, booked_on, amount, currency, reference, counterparty',
    )
    .option('--ledger <file>', 'the ledger lines, in the same form, with batch')
    .option('--sql <query>', "or a query for them on the platform's database; :from and :to in it are the days")
    .requiredOption('--policy <file>', 'the rules, in YAML')
    .option('--from <YYYY-MM-DD>', 'with --sql or --keep: the first day that the statement speaks of')
    .option('--to <YYYY-MM-DD>', 'and the last')
    .option('--keep', 'keep the result, as the next attempt at the account and its days', false)
    .option('--account <name>', 'with --keep: whose statement it is')
    .action(async (options: Options) => {
      const policy = parsePolicy(await textOf(options.policy), options.policy);
      const { result, kept } = await matchAs(options, policy, open);
      context.answer({ ...resultToJson(result), kept }, () => resultLines(result, kept));
      if (!result.complete) context.exitCode(LEFT);
    });
}

async function matchAs(
  options: Options,
  policy: Policy,
  open: OpenMatching,
): Promise<{ readonly result: Result; readonly kept: string | null }> {
  const { statement: file, ledger, sql } = options;
  if ((ledger === undefined) === (sql === undefined)) throw usage('give exactly one of --ledger and --sql');
  const statement = lineFile(file, policy);
  if (ledger !== undefined && !options.keep) {
    return {
      result: await matchStatement({ external: statement, ledger: lineFile(ledger, policy), policy }),
      kept: null,
    };
  }
  const from = dayOf('--from', options.from);
  const to = dayOf('--to', options.to);
  const request = {
    ...{ from, to, policy, statement },
    ledger:
      ledger === undefined
        ? ({ kind: 'sql', sql: sql ?? '' } as const)
        : ({ kind: 'lines', lines: lineFile(ledger, policy) } as const),
  };
  const { account } = options;
  if (options.keep && account === undefined) throw usage('--keep needs --account, whose statement it is');
  const { service, close } = await open();
  try {
    if (account === undefined || !options.keep) return { result: await service.find(request), kept: null };
    const { row, result } = await service.match({ ...request, account, startedBy: 'command' });
    return { result, kept: row.id };
  } finally {
    await close();
  }
}

function dayOf(option: string, text: string | undefined): BusinessDate {
  if (text === undefined) throw usage(`--sql and --keep need ${option}: the days that the statement speaks of`);
  return parseBusinessDate(text);
}

const usage = (message: string): PlumblineError => new PlumblineError('invalid', 'usage.match', message);

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new PlumblineError('invalid', 'matching.file_unreadable', `${file} cannot be read: ${messageOf(error)}`);
  }
}

function resultToJson(result: Result): object {
  const line = ({ id, bookedOn, amount, reference, counterparty }: ResultLine) => ({
    ...{
      id,
      booked_on: bookedOn,
      amount: formatMoney(amount),
      currency: amount.currency.code,
      reference,
      counterparty,
    },
  });
  const ids = (lines: readonly ResultLine[]): readonly string[] => lines.map(({ id }) => id);
  return {
    complete: result.complete,
    matches: result.matchCount,
    totals: totalsToJson(result.totals),
    unmatched: {
      external: Array.from(result.unmatched('external'), (each) => ({ ...line(each), reason: each.reason })),
      ledger: Array.from(result.unmatched('ledger'), (each) => ({ ...line(each), reason: each.reason })),
    },
    ambiguous: Array.from(result.ambiguous(), ({ rule, reason, external, ledger }) => ({
      ...{ rule, reason, external: ids(external), ledger: ids(ledger) },
    })),
    result_hash: result.hash(),
  };
}

/** The lists themselves, for a count tells nobody what to look for. */
export function resultLines(result: Result, kept: string | null): readonly string[] {
  const counts = (side: 'external' | 'ledger'): string =>
    `${result.count(side, 'matched')} of ${result.count(side, 'all')}`;
  const rows = (lines: Iterable<ResultLine>, what: string): readonly (readonly string[])[] =>
    Array.from(lines, (each) => [
      what,
      each.side === 'external' ? 'statement' : 'ledger',
      each.bookedOn,
      printable(each.id, 60),
      `${displayMoney(each.amount)} ${each.amount.currency.code}`,
      printable(each.reference, 60),
      printable(each.counterparty, 40),
    ]);
  const left = [
    ...rows(result.unmatched('external'), 'unmatched'),
    ...rows(result.unmatched('ledger'), 'unmatched'),
    ...Array.from(result.ambiguous(), (set) =>
      rows([...set.external, ...set.ledger], `${set.reason === 'crowded' ? 'crowded' : 'ambiguous'} ${set.number}`),
    ).flat(),
  ];
  const columns = [
    ...[{ title: 'what' }, { title: 'side' }, { title: 'day' }, { title: 'id' }],
    ...[{ title: 'amount', align: 'right' as const }, { title: 'reference' }, { title: 'counterparty' }],
  ];
  return [
    `${result.matchCount} matches: ${counts('external')} statement lines, ${counts('ledger')} ledger lines`,
    ...result.totals.map(
      ({ currency, external, ledger, difference }) =>
        `  ${currency}: statement ${displayMoney(external.all.sum)}, ledger ${displayMoney(ledger.all.sum)}; matched with a difference of ${displayMoney(difference)}`,
    ),
    ...(left.length === 0 ? ['  nothing is left on either side'] : ['', ...table(columns, left)]),
    ...(kept === null ? [] : [`  kept as ${kept}`]),
  ];
}
