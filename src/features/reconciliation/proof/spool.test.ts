import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Spool, wordsOf } from './spool.ts';

const WIDTH = 36;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plumbline-spool-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Keys of 8 bytes in no order, most in two partitions, many alike in 32 bits; then the number that each had. */
function recordsOf(count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, n) => {
    const record = Buffer.alloc(WIDTH);
    record[0] = n % 10 === 0 ? (n * 7) % 256 : n % 2;
    record.writeUInt32BE((n * 2_654_435_761) % 4_093, 1);
    record.writeUIntBE((n * 40_503) % 65_521, 5, 3);
    record.writeUInt32BE(n, 32);
    return record;
  });
}

async function sortedBy(spool: Spool, records: readonly Buffer[]): Promise<readonly string[]> {
  for (const [n, record] of records.entries()) {
    spool.add(wordsOf(new Uint8Array(record)), 0);
    if (n % 500 === 0) await spool.settle();
  }
  const sorted: string[] = [];
  for await (const piece of spool.sorted(8)) {
    const bytes = Buffer.from(piece);
    for (let at = 0; at < bytes.length; at += WIDTH) sorted.push(bytes.toString('hex', at, at + WIDTH));
  }
  return sorted;
}

describe('records that are put aside', () => {
  it.each([0, 3, 1_000])('come back in order, where %i buffers stay in memory', async (stay) => {
    const records = recordsOf(30_000);
    const spool = new Spool(path.join(folder, 'scratch'), 'test', WIDTH, stay);
    try {
      const sorted = await sortedBy(spool, records);
      expect(spool.count).toBe(records.length);
      const keys = sorted.map((text) => text.slice(0, 16));
      expect(keys).toEqual([...keys].sort());
      expect([...sorted].sort()).toEqual(records.map((record) => record.toString('hex')).sort());
      // The file has no name while it is in use.
      if (stay === 0) expect(readdirSync(path.join(folder, 'scratch'))).toEqual([]);
    } finally {
      await spool.close();
    }
  });

  it('say where they could not be put', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    const spool = new Spool(path.join(folder, 'file'), 'test', WIDTH, 0);
    await expect(sortedBy(spool, recordsOf(30_000))).rejects.toMatchObject({ code: 'proof.scratch_unusable' });
  });
});
