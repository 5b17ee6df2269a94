import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { describePostgres, urlOfDb } from '../support/databases.ts';
import { crashes } from './audit.ts';
import { kills } from './audit-kills.ts';

// A slice of `npm run soak -- audit`, another seed each time; a violation is found again by its seed.
describePostgres('an audit log whose database goes away at any statement', (open) => {
  it('has what it acknowledged once, and nothing that was rolled back', async () => {
    const db = await open();
    const seed = randomInt(1, 1_000_000);
    expect(await crashes(urlOfDb(db) ?? '', seed), `seed ${seed}`).toEqual([]);
  }, 120_000);
});

describePostgres('an audit log whose processes are killed', (open) => {
  it('has what it acknowledged once, and begins with everything that was signed', async () => {
    const db = await open();
    const seed = randomInt(1, 1_000_000);
    expect(await kills(urlOfDb(db) ?? '', 3, seed), `seed ${seed}`).toEqual([]);
  }, 120_000);
});
