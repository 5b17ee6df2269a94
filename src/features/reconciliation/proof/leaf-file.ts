/**
 * What is kept of a run, as one object: the tree's leaves, every eighth level above them, and where each
 * merchant's leaf is. There is no merchant's id in it; a leaf is found by the beginning of its salt, which
 * only the run's secret gives. All places follow from the number of leaves.
 *
 *     head 32: "plumbline pol/v1" 16 | runTag 8 | leaves 8
 *     levels 0, 8, 16, ...: entries of 48, of every level with more than one (and of level 0)
 *     finds: 36 each, ascending: salt's first 7 bytes | part 1 | index of the leaf 4 | amounts 3 x 8
 *     directory: 4097 x 4, how many finds begin with less than each 12 bits
 */
import { ENTRY, widthOf } from './format.ts';
import { GROUP, STRIDE } from './tree.ts';

export const HEAD = 32;
export const FIND = 36;
export const DIRECTORY = 4096;
const MAGIC = Buffer.from('plumbline pol/v1', 'ascii');

export function headOf(tag: Uint8Array, leaves: number): Buffer {
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(leaves));
  return Buffer.concat([MAGIC, tag, count]);
}

export interface KeptLevel {
  readonly level: number;
  readonly offset: number;
  readonly count: number;
}

export interface Places {
  readonly levels: readonly KeptLevel[];
  readonly finds: number;
  readonly directory: number;
  readonly size: number;
}

export function placesOf(leaves: number): Places {
  const levels: KeptLevel[] = [];
  let offset = HEAD;
  for (let level = 0; level === 0 || widthOf(leaves, level - STRIDE) > GROUP; level += STRIDE) {
    const count = widthOf(leaves, level);
    levels.push({ level, offset, count });
    offset += count * ENTRY;
  }
  const directory = offset + leaves * FIND;
  return { levels, finds: offset, directory, size: directory + (DIRECTORY + 1) * 4 };
}

/** Which part of the directory a find is in that begins at `at`. */
export const bucketOf = (finds: Uint8Array, at = 0): number => ((finds[at] ?? 0) << 4) | ((finds[at + 1] ?? 0) >> 4);
