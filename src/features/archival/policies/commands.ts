/** `plumbline archive policy ...` */
import type { Command } from 'commander';
import { z } from 'zod';
import type { Json } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { waitsForApproval } from '../../../platform/command-line/pending.ts';
import type { CommandContext } from '../../../platform/command-line/port.ts';
import { table } from '../../../platform/command-line/table.ts';
import { POLICY_SET } from '../schemas.ts';

type Set = z.output<typeof POLICY_SET>;

interface Options {
  readonly column?: string;
  readonly key?: string;
  readonly age?: string;
  readonly class?: string;
  readonly format?: string;
  readonly rows?: string;
  readonly window?: string;
  readonly busy?: string;
  readonly maxLagMs?: string;
  readonly maxStatementMs?: string;
  readonly maxWalKb?: string;
  readonly holdDays?: string;
  readonly legalHold?: boolean;
  readonly retention?: string;
  readonly cooling?: string;
  readonly purgeOnly?: boolean;
  readonly enabled?: boolean;
  readonly reason?: string;
}

export function policyCommands(archive: Command, context: CommandContext): void {
  const policy = archive.command('policy').description('what is archived of a table, when and where to');

  policy
    .command('set')
    .description('a new version of the policy of a table; what is not said stays as it is')
    .argument('<table>', 'schema.table')
    .option('--column <name>', 'the column of times by which rows grow old')
    .option('--key <name>', 'the column that names a row; id unless told')
    .option('--age <days>', 'rows older than this are archived')
    .option('--class <class>', 'STANDARD, GLACIER or DEEP_ARCHIVE')
    .option('--format <format>', 'zstd, or gzip for readers without it')
    .option('--rows <n>', 'rows of an object, at the most')
    .option('--window <from-to>', 'time of day, UTC, in which the schedule works: 18:00-22:00; any for none')
    .option('--busy <percent>', 'share of the time in which the database is worked')
    .option('--max-lag-ms <ms>', 'lag of a replica at which work waits')
    .option('--max-statement-ms <ms>', 'chunks are made smaller until one takes no longer')
    .option('--max-wal-kb <kb>', 'write-ahead log a second, at the most')
    .option('--hold-days <days>', 'how long the law keeps rows in the database itself')
    .option('--legal-hold', 'objects are put under legal hold')
    .option('--no-legal-hold', 'of objects to come')
    .option('--retention <mode:days>', 'Object Lock: COMPLIANCE:1825; none for none')
    .option('--cooling <hours>', 'time between a verified upload and the first deletion')
    .option('--purge-only', 'delete without an archive')
    .option('--no-purge-only', 'archive again')
    .option('--enabled', 'the schedule acts on it')
    .option('--no-enabled', 'only people do')
    .option('--reason <text>', 'for whoever approves what keeps less than before')
    .action(async (name: string, options: Options) => {
      const api = await context.api();
      const known = await inForce(context, name);
      const { reason } = options;
      const answer = await api.call('POST', '/v1/archive/policies', {
        ...{ table: name, policy: changed(known, options) },
        ...(reason === undefined ? {} : { reason }),
      });
      if (waitsForApproval(context, answer)) return;
      const set = POLICY_SET.parse(answer);
      context.answer(set, () => [`${set.table}: version ${set.version} is in force`, ...policyLines(set)]);
    });

  policy
    .command('list')
    .description('the policy in force of each table')
    .action(async () => {
      const { data } = SETS.parse(await (await context.api()).call('GET', '/v1/archive/policies'));
      context.answer(data, () =>
        data.length === 0
          ? ['no table has a policy; set one: plumbline archive policy set TABLE --column created_at --age 365']
          : table(
              [
                { title: 'table' },
                { title: 'version' },
                { title: 'age' },
                { title: 'class' },
                { title: 'enabled' },
                { title: 'set by' },
              ],
              data.map((each) => [
                ...[each.table, String(each.version), `${each.policy.age_days} d by ${each.policy.column}`],
                ...[
                  each.policy.purge_only ? 'purge' : each.policy.storage_class,
                  each.policy.enabled ? 'yes' : 'no',
                  each.set_by,
                ],
              ]),
            ),
      );
    });

  policy
    .command('show')
    .description('every version of the policy of a table, newest first')
    .argument('<table>', 'schema.table')
    .action(async (name: string) => {
      const { data } = SETS.parse(
        await (await context.api()).call('GET', `/v1/archive/policies/${encodeURIComponent(name)}`),
      );
      context.answer(data, () =>
        data.flatMap((each) => [
          `${each.table} version ${each.version}, set ${each.set_at} by ${each.set_by}`,
          ...policyLines(each),
        ]),
      );
    });
}

const SETS = z.object({ data: z.array(POLICY_SET) });

async function inForce(context: CommandContext, name: string): Promise<Set | undefined> {
  const { data } = SETS.parse(await (await context.api()).call('GET', '/v1/archive/policies'));
  return data.find((each) => each.table === name || each.table === `public.${name}`);
}

/** What the API is asked for; it judges what is wrong of it. */
function changed(known: Set | undefined, options: Options): Json {
  const number = (text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new PlumblineError('invalid', 'archive.policy_invalid', `"${text.slice(0, 40)}" is not a whole number`);
  };
  const given = {
    ...{ column: options.column, key: options.key, age_days: number(options.age), storage_class: options.class },
    ...{ format: options.format, rows_per_object: number(options.rows), hold_days: number(options.holdDays) },
    ...{ legal_hold: options.legalHold, cooling_hours: number(options.cooling), purge_only: options.purgeOnly },
    ...{ enabled: options.enabled, window: windowOf(options.window), retention: retentionOf(options.retention) },
  };
  const throttle = {
    ...{ busy_percent: number(options.busy), max_lag_ms: number(options.maxLagMs) },
    ...{ max_statement_ms: number(options.maxStatementMs), max_wal_kb_per_second: number(options.maxWalKb) },
  };
  return { ...known?.policy, ...said(given), throttle: { ...known?.policy.throttle, ...said(throttle) } };
}

const said = (options: { readonly [name: string]: Json | undefined }): { readonly [name: string]: Json } =>
  Object.fromEntries(Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

function windowOf(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  if (text === 'any') return null;
  const [from = '', to = ''] = text.split('-');
  return { from, to };
}

function retentionOf(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  const [mode = '', days = ''] = text.split(':');
  return { mode, days: /^\d{1,6}$/.test(days) ? Number(days) : days };
}

const policyLines = ({ policy }: Set): readonly string[] =>
  Object.entries(policy).map(
    ([name, value]) => `  ${name.padEnd(16)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
