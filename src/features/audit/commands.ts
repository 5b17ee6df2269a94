/** `plumbline audit ...`: what is asked of the log. What operators do is in ./operate-commands.ts. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import type { CommandContext, RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';
import { parseEntryBody } from './entry-body.ts';
import { operateAuditCommands } from './operate-commands.ts';

const LEAF = z.looseObject({
  index: z.int(),
  stream: z.string(),
  seq: z.int(),
  record_id: z.string(),
  op: z.string(),
  actor: z.string(),
  at: z.string(),
  business_date: z.string(),
  leaf_hash: z.string(),
});
type Leaf = z.output<typeof LEAF>;
const CONTENT = z.looseObject({ record: z.unknown(), forgotten_by: z.int().nullable() });
const ENTRY = LEAF.extend({ leaf: z.string(), ...CONTENT.shape });
const CHANGE = LEAF.extend({ ...CONTENT.shape, before: CONTENT.nullable() });
const DAY = z.looseObject({ date: z.string(), size: z.int(), entries: z.int(), merkle_root: z.string() });
const LOG = z.looseObject({
  origin: z.string(),
  zone: z.string(),
  size: z.int(),
  root: z.string(),
  open_date: z.string(),
  published: z.object({ size: z.int(), signed_at: z.string() }).nullable(),
  waiting: z.int(),
  keys: z.array(z.looseObject({ vkey: z.string() })),
});
const listOf = <T extends z.ZodType>(row: T) => z.object({ data: z.array(row), next: z.string().nullable() });

interface AppendOptions {
  readonly record?: string;
  readonly file?: string;
  readonly dataHash?: string;
  readonly actor?: string;
  readonly wait: string;
}

interface ListOptions {
  readonly stream?: string;
  readonly record?: string;
  readonly actor?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: string;
}

export const auditCommands: RegisterCommands = (program, context) => {
  const audit = program.command('audit').description("a log that even the database's owner cannot rewrite unseen");
  readCommands(audit, context);
  proofCommands(audit, context);
  operateAuditCommands(audit, context);
};

function readCommands(audit: Command, context: CommandContext): void {
  audit
    .command('log')
    .description('what the log is called, how long it is, and what of it is signed')
    .action(async () => {
      const api = await context.api();
      const log = LOG.parse(await api.call('GET', '/v1/audit/log'));
      context.answer(log, () => logLines(log));
    });

  audit
    .command('append')
    .description('append an entry')
    .argument('<stream>')
    .argument('<record-id>')
    .argument('<op>', 'a word such as update')
    .option('--record <json>', 'what is recorded; its numbers are whole')
    .option('--file <path>', 'the same, in a file')
    .option('--data-hash <hex>', 'SHA-256 of what is kept elsewhere')
    .option('--actor <name>', 'who did it; whose key it is unless told')
    .option('--wait <what>', 'sequenced: it is durable; published: it is signed', 'sequenced')
    .action(async (stream: string, recordId: string, op: string, options: AppendOptions) => {
      const body = { stream, record_id: recordId, op, ...contentOf(options) };
      const api = await context.api();
      const path = `/v1/audit/entries?wait=${encodeURIComponent(options.wait)}`;
      const leaf = LEAF.parse(await api.call('POST', path, body));
      context.answer(leaf, () => [`leaf    ${leaf.index}`, `hash    ${leaf.leaf_hash}`, `at      ${leaf.at}`]);
    });

  audit
    .command('list')
    .description('leaves, newest first')
    .option('--stream <name>')
    .option('--record <id>')
    .option('--actor <name>')
    .option('--from <time>', 'RFC 3339 with zone')
    .option('--to <time>', 'RFC 3339 with zone; what was sequenced before it')
    .option('--limit <n>', 'how many', '50')
    .action(async ({ record, ...options }: ListOptions) => {
      const api = await context.api();
      const query = queryOf({ ...options, record_id: record });
      const { data } = listOf(LEAF).parse(await api.call('GET', `/v1/audit/entries?${query}`));
      context.answer(data, () => leafLines(data));
    });

  audit
    .command('show')
    .description('a leaf with what was recorded')
    .argument('<index>')
    .action(async (index: string) => {
      const api = await context.api();
      const entry = ENTRY.parse(await api.call('GET', `/v1/audit/entries/${encodeURIComponent(index)}`));
      context.answer(entry, () => [
        ...leafLines([entry]),
        '',
        ...entry.leaf.trimEnd().split('\n'),
        '',
        contentLine(entry),
      ]);
    });

  audit
    .command('history')
    .description('what became of a record, newest first')
    .argument('<stream>')
    .argument('<record-id>')
    .option('--limit <n>', 'how many changes', '20')
    .option('--proofs', 'with a proof of each leaf, for --json', false)
    .action(async (stream: string, recordId: string, { limit, proofs }: { limit: string; proofs: boolean }) => {
      const api = await context.api();
      const path = `/v1/audit/records/${encodeURIComponent(stream)}/${encodeURIComponent(recordId)}`;
      const query = queryOf({ limit, proofs: String(proofs) });
      const { data } = listOf(CHANGE).parse(await api.call('GET', `${path}?${query}`));
      context.answer(data, () => data.flatMap(changeLines));
    });

  audit
    .command('days')
    .description('closed days, newest first, or one with its signed checkpoint')
    .argument('[date]', 'YYYY-MM-DD')
    .option('--limit <n>', 'how many', '30')
    .action(async (date: string | undefined, { limit }: { limit: string }) => {
      const api = await context.api();
      if (date === undefined) {
        const { data } = listOf(DAY).parse(await api.call('GET', `/v1/audit/days?${queryOf({ limit })}`));
        context.answer(data, () => dayLines(data));
        return;
      }
      const path = `/v1/audit/days/${encodeURIComponent(date)}`;
      const day = DAY.extend({ checkpoint: z.string().nullable() }).parse(await api.call('GET', path));
      context.answer(day, () => [...dayLines([day]), '', ...linesOf(day.checkpoint ?? 'not signed yet')]);
    });
}

function proofCommands(audit: Command, context: CommandContext): void {
  audit
    .command('prove')
    .description('a proof that a leaf is in the log, or that the log of one size begins with that of another')
    .argument('[index]')
    .option('--size <n>', 'of the log in which the leaf is; the whole log unless told')
    .option('--from <n>', 'size of the older log')
    .option('--to <n>', 'size of the newer log')
    .action(async (index: string | undefined, { size, ...sizes }: { size?: string; from?: string; to?: string }) => {
      const api = await context.api();
      const path = index === undefined ? `consistency?${queryOf(sizes)}` : `inclusion?${queryOf({ index, size })}`;
      const proof = z
        .looseObject({ hashes: z.array(z.string()) })
        .parse(await api.call('GET', `/v1/audit/proof/${path}`));
      const { hashes, ...rest } = proof;
      context.answer(proof, () => [...Object.entries(rest).map(([name, value]) => `${name} ${value}`), ...hashes]);
    });
  audit
    .command('receipt')
    .description('proof that a leaf is in the signed log, to be kept and checked offline')
    .argument('<index>')
    .action(async (index: string) => {
      const api = await context.api();
      const receipt = await api.text(`/v1/audit/entries/${encodeURIComponent(index)}/receipt`);
      context.answer({ receipt }, () => linesOf(receipt));
    });
  audit
    .command('checkpoint')
    .description('the newest signed checkpoint')
    .action(async () => {
      const api = await context.api();
      const checkpoint = await api.text('/v1/audit/checkpoint');
      context.answer({ checkpoint }, () => linesOf(checkpoint));
    });
}

/** Without the last line end, which the answer gets: what is signed is signed to the byte. */
const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n');

