/** A floor of verification: a thread that reads bundles and hashes leaves and tiles, and looks at nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { TILE_WIDTH, tilePath } from '../src/features/audit/tlog/tiles.ts';
import { ALONE, HASH_BYTES, manyHashes } from '../src/kernel/sha256/lanes.ts';

const { folder, first, bundles, how } = z
  .object({ folder: z.string(), first: z.number(), bundles: z.number(), how: z.enum(['lanes', 'alone']) })
  .parse(workerData);
const hashing = how === 'lanes' ? manyHashes() : ALONE;
const hashes = Buffer.alloc(TILE_WIDTH * HASH_BYTES);
const places = new Uint32Array(2 * TILE_WIDTH);
for (let index = first; index < first + bundles; index += 1) {
  const bundle = readFileSync(join(folder, tilePath({ level: 'entries', index, width: TILE_WIDTH })));
  for (let at = 0, count = 0; at < bundle.length; count += 1) {
    const end = at + 2 + (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? 0);
    bundle[at + 1] = 0;
    places[2 * count] = at + 1;
    places[2 * count + 1] = end;
    at = end;
  }
  hashing.messages(bundle, places, hashes);
  hashing.root(hashes);
}
parentPort?.postMessage('done');
