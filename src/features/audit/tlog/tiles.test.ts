import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, perfectRoot } from './hashing.ts';
import { consistencyProof, inclusionProof, rootAt, verifyConsistency, verifyInclusion } from './proofs.ts';
import {
  decodeEntries,
  encodeEntries,
  hashesAt,
  parseTilePath,
  type TileName,
  tilePath,
  tileReader,
  tilesFor,
} from './tiles.ts';
import { Frontier } from './tree.ts';

describe('the path of a tile', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 2, index: 999, width: 1 }, 'tile/2/999.p/1'],
    [{ level: 0, index: 1_000, width: 255 }, 'tile/0/x001/000.p/255'],
    [{ level: 'entries', index: 67, width: 5 }, 'tile/entries/067.p/5'],
    [{ level: 63, index: 2 ** 45, width: 256 }, 'tile/63/x035/x184/x372/x088/832'],
  ] as const)('of %j is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it.each([
    'tile/0/0',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/0/001/000',
    'tile/0/x001/x000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/../000',
    'tile/data/000',
    'tile/0/x001/000?',
    'tile/0/000\n',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
  ])('is refused: %j', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });

  it('names each tile once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 63 }),
        fc.maxSafeNat(),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width });
        },
      ),
    );
  });
});

it('a tree of 70,000 consists of the tiles that the specification counts', () => {
  const tiles = [...tilesFor(70_000)].filter(({ level }) => level !== 'entries');
  const full = (level: number): number => tiles.filter((each) => each.level === level && each.width === 256).length;
  expect([full(0), full(1), full(2)]).toEqual([273, 1, 0]);
  expect(tiles.filter(({ width }) => width < 256)).toEqual([
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ]);
  expect(hashesAt(1, 2 ** 52)).toBe(2 ** 44);
});

describe('nodes out of tiles', () => {
  const SIZE = 70_001;
  const leaves = Array.from({ length: SIZE }, (_, at) => leafHash(String(at)));
  const levels: Buffer[][] = [leaves];
  for (let level = 0; (levels[level]?.length ?? 0) >= 256; level += 1) {
    const below = levels[level] ?? [];
    levels.push(
      Array.from({ length: Math.floor(below.length / 256) }, (_, n) =>
        perfectRoot(Buffer.concat(below.slice(n * 256, (n + 1) * 256))),
      ),
    );
  }
  const read = async ({ level, index, width }: TileName): Promise<Buffer> =>
    Buffer.concat((levels[Number(level)] ?? []).slice(index * 256, index * 256 + width));

  it('prove leaves and growth at any size', async () => {
    const frontier = Frontier.empty();
    const roots = new Map<number, Uint8Array>();
    const sizes = [1, 255, 256, 257, 511, 4_096, 65_535, 65_536, 65_537, 69_999, 70_000, SIZE];
    for (const [at, leaf] of leaves.entries()) {
      frontier.append(leaf);
      if (sizes.includes(at + 1)) roots.set(at + 1, frontier.root());
    }
    for (const [size, root] of roots) {
      const reader = tileReader(read, size);
      expect(Buffer.compare(await rootAt(reader, size), root)).toBe(0);
      for (const index of [0, 1, 255, 256, 65_535, 65_536, size - 1].filter((each) => each < size)) {
        const leaf = leaves[index] ?? Buffer.alloc(32);
        expect(verifyInclusion(leaf, index, size, root, await inclusionProof(reader, index, size))).toBe(true);
      }
      for (const [from, old] of roots) {
        if (from > size) continue;
        expect(verifyConsistency(from, old, size, root, await consistencyProof(reader, from, size))).toBe(true);
      }
    }
  });
});

describe('a bundle of entries', () => {
  it('gives back what was put in', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 }), (entries) => {
        expect(decodeEntries(encodeEntries(entries)).map((each) => [...each])).toEqual(
          entries.map((each) => [...each]),
        );
      }),
    );
    expect(decodeEntries(encodeEntries([new Uint8Array(65_535)]))[0]).toHaveLength(65_535);
  });

  it('refuses what does not fit, and what is cut off', () => {
    expect(() => encodeEntries([new Uint8Array(65_536)])).toThrow('65,535 are the most');
    const bundle = encodeEntries([Buffer.from('ab'), Buffer.from('cd')]);
    expect(() => decodeEntries(bundle.subarray(0, 7))).toThrow('entry 1 of a bundle is cut off');
    expect(() => decodeEntries(bundle.subarray(0, 5))).toThrow('entry 1 of a bundle is cut off');
  });
});
