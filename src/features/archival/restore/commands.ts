/** `plumbline archive restore|restores|read|query|rebuild` */
import type { Command } from 'commander';
import { z } from 'zod';
import { PlumblineError } from '../../../kernel/errors.ts';
import { waitsForApproval } from '../../../platform/command-line/pending.ts';
import type { CommandContext } from '../../../platform/command-line/port.ts';
import { table as tableOf } from '../../../platform/command-line/table.ts';
import { MAPPING, type Mapping } from './mapping.ts';
import { PURPOSES, TIERS } from './request.ts';
import { ANSWER, QUOTE, READ, REBUILT, RESTORE_VIEW } from './schemas.ts';

type View = z.output<typeof RESTORE_VIEW>;
const FAILED = 3;
/** Objects must be restored first. */
const INCOMPLETE = 7;
const DAMAGED = 8;

interface Options {
  readonly row?: string;
  readonly batch?: string;
  readonly object?: string;
  readonly from?: string;
  readonly to?: string;
  readonly purpose: string;
  readonly tier: string;
  readonly days: string;
  readonly mapping?: string;
  readonly reason?: string;
  readonly yes: boolean;
}

export function restoreCommands(archive: Command, context: CommandContext): void {
  archive
    .command('restore')
    .description('have archived rows back; says what it costs, and acts only with --yes')
    .argument('<table>', 'schema.table, as it was archived')
    .option('--row <id>', 'one row')
    .option('--batch <no>', 'one object, by its batch')
    .option('--object <archive_path>', 'one object, by its path')
    .option('--from <time>', 'rows written from then on')
    .option('--to <time>', 'and before then')
    .option(
      '--purpose <purpose>',
      `${PURPOSES.join(', ')}: make readable, land in archive_restored_rows, or put back into the table`,
      'land',
    )
    .option('--tier <tier>', TIERS.join(', '), 'Standard')
    .option('--days <days>', 'how long the copies are kept', '3')
    .option('--mapping <json>', 'where columns of the archive go that differ: {"columns": {...}, "fill": {...}}')
    .option('--reason <text>', 'for whoever approves it')
    .option('--yes', 'do it, at the quoted price', false)
    .action(async (table: string, options: Options) => {
      const api = await context.api();
      const asked = {
        ...{
          table,
          what: whatOf(options),
          purpose: options.purpose,
          tier: options.tier,
          days: wholeOf(options.days, '--days'),
        },
        ...(options.mapping === undefined ? {} : { mapping: mappingOf(options.mapping) }),
      };
      const quote = QUOTE.parse(await api.call('POST', '/v1/archive/restores/quote', asked));
      if (!options.yes) {
        context.answer(quote, () => [
          ...quoteLines(quote),
          '  nothing was asked of the store; to do it: the same with --yes',
        ]);
        return;
      }
      const bound = quote.cost === null ? {} : { max_cost: quote.cost };
      const why = options.reason === undefined ? {} : { reason: options.reason };
      const answer = await api.call('POST', '/v1/archive/restores', { ...asked, ...bound, ...why });
      if (waitsForApproval(context, answer)) return;
      const view = RESTORE_VIEW.parse(answer);
      context.answer(view, () => [...quoteLines(quote), ...viewLines(view)]);
    });

  archive
    .command('restores')
    .description('restores, newest first, or one with its objects; ends with 3 where one object of it failed')
    .argument('[id]')
    .option('--faster <tier>', 'ask for a faster tier for what still waits')
    .action(async (id: string | undefined, options: { faster?: string }) => {
      const api = await context.api();
      if (id === undefined) {
        const { data } = z
          .object({ data: z.array(RESTORE_VIEW) })
          .parse(await api.call('GET', '/v1/archive/restores?limit=20'));
        context.answer(data, () => (data.length === 0 ? ['nothing was restored yet'] : data.map(viewLine)));
        return;
      }
      const path = `/v1/archive/restores/${encodeURIComponent(id)}`;
      const answer =
        options.faster === undefined
          ? await api.call('GET', path)
          : await api.call('POST', `${path}/speed-up`, { tier: options.faster });
      const view = RESTORE_VIEW.parse(answer);
      context.answer(view, () => viewLines(view));
      if (view.state === 'failed') context.exitCode(FAILED);
    });

  archive
    .command('read')
    .description('one archived row and its proof, by one range of its object')
    .argument('<table>', 'schema.table')
    .argument('<id>', 'its key')
    .action(async (table: string, id: string) => {
      const path = `/v1/archive/records/${encodeURIComponent(table)}/${encodeURIComponent(id)}`;
      const read = READ.parse(await (await context.api()).call('GET', path));
      context.answer(read, () => [
        read.row,
        `data_hash    ${read.data_hash}`,
        `proof        row ${read.proof.row_number} of ${read.proof.rows} (from 0) under ${read.proof.merkle_root}: ${read.proof.path.length} hashes, verified`,
        ...read.proof.path.map((hash) => `             ${hash}`),
        `object       ${read.archive_path} (${read.bytes_read} bytes of it read)`,
        `manifest     ${read.proof.manifest_path} ${read.proof.manifest_sha256}`,
      ]);
    });

  archive
    .command('query')
    .description(
      'one SELECT over the archived rows that can be read now; ends with 7 where objects must be restored first',
    )
    .argument('<sql>', 'such as "select actor, count(*) from audit_logs group by 1"')
    .option('--limit <rows>', 'of the answer', '1000')
    .option('--max-bytes <bytes>', 'of objects that may be fetched', '1073741824')
    .action(async (statement: string, options: { limit: string; maxBytes: string }) => {
      const asked = {
        sql: statement,
        limit: wholeOf(options.limit, '--limit'),
        max_bytes: wholeOf(options.maxBytes, '--max-bytes'),
      };
      const answer = ANSWER.parse(await (await context.api()).call('POST', '/v1/archive/query', asked));
      context.answer(answer, () => [
        ...tableOf(
          answer.columns.map((title) => ({ title })),
          answer.rows.map((row) => row.map((value) => value ?? '')),
        ),
        ...(answer.more ? [`there are more than ${answer.rows.length} rows; see --limit`] : []),
        ...(answer.complete
          ? []
          : [
              `INCOMPLETE: ${answer.not_readable.length} objects must be restored first, such as batch ${answer.not_readable[0]?.batch} (${answer.not_readable[0]?.rows} rows)`,
            ]),
      ]);
      if (!answer.complete) context.exitCode(INCOMPLETE);
    });

  archive
    .command('rebuild')
    .description(
      'batches and pointers that the database does not have, from the store alone; ends with 7 where some wait, 8 where some are damaged',
    )
    .action(async () => {
      const { data } = REBUILT.parse(await (await context.api()).call('POST', '/v1/archive/rebuild', {}));
      const told = data.filter(({ state }) => state !== 'known');
      context.answer(data, () => [
        `${data.length} manifests in the store: ${data.filter(({ state }) => state === 'rebuilt').length} batches rebuilt, ${data.length - told.length} known`,
        ...told.map(({ state, archive_path, message }) => `  ${state.toUpperCase()}  ${archive_path}: ${message}`),
      ]);
      if (told.some(({ state }) => state === 'damaged')) context.exitCode(DAMAGED);
      else if (told.some(({ state }) => state !== 'rebuilt')) context.exitCode(INCOMPLETE);
    });
}

