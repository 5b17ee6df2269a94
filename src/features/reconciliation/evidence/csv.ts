/** A report's lines as a table for spreadsheets: RFC 4180, exact decimals, and no text that one would run. */
import { csv } from '../../../platform/http-server/csv.ts';
import type { ReportDocument, TruthDocument } from './document.ts';

const COLUMNS = [
  ...['business_date', 'report_id', 'attempt', 'status', 'section', 'id', 'title', 'side', 'counts', 'currency'],
  ...['amount', 'ledger_amount', 'difference', 'rate', 'quote_id', 'low_vnd', 'value_vnd', 'high_vnd', 'since', 'note'],
] as const;

type Cells = { readonly [column in (typeof COLUMNS)[number]]?: string | null };

const DECIMAL = /^-?\d+(\.\d+)?$/;
/** What makes a spreadsheet take a cell for a formula: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[\s\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** Text as it can be opened: an apostrophe before what would run. A number stays a number. */
export const safeCell = (text: string): string => (FORMULA.test(text) && !DECIMAL.test(text) ? `'${text}` : text);

/** One row a line of the formula, its totals, and where the book observes, what is observed and why. */
export function reportCsv(document: ReportDocument, { bom = false } = {}): string {
  const { id, business_date, attempt, status } = document;
  const rows = rowsOf(document).map((cells) => {
    const row: Cells = { business_date, report_id: id, attempt: String(attempt), status, ...cells };
    return Object.fromEntries(
      Object.entries(row).map(([column, text]) => [column, text === null ? null : safeCell(text)]),
    );
  });
  return `${bom ? '\ufeff' : ''}${csv(COLUMNS, rows)}`;
}

function rowsOf(document: ReportDocument): readonly Cells[] {
  const { report } = document;
  const currency = report?.currency ?? 'VND';
  const total = (id: string, value: string | null): Cells => ({ section: 'total', id, currency, value_vnd: value });
  return [
    ...(report?.lines ?? []).map(
      ({ id, title, side, sign, amount, rate, quote_id, value_vnd, error, ...line }): Cells => ({
        ...{ section: 'line', id, title, side, counts: sign === '+' ? 'added' : 'taken off' },
        ...{ currency: line.currency, amount, rate, quote_id, value_vnd, note: error },
      }),
    ),
    total('total_assets', document.total_assets_vnd),
    total('total_liabilities', document.total_liabilities_vnd),
    total('difference', document.difference_vnd),
    ...(document.error_message === null ? [] : [{ section: 'error', note: document.error_message }]),
    ...truthRows(report?.truth ?? null, currency),
  ];
}

function truthRows(truth: TruthDocument | null, currency: string): readonly Cells[] {
  if (truth === null) return [];
  const total = (id: string, value: string | null): Cells => ({ section: 'total', id, currency, value_vnd: value });
  return [
    ...truth.observed.map(
      ({ id, title, amount, ledger_amount, difference, low_vnd, value_vnd, high_vnd, ...each }): Cells => ({
        ...{ section: 'observed', id, title, currency: each.currency, amount, ledger_amount, difference },
        ...{ low_vnd, value_vnd, high_vnd },
      }),
    ),
    ...truth.in_transit.map(
      ({ id, title, side, amount, value_vnd, since, late, ...each }): Cells => ({
        ...{ section: 'in_transit', id, title, side, currency: each.currency, amount, value_vnd, since },
        note: late ? 'late' : null,
      }),
    ),
    ...truth.explained_by.map(
      ({ id, title, value_vnd }): Cells => ({ section: 'explained_by', id, title, currency, value_vnd }),
    ),
    {
      ...{ section: 'total', id: 'net', currency, note: solvency(truth.solvent) },
      ...{ low_vnd: truth.net_low_vnd, value_vnd: truth.net_vnd, high_vnd: truth.net_high_vnd },
    },
    total('explained', truth.explained_vnd),
    total('unexplained', truth.unexplained_vnd),
    ...truth.breaks.map(
      ({ key, amount, text, ...each }): Cells => ({
        ...{ section: 'break', id: key, currency: each.currency, amount, note: text },
      }),
    ),
  ];
}

const solvency = (solvent: boolean | null): string | null =>
  solvent === null ? null : solvent ? 'solvent' : 'not solvent';
