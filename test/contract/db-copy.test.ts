/** Copying a query's rows out: the same bytes from every engine. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { CopyColumn, Db } from '../../src/platform/db/port.ts';
import { describeEachDb } from '../support/databases.ts';

const COLUMNS: readonly CopyColumn[] = [
  { name: 'id', type: 'uuid' },
  { name: 'n', type: 'numeric' },
];
const HEAD = '5047434f50590aff0d0a000000000000000000';
const query = (rows: number, text = "it's") => sql`
  SELECT lpad(to_hex(i), 32, '0')::uuid AS id, CASE WHEN i = 2 THEN NULL ELSE (i * 1.5)::numeric END AS n
  FROM generate_series(1, ${rows}) AS i WHERE ${text} = 'it''s' AND ${true} AND ${null}::int IS NULL`;

async function copy(db: Db, rows: number): Promise<Buffer> {
  return db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of db.copyOut(tx, query(rows), COLUMNS)) pieces.push(Buffer.from(piece));
    await sql`SELECT 1`.execute(tx); // the connection goes on
    return Buffer.concat(pieces);
  });
}

describeEachDb('copying rows out', (open) => {
  it('gives the bytes of a binary COPY', async () => {
    const db = await open({ schema: 'empty' });
    expect((await copy(db, 0)).toString('hex')).toBe(`${HEAD}ffff`);
    expect((await copy(db, 2)).toString('hex')).toBe(
      [
        HEAD,
        `0002 00000010 ${'0'.repeat(31)}1 0000000c 0002 0000 0000 0001 0001 1388`,
        `0002 00000010 ${'0'.repeat(31)}2 ffffffff`,
        'ffff',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
    expect((await copy(db, 12_000)).length).toBeGreaterThan(12_000 * 36);
  });

  it('ends when its reader does, and the transaction goes on', async () => {
    const db = await open({ schema: 'empty' });
    const answer = await db.transaction({}, async (tx) => {
      for await (const piece of db.copyOut(tx, query(60_000), COLUMNS)) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      await expect(
        (async () => {
          for await (const _ of db.copyOut(tx, query(20_000), COLUMNS)) throw new Error('seen enough');
        })(),
      ).rejects.toThrow('seen enough');
      return (await sql<{ readonly one: number }>`SELECT 1 AS one`.execute(tx)).rows;
    });
    expect(answer).toEqual([{ one: 1 }]);
  });

  it('fails as a statement does, and a savepoint undoes it', async () => {
    const db = await open({ schema: 'empty' });
    await db.transaction({}, async (tx) => {
      for (const failing of [
        sql`SELECT 1 AS id`,
        sql`SELECT gen_random_uuid() AS id, 1 / (i - 3) AS n FROM generate_series(1, 5) AS i`,
      ]) {
        await sql`SAVEPOINT here`.execute(tx);
        await expect(
          (async () => {
            for await (const _ of db.copyOut(tx, failing, COLUMNS));
          })(),
        ).rejects.toMatchObject({ code: expect.stringMatching(/^(42|22)/) });
        await sql`ROLLBACK TO SAVEPOINT here`.execute(tx);
      }
      expect((await sql`SELECT 1`.execute(tx)).rows).toHaveLength(1);
    });
  });
});
