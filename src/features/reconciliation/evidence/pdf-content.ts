/** What stands on the pages of a report. Amounts are the report's own digits, grouped as the language does. */
import type { Content, TableCell } from 'pdfmake/interfaces.js';
import { formatMoney, parseMoney, subtract } from '../../../kernel/money.ts';
import type { ReportBody, ReportDocument, TruthDocument } from './document.ts';
import { type Language, type MessageKey, type Say, sayIn, showDecimal } from './messages.ts';

/** Rows of one table: a page that nobody reads to its end proves nothing, and the bundle has them all. */
const MOST_ROWS = 300;

interface Page {
  readonly say: Say;
  /** An amount or a rate, or that it is unknown. */
  readonly show: (text: string | null, least?: number) => string;
  readonly language: Language;
}

export function pdfContent(document: ReportDocument, language: Language): Content[] {
  const say = sayIn(language);
  const page: Page = {
    ...{ say, language },
    show: (text, least = 2) => (text === null ? say('unknown') : showDecimal(text, language, least)),
  };
  const { report } = document;
  return [
    ...(document.book === 'sandbox' ? [{ text: say('sandbox'), style: 'alarm' }] : []),
    { text: say('title'), style: 'title' },
    facts(page, document),
    ...verdict(page, document),
    ...(report === null ? [] : sections(page, document, report)),
    ...evidence(page, document),
  ];
}

function sections(page: Page, document: ReportDocument, report: ReportBody): Content[] {
  const { truth } = report;
  return [
    ...(truth === null ? [{ text: page.say('no_truth') }] : questions(page, document, report.currency, truth)),
    ...formula(page, document, report),
    ...(truth === null ? [] : [...observed(page, report.currency, truth), ...breaks(page, truth)]),
    ...rates(page, report),
    heading(page, 'explanation'),
    { ul: capped(page, report.explanation, (text) => text.trim()), fontSize: 8 },
  ];
}

const heading = ({ say }: Page, key: MessageKey, values?: Readonly<Record<string, string>>): Content => ({
  text: say(key, values),
  style: 'heading',
  headlineLevel: 1,
});

const capped = <T>({ say }: Page, all: readonly T[], show: (each: T) => string): string[] => {
  const shown = all.slice(0, MOST_ROWS).map(show);
  return all.length > MOST_ROWS ? [...shown, say('more', { count: String(all.length - MOST_ROWS) })] : shown;
};

type Row = readonly TableCell[];
const right = (text: string, more: object = {}): TableCell => ({ text, alignment: 'right', ...more });

function table({ say }: Page, widths: readonly (string | number)[], head: readonly TableCell[], rows: readonly Row[]) {
  const rest = rows.length - MOST_ROWS;
  const more = (count: number): Row => [
    { text: say('more', { count: String(count) }), colSpan: widths.length },
    ...widths.slice(1).map(() => ''),
  ];
  const body = [...rows.slice(0, MOST_ROWS), ...(rest > 0 ? [more(rest)] : [])].map((row) => [...row]);
  const styled = head.map((cell): TableCell => (typeof cell === 'string' ? { text: cell, style: 'head' } : cell));
  return {
    table: { headerRows: 1, dontBreakRows: true, widths: [...widths], body: [styled, ...body] },
    layout: 'lightHorizontalLines',
  } satisfies Content;
}

const numberHead = (text: string): TableCell => ({ text, style: 'head', alignment: 'right' });

function facts({ say }: Page, document: ReportDocument): Content {
  const { report } = document;
  const asOf = report && `${report.as_of.instant} (${report.zone}, ${say(`basis_${report.as_of.basis}`)})`;
  const named: readonly (readonly [MessageKey, string | null])[] = [
    ['business_date', document.business_date],
    ['as_of', asOf],
    ['book', report === null ? document.book : `${document.book}, ${say('version')} ${report.book.version}`],
    ['report_id', document.id],
    ['attempt', String(document.attempt)],
    ['supersedes', document.supersedes],
  ];
  const rows = named.flatMap(([key, text]) => (text === null ? [] : [[say(key), text]]));
  return { table: { widths: [110, '*'], body: rows }, layout: 'noBorders', margin: [0, 6] };
}

