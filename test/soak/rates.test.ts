import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { run } from './rates.ts';

// A slice of `npm run soak -- rates`, other seeds each time; a violation names the seed that replays it.
test('a few simulated outages of the rates break no rule', async () => {
  const { runs, violations } = await run({ seeds: 6, firstSeed: randomInt(1, 1_000_000) });
  expect(violations).toEqual([]);
  expect(runs).toBe(6);
}, 120_000);
