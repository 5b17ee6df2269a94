/** `plumbline notifications`. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import type { CommandContext, RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';

const ROW = z.looseObject({
  id: z.string(),
  event: z.string(),
  channel: z.string(),
  recipient: z.string(),
  status: z.string(),
  retry_count: z.int(),
  error_message: z.string().nullable(),
  created_at: z.string(),
});
const ATTEMPT = z.looseObject({
  attempt: z.int(),
  provider: z.string(),
  outcome: z.string(),
  error: z.string().nullable(),
  started_at: z.string(),
  duration_ms: z.int(),
});
const ENDPOINT = z.looseObject({
  id: z.string(),
  merchant_id: z.string().nullable(),
  team: z.string().nullable(),
  channel: z.string(),
  address: z.string(),
  label: z.string(),
  status: z.string(),
  health: z.looseObject({ failures: z.int(), last_success_at: z.string().nullable() }),
});
const PAGE = z.object({ data: z.array(ROW) });

const pathOf = (id: string, action = ''): string => `/v1/notifications/${encodeURIComponent(id)}${action}`;
const endpointPath = (id: string, action = ''): string =>
  `/v1/notification-endpoints/${encodeURIComponent(id)}${action}`;

export const notificationsCommands: RegisterCommands = (program, context) => {
  const notifications = program.command('notifications').description('who was told of what, and what came of it');
  logCommands(notifications, context);
  endpointCommands(
    notifications.command('endpoints').description('where merchants and teams want to hear of things'),
    context,
  );
  templateCommands(notifications.command('templates').description('texts of your own'), context);
};

function logCommands(notifications: Command, context: CommandContext): void {
  notifications
    .command('list')
    .description('the log, newest first')
    .option('--status <status>', 'pending, sending, sent, delivered, retrying, dead or suppressed')
    .option('--limit <n>', 'how many', '50')
    .action(async ({ status, limit }: { status?: string; limit: string }) => {
      const api = await context.api();
      const of = status === undefined ? '' : `&status=${encodeURIComponent(status)}`;
      const { data } = PAGE.parse(await api.call('GET', `/v1/notifications?limit=${encodeURIComponent(limit)}${of}`));
      context.answer(data, () => (data.length === 0 ? ['there is none'] : rows(data)));
    });
  notifications
    .command('show')
    .description('one with every attempt')
    .argument('<id>')
    .action(async (id: string) => {
      const api = await context.api();
      const found = ROW.extend({ message: z.string(), attempts: z.array(ATTEMPT) }).parse(
        await api.call('GET', pathOf(id)),
      );
      context.answer(found, () => [
        `${found.event} over ${found.channel} to ${found.recipient}: ${found.status}`,
        `  ${found.message}`,
        ...found.attempts.map(
          (each) =>
            `  ${each.started_at}  ${each.attempt}  ${each.provider}  ${each.outcome}  ${each.duration_ms} ms${each.error === null ? '' : `  ${each.error}`}`,
        ),
      ]);
    });
  for (const [name, description] of [
    ['resend', 'send it once more, under the same message id'],
    ['redrive', 'try a dead letter again from the beginning'],
  ] as const) {
    notifications
      .command(name)
      .description(description)
      .argument('<id>')
      .action(async (id: string) => {
        const api = await context.api();
        const row = ROW.parse(await api.call('POST', pathOf(id, `/${name}`), {}));
        context.answer(row, () => [`${row.id} is ${row.status}`]);
      });
  }
  notifications
    .command('channels')
    .description('what is configured, and how it does')
    .action(async () => {
      const api = await context.api();
      const answer = z
        .looseObject({
          data: z.array(z.object({ channel: z.string(), providers: z.array(z.string()) })),
          backlog: z.object({ due: z.int(), dead: z.int() }),
        })
        .parse(await api.call('GET', '/v1/notification-channels'));
      context.answer(answer, () => [
        ...(answer.data.length === 0
          ? ['no channel is configured: nobody is told outside of the log']
          : answer.data.map(({ channel, providers }) => `${channel}: ${providers.join(', ')}`)),
        `${answer.backlog.due} due, ${answer.backlog.dead} dead`,
      ]);
    });
}

function endpointCommands(endpoints: Command, context: CommandContext): void {
  endpoints
    .command('add')
    .argument('<channel>', 'email, webhook, slack, telegram, zalo or sms')
    .argument('<address>')
    .requiredOption('--label <text>', 'what it is called')
    .option('--team <name>', 'whose it is, or')
    .option('--merchant <id>', 'whose it is')
    .option('--events <list>', 'with commas between them', '*')
    .option('--min-severity <severity>', 'info, warning or critical', 'info')
    .option('--locale <locale>', 'vi or en', 'vi')
    .action(
      async (
        channel: string,
        address: string,
        options: {
          label: string;
          team?: string;
          merchant?: string;
          events: string;
          minSeverity: string;
          locale: string;
        },
      ) => {
        const api = await context.api();
        const body = {
          ...{
            channel,
            address,
            label: options.label,
            events: options.events.split(','),
            min_severity: options.minSeverity,
            locale: options.locale,
          },
          ...(options.team === undefined ? {} : { team: options.team }),
          ...(options.merchant === undefined ? {} : { merchant_id: options.merchant }),
        };
        const made = ENDPOINT.parse(await api.call('POST', '/v1/notification-endpoints', body));
        context.answer(made, () => [
          `${made.id}: ${made.channel} to ${made.address}`,
          `  plumbline notifications endpoints test ${made.id}`,
        ]);
      },
    );
  endpoints.command('list').action(async () => {
    const api = await context.api();
    const { data } = z.object({ data: z.array(ENDPOINT) }).parse(await api.call('GET', '/v1/notification-endpoints'));
    context.answer(data, () =>
      data.length === 0
        ? ['there is none: nobody is told outside of the log']
        : table(
            [
              { title: 'of' },
              { title: 'channel' },
              { title: 'address' },
              { title: 'label' },
              { title: 'status' },
              { title: 'failures', align: 'right' },
              { title: 'id' },
            ],
            data.map((each) => [
              each.team ?? each.merchant_id ?? '',
              each.channel,
              each.address,
              each.label,
              each.status,
              String(each.health.failures),
              each.id,
            ]),
          ),
    );
  });
  for (const [name, done] of [
    ['test', 'a test is on its way'],
    ['enable', 'it is told again'],
    ['delete', 'it is deleted'],
  ] as const) {
    endpoints
      .command(name)
      .argument('<id>')
      .action(async (id: string) => {
        const api = await context.api();
        const answer = await api.call('POST', endpointPath(id, `/${name}`), {});
        context.answer(answer, () => [done]);
      });
  }
  endpoints
    .command('secret')
    .description('what the receiver of a webhook verifies with')
    .argument('<id>')
    .option('--rotate', 'a new one; for a day the old one signs as well')
    .action(async (id: string, { rotate }: { rotate?: boolean }) => {
      const api = await context.api();
      const path = endpointPath(id, rotate === true ? '/rotate' : '/secret');
      const { secret, public_key } = z
        .object({ secret: z.string().nullable(), public_key: z.string() })
        .parse(await api.call('POST', path, {}));
      context.answer({ secret, public_key }, () => [`v1   ${secret ?? 'is shown once'}`, `v1a  ${public_key}`]);
    });
  endpoints
    .command('recover')
    .description('send what it missed')
    .argument('<id>')
    .requiredOption('--since <time>', 'RFC 3339 with zone')
    .action(async (id: string, { since }: { since: string }) => {
      const api = await context.api();
      const { recovered } = z
        .object({ recovered: z.int() })
        .parse(await api.call('POST', endpointPath(id, '/recover'), { since }));
      context.answer({ recovered }, () => [`${recovered} are sent`]);
    });
}

function templateCommands(templates: Command, context: CommandContext): void {
  templates
    .command('put')
    .description('a new version of a text, in Liquid')
    .argument('<event>', 'an event, or *')
    .argument('<file>', 'the body; its first line is the subject')
    .option('--locale <locale>', 'vi or en', 'vi')
    .option('--channel <channel>', 'for this one alone', '*')
    .option('--example <json>', 'the data that it names', '{}')
    .action(
      async (
        event: string,
        file: string,
        { locale, channel, example }: { locale: string; channel: string; example: string },
      ) => {
        const [subject = '', ...body] = read(file).split('\n');
        const api = await context.api();
        const answer = z.looseObject({ version: z.int() }).parse(
          await api.call('POST', '/v1/notification-templates', {
            event,
            locale,
            channel,
            subject,
            body: body.join('\n').trim(),
            example: exampleOf(example),
          }),
        );
        context.answer(answer, () => [`version ${answer.version} is in force within ten seconds`]);
      },
    );
  templates.command('list').action(async () => {
    const api = await context.api();
    const { data } = z
      .object({
        data: z.array(
          z.looseObject({
            event: z.string(),
            locale: z.string(),
            channel: z.string(),
            version: z.int(),
            subject: z.string(),
          }),
        ),
      })
      .parse(await api.call('GET', '/v1/notification-templates'));
    context.answer(data, () =>
      data.length === 0
        ? ['there is none: the built-in texts are sent']
        : data.map((each) => `${each.event} ${each.locale} ${each.channel} v${each.version}: ${each.subject}`),
    );
  });
}

function exampleOf(text: string): Record<string, string | number | boolean | null> {
  const parsed = z.record(z.string(), z.union([z.string(), z.int(), z.boolean(), z.null()])).safeParse(parse(text));
  if (parsed.success) return parsed.data;
  throw new PlumblineError(
    'invalid',
    'notifications.example_malformed',
    '--example must be a JSON object of texts, whole numbers and booleans, such as {"amount":"1000.00"}',
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PlumblineError('invalid', 'notifications.file_unreadable', `${file} cannot be read: ${messageOf(error)}`);
  }
}

const rows = (data: z.output<typeof PAGE>['data']): readonly string[] =>
  table(
    [
      { title: 'at' },
      { title: 'event' },
      { title: 'channel' },
      { title: 'to' },
      { title: 'status' },
      { title: 'retries', align: 'right' },
      { title: 'id' },
    ],
    data.map((row) => [
      row.created_at,
      row.event,
      row.channel,
      row.recipient,
      row.status,
      String(row.retry_count),
      row.id,
    ]),
  );
