/** The floor of verification: a thread that reads bundles and hashes leaves and tiles, and looks at nothing. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { perfectRoot } from '../src/features/audit/tlog/hashing.ts';
import { TILE_WIDTH, tilePath } from '../src/features/audit/tlog/tiles.ts';

const { folder, first, bundles } = z
  .object({ folder: z.string(), first: z.number(), bundles: z.number() })
  .parse(workerData);
const hashes = Buffer.alloc(TILE_WIDTH * 32);
for (let index = first; index < first + bundles; index += 1) {
  const bundle = readFileSync(join(folder, tilePath({ level: 'entries', index, width: TILE_WIDTH })));
  for (let at = 0, count = 0; at < bundle.length; count += 1) {
    const end = at + 2 + (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? 0);
    bundle[at + 1] = 0;
    hashes.write(hash('sha256', bundle.subarray(at + 1, end), 'binary'), count * 32, 'latin1');
    at = end;
  }
  perfectRoot(hashes);
}
parentPort?.postMessage('done');
