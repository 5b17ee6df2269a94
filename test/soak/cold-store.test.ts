import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { runColdStores } from './cold-store.ts';

// A slice of `npm run soak -- cold-store`, other seeds each time; a violation names the seed that replays it.
test('a folder and an S3 that fails are the same store', async () => {
  const { runs, violations } = await runColdStores({ seeds: 5, firstSeed: randomInt(1, 1_000_000), steps: 25 });
  expect(violations).toEqual([]);
  expect(runs).toBe(5);
}, 120_000);
