/** Hashes and roots, held against published vectors and against RFC 6962 as it is written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelTree } from '../../../../test/support/merkle-model.ts';
import { EMPTY_ROOT, leafHash, nodeHash, perfectRoot } from './hashing.ts';
import { Frontier } from './tree.ts';

const SIZE = 600;
const entries = new Map(Array.from({ length: SIZE }, (_, at) => [BigInt(at), `entry ${at}`] as const));
const model = new ModelTree(entries);
const leaves = [...entries.values()].map((text) => leafHash(text));
const rootAtSize = (size: number): Buffer => model.root(0n, BigInt(size));

function grown(size: number): Frontier {
  const frontier = Frontier.empty();
  for (const leaf of leaves.slice(0, size)) frontier.append(leaf);
  return frontier;
}

describe('the hashes', () => {
  // The eight entries and their roots that implementations of Certificate Transparency share
  // (github.com/transparency-dev/merkle, testonly/constants.go).
  const known: readonly (readonly [entry: string, leaf: string, root: string])[] = [
    [
      '',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    ],
    [
      '00',
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    ],
    [
      '10',
      '0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    ],
    [
      '2021',
      '07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
    [
      '3031',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    ],
    [
      '40414243',
      '4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    ],
    [
      '5051525354555657',
      'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    ],
    [
      '606162636465666768696a6b6c6d6e6f',
      '46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ],
  ];

  it('are those of the published tree of eight entries', () => {
    const frontier = Frontier.empty();
    expect(frontier.root().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    for (const [entry, leaf, root] of known) {
      const hash = leafHash(Buffer.from(entry, 'hex'));
      expect(hash.toString('hex')).toBe(leaf);
      frontier.append(hash);
      expect(frontier.root().toString('hex')).toBe(root);
    }
  });

  it('of a text are those of its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(leafHash(text)).toEqual(leafHash(Buffer.from(text)));
      }),
    );
  });

  it('of one call are not changed by the next', () => {
    const first = nodeHash(leafHash('a'), leafHash('b'));
    const copy = Buffer.from(first);
    nodeHash(leafHash('c'), leafHash('d'));
    expect(first).toEqual(copy);
  });

  it('of anything but two whole hashes are refused', () => {
    expect(() => nodeHash(Buffer.alloc(31), EMPTY_ROOT)).toThrow('32 bytes');
    expect(() => nodeHash(EMPTY_ROOT, Buffer.alloc(33))).toThrow('32 bytes');
  });
});

describe('a tree', () => {
  it('has the root of the specification at every size', () => {
    const frontier = Frontier.empty();
    for (let size = 0; size <= SIZE; size += 1) {
      const root = rootAtSize(size);
      const own = leaves.slice(0, size);
      expect(frontier.root().equals(root)).toBe(true);
      if (Number.isInteger(Math.log2(size))) expect(perfectRoot(Buffer.concat(own)).equals(root)).toBe(true);
      const next = leaves[size];
      if (next !== undefined) frontier.append(next);
    }
  });

  it('tells of each perfect subtree once, when its last leaf comes', () => {
    const told = new Map<string, Buffer>();
    const frontier = Frontier.empty();
    for (const leaf of leaves) {
      frontier.append(leaf, (level, root) => {
        const end = frontier.size + 1;
        expect(end % 2 ** level).toBe(0);
        expect(told.has(`${level} ${end}`)).toBe(false);
        told.set(`${level} ${end}`, root);
        expect(root).toEqual(model.root(BigInt(end - 2 ** level), BigInt(end)));
      });
    }
    const expected = Array.from({ length: 9 }, (_, above) => Math.floor(SIZE / 2 ** (above + 1)));
    expect(told.size).toBe(expected.reduce((sum, count) => sum + count));
  });

  it('goes on from what was stored of it', () => {
    for (const size of [0, 1, 2, 3, 255, 256, 257, 511, 599]) {
      const before = grown(size);
      const after = Frontier.decode(size, before.encode());
      expect(after.hashes).toEqual(before.hashes);
      for (const leaf of leaves.slice(size)) after.append(leaf);
      expect(after.root()).toEqual(rootAtSize(SIZE));
    }
  });

  it('is not changed by what is done with its copy, its hashes or the leaf it was given', () => {
    const frontier = grown(7);
    const copy = frontier.clone();
    const leaf = Buffer.from(leaves[7] ?? []);
    copy.append(leaf);
    leaf.fill(0);
    expect(copy.root()).toEqual(rootAtSize(8));
    expect(frontier.root()).toEqual(rootAtSize(7));
    frontier.root().fill(0);
    Frontier.empty().root().fill(0);
    expect(frontier.root()).toEqual(rootAtSize(7));
    expect(Frontier.empty().root()).toEqual(rootAtSize(0));
  });

  it.each([
    [3, [EMPTY_ROOT], '2 perfect subtrees, but 1'],
    [4, [EMPTY_ROOT, EMPTY_ROOT], '1 perfect subtrees, but 2'],
    [1, [Buffer.alloc(31)], '31 bytes instead of 32'],
    [-1, [], 'its size is -1'],
    [0.5, [], 'its size is 0.5'],
    [2 ** 53, [EMPTY_ROOT], 'its size is 9007199254740992'],
  ])('of size %j is not what these hashes are of', (size, hashes, why) => {
    expect(() => Frontier.of(size, hashes)).toThrow(why);
  });

  it('is not read from bytes that are cut off', () => {
    expect(() => Frontier.decode(1, Buffer.alloc(33))).toThrow('1 perfect subtrees, but 2');
    expect(() => Frontier.decode(1, Buffer.alloc(31))).toThrow('31 bytes instead of 32');
    expect(() => perfectRoot(Buffer.alloc(96))).toThrow('not 2^n hashes');
    expect(() => perfectRoot(Buffer.alloc(0))).toThrow('not 2^n hashes');
    expect(() => Frontier.empty().append(Buffer.alloc(31))).toThrow('31 bytes cannot be appended');
  });

  it('is exact above 2^32, up to the last size that a number holds', () => {
    const huge = fc.bigInt({ min: 2n ** 32n - 4n, max: 2n ** 53n - 9n });
    fc.assert(
      fc.property(huge, (from) => {
        const added = new Map(Array.from({ length: 8 }, (_, at) => [from + BigInt(at), `added ${at}`] as const));
        const tree = new ModelTree(added);
        const parts: Buffer[] = [];
        let start = 0n;
        for (let level = 52n; level >= 0n; level -= 1n) {
          const width = 2n ** level;
          if ((from & width) === 0n) continue;
          parts.push(tree.root(start, start + width));
          start += width;
        }
        const frontier = Frontier.of(Number(from), parts);
        expect(frontier.root()).toEqual(tree.root(0n, from));
        for (const [index, text] of added) {
          frontier.append(leafHash(text), (level, root) => {
            expect(root).toEqual(tree.root(index + 1n - 2n ** BigInt(level), index + 1n));
          });
          expect(frontier.root()).toEqual(tree.root(0n, index + 1n));
        }
        expect(frontier.size).toBe(Number(from + 8n));
      }),
      { numRuns: 50 },
    );
    const last = Frontier.of(
      2 ** 53 - 1,
      Array.from({ length: 53 }, () => EMPTY_ROOT),
    );
    expect(() => last.append(EMPTY_ROOT)).toThrow('cannot be appended');
  });
});
