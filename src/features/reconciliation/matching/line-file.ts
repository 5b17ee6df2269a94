/** Lines in a file, one after the other, however many: CSV (RFC 4180) with a header, or JSON, one object a line. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import { z } from 'zod';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import type { StatementLine } from '../sources/statement.ts';
import { type LineRow, malformed, RowReader } from './line-row.ts';
import type { LedgerLine } from './lines.ts';
import type { Policy } from './policy.ts';

const FIELDS = ['id', 'booked_on', 'amount', 'currency', 'reference', 'counterparty', 'batch'] as const;
const NEEDED = ['id', 'booked_on', 'amount', 'currency'] as const;
const OBJECT = z.record(z.string(), z.unknown());

/**
 * @param file `.csv`, or `.jsonl`/`.ndjson`
 * @throws `matching.file_unknown`, `matching.file_unreadable`, `matching.line_malformed` (invalid)
 */
export async function* readLineFile(file: string, policy: Policy): AsyncGenerator<StatementLine & LedgerLine> {
  const rows = /\.csv$/i.test(file) ? csvRows(file) : /\.(jsonl|ndjson)$/i.test(file) ? jsonRows(file) : undefined;
  if (rows === undefined) {
    throw new PlumblineError('invalid', 'matching.file_unknown', `${file} is not a .csv, .jsonl or .ndjson file`);
  }
  const reader = new RowReader(policy);
  try {
    for await (const { row, place } of rows) yield reader.read(row, place);
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw new PlumblineError('invalid', 'matching.file_unreadable', `${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

interface PlacedRow {
  readonly row: LineRow;
  readonly place: () => string;
}

async function* csvRows(file: string): AsyncGenerator<PlacedRow> {
  const name = basename(file);
  let columns: readonly (readonly [string, number])[] | undefined;
  let record = 0;
  // A bank's file begins with a byte order mark as often as not.
  const parser = createReadStream(file).pipe(parse({ bom: true, skip_empty_lines: true }));
  for await (const cells of parser) {
    record += 1;
    const texts: readonly string[] = cells;
    if (columns === undefined) {
      columns = columnsOf(name, texts);
      continue;
    }
    const row: { [field: string]: string } = {};
    for (const [field, at] of columns) row[field] = texts[at] ?? '';
    const at = record;
    yield { row, place: () => `${name} record ${at}` };
  }
  if (columns === undefined)
    throw malformed(name, 'header', '', `the file is empty; its first line names ${FIELDS.join(', ')}`);
}

function columnsOf(name: string, header: readonly string[]): readonly (readonly [string, number])[] {
  const titles = header.map((title) => title.trim().toLowerCase());
  for (const field of NEEDED) {
    if (!titles.includes(field)) throw malformed(name, 'header', header.join(','), `there is no column ${field}`);
  }
  const twice = titles.find((title, at) => titles.indexOf(title) !== at);
  if (twice !== undefined) throw malformed(name, 'header', header.join(','), `there are two columns ${twice}`);
  return FIELDS.filter((field) => titles.includes(field)).map((field) => [field, titles.indexOf(field)] as const);
}

async function* jsonRows(file: string): AsyncGenerator<PlacedRow> {
  const name = basename(file);
  const stream = createReadStream(file, 'utf8');
  let at = 0;
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    at += 1;
    if (text.trim() === '') continue;
    const line = at;
    yield { row: objectOf(text, `${name} line ${line}`), place: () => `${name} line ${line}` };
  }
}

function objectOf(text: string, place: string): LineRow {
  try {
    return OBJECT.parse(JSON.parse(text));
  } catch {
    throw malformed(place, 'line', text, 'write one JSON object a line');
  }
}
