/** An index file in the order of its ids, in stretches of whatever length. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { doubledInOrder, idOf, RECORD, sortById, uuidOf } from '../format/records.ts';
import { orderedRecords } from './ordered-records.ts';

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'plumbline-index-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

it('are all records of it, each stretch after the one before it', async () => {
  const path = join(folder(), 'index');
  const some = fc.array(fc.uint8Array({ minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(some, fc.nat(13), fc.integer({ min: 1, max: 100 }), async (ids, from, most) => {
      const records = Buffer.alloc(ids.length * RECORD, 7);
      for (const [at, id] of ids.entries()) records.set(id, at * RECORD + from);
      const sorted = sortById(records);
      writeFileSync(path, records);
      const [lo, hi] = [uuidOf(idOf(sorted, 0)), uuidOf(idOf(sorted, ids.length - 1))];
      const pieces: Buffer[] = [];
      for await (const piece of orderedRecords({ path, lo, hi }, most)) pieces.push(Buffer.from(piece));
      expect(Buffer.concat(pieces).equals(sorted)).toBe(true);
      // An id that stands twice is in one stretch.
      const twice = new Set(ids.map((id) => Buffer.from(id).toString('hex'))).size < ids.length;
      expect(pieces.some((piece) => doubledInOrder(piece) !== undefined)).toBe(twice);
    }),
    { numRuns: 60 },
  );
});

it('are refused where the file ends within one', async () => {
  const path = join(folder(), 'index');
  writeFileSync(path, Buffer.alloc(RECORD + 1));
  const id = uuidOf(Buffer.alloc(16));
  await expect(async () => {
    for await (const _ of orderedRecords({ path, lo: id, hi: id }));
  }).rejects.toThrow(/ends within a record/);
});
