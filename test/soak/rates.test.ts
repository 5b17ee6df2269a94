import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { runMonths } from './rates.ts';

// A slice of `npm run soak -- rates`, other seeds each time; a violation names the seed that replays it.
test('some days of simulated trouble break no rule', async () => {
  const seeds = 2;
  const { runs, violations } = await runMonths({
    ...{ seeds, firstSeed: randomInt(1, 1_000_000), days: 1, twice: 2 },
    print: () => undefined,
  });
  expect(violations).toEqual([]);
  expect(runs).toBe(seeds);
}, 120_000);
