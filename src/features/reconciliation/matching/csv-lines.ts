/** Lines in a CSV file with a header, from its bytes to numbers. What has the usual form is read digit by digit. */
import { basename } from 'node:path';
import type { Currency } from '../../../kernel/money.ts';
import { dayNumber } from './calendar.ts';
import { type CsvRecord, cellText, readCsv } from './csv-reader.ts';
import { digitsOfDate, minorUnits, NOT_DIGITS } from './digits.ts';
import { FIELDS, malformed, NEEDED, RowReader } from './line-row.ts';
import type { LinesBuilder } from './lines-builder.ts';
import type { Policy } from './policy.ts';

type Columns = Readonly<Record<(typeof FIELDS)[number], number>>;

/** @throws `matching.line_malformed` (invalid), and what `LinesBuilder.addCells` throws */
export async function readCsvLines(file: string, policy: Policy, lines: LinesBuilder): Promise<void> {
  const name = basename(file);
  let reader: CsvLineReader | undefined;
  await readCsv(file, (record) => {
    if (reader === undefined) reader = new CsvLineReader(name, headerOf(name, record), record.count, policy, lines);
    else reader.read(record);
  });
  if (reader === undefined)
    throw malformed(name, 'header', '', `the file is empty; its first line names ${FIELDS.join(', ')}`);
}

function headerOf(name: string, record: CsvRecord): Columns {
  const header = Array.from({ length: record.count }, (_, cell) => cellText(record, cell));
  const titles = header.map((title) => title.trim().toLowerCase());
  for (const field of NEEDED) {
    if (!titles.includes(field)) throw malformed(name, 'header', header.join(','), `there is no column ${field}`);
  }
  const twice = titles.find((title, at) => titles.indexOf(title) !== at);
  if (twice !== undefined) throw malformed(name, 'header', header.join(','), `there are two columns ${twice}`);
  const at = (field: (typeof FIELDS)[number]): number => titles.indexOf(field);
  return {
    ...{ id: at('id'), booked_on: at('booked_on'), amount: at('amount'), currency: at('currency') },
    ...{ reference: at('reference'), counterparty: at('counterparty'), batch: at('batch') },
  };
}

interface KnownCurrency {
  readonly code: Buffer;
  readonly currency: Currency;
  /** Of the dictionary. */
  readonly number: number;
}

class CsvLineReader {
  readonly #name: string;
  readonly #columns: Columns;
  readonly #width: number;
  readonly #rows: RowReader;
  readonly #lines: LinesBuilder;
  readonly #days = new Map<number, number>();
  readonly #currencies: KnownCurrency[] = [];
  readonly #numbers = { day: 0, amount: 0, place: 0 };

  constructor(name: string, columns: Columns, width: number, policy: Policy, lines: LinesBuilder) {
    this.#name = name;
    this.#columns = columns;
    this.#width = width;
    this.#rows = new RowReader(policy);
    this.#lines = lines;
  }

  read(record: CsvRecord): void {
    const { starts, ends } = record;
    if (record.count !== this.#width) {
      const cells = Array.from({ length: record.count }, (_, cell) => cellText(record, cell));
      const remedy = `has ${record.count} cells, the header ${this.#width}; quote a cell that holds a comma`;
      throw malformed(this.#place(record), 'line', cells.join(','), remedy);
    }
    const { id } = this.#columns;
    if (starts[id] === ends[id]) throw malformed(this.#place(record), 'id', '', 'every line needs an id of its own');
    this.#numbers.day = this.#day(record);
    this.#numbers.amount = this.#amount(record);
    this.#numbers.place = record.line;
    this.#lines.addCells(record, this.#columns, this.#numbers);
  }

  #place(record: CsvRecord): string {
    return `${this.#name} line ${record.line}`;
  }

  #day(record: CsvRecord): number {
    const cell = this.#columns.booked_on;
    const digits = digitsOfDate(record.bytes, record.starts[cell] ?? 0, record.ends[cell] ?? 0);
    const known = this.#days.get(digits);
    if (known !== undefined) return known;
    const day = dayNumber(this.#rows.date(cellText(record, cell), () => this.#place(record)));
    if (digits !== NOT_DIGITS) this.#days.set(digits, day);
    return day;
  }

  /** @returns the amount's number */
  #amount(record: CsvRecord): number {
    const { amounts } = this.#lines.dictionary;
    const { amount: cell, currency: code } = this.#columns;
    const known = this.#currency(record);
    if (known !== undefined) {
      const { bytes, starts, ends } = record;
      const minor = minorUnits(bytes, starts[cell] ?? 0, ends[cell] ?? 0, known.currency.decimals);
      if (!Number.isNaN(minor)) return amounts.addSmall(known.number, minor);
    }
    const place = (): string => this.#place(record);
    const amount = this.#rows.amount(cellText(record, cell), cellText(record, code), place);
    if (known === undefined) {
      const { currency } = amount;
      this.#currencies.push({ code: Buffer.from(currency.code), currency, number: amounts.currency(currency) });
    }
    return amounts.add(amount);
  }

  #currency({ bytes, starts, ends }: CsvRecord): KnownCurrency | undefined {
    const from = starts[this.#columns.currency] ?? 0;
    const to = ends[this.#columns.currency] ?? 0;
    for (const known of this.#currencies) {
      const { code } = known;
      let at = 0;
      while (at < code.length && code[at] === bytes[from + at]) at += 1;
      if (at === code.length && to - from === at) return known;
    }
    return undefined;
  }
}
