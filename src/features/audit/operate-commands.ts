/** `plumbline audit streams|watch|unwatch|watches|redact`: what operators do with the log. */
import type { Command } from 'commander';
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import type { CommandContext } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';

const STREAM = z.looseObject({ name: z.string(), salted: z.boolean() });
const HEAD = STREAM.extend({ size: z.int(), head: z.string().nullable() });
const WATCH = z.looseObject({
  table: z.string(),
  stream: z.string(),
  key: z.array(z.string()),
  without: z.array(z.string()),
  enabled: z.boolean(),
});

interface RedactOptions {
  readonly reason: string;
  readonly stream?: string;
  readonly record?: readonly string[];
  readonly actor?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly dryRun: boolean;
}

export function operateAuditCommands(audit: Command, context: CommandContext): void {
  streamCommands(audit, context);
  watchCommands(audit, context);
  audit
    .command('redact')
    .description('forget what was recorded, for good: of a record, of a person, or in a time; every proof still holds')
    .requiredOption('--reason <text>', 'kept in the log for good; it names nobody')
    .option('--stream <name>', 'of the one record, or of the time')
    .option('--record <id...>', 'these records: with --stream the one there, without it all of them in any stream')
    .option('--actor <name...>', 'all that these did')
    .option('--from <time>', 'RFC 3339 with zone')
    .option('--to <time>', 'RFC 3339 with zone')
    .option('--dry-run', 'only count', false)
    .action(async (options: RedactOptions) => {
      const api = await context.api();
      const body = { reason: options.reason, dry_run: options.dryRun, ...whatOf(options) };
      const answer = z
        .looseObject({ forgotten: z.int(), leaves: z.array(z.int()) })
        .parse(await api.call('POST', '/v1/audit/redactions', body));
      context.answer(answer, () => [
        options.dryRun
          ? `${answer.forgotten} records would be forgotten`
          : `${answer.forgotten} records are forgotten; ${answer.leaves.length === 0 ? 'no leaf says so' : `leaf ${answer.leaves.join(', ')} says so`}`,
      ]);
    });
}

function streamCommands(audit: Command, context: CommandContext): void {
  const streams = audit
    .command('streams')
    .description('streams and their heads')
    .action(async () => {
      const api = await context.api();
      const { data } = z.object({ data: z.array(HEAD) }).parse(await api.call('GET', '/v1/audit/streams'));
      context.answer(data, () =>
        table(
          [{ title: 'stream' }, { title: 'salted' }, { title: 'leaves', align: 'right' }, { title: 'head' }],
          data.map(({ name, salted, size, head }) => [name, salted ? 'yes' : 'no', String(size), head ?? '']),
        ),
      );
    });
  streams
    .command('add')
    .description('create a stream')
    .argument('<name>')
    .option('--unsalted', 'what is recorded names nobody: anybody may compute its hashes', false)
    .action(async (name: string, { unsalted }: { unsalted: boolean }) => {
      const api = await context.api();
      const stream = STREAM.parse(await api.call('POST', '/v1/audit/streams', { name, salted: !unsalted }));
      context.answer(stream, () => [`${stream.name}, ${stream.salted ? 'salted' : 'not salted'}`]);
    });
}

function watchCommands(audit: Command, context: CommandContext): void {
  audit
    .command('watch')
    .description("record each change of a table of Plumbline's database, in the transaction that makes it")
    .argument('<table>', 'as SQL names it: gateway.payments')
    .option('--stream <name>', "the table's name unless told")
    .option('--without <column...>', 'columns to leave out')
    .option('--unsalted', 'its rows name nobody', false)
    .option('--no-snapshot', 'do not record the rows that are there already')
    .action(
      async (
        name: string,
        options: { stream?: string; without?: readonly string[]; unsalted: boolean; snapshot: boolean },
      ) => {
        const api = await context.api();
        const body = {
          ...{ table: name, without: options.without ?? [], salted: !options.unsalted, snapshot: options.snapshot },
          ...(options.stream === undefined ? {} : { stream: options.stream }),
        };
        const watched = WATCH.extend({ rows: z.int() }).parse(await api.call('POST', '/v1/audit/watches', body));
        context.answer(watched, () => [
          `${watched.table} is watched as stream ${watched.stream}; ${watched.rows} rows were there already`,
        ]);
      },
    );
  audit
    .command('unwatch')
    .description('record the changes of a table no longer; what was recorded stays')
    .argument('<table>')
    .action(async (name: string) => {
      const api = await context.api();
      await api.call('DELETE', `/v1/audit/watches/${encodeURIComponent(name)}`);
      context.answer({ table: name, watched: false }, () => [`${name} is watched no longer`]);
    });
  audit
    .command('watches')
    .description('the tables that are watched')
    .action(async () => {
      const api = await context.api();
      const { data } = z.object({ data: z.array(WATCH) }).parse(await api.call('GET', '/v1/audit/watches'));
      context.answer(data, () =>
        table(
          [{ title: 'table' }, { title: 'stream' }, { title: 'key' }, { title: 'without' }, { title: 'fires' }],
          data.map(({ table: name, stream, key, without, enabled }) => [
            ...[name, stream, key.join(', '), without.join(', ')],
            enabled ? 'yes' : 'NO: switched off',
          ]),
        ),
      );
    });
}

function whatOf({ stream, record = [], actor = [], from, to }: RedactOptions): { readonly [field: string]: Json } {
  const [first] = record;
  if (from !== undefined && to !== undefined && record.length === 0 && actor.length === 0) {
    return { range: { from, to, ...(stream === undefined ? {} : { stream }) } };
  }
  if (from === undefined && to === undefined) {
    if (stream !== undefined && first !== undefined && record.length === 1 && actor.length === 0) {
      return { record: { stream, record_id: first } };
    }
    if (stream === undefined && record.length + actor.length > 0) {
      const names = {
        ...(actor.length === 0 ? {} : { actors: actor }),
        ...(record.length === 0 ? {} : { record_ids: record }),
      };
      return { person: names };
    }
  }
  throw new PlumblineError(
    'invalid',
    'audit.redaction_unclear',
    'say what to forget: --stream and one --record; or --actor and --record of a person; or --from and --to, with --stream or without',
  );
}
