/** Paths, widths and contents of tiles and bundles, in logs of any size. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelTree } from '../../../../test/support/merkle-model.ts';
import { HASH_BYTES } from './hashing.ts';
import { consistencyProof, inclusionProof, rootAt } from './proofs.ts';
import {
  decodeEntries,
  encodeEntries,
  parseTilePath,
  TILE_WIDTH,
  type TileName,
  tilePath,
  tileReader,
  tilesFor,
  widthAt,
} from './tiles.ts';

const level = fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const));
const index = fc.oneof(fc.maxSafeNat(), fc.nat(2000), fc.integer({ min: 2 ** 31, max: 2 ** 34 }));

describe('the path of a tile', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'], // the specification's example
    [{ level: 0, index: 1_234, width: 5 }, 'tile/0/x001/234.p/5'],
    [{ level: 2, index: 999, width: 1 }, 'tile/2/999.p/1'],
    [{ level: 1, index: 1_000, width: 255 }, 'tile/1/x001/000.p/255'],
    [{ level: 'entries', index: 67, width: 112 }, 'tile/entries/067.p/112'],
    [{ level: 63, index: 2 ** 45, width: 256 }, 'tile/63/x035/x184/x372/x088/832'],
    [{ level: 0, index: 2 ** 53 - 1, width: 256 }, 'tile/0/x009/x007/x199/x254/x740/991'],
  ] as const)('%j is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it('names every tile, and each by one path', () => {
    fc.assert(
      fc.property(level, index, fc.integer({ min: 1, max: 256 }), (of, at, width) => {
        const path = tilePath({ level: of, index: at, width });
        expect(parseTilePath(path)).toEqual({ level: of, index: at, width });
        const digits = path.replace(/\.p.*/, '').split('/').slice(2).join('').replaceAll('x', '');
        expect(BigInt(digits)).toBe(BigInt(at));
      }),
    );
  });

  it('once read, is written as it was', () => {
    const piece = fc.constantFrom(
      'tile',
      '0',
      '1',
      '63',
      '64',
      'entries',
      '/',
      'x',
      '000',
      '001',
      '999',
      '.p',
      '.',
      '5',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const path = `tile/${pieces.join('')}`;
        const tile = parseTilePath(path);
        if (tile !== undefined) expect(tilePath(tile)).toBe(path);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '',
    'tile',
    'tile/0',
    'tile/0/',
    'tile//000',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/001/000', // the x is missing
    'tile/0/x001/x000', // the last group has one
    'tile/0/x000/001', // a group too many
    'tile/0/x001/x234',
    'tile/0/X001/000',
    'tile/0/x1/000',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/100/000',
    'tile/-1/000',
    'tile/data/000', // of another specification
    'tile/8/0/000', // of another too
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/257',
    'tile/0/000.p/01',
    'tile/0/000.p/-1',
    'tile/0/000.p/1x',
    'tile/0/000.p/',
    'tile/0/000.P/1',
    'tile/0/000.p',
    'tile/0/../000',
    'tile/0/..',
    'tile/0/%2e%2e/000',
    'tile/0/000?',
    'tile/0/000\n',
    '\ntile/0/000',
    'tile/0/\u0660\u0660\u0660', // digits, but not these
    'tile/0/x009/x007/x199/x254/x740/992', // 2^53
    'tile/0/x999/x999/x999/x999/x999/x999/999',
    `tile/0/${'x001/'.repeat(100_000)}000`,
  ])('is not %j', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });

  it.each([
    { level: 64, index: 0, width: 1 },
    { level: -1, index: 0, width: 1 },
    { level: 0, index: -1, width: 1 },
    { level: 0, index: 2 ** 53, width: 1 },
    { level: 0, index: 0.5, width: 1 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
  ])('is not made for %j', (tile) => {
    expect(() => tilePath(tile)).toThrow(RangeError);
  });
});

describe('the tiles of a log', () => {
  it('of 70,000 entries are those that the specification counts', () => {
    const tiles = [...tilesFor(70_000)];
    const full = (of: TileName['level']): number =>
      tiles.filter((each) => each.level === of && each.width === TILE_WIDTH).length;
    expect([full('entries'), full(0), full(1), full(2)]).toEqual([273, 273, 1, 0]);
    expect(tiles.filter(({ width }) => width < TILE_WIDTH)).toEqual([
      { level: 'entries', index: 273, width: 112 },
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  it('of 0, 1, 256 and 257 entries are these', () => {
    const paths = (size: number): readonly string[] => [...tilesFor(size)].map(tilePath);
    expect(paths(0)).toEqual([]);
    expect(paths(1)).toEqual(['tile/entries/000.p/1', 'tile/0/000.p/1']);
    expect(paths(256)).toEqual(['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']);
    expect(paths(257)).toEqual([
      'tile/entries/000',
      'tile/entries/001.p/1',
      'tile/0/000',
      'tile/0/001.p/1',
      'tile/1/000.p/1',
    ]);
  });

  it('have widths that are exact at any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), index, fc.maxSafeNat(), (of, at, size) => {
        const hashes = BigInt(size) / 256n ** BigInt(of) - BigInt(at) * 256n;
        const expected = hashes < 0n ? 0n : hashes > 256n ? 256n : hashes;
        expect(widthAt({ level: of, index: at }, size)).toBe(Number(expected));
        expect(widthAt({ level: 'entries', index: at }, size)).toBe(widthAt({ level: 0, index: at }, size));
      }),
    );
    expect(widthAt({ level: 0, index: 2 ** 24 }, 2 ** 32 + 5)).toBe(5);
    expect(widthAt({ level: 4, index: 0 }, 2 ** 32 + 5)).toBe(1);
    expect(widthAt({ level: 6, index: 0 }, 2 ** 53 - 1)).toBe(31);
    expect(widthAt({ level: 7, index: 0 }, 2 ** 53 - 1)).toBe(0);
  });
});

