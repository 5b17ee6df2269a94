/** The log as tiles (c2sp.org/tlog-tiles): full ones as they are stored, others made of the rows. */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { readLeaves, readPartialTile, readTile } from '../store.ts';
import { HASH_BYTES } from '../tlog/hashing.ts';
import type { NodeReader } from '../tlog/proofs.ts';
import { encodeEntries, TILE_WIDTH, type TileName, tileReader } from '../tlog/tiles.ts';
import { leafText } from './leaf.ts';

/** A tile's bytes; of fewer hashes or entries than its name says where the log is shorter. */
export async function tileBytes(db: Sql | Tx, { level, index, width }: TileName): Promise<Buffer> {
  if (level === 'entries') {
    const first = index * TILE_WIDTH;
    const leaves = await readLeaves(db, first, first + width);
    return encodeEntries(leaves.map((leaf) => Buffer.from(leafText(leaf))));
  }
  const full = await readTile(db, level, index);
  if (full !== undefined) return full.subarray(0, width * HASH_BYTES);
  return await readPartialTile(db, level, index, width);
}

/** The nodes of the tree as it was at a size. @throws `audit.tile_missing` (integrity), when one is read */
export const nodesOf = (db: Sql | Tx, size: number): NodeReader =>
  tileReader(async (tile) => {
    const bytes = await tileBytes(db, tile);
    if (bytes.length === tile.width * HASH_BYTES) return bytes;
    throw new PlumblineError(
      'integrity',
      'audit.tile_missing',
      `the log of size ${size} lacks hashes of level ${tile.level}, tile ${tile.index}: ${bytes.length / HASH_BYTES} of ${tile.width} are there`,
    );
  }, size);
