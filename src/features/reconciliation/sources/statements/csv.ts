/** Statements as CSV, whose columns, marks and dates the book declares. */
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { messageOf } from '../../../../kernel/errors.ts';
import { type Money, negate, subtract } from '../../../../kernel/money.ts';
import { printable } from '../../../../kernel/text.ts';
import type { StatementLine } from '../statement.ts';
import { check, type Expected, type ParsedStatement } from './parsed.ts';
import { DATE_FORM, dateReader, readAmount, sameAccount, statementFault } from './text.ts';

const COLUMN = z.string().min(1).max(80);

export const CSV = z
  .strictObject({
    delimiter: z.enum([',', ';', '\t', '|']).default(','),
    decimal: z.enum(['.', ',']).default('.'),
    grouping: z.enum(['', '.', ',', ' ', "'"]).default(''),
    date: z.string().regex(DATE_FORM, 'a form such as DD/MM/YYYY').default('YYYY-MM-DD'),
    order: z.enum(['oldest_first', 'newest_first']).default('oldest_first'),
    /** What stands in the column `reference` of the rows that tell only a balance. */
    opening: z.string().min(1).optional(),
    closing: z.string().min(1).optional(),
    columns: z.strictObject({
      id: COLUMN,
      date: COLUMN,
      amount: COLUMN.optional(),
      debit: COLUMN.optional(),
      credit: COLUMN.optional(),
      balance: COLUMN,
      reference: COLUMN,
      counterparty: COLUMN.optional(),
      account: COLUMN.optional(),
      currency: COLUMN.optional(),
    }),
  })
  .superRefine(({ decimal, grouping, columns: { amount, debit, credit } }, context) => {
    const fault = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (decimal === grouping) fault('grouping', `"${grouping}" is the decimal mark already`);
    const isTwo = debit !== undefined && credit !== undefined;
    if ((amount === undefined) !== isTwo || (amount !== undefined && (debit !== undefined || credit !== undefined))) {
      fault('columns', 'either amount, or both debit and credit');
    }
  });
export type CsvForm = z.output<typeof CSV>;

interface Row {
  /** In the file, from 1. */
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
}

