/** A configuration is in the log once, and again when it is another one; of a secret it says that it changed. */
import { expect, it } from 'vitest';
import { type ConfigurationPart, recordConfiguration } from '../../src/features/audit/configuration/recorder.ts';
import { findLeaves, readPayloads } from '../../src/features/audit/store.ts';
import { verifyDatabase } from '../../src/features/audit/verify/database.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { openTestLog } from '../support/audit.ts';
import { describeEachPostgres } from '../support/databases.ts';

const parts = (port: string, password: string | undefined, tolerance: string): readonly ConfigurationPart[] => [
  { name: 'settings', document: { PORT: port }, secrets: { PASSWORD: password } },
  { name: 'book', document: { tolerance, assets: [{ id: 'pool', sql: 'SELECT 1' }] } },
];

/** What was recorded, oldest first. */
async function recorded(db: Db): Promise<readonly unknown[]> {
  const leaves = await findLeaves(db.sql, { stream: 'plumbline.configuration', limit: 100 });
  const payloads = await readPayloads(
    db.sql,
    leaves.map(({ index }) => index),
  );
  return leaves.toReversed().map(({ recordId, op, index }) => {
    return [recordId, op, JSON.parse(payloads.get(index)?.record ?? 'null')];
  });
}

describeEachPostgres('the configuration', (open) => {
  it('is recorded once by all who start at once, and again when it is another one', async () => {
    const { db, log, keys } = await openTestLog(await open());
    const start = (by: string, ...given: Parameters<typeof parts>) =>
      recordConfiguration({ log, db, random: systemRandom }, parts(...given), by);

    const replicas = await Promise.all(['a:1', 'b:1', 'c:1'].map((by) => start(by, '80', 'pass-0', '1000')));
    expect(replicas.flat().sort()).toEqual(['book', 'settings']);
    expect(await start('a:2', '80', 'pass-0', '1000')).toEqual([]);
    expect(await start('a:3', '81', 'pass-0', '1000')).toEqual(['settings']);
    expect(await start('a:4', '81', 'pass-1', '1000')).toEqual(['settings']);
    expect(await start('a:5', '81', 'pass-1', '2000')).toEqual(['book']);
    expect(await start('a:6', '81', undefined, '2000')).toEqual(['settings']);
    expect(await start('a:7', '81', undefined, '2000')).toEqual([]);

    const assets = [{ id: 'pool', sql: 'SELECT 1' }];
    const first = { by: expect.stringMatching(/^[abc]:1$/), changes: null };
    expect(await recorded(db)).toEqual([
      ['settings', 'configure', { ...first, secrets: { PASSWORD: 'changed' }, document: { PORT: '80' } }],
      ['book', 'configure', { ...first, secrets: {}, document: { tolerance: '1000', assets } }],
      ...[
        { by: 'a:3', changes: { '/PORT': { before: '80', after: '81' } }, secrets: {} },
        { by: 'a:4', changes: {}, secrets: { PASSWORD: 'changed' } },
      ].map((each) => ['settings', 'configure', { ...each, document: { PORT: '81' } }]),
      [
        'book',
        'configure',
        {
          ...{ by: 'a:5', changes: { '/tolerance': { before: '1000', after: '2000' } }, secrets: {} },
          document: { tolerance: '2000', assets },
        },
      ],
      ['settings', 'configure', { by: 'a:6', changes: {}, secrets: { PASSWORD: 'changed' }, document: { PORT: '81' } }],
    ]);
    expect((await verifyDatabase(db, { keys })).damage).toEqual([]);
  });
});
