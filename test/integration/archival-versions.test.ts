/** What row versions say of a partition: that it is what a snapshot saw, or nothing. */
import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { type Seen, seenBy, seenRows } from '../../src/features/archival/run/store-versions.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachPostgres } from '../support/databases.ts';

const PLACE = { schema: 'public', name: 'logs' };

async function table(db: Db): Promise<void> {
  await sql.raw('CREATE TABLE logs (id integer PRIMARY KEY, note text)').execute(db.sql);
  await sql`INSERT INTO logs SELECT n, 'note ' || n FROM generate_series(1, 100) AS n`.execute(db.sql);
}

const look = async (db: Db): Promise<Seen> => {
  const seen = await db.transaction({ isolation: 'repeatable read', readOnly: true }, seenBy);
  if (seen === undefined) throw new Error('a snapshot has no number');
  return seen;
};
/** One of a moment at which nobody on the server is writing: other suites are. */
const lookAlone = (db: Db): Promise<Seen> =>
  vi.waitUntil(
    async () => {
      const seen = await look(db);
      return (await rowsOf(db, seen)) === undefined ? undefined : seen;
    },
    { timeout: 20_000, interval: 20 },
  );
const rowsOf = (db: Db, seen: Seen) => db.transaction({}, (tx) => seenRows(tx, PLACE, seen));

describe('versions of rows', () => {
  describeEachPostgres('versions at rest', (open) => {
    it('are as many as were seen where nothing was written, and unknown where anything was', async () => {
      const db = await open({ schema: 'empty' });
      await table(db);
      const seen = await lookAlone(db);
      expect(await rowsOf(db, seen)).toBe(100);
      await sql.raw('VACUUM (FREEZE) logs').execute(db.sql);
      expect(await rowsOf(db, seen)).toBe(100);
      expect(await rowsOf(db, { ...seen, server: 'another' })).toBeUndefined();
      expect(await rowsOf(db, { ...seen, oldest: seen.oldest + (1n << 31n) })).toBeUndefined();
      expect(await rowsOf(db, { ...seen, oldest: seen.oldest + 1_000n })).toBeUndefined(); // of a server that went back
      await sql`DELETE FROM logs WHERE id = 1`.execute(db.sql);
      expect(await rowsOf(db, seen)).toBe(99);
      await sql`INSERT INTO logs VALUES (1, 'note 1')`.execute(db.sql);
      expect(await rowsOf(db, seen)).toBeUndefined();
      const again = await lookAlone(db);
      expect(await rowsOf(db, again)).toBe(100);
      await sql`UPDATE logs SET note = note WHERE id = 2`.execute(db.sql);
      expect(await rowsOf(db, again)).toBeUndefined();
      await sql`DELETE FROM logs`.execute(db.sql);
      expect(await rowsOf(db, again)).toBe(0);
    });
  });

  describeEachPostgres('versions that were under way', (open) => {
    it.each([
      'UPDATE logs SET note = $$changed$$ WHERE id = 3',
      'SAVEPOINT inner_one; UPDATE logs SET note = $$changed$$ WHERE id = 3; RELEASE SAVEPOINT inner_one',
    ])('are not taken for seen: %s', async (statement) => {
      const db = await open({ schema: 'empty' });
      await table(db);
      const seen = await db.transaction({}, async (writer) => {
        await sql.raw(statement).execute(writer);
        await sql`INSERT INTO logs VALUES (101, 'later')`.execute(db.sql); // so that the snapshot's end is behind the writer
        await sql`DELETE FROM logs WHERE id = 101`.execute(db.sql);
        return look(db);
      });
      expect(await rowsOf(db, seen)).toBeUndefined();
    });
  });
});
