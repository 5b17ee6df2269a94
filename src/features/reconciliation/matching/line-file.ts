/** Lines in a file, one after the other, however many: CSV (RFC 4180) with a header, or JSON, one object a line. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { readCsvLines } from './csv-lines.ts';
import { type LineRow, malformed, RowReader } from './line-row.ts';
import type { LineReader, LinesBuilder } from './lines-builder.ts';
import type { Policy } from './policy.ts';

const OBJECT = z.record(z.string(), z.unknown());

/**
 * @param file `.csv`, or `.jsonl`/`.ndjson`; it is opened when it is read
 * @returns what throws, when it reads, `matching.file_unknown`, `matching.file_unreadable`, `matching.line_malformed`
 * (invalid)
 */
export const lineFile = (file: string, policy: Policy): LineReader => ({
  readInto: async (lines) => {
    const read = /\.csv$/i.test(file) ? readCsvLines : /\.(jsonl|ndjson)$/i.test(file) ? readJsonLines : undefined;
    if (read === undefined) {
      throw new PlumblineError('invalid', 'matching.file_unknown', `${file} is not a .csv, .jsonl or .ndjson file`);
    }
    try {
      await read(file, policy, lines);
    } catch (error) {
      if (error instanceof PlumblineError) throw error;
      throw new PlumblineError('invalid', 'matching.file_unreadable', `${file} cannot be read: ${messageOf(error)}`, {
        cause: error,
      });
    }
  },
});

async function readJsonLines(file: string, policy: Policy, lines: LinesBuilder): Promise<void> {
  const name = basename(file);
  const reader = new RowReader(policy);
  const stream = createReadStream(file, 'utf8');
  await once(stream, 'open'); // what cannot be opened is said here, and not beside the loop
  let at = 0;
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    at += 1;
    if (text.trim() === '') continue;
    const place = `${name} line ${at}`;
    lines.add(
      reader.read(objectOf(text, place), () => place),
      at,
    );
  }
}

function objectOf(text: string, place: string): LineRow {
  try {
    return OBJECT.parse(JSON.parse(text));
  } catch {
    throw malformed(place, 'line', text, 'write one JSON object a line');
  }
}