describe('a reader of tiles', () => {
  /** Tiles of an invented log, and which of them were read. */
  function tilesOf(tree: ModelTree) {
    const read: string[] = [];
    return {
      read,
      tile: async (tile: TileName): Promise<Buffer> => {
        read.push(tilePath(tile));
        const leaves = 256n ** BigInt(Number(tile.level));
        const first = BigInt(tile.index) * 256n;
        return Buffer.concat(
          Array.from({ length: tile.width }, (_, at) =>
            tree.root((first + BigInt(at)) * leaves, (first + BigInt(at) + 1n) * leaves),
          ),
        );
      },
    };
  }
  const size = fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: 2 ** 32, max: 2 ** 53 - 1 }));

  it('finds what proofs need, at any size', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.maxSafeNat(), fc.maxSafeNat(), async (leaves, random, other) => {
        const at = random % leaves;
        const from = (other % leaves) + 1;
        const tree = new ModelTree(new Map([[BigInt(at), 'asked for']]));
        const tiles = tilesOf(tree);
        const reader = tileReader(tiles.tile, leaves);
        expect(await inclusionProof(reader, at, leaves)).toEqual(tree.path(BigInt(at), BigInt(leaves)));
        expect(await consistencyProof(reader, from, leaves)).toEqual(tree.proof(BigInt(from), BigInt(leaves)));
        expect(await rootAt(reader, leaves)).toEqual(tree.root(0n, BigInt(leaves)));
        for (const path of tiles.read) {
          const tile = parseTilePath(path);
          expect(tile?.width).toBe(tile && widthAt(tile, leaves));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reads each tile once, and of a log of 10^9 entries eight for a proof', async () => {
    const tiles = tilesOf(new ModelTree(new Map([[123_456_789n, 'asked for']])));
    await inclusionProof(tileReader(tiles.tile, 1_000_000_000), 123_456_789, 1_000_000_000);
    expect(new Set(tiles.read).size).toBe(tiles.read.length);
    expect(tiles.read.length).toBeLessThanOrEqual(8);
  });

  it('takes a full tile where the partial one is gone', async () => {
    const tree = new ModelTree(new Map([[3n, 'asked for']]));
    const tiles = tilesOf(tree);
    const reader = tileReader((tile) => tiles.tile({ ...tile, width: TILE_WIDTH }), 10);
    expect(await rootAt(reader, 10)).toEqual(tree.root(0n, 10n));
  });

  it('refuses a tile of another length', async () => {
    for (const bytes of [0, 1, 9 * HASH_BYTES, 10 * HASH_BYTES - 1, 257 * HASH_BYTES]) {
      const reader = tileReader(async () => Buffer.alloc(bytes), 10);
      await expect(rootAt(reader, 10)).rejects.toMatchObject({ code: 'audit.tile_malformed', kind: 'integrity' });
    }
  });

  it('has no nodes beyond the size', async () => {
    const reader = tileReader(tilesOf(new ModelTree(new Map())).tile, 10);
    await expect(reader.nodes([{ level: 0, index: 10 }])).rejects.toThrow('not in a log of 10 entries');
    await expect(reader.nodes([{ level: 2, index: 2 }])).rejects.toThrow('not in a log of 10 entries');
  });
});

describe('a bundle of entries', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 256 });

  it('gives back what was put in', () => {
    fc.assert(
      fc.property(entries, (given) => {
        const bundle = encodeEntries(given);
        expect(decodeEntries(bundle).map((each) => Buffer.from(each))).toEqual(given.map((each) => Buffer.from(each)));
      }),
      { numRuns: 50 },
    );
  });

  it('has two bytes of length before each entry, the higher first', () => {
    const longest = Buffer.alloc(65_535, 1);
    const bundle = encodeEntries([Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(258), longest]);
    expect(bundle.subarray(0, 8).toString('hex')).toBe('0002616200000102');
    expect(bundle).toHaveLength(2 + 2 + 2 + 2 + 258 + 2 + 65_535);
    expect(decodeEntries(bundle)[3]).toEqual(longest);
  });

  it('takes no entry of 64 KiB', () => {
    expect(() => encodeEntries([new Uint8Array(65_536)])).toThrow('65536 bytes; a log takes up to 65535');
  });

  it.each([
    ['half a length', Buffer.from('00016100', 'hex'), 'entry 1 is cut off'],
    ['an entry that is cut off', Buffer.from('0001610002aa', 'hex'), 'entry 1 is cut off'],
    ['a length without its entry', Buffer.from('0001', 'hex'), 'entry 0 is cut off'],
    ['a 257th entry', Buffer.alloc(257 * 2), 'more than 256 entries'],
  ])('is refused with %s', (_, bundle, why) => {
    expect(() => decodeEntries(bundle)).toThrow(
      expect.objectContaining({ code: 'audit.bundle_malformed', message: expect.stringContaining(why) }),
    );
  });
});
