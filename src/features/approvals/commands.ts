/** `plumbline approvals ...` */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Json } from '../../kernel/canonical.ts';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';

const APPROVAL = z.looseObject({
  id: z.string(),
  action: z.string(),
  target: z.string(),
  payload: z.unknown(),
  payload_hash: z.string(),
  reason: z.string(),
  requested_by: z.string(),
  requested_at: z.string(),
  expires_at: z.string(),
  state: z.string(),
  decided_by: z.string().nullable(),
  decided_at: z.string().nullable(),
  decision_reason: z.string().nullable(),
  break_glass: z.boolean(),
  reviewed_by: z.string().nullable(),
});
type Approval = z.output<typeof APPROVAL>;
const PAGE = z.object({ data: z.array(APPROVAL), next: z.string().nullable() });

export const approvalsCommands: RegisterCommands = (program, context) => {
  const approvals = program.command('approvals').description('what one person alone must not do');
  const post = async (path: string, body: Json): Promise<void> => {
    const api = await context.api();
    const row = APPROVAL.parse(await api.call('POST', `/v1/approvals${path}`, body));
    context.answer(row, () => linesOf(row));
  };
  const at = (id: string, what: string): string => `/${encodeURIComponent(id)}/${what}`;

  approvals
    .command('list')
    .description('newest first')
    .option('--state <state>', 'pending, executed, rejected, withdrawn, expired or void')
    .option('--limit <n>', 'how many', '50')
    .action(async ({ state, limit }: { state?: string; limit: string }) => {
      const api = await context.api();
      const query = new URLSearchParams({ limit, ...(state === undefined ? {} : { state }) });
      const { data } = PAGE.parse(await api.call('GET', `/v1/approvals?${query}`));
      context.answer(data, () =>
        table(
          [
            { title: 'id' },
            { title: 'action' },
            { title: 'target' },
            { title: 'asked by' },
            { title: 'state' },
            { title: 'why' },
          ],
          data.map((row) => [row.id, row.action, row.target, row.requested_by, stateOf(row), row.reason]),
        ),
      );
    });
  approvals
    .command('show')
    .description('one request, and what exactly it asks for')
    .argument('<id>')
    .action(async (id: string) => {
      const api = await context.api();
      const row = APPROVAL.parse(await api.call('GET', `/v1/approvals/${encodeURIComponent(id)}`));
      context.answer(row, () => linesOf(row));
    });
  approvals
    .command('actions')
    .description('what is dangerous here')
    .action(async () => {
      const api = await context.api();
      const answer = z
        .object({
          required: z.boolean(),
          data: z.array(
            z.object({ action: z.string(), about: z.string(), scope: z.string(), ask_at: z.string().nullable() }),
          ),
        })
        .parse(await api.call('GET', '/v1/approvals/actions'));
      context.answer(answer, () => [
        answer.required ? 'a second person is required' : 'a second person is not required here (REQUIRE_APPROVALS)',
        ...table(
          [{ title: 'action' }, { title: 'scope' }, { title: 'about' }],
          answer.data.map((each) => [each.action, each.scope, each.about]),
        ),
      ]);
    });
  for (const [name, path, about] of [
    ['request', '', 'ask for something dangerous; somebody else approves it'],
    ['break-glass', '/break-glass', 'do something dangerous alone, in an emergency: everybody is told'],
  ] as const) {
    approvals
      .command(name)
      .description(about)
      .argument('<action>', 'plumbline approvals actions')
      .requiredOption('--payload <json>', "in the action's form, or @FILE")
      .requiredOption('--reason <text>', 'kept with who and when')
      .action(async (action: string, options: { payload: string; reason: string }) => {
        await post(path, { action, payload: payloadOf(options.payload), reason: options.reason });
      });
  }
  approvals
    .command('approve')
    .description('approve what somebody else asked for, as `show` gives it: it is done at once')
    .argument('<id>')
    .requiredOption('--hash <sha256>', 'its payload_hash: what is approved is what you have looked at')
    .action(async (id: string, { hash }: { hash: string }) => post(at(id, 'approve'), { payload_hash: hash }));
  approvals
    .command('reject')
    .description('reject what somebody else asked for')
    .argument('<id>')
    .requiredOption('--reason <text>', 'kept with who and when')
    .action(async (id: string, { reason }: { reason: string }) => post(at(id, 'reject'), { reason }));
  approvals
    .command('withdraw')
    .description('withdraw what you asked for')
    .argument('<id>')
    .action(async (id: string) => post(at(id, 'withdraw'), {}));
  approvals
    .command('review')
    .description('say that you have looked at what somebody did alone')
    .argument('<id>')
    .requiredOption('--note <text>', 'what came of it')
    .action(async (id: string, { note }: { note: string }) => post(at(id, 'review'), { note }));
};

/** @throws `cli.payload_malformed` (invalid) */
function payloadOf(text: string): Json {
  try {
    return z.json().parse(JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text));
  } catch (cause) {
    throw new PlumblineError('invalid', 'cli.payload_malformed', `--payload is no JSON: ${messageOf(cause)}`, {
      faults: [{ pointer: '--payload', message: 'must be JSON, or @ and the name of a file of JSON' }],
      cause,
    });
  }
}

const stateOf = ({ state, break_glass, reviewed_by }: Approval): string =>
  break_glass ? `${state} alone, ${reviewed_by === null ? 'not reviewed' : `reviewed by ${reviewed_by}`}` : state;

const linesOf = (row: Approval): readonly string[] => [
  `${row.action} of ${row.target}`,
  `asked   ${row.requested_by} at ${row.requested_at}: ${row.reason}`,
  `payload ${JSON.stringify(row.payload)}`,
  `hash    ${row.payload_hash}`,
  `state   ${stateOf(row)}${row.decided_by === null ? `, to be decided by ${row.expires_at}` : `, by ${row.decided_by} at ${row.decided_at}`}${row.decision_reason === null ? '' : `: ${row.decision_reason}`}`,
  `id      ${row.id}`,
];
