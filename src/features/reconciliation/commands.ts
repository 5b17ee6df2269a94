/** `plumbline reconcile ...` */
import { Option } from 'commander';
import { z } from 'zod';
import { type Currency, DEFAULT_CURRENCIES, displayMoney, parseMoney } from '../../kernel/money.ts';
import type { ApiClient, RegisterCommands } from '../../platform/command-line/port.ts';
import { table } from '../../platform/command-line/table.ts';
import { breakCommands } from './breaks/commands.ts';
import { drillDownCommands } from './drill-down/commands.ts';
import { evidenceCommands } from './evidence/commands.ts';
import { RUN_KINDS } from './kinds.ts';
import { proofCommands } from './proof/commands.ts';

const LINE = z.object({
  title: z.string(),
  side: z.enum(['asset', 'liability']),
  sign: z.enum(['+', '-']),
  currency: z.string(),
  amount: z.string().nullable(),
  rate: z.string().nullable(),
  value_vnd: z.string().nullable(),
  error: z.string().nullable(),
});

const SUMMARY = z.looseObject({
  id: z.string(),
  book: z.string(),
  kind: z.enum(RUN_KINDS),
  business_date: z.string(),
  attempt: z.int(),
  status: z.enum(['in_progress', 'balanced', 'surplus', 'deficit', 'error']),
  total_assets_vnd: z.string().nullable(),
  total_liabilities_vnd: z.string().nullable(),
  difference_vnd: z.string().nullable(),
  error_message: z.string().nullable(),
});

const REPORT = SUMMARY.extend({
  report: z
    .looseObject({
      currency: z.string(),
      zone: z.string(),
      as_of: z.object({ basis: z.enum(['cut', 'snapshot']), instant: z.string() }),
      lines: z.array(LINE),
      explanation: z.array(z.string()),
    })
    .nullable(),
  report_hash: z.string().nullable(),
});
type Report = z.output<typeof REPORT>;

export const parseReport = (answer: unknown): Report => REPORT.parse(answer);

/** 0 the platform can pay, 2 it cannot, 3 that is not known. */
const EXIT_CODES = { balanced: 0, surplus: 0, deficit: 2, error: 3, in_progress: 3 } as const;

export const reconcileCommands: RegisterCommands = (program, context) => {
  const reconcile = program.command('reconcile').description('prove that the platform can pay what it owes');

  reconcile
    .command('run')
    .description('reconcile a business date; ends with 0 solvent, 2 deficit, 3 error')
    .option('--date <YYYY-MM-DD>', "business date; today in the book's zone unless told")
    .option('--again', 'make a new report even where there is a final one, which it supersedes', false)
    .addOption(
      new Option('--kind <kind>', 'daily: the report of its date; intraday: the state of now')
        .choices(RUN_KINDS)
        .default('daily'),
    )
    .action(async ({ date, again, kind }: { date?: string; again: boolean; kind: string }) => {
      const api = await context.api();
      const body = { ...(date === undefined ? {} : { business_date: date }), again, kind };
      answer(parseReport(await api.call('POST', '/v1/reconciliations', body)));
    });

  reconcile
    .command('show')
    .description('a report: by id, by business date, or the latest attempt; ends as `run` does')
    .argument('[id-or-date]')
    .action(async (what: string | undefined) => {
      const api = await context.api();
      answer(parseReport(await api.call('GET', await pathOf(api, what))));
    });

  reconcile
    .command('list')
    .description('attempts, newest first')
    .option('--limit <n>', 'how many', '20')
    .addOption(new Option('--kind <kind>', 'which runs').choices([...RUN_KINDS, 'all']).default('daily'))
    .action(async ({ limit, kind }: { limit: string; kind: string }) => {
      const api = await context.api();
      const page = z
        .object({ data: z.array(SUMMARY) })
        .parse(await api.call('GET', `/v1/reconciliations?limit=${encodeURIComponent(limit)}&kind=${kind}`));
      context.answer(page.data, () => listLines(page.data));
    });

  breakCommands(reconcile, context);
  drillDownCommands(reconcile, context);
  evidenceCommands(reconcile, context, pathOf);
  proofCommands(reconcile, context);

  function answer(report: Report): void {
    context.answer(report, () => reportLines(report));
    context.exitCode(EXIT_CODES[report.status]);
  }
};

async function pathOf(api: ApiClient, what: string | undefined): Promise<string> {
  if (what === undefined) {
    const page = z.object({ data: z.array(SUMMARY) }).parse(await api.call('GET', '/v1/reconciliations?limit=1'));
    // Without any attempt, the date route answers with how to make one.
    return page.data[0] ? `/v1/reconciliations/${page.data[0].id}` : '/v1/reconciliations/dates/1970-01-01';
  }
  const collection = /^\d{4}-\d{2}-\d{2}$/.test(what) ? 'dates/' : '';
  return `/v1/reconciliations/${collection}${encodeURIComponent(what)}`;
}

/** The table that finance reads: each line, its amount, its rate, its value, then the verdict. */
export function reportLines(report: Report): readonly string[] {
  const currency = report.report?.currency ?? 'VND';
  const shown = (amount: string | null, code: string): string =>
    amount === null ? 'unknown' : displayMoney(parseMoney(currencyOf(code), amount));
  const value = (amount: string | null): string =>
    amount === null ? 'unknown' : displayMoney(parseMoney(currencyOf(currency), amount), currencyOf(currency).decimals);
  const head = `Reconciliation of ${report.business_date}, book "${report.book}", attempt ${report.attempt}`;
  if (report.report === null) return [head, `  status  ${report.status}`, `  ${report.error_message ?? ''}`];

  const rows = report.report.lines.map((line) => [
    `${line.side === 'asset' ? 'asset' : 'owed'} ${line.sign}`,
    line.title,
    `${shown(line.amount, line.currency)} ${line.currency}`,
    line.rate ?? '',
    value(line.value_vnd),
  ]);
  const total = (title: string, amount: string | null): readonly string[] => ['', title, '', '', value(amount)];
  const lines = table(
    [
      { title: 'side' },
      { title: 'line' },
      { title: 'amount', align: 'right' },
      { title: 'rate', align: 'right' },
      { title: `value (${currency})`, align: 'right' },
    ],
    [
      ...rows,
      total('Total assets', report.total_assets_vnd),
      total('Total liabilities', report.total_liabilities_vnd),
      total('Difference', report.difference_vnd),
    ],
  );
  return [
    `${head}, as of ${report.report.as_of.instant} (${report.report.zone})`,
    '',
    ...lines.map((line) => `  ${line}`),
    '',
    `  VERDICT  ${report.status.toUpperCase()}`,
    ...report.report.explanation.map((sentence) => `  ${sentence}`),
    `  evidence  report ${report.id}, SHA-256 ${report.report_hash ?? ''}`,
  ];
}

function listLines(rows: readonly z.output<typeof SUMMARY>[]): readonly string[] {
  return table(
    [
      { title: 'date' },
      { title: 'kind' },
      { title: 'attempt', align: 'right' },
      { title: 'status' },
      { title: 'difference (VND)', align: 'right' },
      { title: 'id' },
    ],
    rows.map((row) => [
      row.business_date,
      row.kind,
      String(row.attempt),
      row.status,
      row.difference_vnd ?? 'unknown',
      row.id,
    ]),
  );
}

/** Digits for showing an amount that the API has already checked; a book may have added the currency. */
const currencyOf = (code: string): Currency =>
  DEFAULT_CURRENCIES.has(code) ? DEFAULT_CURRENCIES.get(code) : { code, decimals: 30, shown: 0 };
