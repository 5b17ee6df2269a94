/**
 * Tiles (c2sp.org/tlog-tiles): 256 hashes of one level side by side, and bundles of 256 entries, as
 * files that never change. A tile of level n holds the roots of full tiles of level n - 1. Only the last
 * tile of a level may have fewer, and then its path says how many.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { HASH_BYTES, perfectRoot } from './hashing.ts';
import type { NodeName, NodeReader } from './proofs.ts';

export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;

export interface TileName {
  /** 0 holds leaf hashes; `entries` what they are the hashes of. */
  readonly level: number | 'entries';
  readonly index: number;
  /** TILE_WIDTH, or less: a partial tile. */
  readonly width: number;
}

const MAX_LEVEL = 63;
const MAX_ENTRY_BYTES = 65_535;
const LENGTH_BYTES = 2;

/** `tile/0/x001/234.p/5`: the index in groups of three digits, all but the last after an x. */
export function tilePath({ level, index, width }: TileName): string {
  if (level !== 'entries' && !isWhole(level, 0, MAX_LEVEL)) throw new RangeError(`no tile has level ${level}`);
  if (!isWhole(index, 0, Number.MAX_SAFE_INTEGER)) throw new RangeError(`no tile has index ${index}`);
  if (!isWhole(width, 1, TILE_WIDTH)) throw new RangeError(`no tile has width ${width}`);
  let groups = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups = `x${String(rest % 1000).padStart(3, '0')}/${groups}`;
  }
  return `tile/${level}/${groups}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

const PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/** Undefined: no tile is called so. Each tile has one path only. */
export function parseTilePath(path: string): TileName | undefined {
  const [, level, groups, partial] = PATH.exec(path) ?? [];
  if (level === undefined || groups === undefined) return undefined;
  const tile: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  if (tile.level !== 'entries' && tile.level > MAX_LEVEL) return undefined;
  if (!Number.isSafeInteger(tile.index) || tile.width < 1 || tile.width > TILE_WIDTH) return undefined;
  return tilePath(tile) === path ? tile : undefined;
}

/** How many hashes the tile holds in a log of that size; 0: it is not there yet. */
export function widthAt({ level, index }: Pick<TileName, 'level' | 'index'>, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level));
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Every bundle and every tile of a log of that size, level by level. */
export function* tilesFor(size: number): Generator<TileName> {
  yield* tilesOf('entries', size);
  for (let level = 0; widthAt({ level, index: 0 }, size) > 0; level += 1) yield* tilesOf(level, size);
}

function* tilesOf(level: number | 'entries', size: number): Generator<TileName> {
  let index = 0;
  for (let width = widthAt({ level, index }, size); width > 0; width = widthAt({ level, index }, size)) {
    yield { level, index, width };
    index += 1;
  }
}

/**
 * Reads tree nodes out of the tiles of a log of that size, each tile once a call. Where a partial tile is
 * gone, `read` may answer with the full one.
 * @throws `audit.tile_malformed` (integrity)
 */
export function tileReader(read: (tile: TileName) => Promise<Uint8Array>, size: number): NodeReader {
  const readChecked = async (tile: TileName): Promise<Uint8Array> => {
    const hashes = await read(tile);
    if (hashes.length !== tile.width * HASH_BYTES && hashes.length !== TILE_WIDTH * HASH_BYTES) {
      throw new PlumblineError(
        'integrity',
        'audit.tile_malformed',
        `${tilePath(tile)} has ${hashes.length} bytes instead of ${tile.width * HASH_BYTES}; verify the log`,
      );
    }
    return hashes;
  };
  return {
    async nodes(wanted) {
      const tiles = new Map<string, Promise<Uint8Array>>();
      return await Promise.all(
        wanted.map(async (node) => {
          const { tile, from, to } = placeOf(node, size);
          const path = tilePath(tile);
          const reading = tiles.get(path) ?? readChecked(tile);
          tiles.set(path, reading);
          return perfectRoot((await reading).subarray(from * HASH_BYTES, to * HASH_BYTES));
        }),
      );
    },
  };
}

/** Which of a tile's hashes the node is the root of. */
function placeOf({ level, index }: NodeName, size: number) {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const hashes = 2 ** (level % TILE_HEIGHT);
  const first = index * hashes;
  const tileIndex = Math.floor(first / TILE_WIDTH);
  const from = first % TILE_WIDTH;
  const width = widthAt({ level: tileLevel, index: tileIndex }, size);
  if (from + hashes > width) throw new RangeError(`node ${index} of level ${level} is not in a log of ${size} entries`);
  return { tile: { level: tileLevel, index: tileIndex, width }, from, to: from + hashes };
}

/** @throws `audit.entry_too_long` (invalid) */
export function encodeEntries(entries: readonly Uint8Array[]): Buffer {
  const bundle = Buffer.allocUnsafe(entries.reduce((bytes, { length }) => bytes + LENGTH_BYTES + length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) {
      throw new PlumblineError(
        'invalid',
        'audit.entry_too_long',
        `an entry has ${entry.length} bytes; a log takes up to ${MAX_ENTRY_BYTES}`,
      );
    }
    bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at + LENGTH_BYTES);
    at += LENGTH_BYTES + entry.length;
  }
  return bundle;
}

/** The entries, as views of the bundle's own bytes. @throws `audit.bundle_malformed` (integrity) */
export function decodeEntries(bundle: Uint8Array): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    const [high = 0, low] = bundle.subarray(at, at + LENGTH_BYTES);
    const end = at + LENGTH_BYTES + high * 256 + (low ?? 0);
    if (low === undefined || end > bundle.length) throw malformed(`entry ${entries.length} is cut off`);
    if (entries.length === TILE_WIDTH) throw malformed(`it has more than ${TILE_WIDTH} entries`);
    entries.push(bundle.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return entries;
}

const isWhole = (n: number, from: number, to: number): boolean => Number.isSafeInteger(n) && n >= from && n <= to;

const malformed = (why: string): PlumblineError =>
  new PlumblineError('integrity', 'audit.bundle_malformed', `this is no bundle of entries: ${why}; fetch it again`);
