/** `plumbline payouts ...` */
import { z } from 'zod';
import type { RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';
import { HALT, PERMISSION } from './schemas.ts';

type Permission = z.output<typeof PERMISSION>;
type Halt = z.output<typeof HALT>;

/** As a deficit ends `plumbline reconcile`. */
const HALTED = 2;

export const payoutsCommands: RegisterCommands = (program, context) => {
  const payouts = program.command('payouts').description('whether payouts may be made, and why not');

  payouts
    .command('permission')
    .description('may payouts be made? Ends with 0 where they may, also by an override, and 2 where they are halted')
    .action(async () => {
      const api = await context.api();
      const permission = PERMISSION.parse(await api.call('GET', '/v1/payouts/permission'));
      context.answer(permission, () => permissionLines(permission));
      context.exitCode(permission.permitted ? 0 : HALTED);
    });

  payouts
    .command('halts')
    .description('what was decided about payouts, newest first')
    .option('--limit <n>', 'how many', '20')
    .action(async ({ limit }: { limit: string }) => {
      const api = await context.api();
      const answer = await api.call('GET', `/v1/payouts/halts?limit=${encodeURIComponent(limit)}`);
      const { data } = z.object({ data: z.array(HALT) }).parse(answer);
      context.answer(data, () => haltLines(data));
    });

  const override = payouts
    .command('override')
    .description('let payouts pass in spite of a halt: two people, for hours');
  override
    .command('request')
    .description('the first person asks; nothing changes yet')
    .requiredOption('--reason <text>', 'why, kept with who and when')
    .requiredOption('--hours <n>', 'how long, from the approval on')
    .action(async ({ reason, hours }: { reason: string; hours: string }) => {
      const api = await context.api();
      const halt = HALT.parse(await api.call('POST', '/v1/payouts/overrides', { reason, hours: Number(hours) }));
      context.answer(halt, () => [
        `asked by ${halt.subject}; payouts are halted until somebody else approves it:`,
        `  plumbline payouts override approve ${halt.id}`,
      ]);
    });
  override
    .command('approve')
    .description('the second person approves')
    .argument('<id>', 'of the request')
    .action(async (id: string) => {
      const api = await context.api();
      const halt = HALT.parse(await api.call('POST', `/v1/payouts/overrides/${encodeURIComponent(id)}/approve`, {}));
      context.answer(halt, () => [
        `payouts pass until ${halt.until}: asked by ${halt.requested_by}, approved by ${halt.subject}`,
      ]);
    });
  override
    .command('end')
    .description('halt payouts again before the override is over; one person is enough')
    .argument('<id>', 'of the request')
    .requiredOption('--reason <text>', 'why, kept with who and when')
    .action(async (id: string, { reason }: { reason: string }) => {
      const api = await context.api();
      const path = `/v1/payouts/overrides/${encodeURIComponent(id)}/end`;
      const halt = HALT.parse(await api.call('POST', path, { reason }));
      context.answer(halt, () => [`the override ${halt.override_id} has ended`]);
    });
};

function permissionLines(permission: Permission): readonly string[] {
  const { state, book, since, reason, verdict, override, report_id, version } = permission;
  return [
    `payouts of book "${book}" are ${state.toUpperCase()}`,
    `  ${state === 'permitted' ? 'since ' : 'halted since'} ${since}: ${reason}`,
    ...(override === null ? [] : [`  overridden until ${override.until} (${override.id})`]),
    verdict === null
      ? '  no report has come to a verdict yet'
      : `  newest verdict  ${verdict.outcome}, of ${verdict.as_of}, ${verdict.age_seconds} s ago (${verdict.report_id})`,
    `  report ${report_id ?? 'none'}, version ${version}`,
  ];
}

const haltLines = (rows: readonly Halt[]): readonly string[] =>
  rows.length === 0
    ? ['nothing was decided yet']
    : table(
        [{ title: 'at' }, { title: 'what' }, { title: 'by' }, { title: 'until' }, { title: 'reason' }, { title: 'id' }],
        rows.map((row) => [row.at, row.kind.replace('_', ' '), row.subject, row.until ?? '', row.reason, row.id]),
      );