function verdict({ say, show }: Page, document: ReportDocument): Content[] {
  const { status, report } = document;
  if (status === 'in_progress') return [];
  const values = {
    ...{ currency: report?.currency ?? 'VND', tolerance: show(document.tolerance_vnd) },
    difference: show(document.difference_vnd),
  };
  const alarm = status === 'deficit' || status === 'error';
  return [
    { text: `${say('status')}: ${say(`status_${status}`)}`, style: alarm ? ['verdict', 'alarm'] : 'verdict' },
    { text: say(`says_${status}`, values) },
    ...(document.error_message === null
      ? []
      : [{ text: say('reasons'), style: 'heading' }, { text: document.error_message }]),
  ];
}

function questions(page: Page, document: ReportDocument, currency: string, truth: TruthDocument): Content[] {
  const { say, show } = page;
  const answer = (yes: boolean | null): TableCell =>
    yes === false
      ? right(say('no'), { style: 'alarm' })
      : right(yes === null ? say('unknown') : say('yes'), { bold: true });
  const amount = (title: string, value: string | null): Row => [title, right(show(value))];
  const rows: Row[] = [
    [say('solvent'), answer(truth.solvent)],
    amount(`${say('net')}, ${say('low')}`, truth.net_low_vnd),
    amount(`${say('net')}, ${say('middle')}`, truth.net_vnd),
    amount(`${say('net')}, ${say('high')}`, truth.net_high_vnd),
    [say('explained'), answer(truth.explained)],
    amount(say('explained_total'), truth.explained_vnd),
    amount(say('unexplained'), truth.unexplained_vnd),
  ];
  const apart = differenceOf(document.difference_vnd, truth.net_vnd);
  return [
    heading(page, 'verdict'),
    table(page, ['*', 140], ['', numberHead(say('value', { currency }))], rows),
    ...(apart === null || apart === '0'
      ? []
      : [{ text: say('apart', { difference: show(document.difference_vnd), apart: show(apart), currency }) }]),
  ];
}

/** Exact: the first less the second; null where one is unknown. */
function differenceOf(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  const wide = { code: 'XXX', decimals: 30, shown: 0 };
  return showDecimal(formatMoney(subtract(parseMoney(wide, a), parseMoney(wide, b))), 'en').replaceAll(',', '');
}

function formula(page: Page, document: ReportDocument, { currency, lines }: ReportBody): Content[] {
  const { say, show } = page;
  const rows = lines.map(
    (line): Row => [
      `${say(line.side)} ${line.sign}`,
      line.error === null ? line.title : `${line.title}: ${line.error}`,
      right(`${show(line.amount)} ${line.currency}`),
      right(line.rate === null ? '' : show(line.rate, 0)),
      right(show(line.value_vnd)),
    ],
  );
  const total = (key: MessageKey, value: string | null): Row => [
    '',
    { text: say(key), bold: true },
    ...['', ''],
    right(show(value), { bold: true }),
  ];
  return [
    heading(page, 'formula'),
    table(
      page,
      [55, '*', 'auto', 'auto', 'auto'],
      ['', say('line'), numberHead(say('amount')), numberHead(say('rate')), numberHead(say('value', { currency }))],
      [
        ...rows,
        total('total_assets', document.total_assets_vnd),
        total('total_liabilities', document.total_liabilities_vnd),
        total('difference', document.difference_vnd),
        total('tolerance', document.tolerance_vnd),
      ],
    ),
  ];
}

