/** What a thread is asked, and what it answers. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../../../platform/files/fs.ts';
import { TILE_WIDTH, type TileName, tilePath } from '../tlog/tiles.ts';
import { type Segment, SegmentReader } from './segment.ts';

export interface SegmentRequest {
  readonly id: number;
  readonly first: number;
  readonly end: number;
  /** Bundles whose leaves' hashes are asked for, by their first leaf. */
  readonly marked: ReadonlySet<number>;
  /** Where the tiles are: in a folder, or here, by their paths. */
  readonly source: { readonly folder: string } | { readonly tiles: ReadonlyMap<string, Uint8Array> };
}

export interface SegmentResult {
  readonly id: number;
  readonly segment: Segment;
}

/** The bundle and the tile over each of the bundles of a segment. */
export const tilesOf = (first: number, end: number): readonly (readonly [entries: TileName, tile: TileName])[] =>
  Array.from({ length: Math.ceil((end - first) / TILE_WIDTH) }, (_, at) => {
    const start = first + at * TILE_WIDTH;
    const place = { index: start / TILE_WIDTH, width: Math.min(TILE_WIDTH, end - start) };
    return [
      { level: 'entries', ...place },
      { level: 0, ...place },
    ];
  });

/** A tile of so many hashes may be served as the full one by now. https://c2sp.org/tlog-tiles */
export const pathsOf = (tile: TileName): readonly string[] =>
  tile.width === TILE_WIDTH ? [tilePath(tile)] : [tilePath(tile), tilePath({ ...tile, width: TILE_WIDTH })];

/**
 * Files one after the other into the same memory: a new buffer for each costs as much again as reading it.
 * What is read is valid until the next file is.
 */
class FileReader {
  #bytes = Buffer.allocUnsafeSlow(131_072);

  readIfThere(path: string): Uint8Array | undefined {
    const file = ifThere(() => openSync(path, 'r'));
    if (file === undefined) return undefined;
    try {
      for (let length = 0; ; ) {
        const read = readSync(file, this.#bytes, length, this.#bytes.length - length, null);
        if (read === 0) return this.#bytes.subarray(0, length);
        length += read;
        if (length === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], 2 * length);
      }
    } finally {
      closeSync(file);
    }
  }
}

/** A bundle and its tile are looked at together. */
const FILES = { entries: new FileReader(), tile: new FileReader() };

export function readFolderSegment({ first, end, marked, source }: SegmentRequest): Segment {
  const read = (tile: TileName, files: FileReader): Uint8Array | undefined => {
    for (const path of pathsOf(tile)) {
      const bytes = 'folder' in source ? files.readIfThere(join(source.folder, path)) : source.tiles.get(path);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  };
  const reader = new SegmentReader(first);
  for (const [entries, tile] of tilesOf(first, end)) {
    const bundle = { width: entries.width, entries: read(entries, FILES.entries), tile: read(tile, FILES.tile) };
    reader.add({ ...bundle, marked: marked.has(entries.index * TILE_WIDTH) });
  }
  return reader.end();
}

export const readIfThere = (path: string): Uint8Array | undefined => ifThere(() => readFileSync(path));

function ifThere<Answer>(ask: () => Answer): Answer | undefined {
  try {
    return ask();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
