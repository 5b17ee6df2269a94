import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTRY, entryAt, entryBytes, leafEntry, nodeEntry, type Run, saltOf, uintOf, uuidText } from '../format.ts';
import { AloneHasher } from './alone.ts';
import { BatchHasher } from './batch.ts';
import { hasherOf } from './hasher.ts';
import { RECORD, ROW } from './sha256x4.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Amounts near their ends as often as any. */
const amount = fc.oneof(bytes(8), fc.constantFrom(new Uint8Array(8), new Uint8Array(8).fill(255)));

/** Not needed for nodes. */
const NO_KEY = new Uint8Array(32);

it('has lanes where this is tested', () => {
  expect(hasherOf({ tag: Buffer.alloc(8), asset: 'VND' })).toBeInstanceOf(BatchHasher);
});

describe.each([
  ['of four lanes', hasherOf],
  ['of one hash after the other', (run: Run, key: Uint8Array = NO_KEY) => new AloneHasher(run, key)],
])('the hasher %s and node:crypto', (_, make) => {
  it('agree on leaves, their sums, and the beginnings of their salts', () => {
    const row = fc.record({ id: bytes(16), amounts: fc.tuple(amount, amount, amount), part: fc.nat(15) });
    const code = fc.stringMatching(/^[A-Z]{2,8}$/);
    fc.assert(
      fc.property(bytes(8), code, bytes(32), fc.array(row, { minLength: 1, maxLength: 9 }), (tag, asset, key, rows) => {
        const hasher = make({ tag, asset }, key);
        for (const [n, { id, amounts, part }] of rows.entries()) {
          hasher.rows.set(Buffer.concat([id, ...amounts, Buffer.from('v1'), Uint8Array.of(1, part)]), n * ROW);
        }
        const records = hasher.leaves(rows.length);
        for (const [n, { id, amounts, part }] of rows.entries()) {
          const merchant = uuidText(id);
          const [available, pending, reserved] = [uintOf(amounts[0]), uintOf(amounts[1]), uintOf(amounts[2])];
          const salt = saltOf(key, merchant);
          const leaf = leafEntry({ tag, asset }, { merchant, part, available, pending, reserved }, salt);
          const expected = [entryBytes(leaf), salt.subarray(0, 7), Uint8Array.of(part), ...amounts];
          const record = records.subarray(n * RECORD, (n + 1) * RECORD);
          expect(Buffer.from(record).toString('hex')).toBe(Buffer.concat(expected).toString('hex'));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('agree on nodes, whose sums carry', () => {
    const half = fc.oneof(bytes(8), fc.constantFrom(new Uint8Array(8), new Uint8Array(8).fill(255)));
    // The top bit is never set: no tree comes near, and a sum that does not fit is the verifier's to refuse.
    const entry = fc
      .tuple(bytes(32), half, half)
      .map(([hash, high, low]) => Buffer.concat([hash, high.map((byte, n) => (n === 0 ? byte & 0x7f : byte)), low]));
    const pairs = fc.array(fc.tuple(entry, entry), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(bytes(8), fc.integer({ min: 1, max: 40 }), pairs, (tag, level, given) => {
        const parents = make({ tag, asset: 'VND' }).nodes(Buffer.concat(given.flat()), level);
        expect(parents.length).toBe(given.length * ENTRY);
        for (const [n, [left, right]] of given.entries()) {
          const expected = nodeEntry({ tag }, level, entryAt(left, 0), entryAt(right, 0));
          expect(entryBytes(entryAt(parents, n)).equals(entryBytes(expected))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});