type WhatAsked =
  | { kind: 'row'; id: string }
  | { kind: 'batch'; batch: number }
  | { kind: 'object'; archive_path: string }
  | { kind: 'range'; from: string; to: string };

function whatOf({ row, batch, object, from, to }: Options): WhatAsked {
  const given: WhatAsked[] = [];
  if (row !== undefined) given.push({ kind: 'row', id: row });
  if (batch !== undefined) given.push({ kind: 'batch', batch: wholeOf(batch, '--batch') });
  if (object !== undefined) given.push({ kind: 'object', archive_path: object });
  if (from !== undefined && to !== undefined) given.push({ kind: 'range', from, to });
  const [what, other] = given;
  if (what !== undefined && other === undefined && (from === undefined) === (to === undefined)) return what;
  throw new PlumblineError(
    'invalid',
    'archive.what_unclear',
    'say one of --row ID, --batch NO, --object PATH, or --from TIME with --to TIME',
  );
}

function wholeOf(text: string, option: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new PlumblineError(
    'invalid',
    'archive.option_malformed',
    `${option} is "${text.slice(0, 40)}"; write a whole number`,
  );
}

function mappingOf(text: string): Mapping {
  try {
    return MAPPING.parse(JSON.parse(text));
  } catch (cause) {
    throw new PlumblineError(
      'invalid',
      'archive.mapping_invalid',
      '--mapping is no mapping; write {"columns": {"old": "new", "gone": null}, "fill": {"added": "default"}}',
      { cause },
    );
  }
}

const quoteLines = (quote: z.output<typeof QUOTE>): readonly string[] => [
  `${quote.table}: ${quote.rows} rows at the most, in ${quote.objects} objects (${quote.bytes} bytes), ${quote.readable} of them readable now`,
  `  cost  ${quote.cost ?? 'unknown'} ${quote.currency}, prices of ${quote.prices_dated}`,
  `  wait  ${(quote.wait_seconds / 3_600).toFixed(1)} hours at the most`,
];

const viewLine = (view: View): string =>
  `${view.id}  ${view.table}  ${view.purpose}  ${view.state}  ${view.objects.length} objects, ${view.landed_rows} rows landed, ${view.returned_rows} returned  ${view.requested_at} ${view.requested_by}`;

const viewLines = (view: View): readonly string[] => [
  viewLine(view),
  ...view.objects.map(
    ({ batch, state, tier, readable_until, landed_rows, error }) =>
      `  batch ${batch}  ${state}  ${tier}${readable_until === null ? '' : `  until ${readable_until}`}  ${landed_rows} rows${error === null ? '' : `: ${error.message} (${error.code})`}`,
  ),
];
