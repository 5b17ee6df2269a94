/**
 * The tree as tiles of 256 hashes, eight levels each, and its entries in bundles of 256.
 * https://c2sp.org/tlog-tiles
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { HASH_BYTES, perfectRoot } from './hashing.ts';
import type { NodeReader } from './proofs.ts';
import type { Node } from './tree.ts';

export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;

export interface TileName {
  readonly level: number | 'entries';
  readonly index: number;
  /** Hashes or entries: 256 of a full one. */
  readonly width: number;
}

/** `tile/0/x001/234.p/5` */
export function tilePath({ level, index, width }: TileName): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${name}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/;

/** The tile of exactly this path; undefined: it names none. */
export function parseTilePath(path: string): TileName | undefined {
  const [, level, groups, width] = PATH.exec(path) ?? [];
  if (level === undefined || groups === undefined) return undefined;
  const tile: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const isTile = tile.level === 'entries' || tile.level < 64;
  const isWidth = width === undefined || (tile.width > 0 && tile.width < TILE_WIDTH);
  // Each tile has one path: no more zeros than it needs, anywhere.
  return isTile && isWidth && Number.isSafeInteger(tile.index) && tilePath(tile) === path ? tile : undefined;
}

/** Hashes of a level, in a tree of this size: of leaves, or of tiles of the level below that are full. */
export const hashesAt = (level: number, size: number): number => Math.floor(size / TILE_WIDTH ** level);

/** How much of a tile there is in a tree of this size: 0 where there is none. */
export function widthAt({ level, index }: Pick<TileName, 'level' | 'index'>, size: number): number {
  const hashes = hashesAt(level === 'entries' ? 0 : level, size);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Every tile and bundle of a log of this size. */
export function* tilesFor(size: number): Generator<TileName> {
  for (const level of ['entries', 0, 1, 2, 3, 4, 5, 6] as const) {
    for (let index = 0; ; index += 1) {
      const width = widthAt({ level, index }, size);
      if (width === 0) break;
      yield { level, index, width };
    }
  }
}

/** Entries behind their lengths, of two bytes each. @throws `audit.entry_too_long` (invalid) */
export function encodeEntries(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > 0xffff) {
        throw new PlumblineError(
          'invalid',
          'audit.entry_too_long',
          `an entry of ${entry.length} bytes; 65,535 are the most`,
        );
      }
      return [Buffer.of(Math.floor(entry.length / 256), entry.length % 256), entry];
    }),
  );
}

/** @throws `audit.bundle_malformed` (integrity) */
export function decodeEntries(bundle: Uint8Array): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    const [high, low] = bundle.subarray(at, at + 2);
    const end = at + 2 + (high ?? 0) * 256 + (low ?? 0);
    if (low === undefined || end > bundle.length) {
      throw new PlumblineError('integrity', 'audit.bundle_malformed', `entry ${entries.length} of a bundle is cut off`);
    }
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/** Nodes out of the tiles of a tree of this size; each tile is read once a call. */
export function tileReader(read: (tile: TileName) => Promise<Uint8Array>, size: number): NodeReader {
  return {
    nodes: (wanted) => {
      const tiles = new Map<string, Promise<Uint8Array>>();
      return Promise.all(
        wanted.map(async (node) => {
          const { tile, start, end } = placeOf(node, size);
          const path = tilePath(tile);
          const reading = tiles.get(path) ?? read(tile);
          tiles.set(path, reading);
          return perfectRoot((await reading).subarray(start, end));
        }),
      );
    },
  };
}

/** The tile that a node's hashes are in, and which of its bytes. */
function placeOf(
  { level, index }: Node,
  size: number,
): { readonly tile: TileName; readonly start: number; readonly end: number } {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const hashes = 2 ** (level - tileLevel * TILE_HEIGHT);
  const tileIndex = Math.floor(index / (TILE_WIDTH / hashes));
  const first = index * hashes - tileIndex * TILE_WIDTH;
  const width = widthAt({ level: tileLevel, index: tileIndex }, size);
  return {
    tile: { level: tileLevel, index: tileIndex, width },
    start: first * HASH_BYTES,
    end: (first + hashes) * HASH_BYTES,
  };
}
