/** Lines in a file, one after the other, however many: CSV (RFC 4180) with a header, or JSON, one object a line. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import type { StatementLine } from '../sources/statement.ts';
import { csvRecords } from './csv-records.ts';
import { type LineRow, malformed, RowReader } from './line-row.ts';
import type { LedgerLine } from './lines.ts';
import type { Policy } from './policy.ts';

const FIELDS = ['id', 'booked_on', 'amount', 'currency', 'reference', 'counterparty', 'batch'] as const;
const NEEDED = ['id', 'booked_on', 'amount', 'currency'] as const;
const OBJECT = z.record(z.string(), z.unknown());

/**
 * @param file `.csv`, or `.jsonl`/`.ndjson`
 * @returns the lines in batches, as they are read
 * @throws `matching.file_unknown`, `matching.file_unreadable`, `matching.line_malformed` (invalid)
 */
export async function* readLineFile(
  file: string,
  policy: Policy,
): AsyncGenerator<readonly (StatementLine & LedgerLine)[]> {
  const read = /\.csv$/i.test(file) ? csvLines : /\.(jsonl|ndjson)$/i.test(file) ? jsonLines : undefined;
  if (read === undefined) {
    throw new PlumblineError('invalid', 'matching.file_unknown', `${file} is not a .csv, .jsonl or .ndjson file`);
  }
  try {
    yield* read(file, new RowReader(policy));
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw new PlumblineError('invalid', 'matching.file_unreadable', `${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

type Batches = AsyncGenerator<readonly (StatementLine & LedgerLine)[]>;

async function* csvLines(file: string, reader: RowReader): Batches {
  const name = basename(file);
  let rowOf: ((cells: readonly string[], line: number) => LineRow) | undefined;
  for await (const records of csvRecords(file)) {
    const lines: (StatementLine & LedgerLine)[] = [];
    for (const { line, cells } of records) {
      if (rowOf === undefined) rowOf = rowsUnder(name, cells);
      else lines.push(reader.read(rowOf(cells, line), () => `${name} line ${line}`));
    }
    yield lines;
  }
  if (rowOf === undefined)
    throw malformed(name, 'header', '', `the file is empty; its first line names ${FIELDS.join(', ')}`);
}

/** @returns what makes a row of a record's cells */
function rowsUnder(name: string, header: readonly string[]): (cells: readonly string[], line: number) => LineRow {
  const columns = columnsOf(name, header);
  const at = (field: (typeof FIELDS)[number]): number => columns.get(field) ?? -1;
  const [id, bookedOn, amount, currency] = [at('id'), at('booked_on'), at('amount'), at('currency')];
  const [reference, counterparty, batch] = [at('reference'), at('counterparty'), at('batch')];
  return (cells, line) => {
    if (cells.length !== header.length) {
      const remedy = `has ${cells.length} cells, the header ${header.length}; quote a cell that holds a comma`;
      throw malformed(`${name} line ${line}`, 'line', cells.join(','), remedy);
    }
    return {
      id: cells[id],
      booked_on: cells[bookedOn],
      amount: cells[amount],
      currency: cells[currency],
      reference: cells[reference],
      counterparty: cells[counterparty],
      batch: cells[batch],
    };
  };
}

function columnsOf(name: string, header: readonly string[]): ReadonlyMap<string, number> {
  const titles = header.map((title) => title.trim().toLowerCase());
  for (const field of NEEDED) {
    if (!titles.includes(field)) throw malformed(name, 'header', header.join(','), `there is no column ${field}`);
  }
  const twice = titles.find((title, at) => titles.indexOf(title) !== at);
  if (twice !== undefined) throw malformed(name, 'header', header.join(','), `there are two columns ${twice}`);
  return new Map(titles.map((title, at) => [title, at]));
}

const BATCH = 1_000;

async function* jsonLines(file: string, reader: RowReader): Batches {
  const name = basename(file);
  const stream = createReadStream(file, 'utf8');
  await once(stream, 'open'); // what cannot be opened is said here, and not beside the loop
  let at = 0;
  let lines: (StatementLine & LedgerLine)[] = [];
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    at += 1;
    if (text.trim() === '') continue;
    const place = `${name} line ${at}`;
    lines.push(reader.read(objectOf(text, place), () => place));
    if (lines.length < BATCH) continue;
    yield lines;
    lines = [];
  }
  yield lines;
}

function objectOf(text: string, place: string): LineRow {
  try {
    return OBJECT.parse(JSON.parse(text));
  } catch {
    throw malformed(place, 'line', text, 'write one JSON object a line');
  }
}
