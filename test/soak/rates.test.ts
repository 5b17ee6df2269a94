import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { runMonths } from './rates.ts';

// A slice of `npm run soak -- rates`, other seeds each time; a violation names the seed that replays it.
test('some days of simulated trouble break no rule', async () => {
  const { runs, violations } = await runMonths({
    ...{ seeds: 2, firstSeed: randomInt(1, 1_000_000), days: 1, twice: 2 },
    availability: 0.99, // after an outage of a day, a minute is more than it is of a month
    print: () => undefined,
  });
  expect(violations).toEqual([]);
  expect(runs).toBe(2);
}, 120_000);
