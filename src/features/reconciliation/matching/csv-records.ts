/**
 * Records of a CSV file (RFC 4180) in batches, as the file is read. Written for a million plain lines: a line
 * without a quote is split at its commas, and only one with a quote is looked at letter by letter.
 */
import { createReadStream } from 'node:fs';

const CHUNK_BYTES = 1 << 20;

export interface CsvRecord {
  /** The line of the file on which it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** @throws Error where a quote is never closed, or the file cannot be read */
export async function* csvRecords(file: string): AsyncGenerator<readonly CsvRecord[]> {
  let rest = '';
  let line = 1;
  let begun: { readonly line: number; readonly text: string } | undefined; // a record with a quote that is still open
  const take = (text: string): CsvRecord | undefined => {
    const at = begun?.line ?? line;
    const whole = begun === undefined ? text : `${begun.text}\n${text}`;
    line += 1;
    if (!whole.includes('"'))
      return whole === '' || whole === '\r' ? undefined : { line: at, cells: plainCells(whole) };
    const cells = quotedCells(whole);
    begun = cells === undefined ? { line: at, text: whole } : undefined;
    return cells && { line: at, cells };
  };
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK_BYTES })) {
    const lines = (rest + String(chunk)).split('\n');
    if (line === 1 && rest === '' && lines[0]?.startsWith('\ufeff')) lines[0] = lines[0].slice(1);
    rest = lines.pop() ?? '';
    yield lines.map(take).filter((record) => record !== undefined);
  }
  const last = take(rest);
  if (begun !== undefined) throw new Error(`the quote in the record of line ${begun.line} is never closed`);
  if (last !== undefined) yield [last];
}

const plainCells = (text: string): readonly string[] => (text.endsWith('\r') ? text.slice(0, -1) : text).split(',');

/** Undefined where a quote is still open: the record goes on in the next line. */
function quotedCells(text: string): readonly string[] | undefined {
  const cells: string[] = [];
  let cell = '';
  let open = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (open) {
      if (letter !== '"') cell += letter;
      else if (text.charAt(at + 1) === '"') {
        cell += letter;
        at += 1;
      } else open = false;
    } else if (letter === '"' && cell === '') open = true;
    else if (letter === ',') {
      cells.push(cell);
      cell = '';
    } else if (letter !== '\r' || at < text.length - 1) cell += letter;
  }
  if (open) return undefined;
  cells.push(cell);
  return cells;
}
