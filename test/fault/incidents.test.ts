// A slice of `npm run soak -- incidents`, another seed each time; a violation is found again by its seed.
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { days } from '../soak/incidents/days.ts';
import { describePostgres } from '../support/databases.ts';

describePostgres('incidents on bad days', (open) => {
  test('no deficit is silent, and none has two incidents', async () => {
    const seed = randomInt(1, 1_000_000);
    const { violations } = await days(await open(), seed, 3);
    expect(violations, `seed ${seed}`).toEqual([]);
  }, 120_000);
});
