/** `plumbline archive ...` */
import { z } from 'zod';
import { PlumblineError } from '../../kernel/errors.ts';
import { waitsForApproval } from '../../platform/command-line/pending.ts';
import type { ApiClient, CommandContext, RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';
import { holdCommands } from './holds/commands.ts';
import { policyCommands } from './policies/commands.ts';
import { restoreCommands } from './restore/commands.ts';
import { waitForRun } from './run/progress.ts';
import { BATCH, CHECKSUMS, CHECKSUMS_BEGUN, PLAN, RECONCILED, RECORD, RUN, VERDICT } from './schemas.ts';

type Run = z.output<typeof RUN>;

/** Something is not what it was. */
const DAMAGED = 8;
const FAILED = 3;

export const archiveCommands: RegisterCommands = (program, context) => {
  const archive = program.command('archive').description('old rows in cold storage, each with its hash');
  policyCommands(archive, context);
  restoreCommands(archive, context);
  holdCommands(archive, context);

  archive
    .command('plan')
    .description('what the policy of a table would do, what it costs, and what stands against it; changes nothing')
    .argument('<table>', 'schema.table')
    .action(async (name: string) => {
      const plan = PLAN.parse(
        await (await context.api()).call('GET', `/v1/archive/plan?table=${encodeURIComponent(name)}`),
      );
      context.answer(plan, () => planLines(plan));
      context.exitCode(plan.possible ? 0 : 4);
    });

  archive
    .command('run')
    .description('archive a table by its policy, and wait for the end; ends with 3 where it failed')
    .argument('<table>', 'schema.table')
    .option('--no-wait', 'only begin; the service goes on')
    .option('--reason <text>', 'for whoever approves the first deletion')
    .action(async (name: string, { wait, reason }: { wait: boolean; reason?: string }) => {
      const api = await context.api();
      const answer = await api.call('POST', '/v1/archive/runs', {
        table: name,
        ...(reason === undefined ? {} : { reason }),
      });
      if (waitsForApproval(context, answer)) return;
      const begun = RUN.parse(answer);
      const look = async (): Promise<Run> => RUN.parse(await api.call('GET', `/v1/archive/runs/${begun.id}`));
      const run = wait ? await waitForRun(context, begun, look) : begun;
      context.answer(run, () => [runLine(run)]);
      if (run.state === 'failed') context.exitCode(FAILED);
    });

  archive
    .command('runs')
    .description('runs, newest first')
    .action(async () => {
      const answer = await (await context.api()).call('GET', '/v1/archive/runs?limit=20');
      const { data } = z.object({ data: z.array(RUN) }).parse(answer);
      context.answer(data, () => (data.length === 0 ? ['nothing was archived yet'] : data.map(runLine)));
    });

  for (const [word, about] of [
    ['pause', 'let a run wait'],
    ['resume', 'let a paused run go on'],
    ['stop', 'end a run at the next good place; the next one goes on with it'],
  ] as const) {
    archive
      .command(word)
      .description(about)
      .argument('<run>', 'id of the run, or of its table')
      .action(async (what: string) => {
        const api = await context.api();
        const run = RUN.parse(
          await api.call('POST', `/v1/archive/runs/${encodeURIComponent(await runOf(api, what))}/${word}`, {}),
        );
        context.answer(run, () => [runLine(run)]);
      });
  }

  archive
    .command('batches')
    .description('batches, newest first: one object each')
    .option('--table <table>', 'of one table')
    .action(async (options: { table?: string }) => {
      const query = options.table === undefined ? '' : `&table=${encodeURIComponent(options.table)}`;
      const answer = await (await context.api()).call('GET', `/v1/archive/batches?limit=50${query}`);
      const { data } = z.object({ data: z.array(BATCH) }).parse(answer);
      context.answer(data, () => batchLines(data));
    });

  archive
    .command('find')
    .description('where an archived row is, and its hash')
    .argument('<table>', 'schema.table')
    .argument('<id>', 'its key')
    .action(async (name: string, id: string) => {
      const path = `/v1/archive/records?table=${encodeURIComponent(name)}&id=${encodeURIComponent(id)}`;
      const { data } = z.object({ data: z.array(RECORD) }).parse(await (await context.api()).call('GET', path));
      context.answer(data, () =>
        data.flatMap(({ row, data_hash, batch }) => [
          `${batch.object?.s3_bucket}/${batch.object?.archive_path}, row ${row} (from 0), ${batch.object?.storage_class}`,
          `  data_hash  ${data_hash}`,
          `  manifest   ${batch.object?.manifest_path}`,
        ]),
      );
    });

  archive
    .command('verify')
    .description('hold batches against database and store; ends with 8 where something is not what it was')
    .option('--table <table>', 'of one table')
    .option('--batch <no>', 'one batch')
    .option('--bytes', 'read the objects that can be read, too', false)
    .action(async (options: { table?: string; batch?: string; bytes: boolean }) => verify(context, options));

  archive
    .command('checksums')
    .description(
      'have the store read its objects where they lie, without a restore; ends with 8 where bytes are not what they were',
    )
    .argument('[job]', 'what came of a job; absent: begin one')
    .option('--table <table>', 'of one table: schema.table')
    .action(async (job: string | undefined, { table: name }: { table?: string }) => {
      const api = await context.api();
      if (job === undefined) {
        const begun = CHECKSUMS_BEGUN.parse(
          await api.call('POST', '/v1/archive/checksums', name === undefined ? {} : { table: name }),
        );
        context.answer(begun, () => [
          `the store reads ${begun.objects} objects; what came of it: plumbline archive checksums ${begun.job}`,
        ]);
        return;
      }
      const found = CHECKSUMS.parse(await api.call('GET', `/v1/archive/checksums/${encodeURIComponent(job)}`));
      context.answer(found, () =>
        found.state === 'running'
          ? ['the store reads still; ask again later']
          : [
              `${found.objects} objects were read by the store: ${found.findings.length === 0 ? 'all are what they were' : `${found.findings.length} ARE NOT WHAT THEY WERE`}`,
              ...found.findings.map(({ message }) => `  ${message}`),
            ],
      );
      if (found.findings.length > 0) context.exitCode(DAMAGED);
    });

  archive
    .command('reconcile')
    .description('database, store, manifests and audit log against each other; ends with 8 where they differ')
    .action(async () => {
      const found = RECONCILED.parse(await (await context.api()).call('GET', '/v1/archive/reconciliation'));
      context.answer(found, () => [
        `${found.batches} batches, ${found.objects} objects, ${found.manifests} manifests read, ${found.logged} in the audit log: ${found.sound ? 'they agree' : `${found.differences.length} DIFFERENCES`}`,
        ...found.differences.map(({ kind, message }) => `  ${kind.toUpperCase()}  ${message}`),
      ]);
      if (!found.sound) context.exitCode(DAMAGED);
    });
};

async function runOf(api: ApiClient, what: string): Promise<string> {
  if (/^[0-9a-f-]{36}$/.test(what)) return what;
  const { data } = z.object({ data: z.array(RUN) }).parse(await api.call('GET', '/v1/archive/runs?limit=200'));
  const live = data.find((run) => run.state === 'running' && (run.table === what || run.table === `public.${what}`));
  if (live !== undefined) return live.id;
  throw new PlumblineError('missing', 'archive.run_unknown', `${what} is not being archived`);
}

async function verify(
  context: CommandContext,
  options: { table?: string; batch?: string; bytes: boolean },
): Promise<void> {
  const api = await context.api();
  const all: z.output<typeof VERDICT>[] = [];
  for (let before: number | undefined; ; ) {
    const query = new URLSearchParams({ limit: '20', bytes: String(options.bytes) });
    if (options.table !== undefined) query.set('table', options.table);
    if (options.batch !== undefined) query.set('batch', options.batch);
    if (before !== undefined) query.set('before', String(before));
    const { data } = z
      .object({ data: z.array(VERDICT) })
      .parse(await api.call('GET', `/v1/archive/verification?${query.toString()}`));
    all.push(...data);
    before = data.at(-1)?.batch;
    if (data.length < 20) break;
  }
  const damaged = all.filter(({ sound }) => !sound);
  context.answer(all, () => [
    `${all.length} batches: ${all.filter(({ object }) => object === 'bytes').length} by their bytes, ${all.filter(({ object }) => object === 'checksum').length} by the checksum that the store keeps; ${damaged.length === 0 ? 'all are what they were' : `${damaged.length} ARE NOT WHAT THEY WERE`}`,
    ...damaged.flatMap(({ findings }) => findings.map(({ kind, message }) => `  ${kind.toUpperCase()}  ${message}`)),
  ]);
  if (damaged.length > 0) context.exitCode(DAMAGED);
}

function runLine({
  id,
  table: name,
  state,
  phase,
  rows_done,
  rows_total,
  rows_kept,
  objects_done,
  bytes_done,
  error,
}: Run): string {
  const rows = `${rows_done}${rows_total === null ? '' : ` of ${rows_total}`} rows in ${objects_done} objects (${bytes_done} bytes)${rows_kept === '0' ? '' : `, ${rows_kept} kept`}`;
  const end = error === null ? phase : `${error.message} (${error.code})`;
  return `${name}  ${state}  ${rows}${end === '' ? '' : `: ${end}`}  ${id}`;
}

function planLines(plan: z.output<typeof PLAN>): readonly string[] {
  const money = (amount: string | null): string => (amount === null ? 'unknown' : `${amount} ${plan.prices.currency}`);
  const { policy } = plan;
  return [
    `${plan.table}: rows whose ${policy.column} is before ${plan.before}, ${policy.purge_only ? 'deleted for good' : `to ${policy.storage_class}`}`,
    ...plan.faults.map(({ message }) => `  IMPOSSIBLE  ${message}`),
    ...plan.risks.map(({ message }) => `  risk        ${message}`),
    `  rows        ${plan.rows} in ${plan.months.length} months (${plan.months[0]?.month ?? ''} to ${plan.months.at(-1)?.month ?? ''})`,
    `  objects     ${plan.objects}, about ${plan.stored_bytes} bytes (${plan.raw_bytes} before compression)`,
    `  database    about ${plan.freed_bytes} of ${plan.table_bytes} bytes can be used again; pointers take ${plan.pointer_bytes}`,
    `  cost now    ${money(plan.cost_now_month)} a month`,
    `  cost later  ${money(plan.cost_later_month)} a month, ${money(plan.cost_upload)} once; at the least ${money(plan.cost_minimum)} (${plan.minimum_days ?? 0} days)`,
    ...plan.retrieval.map(({ tier, cost }) => `  restore     ${tier}: ${money(cost)} for all of it`),
    `  prices of ${plan.prices.dated}, ${plan.prices.region}: ${plan.prices.sources[0] ?? ''}`,
  ];
}

const batchLines = (rows: readonly z.output<typeof BATCH>[]): readonly string[] =>
  rows.length === 0
    ? ['there is no batch yet']
    : table(
        [
          { title: 'no', align: 'right' },
          { title: 'table' },
          { title: 'state' },
          { title: 'rows', align: 'right' },
          { title: 'kept', align: 'right' },
          { title: 'bytes', align: 'right' },
          { title: 'object' },
        ],
        rows.map((row) => [
          String(row.no),
          row.table,
          row.state,
          String(row.archived_rows),
          String(row.kept_rows),
          String(row.object?.bytes ?? ''),
          row.object?.archive_path ?? '',
        ]),
      );