/** @throws `statement.refused` (invalid) */
export function parseCsv(text: string, form: CsvForm, expected: Expected): ParsedStatement {
  const rows = form.order === 'oldest_first' ? rowsOf(text, form, expected) : rowsOf(text, form, expected).reverse();
  const { columns } = form;
  const cell = ({ line, cells }: Row, column: string): string => {
    const value = cells.get(column);
    if (value === undefined) throw statementFault(`${expected.place} line ${line}`, `there is no column "${column}"`);
    return value;
  };
  const amountIn = (row: Row, column: string): Money =>
    readAmount(cell(row, column), expected.currency, form, `${expected.place} line ${row.line}, ${column}`);

  for (const row of rows) {
    const place = `${expected.place} line ${row.line}`;
    if (columns.account !== undefined && !sameAccount(cell(row, columns.account), expected.account)) {
      throw statementFault(place, `the account is not ${expected.account}`, cell(row, columns.account));
    }
    if (columns.currency !== undefined && cell(row, columns.currency).trim() !== expected.currency.code) {
      throw statementFault(place, `the currency is not ${expected.currency.code}`, cell(row, columns.currency));
    }
  }
  const readDate = dateReader(form.date);
  const marked = (mark: string | undefined, row: Row | undefined, which: string): Money | undefined => {
    if (mark === undefined) return undefined;
    if (row !== undefined && cell(row, columns.reference).trim() === mark) return amountIn(row, columns.balance);
    throw statementFault(expected.place, `the row of the ${which} balance, "${mark}", is not where it belongs`);
  };
  const opening = marked(form.opening, rows[0], 'opening');
  const closing = marked(form.closing, rows.length > 1 || opening === undefined ? rows.at(-1) : undefined, 'closing');
  const moving = rows.slice(opening === undefined ? 0 : 1, closing === undefined ? undefined : -1);

  const end = closing === undefined ? undefined : rows.at(-1);
  if (end !== undefined && (moving.length === 0 || cell(end, columns.date).trim() !== '')) {
    // Without lines nothing else says of which day the statement is.
    const place = `${expected.place} line ${end.line}, ${columns.date}`;
    if (readDate(cell(end, columns.date), place) !== expected.date) {
      throw statementFault(place, `the closing balance is not that of ${expected.date}`, cell(end, columns.date));
    }
  }
  const lines = moving.map(
    (row): StatementLine => ({
      id: cell(row, columns.id).trim(),
      bookedOn: readDate(cell(row, columns.date), `${expected.place} line ${row.line}, ${columns.date}`),
      amount: movement(row, form, cell, amountIn, expected),
      reference: printable(cell(row, columns.reference)),
      counterparty: columns.counterparty === undefined ? '' : printable(cell(row, columns.counterparty)),
    }),
  );
  const first = moving[0];
  const firstLine = lines[0];
  const opens =
    opening ?? (first && firstLine ? subtract(amountIn(first, columns.balance), firstLine.amount) : closing);
  if (opens === undefined) throw statementFault(expected.place, 'there is no line, and so no balance');
  let balance = opens;
  moving.forEach((row, index) => {
    const after = amountIn(row, columns.balance);
    const amount = lines[index]?.amount;
    if (amount === undefined || after.minor !== balance.minor + amount.minor) {
      const place = `${expected.place} line ${row.line}, ${columns.balance}`;
      throw statementFault(
        place,
        'the balance is not that of the line before and this amount',
        cell(row, columns.balance),
      );
    }
    balance = after;
  });
  const statement: ParsedStatement = {
    account: expected.account,
    from: expected.date,
    to: expected.date,
    opening: opens,
    closing: closing ?? balance,
    lines,
  };
  return check(statement, expected, (index) => `${expected.place} line ${moving[index]?.line}`);
}

const RECORDS = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));

function rowsOf(text: string, { delimiter }: CsvForm, { place }: Expected): Row[] {
  let records: z.output<typeof RECORDS>;
  try {
    records = RECORDS.parse(parse(text, { delimiter, info: true, skip_empty_lines: true, relax_column_count: true }));
  } catch (error) {
    throw statementFault(place, `not CSV: ${messageOf(error)}`);
  }
  const [header, ...rest] = records;
  if (header === undefined) throw statementFault(place, 'the file is empty');
  const names = header.record.map((name) => name.trim());
  return rest.map(({ record, info }) => {
    if (record.length !== names.length) {
      throw statementFault(`${place} line ${info.lines}`, `${record.length} columns, the header has ${names.length}`);
    }
    return { line: info.lines, cells: new Map(names.map((name, index) => [name, record[index] ?? ''])) };
  });
}

/** Debit and credit are columns of their own, of which one is empty or zero; or one column has the sign. */
function movement(
  row: Row,
  { columns: { amount, debit = '', credit = '' } }: CsvForm,
  cell: (row: Row, column: string) => string,
  amountIn: (row: Row, column: string) => Money,
  { place }: Expected,
): Money {
  if (amount !== undefined) return amountIn(row, amount);
  const of = (column: string): Money | undefined => {
    const value = cell(row, column).trim() === '' ? undefined : amountIn(row, column);
    if (value !== undefined && value.minor < 0n) {
      throw statementFault(
        `${place} line ${row.line}, ${column}`,
        'below zero in a column of its own',
        cell(row, column),
      );
    }
    return value?.minor === 0n ? undefined : value;
  };
  const [out, in_] = [of(debit), of(credit)];
  if (out !== undefined && in_ === undefined) return negate(out);
  if (in_ !== undefined && out === undefined) return in_;
  throw statementFault(`${place} line ${row.line}`, `exactly one of "${debit}" and "${credit}" has an amount`);
}