function observed(page: Page, currency: string, truth: TruthDocument): Content[] {
  const { say, show } = page;
  const value = numberHead(say('value', { currency }));
  const ledger = (text: string | null, amount: string | null): string =>
    text === null && amount !== null ? '' : show(text);
  return [
    heading(page, 'observed'),
    table(
      page,
      ['*', 'auto', 'auto', 'auto', 'auto', 'auto'],
      [
        ...[say('line'), numberHead(say('amount')), numberHead(say('ledger')), numberHead(say('difference'))],
        ...[value, numberHead(say('low'))],
      ],
      truth.observed.map(
        (each): Row => [
          each.title,
          right(`${show(each.amount)} ${each.currency}`),
          right(ledger(each.ledger_amount, each.amount)),
          right(ledger(each.difference, each.amount)),
          ...[right(show(each.value_vnd)), right(show(each.low_vnd))],
        ],
      ),
    ),
    ...(truth.in_transit.length === 0
      ? []
      : [
          heading(page, 'in_transit'),
          table(
            page,
            ['*', 'auto', 'auto', 'auto', 'auto'],
            [say('line'), say('item'), say('since'), numberHead(say('amount')), value],
            truth.in_transit.map(
              (item): Row => [
                `${say(item.side)}: ${item.title}`,
                item.id,
                item.late ? { text: `${item.since} (${say('late')})`, style: 'alarm' } : item.since,
                right(`${show(item.amount)} ${item.currency}`),
                right(show(item.value_vnd)),
              ],
            ),
          ),
        ]),
    ...(truth.explained_by.length === 0
      ? []
      : [
          heading(page, 'explained_by'),
          table(
            page,
            ['*', 'auto'],
            [say('line'), value],
            truth.explained_by.map(({ title, value_vnd }): Row => [title, right(show(value_vnd))]),
          ),
        ]),
  ];
}

function breaks(page: Page, truth: TruthDocument): Content[] {
  const { say, show } = page;
  if (truth.breaks.length === 0) return [heading(page, 'breaks'), { text: say('no_breaks') }];
  const kinds: Readonly<Record<string, MessageKey>> = {
    native: 'break_native',
    late: 'break_late',
    unexplained: 'break_unexplained',
  };
  return [
    heading(page, 'breaks'),
    table(
      page,
      ['auto', '*', 'auto'],
      [say('breaks'), say('line'), numberHead(say('amount'))],
      truth.breaks.map(
        ({ kind, key, amount, currency }): Row => [
          say(kinds[kind] ?? 'break_other'),
          key,
          right(`${show(amount)} ${currency}`, { style: 'alarm' }),
        ],
      ),
    ),
  ];
}

function rates(page: Page, { quotes }: ReportBody): Content[] {
  const { say, show } = page;
  if (quotes.length === 0) return [heading(page, 'rates'), { text: say('no_rates') }];
  const levels: Readonly<Record<string, MessageKey>> = {
    ...{ fresh: 'level_fresh', aging: 'level_aging', stale: 'level_stale', manual: 'level_manual' },
  };
  return [
    heading(page, 'rates'),
    table(
      page,
      ['auto', 'auto', 'auto', 'auto', 'auto', '*'],
      [
        ...[say('pair'), numberHead(say('bid')), numberHead(say('mid')), numberHead(say('ask')), say('level')],
        say('as_of'),
      ],
      quotes.map((quote): Row => {
        const level = levels[quote.level];
        return [
          ...[quote.pair, right(show(quote.bid, 0)), right(show(quote.mid, 0)), right(show(quote.ask, 0))],
          ...[level === undefined ? quote.level : say(level), quote.as_of],
        ];
      }),
    ),
    ...quotes.map(({ quote_id: id, sources }) => ({
      text: `${say('quote')} ${id}. ${say('sources')}: ${sources.map(({ source, pair, rate }) => `${source} ${pair} ${show(rate, 0)}`).join('; ')}`,
      style: 'small',
    })),
  ];
}

function evidence(page: Page, { report_hash, reconciled_at, report }: ReportDocument): Content[] {
  const { say } = page;
  const named: readonly (readonly [MessageKey, string | null])[] = [
    ['report_hash', report_hash],
    ['book_hash', report === null ? null : report.book.hash],
    ['made_at', reconciled_at],
  ];
  const rows = named.flatMap(([key, text]) => (text === null ? [] : [[say(key), text]]));
  return [
    heading(page, 'evidence'),
    { table: { widths: [110, '*'], body: rows }, layout: 'noBorders' },
    { text: say('check'), style: 'small' },
  ];
}
