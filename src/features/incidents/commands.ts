/** `plumbline incidents`. */
import { z } from 'zod';
import type { CommandContext, RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';

const INCIDENT = z.looseObject({
  id: z.string(),
  event: z.string(),
  severity: z.string(),
  status: z.string(),
  title: z.string(),
  count: z.string(),
  opened_at: z.string(),
  pages: z.int(),
  acknowledged_by: z.string().nullable(),
});
const EVENT = z.object({ at: z.string(), kind: z.string(), subject: z.string(), text: z.string() });
const SILENCE = z.looseObject({
  id: z.string(),
  event: z.string(),
  ends_at: z.string(),
  created_by: z.string(),
  reason: z.string(),
});
type Incident = z.output<typeof INCIDENT>;

const pathOf = (id: string, action = ''): string => `/v1/incidents/${encodeURIComponent(id)}${action}`;

export const incidentsCommands: RegisterCommands = (program, context) => {
  const incidents = program.command('incidents').description('what is wrong, who has seen it, who is told next');

  incidents
    .command('list')
    .description('live incidents; ends with 2 where one is open and critical')
    .option('--all', 'those that are over, too')
    .option('--limit <n>', 'how many', '50')
    .action(async ({ all, limit }: { all?: boolean; limit: string }) => {
      const api = await context.api();
      const status = all === true ? '' : '&status=live';
      const { data } = z
        .object({ data: z.array(INCIDENT) })
        .parse(await api.call('GET', `/v1/incidents?limit=${encodeURIComponent(limit)}${status}`));
      context.answer(data, () => lines(data));
      if (data.some((each) => each.status === 'open' && each.severity === 'critical')) context.exitCode(2);
    });
  incidents
    .command('show')
    .description('one with its timeline')
    .argument('<id>')
    .action(async (id: string) => {
      const api = await context.api();
      const found = INCIDENT.extend({ timeline: z.array(EVENT) }).parse(await api.call('GET', pathOf(id)));
      context.answer(found, () => [
        found.title,
        `  ${found.severity}, ${found.status}, ${found.count} times since ${found.opened_at}, told ${found.pages} times`,
        ...found.timeline.map(
          ({ at, kind, subject, text }) =>
            `  ${at}  ${kind.replaceAll('_', ' ')}  ${subject}${text === '' ? '' : `: ${text}`}`,
        ),
      ]);
    });
  incidents
    .command('ack')
    .description('take care of it: it is no longer told again')
    .argument('<id>')
    .option('--note <text>', 'kept in its timeline')
    .action(async (id: string, { note }: { note?: string }) => {
      const api = await context.api();
      const found = INCIDENT.parse(
        await api.call('POST', pathOf(id, '/acknowledge'), note === undefined ? {} : { note }),
      );
      context.answer(found, () => [`acknowledged by ${found.acknowledged_by}: ${found.title}`]);
    });
  incidents
    .command('resolve')
    .description('it is over')
    .argument('<id>')
    .requiredOption('--reason <text>', 'kept with who and when')
    .action(async (id: string, { reason }: { reason: string }) => {
      const api = await context.api();
      const found = INCIDENT.parse(await api.call('POST', pathOf(id, '/resolve'), { reason }));
      context.answer(found, () => [`resolved: ${found.title}`]);
    });
  incidents
    .command('note')
    .description('add a note to its timeline')
    .argument('<id>')
    .argument('<text>')
    .action(async (id: string, text: string) => {
      const api = await context.api();
      const { data } = z.object({ data: z.array(EVENT) }).parse(await api.call('POST', pathOf(id, '/notes'), { text }));
      context.answer(data, () => ['noted']);
    });
  silenceCommands(incidents.command('silence').description('tell nobody of an event for a while'), context);
};

function silenceCommands(
  silence: ReturnType<Parameters<RegisterCommands>[0]['command']>,
  context: CommandContext,
): void {
  silence
    .command('add')
    .argument('<event>', 'a name, or a prefix such as rates.*')
    .requiredOption('--minutes <n>', 'how long')
    .requiredOption('--reason <text>', 'kept with who and when')
    .action(async (event: string, { minutes, reason }: { minutes: string; reason: string }) => {
      const api = await context.api();
      const made = SILENCE.parse(
        await api.call('POST', '/v1/incident-silences', { event, minutes: Number(minutes), reason }),
      );
      context.answer(made, () => [`${made.event} is silent until ${made.ends_at} (${made.id})`]);
    });
  silence.command('list').action(async () => {
    const api = await context.api();
    const { data } = z.object({ data: z.array(SILENCE) }).parse(await api.call('GET', '/v1/incident-silences'));
    context.answer(data, () =>
      data.length === 0
        ? ['nothing is silenced']
        : data.map((each) => `${each.id}  ${each.event}  until ${each.ends_at}, by ${each.created_by}: ${each.reason}`),
    );
  });
  silence
    .command('end')
    .argument('<id>')
    .action(async (id: string) => {
      const api = await context.api();
      const answer = await api.call('POST', `/v1/incident-silences/${encodeURIComponent(id)}/end`, {});
      context.answer(answer, () => ['the silence has ended']);
    });
}

const lines = (rows: readonly Incident[]): readonly string[] =>
  rows.length === 0
    ? ['nothing is wrong that anybody knows of']
    : table(
        [
          { title: 'opened' },
          { title: 'severity' },
          { title: 'status' },
          { title: 'count', align: 'right' },
          { title: 'what' },
          { title: 'id' },
        ],
        rows.map((row) => [row.opened_at, row.severity, row.status, row.count, row.title.slice(0, 90), row.id]),
      );
