import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HASH_BYTES, leafHash, perfectRoot } from '../tlog/hashing.ts';
import { Frontier } from '../tlog/tree.ts';
import { Growth, type UpperTile } from './growth.ts';

const leaves = Array.from({ length: 1_100 }, (_, at) => leafHash(`${at}`));
const roots = (() => {
  const frontier = Frontier.empty();
  return leaves.map((leaf) => {
    frontier.append(leaf);
    return Buffer.from(frontier.root()).toString('hex');
  });
})();
const bundle = (at: number): Buffer => Buffer.concat(leaves.slice(at * 256, (at + 1) * 256));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a tree that grows by bundles', () => {
  it('has the root that it has leaf by leaf, at every size, also after it was saved', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1 }), (full, asked) => {
        let growth = new Growth();
        for (let at = 0; at < full; at += 1) {
          growth.add(perfectRoot(bundle(at)));
          growth = Growth.of(growth.state());
        }
        const counts = [...new Set(asked)].sort((a, b) => a - b);
        const expected = counts.map((count) => roots[full * 256 + count - 1]);
        expect(growth.roots(bundle(full), counts).map(hex)).toEqual(expected);
        const last = counts.at(-1) ?? 1;
        const frontier = growth.frontier(bundle(full).subarray(0, last * HASH_BYTES));
        expect([frontier.size, hex(frontier.root())]).toEqual([full * 256 + last, expected.at(-1)]);
      }),
      { numRuns: 30 },
    );
  });

  it('gives the tiles above the leaves as they get full', () => {
    const growth = new Growth();
    const full: UpperTile[] = [];
    for (let at = 0; at < 600; at += 1) full.push(...growth.add(leafHash(`bundle ${at}`)));
    expect(full.map(({ level, index }) => [level, index])).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(full[1]?.hashes.subarray(0, HASH_BYTES)).toEqual(leafHash('bundle 256'));
    expect(growth.partial().map(({ level, index, hashes }) => [level, index, hashes.length / HASH_BYTES])).toEqual([
      [1, 2, 88],
      [2, 0, 2],
    ]);
  });
});
