/** One report of a bundle, made again from its book, its readings and its rates. */
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import { messageOf } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import { type Book, parseBook } from '../book.ts';
import type { Observation } from '../observe.ts';
import { makeReport } from '../report.ts';
import type { BundledReport } from './bundle.ts';
import type { BundleFault } from './fault.ts';
import { hashOf, RULES } from './header.ts';
import { inputsOf, inputsToJson } from './inputs.ts';
import { columnsOf } from './row.ts';

/** Books of a bundle by hash, each read once. */
export type Books = ReadonlyMap<string, Book>;

/** @returns the books that are what their hash says, and a fault for each other */
export function readBooks(given: readonly { readonly hash: string; readonly document: Json }[]): {
  readonly books: Books;
  readonly faults: readonly BundleFault[];
} {
  const books = new Map<string, Book>();
  const faults: BundleFault[] = [];
  for (const { hash, document } of given) {
    try {
      const text = canonicalJson(document);
      const found = sha256Hex(text);
      if (found !== hash) {
        faults.push({ code: 'book', date: null, message: `the book ${hash} hashes to ${found}: it was changed` });
        continue;
      }
      const book = parseBook(text, hash);
      if (book.hash === hash) books.set(hash, book);
      else
        faults.push({ code: 'book', date: null, message: `the book ${hash} is read by this program as ${book.hash}` });
    } catch (error) {
      faults.push({ code: 'book', date: null, message: `the book ${hash} cannot be read: ${messageOf(error)}` });
    }
  }
  return { books, faults };
}

/** All that is wrong with one report, in the order in which it was looked at. */
export function verifyReport(bundled: BundledReport, books: Books): readonly BundleFault[] {
  const { header, row, report, inputs, attempts } = bundled;
  const date = header.business_date;
  const faults: BundleFault[] = [];
  const fault = (code: BundleFault['code'], message: string) => faults.push({ code, date, message });
  const names = (code: BundleFault['code'], what: string, value: Json, hash: string): void => {
    const found = hashOf(value);
    if (found !== hash) fault(code, `${what} hashes to ${found}, its header says ${hash}`);
  };

  const remade = remake(bundled, books, fault);
  if (remade !== undefined) {
    const { book, observation, again } = remade;
    const made = makeReport(book, observation);
    const where = firstDifference(made.body, report);
    if (where !== undefined) fault('report', `the report is not what its inputs give: ${where}`);
    const columns = columnsOf(book, observation, made);
    const column = Object.entries(columns).find(
      ([name, value]) => canonicalJson(row[name] ?? null) !== canonicalJson(value),
    );
    if (column !== undefined)
      fault('row', `column ${column[0]} is ${show(row[column[0]])}, by the inputs ${show(column[1])}`);
    const input = firstDifference(again, inputs);
    if (input !== undefined) fault('inputs', `the inputs are not those of the book: ${input}`);
  }
  names('inputs', 'what was read', inputs, header.inputs_hash);
  names('report', 'the report', report, header.report_hash);
  names('row', 'the row', row, header.row_hash);
  names('attempts', 'the list of attempts', attempts, header.attempts_hash);
  for (const [column, value] of [
    ['id', header.report_id],
    ['business_date', header.business_date],
    ['attempt', header.attempt],
    ['supersedes', header.supersedes],
    ['status', header.status],
  ] as const) {
    if (row[column] !== value) fault('row', `column ${column} is ${show(row[column])}, its header says ${show(value)}`);
  }
  return faults;
}

function remake(
  { header, inputs }: BundledReport,
  books: Books,
  fault: (code: BundleFault['code'], message: string) => void,
): { readonly book: Book; readonly observation: Observation; readonly again: Json } | undefined {
  const book = books.get(header.book_hash);
  if (book === undefined) {
    fault('book', `its book ${header.book_hash} is not in the bundle`);
    return undefined;
  }
  if (header.rules !== RULES) {
    fault(
      'rules',
      `it was made by rules ${header.rules}, this program has rules ${RULES}: verify it with a version that has them`,
    );
    return undefined;
  }
  try {
    const observation = inputsOf(book, inputs);
    return { book, observation, again: inputsToJson(book, observation) };
  } catch (error) {
    fault('inputs', `what was read cannot be understood: ${messageOf(error)}`);
    return undefined;
  }
}

const show = (value: Json | undefined): string => (value === undefined ? 'absent' : canonicalJson(value).slice(0, 120));

/** Where two values part, as a JSON pointer with both; undefined where they are the same. */
function firstDifference(made: Json, found: Json, at = ''): string | undefined {
  if (canonicalJson(made) === canonicalJson(found)) return undefined;
  if (isBranch(made) && isBranch(found) && Array.isArray(made) === Array.isArray(found)) {
    const left = new Map<string, Json>(Object.entries(made));
    const right = new Map<string, Json>(Object.entries(found));
    for (const key of new Set([...left.keys(), ...right.keys()])) {
      const [a, b] = [left.get(key), right.get(key)];
      const pointer = `${at}/${key}`;
      if (a === undefined || b === undefined) return `${pointer} is ${show(b)}, by the inputs ${show(a)}`;
      const deeper = firstDifference(a, b, pointer);
      if (deeper !== undefined) return deeper;
    }
  }
  return `${at} is ${show(found)}, by the inputs ${show(made)}`;
}

const isBranch = (value: Json): value is readonly Json[] | { readonly [key: string]: Json } =>
  value !== null && typeof value === 'object';
