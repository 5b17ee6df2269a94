/** What a tile says that its leaves do not, and what must have been done to them. */
import { HASH_BYTES } from '../tlog/hashing.ts';
import { TILE_WIDTH } from '../tlog/tiles.ts';
import type { Damage, DamageKind, Findings } from './damage.ts';
import type { UpperTile } from './growth.ts';

/**
 * @param first index of the leaf that the first hash is of
 * @param hashes of the leaves as they are
 * @param tile the hashes as they were kept
 */
export function compareLeaves(first: number, hashes: Uint8Array, tile: Uint8Array): Damage | undefined {
  if (Buffer.compare(hashes, tile) === 0) return undefined;
  const [own, kept] = [Buffer.from(hashes), Buffer.from(tile)];
  const ownAt = (at: number): string => own.toString('latin1', at * HASH_BYTES, (at + 1) * HASH_BYTES);
  const keptAt = (at: number): string => kept.toString('latin1', at * HASH_BYTES, (at + 1) * HASH_BYTES);
  let at = 0;
  while (at < TILE_WIDTH && ownAt(at) === keptAt(at)) at += 1;
  const index = first + at;
  const says = (kind: DamageKind, what: string): Damage => ({ kind, index, message: `leaf ${index} ${what}` });
  const more = at < TILE_WIDTH - 1;
  if (more && ownAt(at + 1) === keptAt(at) && ownAt(at) !== keptAt(at + 1)) {
    return says('leaf-inserted', 'was put in later: its tile goes on with the leaf after it');
  }
  if (more && ownAt(at) === keptAt(at + 1) && ownAt(at + 1) !== keptAt(at)) {
    return says('leaf-missing', 'was taken out: its tile has another leaf here, and this one after it');
  }
  for (let other = at + 1; other < TILE_WIDTH; other += 1) {
    if (ownAt(other) !== keptAt(at)) continue;
    return says('leaf-moved', `stands where leaf ${first + other} was: so its tile says`);
  }
  return says('tile-altered', 'and its tile have different hashes');
}

export function compareUpper(tile: UpperTile, kept: Uint8Array | undefined, findings: Findings): void {
  const { level, index, hashes } = tile;
  const leaves = TILE_WIDTH ** level;
  const first = index * TILE_WIDTH;
  if (kept === undefined) {
    findings.add({
      kind: 'tile-missing',
      index: first * leaves,
      message: `tile ${index} of level ${level} is missing`,
    });
    return;
  }
  if (Buffer.compare(hashes, kept) === 0) return;
  const [own, other] = [Buffer.from(hashes), Buffer.from(kept)];
  let at = 0;
  while (
    own.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES).equals(other.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES))
  )
    at += 1;
  findings.add({
    kind: 'tile-altered',
    index: (first + at) * leaves,
    size: (first + at + 1) * leaves,
    message: `tile ${index} of level ${level} is not what the tiles below it hash to, from its hash ${at} on`,
  });
}
