/** `plumbline archive hold ...` */
import type { Command } from 'commander';
import { z } from 'zod';
import type { Json } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { waitsForApproval } from '../../../platform/command-line/pending.ts';
import type { CommandContext } from '../../../platform/command-line/port.ts';
import { HOLD } from './routes.ts';

type Held = z.output<typeof HOLD>;

interface Options {
  readonly key?: string;
  readonly toKey?: string;
  readonly from?: string;
  readonly to?: string;
  readonly reason: string;
}

export function holdCommands(archive: Command, context: CommandContext): void {
  const hold = archive.command('hold').description('legal holds: rows that stay, whatever the policy says');

  hold
    .command('place')
    .description('keep rows where they are, from now on')
    .argument('<table>', 'schema.table')
    .requiredOption('--reason <text>', 'who ordered it and why')
    .option('--from <time>', 'rows written from then on')
    .option('--to <time>', 'and before then')
    .option('--key <id>', 'one row, or the first of several')
    .option('--to-key <id>', 'the last of several')
    .action(async (table: string, options: Options) => {
      const asked = { table, rows: rowsOf(options), reason: options.reason };
      const placed = HOLD.parse(await (await context.api()).call('POST', '/v1/archive/holds', asked));
      context.answer(placed, () => lines(placed));
    });

  hold
    .command('list')
    .description('legal holds that stand, newest first')
    .option('--table <table>', 'of one table: schema.table')
    .option('--released', 'those that were released as well', false)
    .action(async ({ table, released }: { table?: string; released: boolean }) => {
      const query = new URLSearchParams({
        limit: '200',
        released: String(released),
        ...(table === undefined ? {} : { table }),
      });
      const { data } = z
        .object({ data: z.array(HOLD) })
        .parse(await (await context.api()).call('GET', `/v1/archive/holds?${query.toString()}`));
      context.answer(data, () => (data.length === 0 ? ['no legal hold stands'] : data.flatMap(lines)));
    });

  hold
    .command('release')
    .description('let the rows of a hold go their way again')
    .argument('<id>')
    .requiredOption('--reason <text>', 'who allowed it and why')
    .action(async (id: string, { reason }: { reason: string }) => {
      const path = `/v1/archive/holds/${encodeURIComponent(id)}/release`;
      const answer = await (await context.api()).call('POST', path, { reason });
      if (waitsForApproval(context, answer)) return;
      const released = HOLD.parse(answer);
      context.answer(released, () => lines(released));
    });
}

function rowsOf({ key, toKey, from, to }: Options): Json {
  if (key !== undefined && from === undefined && to === undefined) return { kind: 'keys', from: key, to: toKey ?? key };
  if (key === undefined && toKey === undefined && from !== undefined && to !== undefined)
    return { kind: 'time', from, to };
  throw new PlumblineError(
    'invalid',
    'archive.hold_invalid',
    'say which rows: --from TIME and --to TIME, or --key ID (and --to-key ID)',
  );
}

function lines({
  id,
  table,
  rows,
  reason,
  placed_by,
  placed_at,
  released,
  objects,
  objects_kept,
  error,
}: Held): readonly string[] {
  const which = rows.kind === 'time' ? `written from ${rows.from} to before ${rows.to}` : `${rows.from} to ${rows.to}`;
  return [
    `${id}  ${table}, rows ${which}`,
    `  placed      ${placed_at} by ${placed_by}: ${reason}`,
    ...(released === null
      ? [
          `  objects     ${objects}, of which the store keeps ${objects_kept}${error === null ? '' : `: ${error.message} (${error.code})`}`,
        ]
      : [
          `  released    ${released.at} by ${released.by}${released.approved_by === null ? '' : `, approved by ${released.approved_by}`}: ${released.reason}`,
        ]),
  ];
}
