/** The tables of a report: the lines of the book, what was observed, what explains it, at which rates. */
import type { Answer } from '../../api.ts';
import { isNegative, pixels } from '../../format/decimal.ts';
import { textIn } from '../../json.ts';
import { useLocale } from '../../locale.ts';
import { href } from '../../router.ts';
import { Card } from '../../ui/card.tsx';
import { Amount, Rate, Time } from '../../ui/figure.tsx';
import { Table } from '../../ui/table.tsx';
import type { Line, ReportParts } from './report.ts';

type Found = Answer<'GET /v1/reconciliations/{id}'>;

interface Of {
  readonly report: Found;
  readonly parts: ReportParts;
}

type Row =
  | { readonly kind: 'line'; readonly line: Line }
  | { readonly kind: 'total'; readonly title: string; readonly value: string | null; readonly signed: boolean };

export function Lines({ report, parts }: Of) {
  const { words } = useLocale();
  const { solvency } = words;
  const side = (which: Line['side']): Row[] =>
    parts.lines.filter((line) => line.side === which).map((line) => ({ kind: 'line', line }));
  const rows: readonly Row[] = [
    ...side('asset'),
    { kind: 'total', title: solvency.assets, value: report.total_assets_vnd, signed: false },
    ...side('liability'),
    { kind: 'total', title: solvency.liabilities, value: report.total_liabilities_vnd, signed: false },
    { kind: 'total', title: solvency.difference, value: report.difference_vnd, signed: true },
  ];
  const whole = Math.max(1, ...parts.lines.map(({ value }) => Math.abs(pixels(value ?? '0'))));
  return (
    <Card title={solvency.breakdown}>
      <Table
        caption={solvency.breakdown}
        rows={rows}
        keyOf={(row) => (row.kind === 'line' ? row.line.id : row.title)}
        isTotal={(row) => row.kind === 'total'}
        columns={[
          {
            title: solvency.line,
            cell: (row) =>
              row.kind === 'total' ? (
                row.title
              ) : (
                <>
                  {row.line.title}
                  <span class="small block" lang="en">
                    {row.line.error ?? row.line.note}
                  </span>
                  <span class="small block" lang="en">
                    {evidenceOf(row.line)}
                  </span>
                </>
              ),
          },
          {
            title: solvency.amount,
            numeric: true,
            cell: (row) =>
              row.kind === 'total' ? '' : <Amount value={row.line.amount} currency={row.line.currency} />,
          },
          {
            title: solvency.rate,
            numeric: true,
            cell: (row) =>
              row.kind === 'total' || row.line.rate === null || row.line.quoteId === null ? (
                ''
              ) : (
                <a href={href(['rates', 'quotes', row.line.quoteId])}>
                  <Rate value={row.line.rate} pair={`${row.line.currency}/VND`} />
                </a>
              ),
          },
          {
            title: solvency.value,
            numeric: true,
            cell: (row) =>
              row.kind === 'total' ? (
                <Amount value={row.value} currency="VND" signed={row.signed} />
              ) : (
                <Amount value={row.line.value} currency="VND" />
              ),
          },
          {
            title: solvency.share,
            cell: (row) => (row.kind === 'total' ? '' : <Share line={row.line} whole={whole} />),
          },
        ]}
      />
    </Card>
  );
}

/** How long it is beside the longest: the figure stands in the column before. */
function Share({ line, whole }: { readonly line: Line; readonly whole: number }) {
  const width = (Math.abs(pixels(line.value ?? '0')) / whole) * 100;
  return (
    <span class="track" aria-hidden="true">
      <span
        class={isNegative(line.value ?? '0') || line.side === 'liability' ? 'bar second' : 'bar'}
        style={{ width: `${width}%` }}
      />
    </span>
  );
}

const evidenceOf = ({ evidence }: Line): string =>
  Object.entries(evidence)
    .filter(([name, value]) => name !== 'currency' && (typeof value === 'string' || typeof value === 'number'))
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${String(value)}`)
    .join(' · ');

export function ObservedTable({ report, parts }: Of) {
  const { words } = useLocale();
  const { solvency } = words;
  if (parts.observed.length === 0) return null;
  return (
    <Card title={solvency.observed}>
      <p class="small">{solvency.observedAbout}</p>
      <Table
        caption={solvency.observed}
        rows={parts.observed}
        keyOf={({ id }) => id}
        columns={[
          {
            title: solvency.line,
            cell: ({ id, title }) => <a href={href(['solvency', 'runs', report.id, 'lines', id])}>{title}</a>,
          },
          {
            title: solvency.isThere,
            numeric: true,
            cell: ({ amount, currency }) => <Amount value={amount} currency={currency} />,
          },
          {
            title: solvency.ledger,
            numeric: true,
            cell: ({ ledger, currency }) => <Amount value={ledger} currency={currency} />,
          },
          {
            title: solvency.gap,
            numeric: true,
            cell: ({ difference, currency }) => <Amount value={difference} currency={currency} signed />,
          },
          { title: solvency.value, numeric: true, cell: ({ value }) => <Amount value={value} currency="VND" /> },
        ]}
      />
    </Card>
  );
}

export function Explained({ parts }: { readonly parts: ReportParts }) {
  const { words } = useLocale();
  const { solvency } = words;
  if (parts.explainedBy.length === 0) return null;
  const rows = [
    ...parts.explainedBy,
    { id: 'unexplained', title: solvency.unexplained, value: parts.unexplained },
    { id: 'net', title: solvency.net, value: parts.net },
  ];
  return (
    <Card title={solvency.explainedBy}>
      <Table
        caption={solvency.explainedBy}
        rows={rows}
        keyOf={({ id }) => id}
        isTotal={({ id }) => id === 'net'}
        columns={[
          { title: solvency.line, cell: ({ title }) => title },
          { title: solvency.value, numeric: true, cell: ({ value }) => <Amount value={value} currency="VND" signed /> },
        ]}
      />
    </Card>
  );
}

export function Quotes({ parts }: { readonly parts: ReportParts }) {
  const { words } = useLocale();
  if (parts.quotes.length === 0) return null;
  return (
    <Card title={words.solvency.ratesUsed}>
      <Table
        caption={words.solvency.ratesUsed}
        rows={parts.quotes}
        keyOf={(quote) => textIn(quote, 'quote_id') ?? ''}
        columns={[
          {
            title: words.rates.pair,
            cell: (quote) => (
              <a href={href(['rates', 'quotes', textIn(quote, 'quote_id') ?? ''])}>{textIn(quote, 'pair')}</a>
            ),
          },
          {
            title: words.rates.mid,
            numeric: true,
            cell: (quote) => <Rate value={textIn(quote, 'mid') ?? null} pair={textIn(quote, 'pair') ?? ''} />,
          },
          { title: words.rates.level, cell: (quote) => levelOf(textIn(quote, 'level'), words.rates.levels) },
          { title: words.common.asOf, cell: (quote) => <Time at={textIn(quote, 'as_of')} /> },
        ]}
      />
    </Card>
  );
}

const levelOf = (level: string | undefined, levels: Readonly<Record<string, string>>): string =>
  levels[level ?? ''] ?? level ?? '';
