import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cellText, readCsv } from './csv-reader.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-csv-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Given {
  readonly line: number;
  readonly cells: readonly string[];
}

async function read(text: string | Buffer): Promise<readonly Given[]> {
  const file = join(folder, 'a.csv');
  writeFileSync(file, text);
  const records: Given[] = [];
  await readCsv(file, (record) => {
    const cells = Array.from({ length: record.count }, (_, cell) => cellText(record, cell));
    records.push({ line: record.line, cells });
  });
  return records;
}

const OPTIONS = { bom: true, record_delimiter: ['\n', '\r\n'], relax_column_count: true, skip_empty_lines: true };
const theirs = (text: string): readonly (readonly string[])[] => parse(text, OPTIONS);

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

describe('records of a CSV file', () => {
  test('whatever stands in them: as csv-parse reads it, or refused where csv-parse refuses it', async () => {
    const token = fc.constantFrom('a', 'b', ',', '"', '""', '\n', '\r\n', 'ệ', '😀', ' ', '",', '\n"');
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 12 }), async (tokens) => {
        const text = tokens.join('');
        let expected: readonly (readonly string[])[] | undefined;
        try {
          expected = theirs(text);
        } catch {
          refused += 1;
        }
        const own = await read(text).then(
          (records) => records.map(({ cells }) => cells),
          () => undefined,
        );
        expect(own, JSON.stringify(text)).toEqual(expected);
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  test('a file of many chunks: letters, quotes and line ends torn at their ends, each record with its line', async () => {
    const words = ['Công ty', 'Đơn "hàng"', 'a, b', 'hai\ndòng', 'ba\r\ndòng', '😀'.repeat(40), '', 'PL-2026'];
    const rows: { readonly line: number; readonly cells: readonly string[] }[] = [];
    const parts: string[] = ['\ufeff'];
    let line = 1;
    for (let at = 0; at < 10_000; at += 1) {
      const cells = [0, 1, 2, 3].map((cell) => `${at}${words[(at * 7 + cell * 3 + (at >> 4)) % words.length] ?? ''}`);
      const end = at % 5 === 0 ? '\r\n' : '\n';
      const text = cells.map((cell, place) => (place % 2 === 0 || /["\n,]/.test(cell) ? quoted(cell) : cell)).join(',');
      rows.push({ line, cells });
      parts.push(text, end);
      line += text.split('\n').length;
      if (at % 1_000 === 0) {
        parts.push('\n');
        line += 1;
      }
    }
    const text = parts.join('').trimEnd();
    expect(Buffer.byteLength(text)).toBeGreaterThan(5 * 262_144);
    const own = await read(text);
    expect(own).toEqual(rows);
    expect(own.map(({ cells }) => cells)).toEqual(theirs(text));
  });

  test('a record longer than a chunk is read; a quote that swallows the file is not', async () => {
    const long = 'x"\n'.repeat(150_000);
    expect(await read(`a,${quoted(long)}\nb,c`)).toEqual([
      { line: 1, cells: ['a', long] },
      { line: 150_002, cells: ['b', 'c'] },
    ]);
    await expect(read(`a,b\na,"${'x\n'.repeat(9_000_000)}`)).rejects.toMatchObject({
      code: 'matching.line_malformed',
      details: { place: 'a.csv line 2' },
    });
  });

  test('a record of too many cells is refused', async () => {
    await expect(read(`a\n${'x,'.repeat(2_000)}`)).rejects.toMatchObject({ details: { place: 'a.csv line 2' } });
  });
});
