/** Pointers that are there, and would not be found. */
import { expect, it } from 'vitest';
import { RECORD, SEQ_AT, uuidOf } from '../format/records.ts';
import { misplaced } from './pointers.ts';

const idOf = (n: number): Buffer => Buffer.alloc(16, n);

/** @param ids of the rows, each with its place as its row */
function pointers(...ids: readonly number[]): Buffer {
  const records = Buffer.alloc(ids.length * RECORD);
  for (const [at, id] of ids.entries()) {
    records.set(idOf(id), at * RECORD);
    records.writeUInt32BE(at, at * RECORD + SEQ_AT);
  }
  return records;
}

const [lo, hi] = [uuidOf(idOf(1)), uuidOf(idOf(5))];

it.each([
  ['in order', [1, 3, 5], []],
  ['none', [], []],
  ['one after another that is greater', [1, 5, 3], ['the pointer of row 2 stands after that of row 1']],
  ['one that is there twice', [1, 3, 3], ['the pointer of row 2 stands after that of row 1']],
  [
    'one beyond what the batch says',
    [1, 3, 6],
    [`the batch says that its ids go from ${lo} to ${hi}, and it has ${uuidOf(idOf(6))}`],
  ],
])('%s', (_, ids, said) => {
  expect(misplaced(pointers(...ids), lo, hi)).toEqual(said);
});