function contentOf({ record, file, dataHash, actor }: AppendOptions): { readonly [field: string]: Json } {
  const text = file === undefined ? record : readFileSync(file, 'utf8');
  return {
    ...(text === undefined ? {} : { record: parseEntryBody(text) }), // as exact as the service reads it
    ...(dataHash === undefined ? {} : { data_hash: dataHash }),
    ...(actor === undefined ? {} : { actor }),
  };
}

function queryOf(fields: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, value);
  return query.toString();
}

const leafLines = (leaves: readonly Leaf[]): readonly string[] =>
  leaves.length === 0
    ? ['no leaf is like that']
    : table(
        [
          { title: 'leaf', align: 'right' },
          { title: 'at' },
          { title: 'stream' },
          { title: 'record' },
          { title: 'op' },
          { title: 'actor' },
        ],
        leaves.map(({ index, at, stream, record_id, op, actor }) => [String(index), at, stream, record_id, op, actor]),
      );

const contentLine = ({
  record,
  forgotten_by,
}: {
  readonly record?: unknown;
  readonly forgotten_by: number | null;
}): string => (forgotten_by === null ? JSON.stringify(record ?? null) : `forgotten: leaf ${forgotten_by} says why`);

const changeLines = (change: z.output<typeof CHANGE>): readonly string[] => [
  `leaf ${change.index}, ${change.at}: ${change.op} by ${change.actor}`,
  ...(change.before === null ? [] : [`  before  ${contentLine(change.before)}`]),
  `  after   ${contentLine(change)}`,
];

const dayLines = (days: readonly z.output<typeof DAY>[]): readonly string[] =>
  days.length === 0
    ? ['no day has ended yet']
    : table(
        [
          { title: 'day' },
          { title: 'leaves', align: 'right' },
          { title: 'size', align: 'right' },
          { title: 'merkle root' },
        ],
        days.map(({ date, entries, size, merkle_root }) => [date, String(entries), String(size), merkle_root]),
      );

const logLines = (log: z.output<typeof LOG>): readonly string[] => [
  `log        ${log.origin}`,
  `size       ${log.size}`,
  `root       ${log.root}`,
  log.published === null
    ? 'signed     nothing yet'
    : `signed     up to ${log.published.size}, at ${log.published.signed_at}`,
  `open day   ${log.open_date} (${log.zone})`,
  `waiting    ${log.waiting} said by transactions`,
  ...log.keys.map(({ vkey }) => `key        ${vkey}`),
];
