import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { describePostgres } from '../support/databases.ts';
import { live } from './gateway/days.ts';
import { liveInTables } from './reconciliation-gateway.ts';

// A slice of `npm run soak -- reconciliation-gateway`, another seed each time; a violation is found again by its seed.
it('every theft is found on the first run after it, and no honest day gives an alarm', async () => {
  const seed = randomInt(1, 1_000_000);
  const outcome = await live({ seed, days: 150, thefts: 15 });
  expect(outcome.violations, `seed ${seed}`).toEqual([]);
  expect(outcome).toMatchObject({ thefts: 15, found: 15, falseAlarms: 0, mostUnexplained: 0n });
});

describePostgres('a simulated gateway over tables', (open) => {
  it('is reconciled as of midnight, a day late, to the bytes of the report of the model', async () => {
    const seed = randomInt(1, 1_000_000);
    const outcome = await liveInTables(await open(), { seed, days: 40, thefts: 6, sample: 8 });
    expect(outcome.violations, `seed ${seed}`).toEqual([]);
    expect(outcome.reconciled).toBeGreaterThan(3);
  });
});
