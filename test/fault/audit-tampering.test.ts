import { expect, it } from 'vitest';
import { verifyDatabase } from '../../src/features/audit/verify/database.ts';
import { threeDays } from '../support/audit.ts';
import { describeEachPostgres } from '../support/databases.ts';

describeEachPostgres('verification of a database', (open) => {
  it('finds nothing where nobody did anything', async () => {
    const { db, keys, sign } = await threeDays(await open());
    const known = [{ name: 'now', ...(await sign()) }];
    const result = await verifyDatabase(db, { keys, known });
    console.log(JSON.stringify(result, null, 1));
    expect(result.ok).toBe(true);
  });
});
