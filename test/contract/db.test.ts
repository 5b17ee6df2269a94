/** What every database adapter promises (src/platform/db/port.ts), on real engines. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { isUniqueViolation, sqlState, violatedConstraint } from '../../src/platform/db/errors.ts';
import type { Db, Sql } from '../../src/platform/db/port.ts';
import { describeEachDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';

const one = async <T>(db: Sql, query: ReturnType<typeof sql<T>>): Promise<T | undefined> =>
  (await query.execute(db)).rows[0];

const count = async (db: Sql): Promise<bigint | undefined> =>
  (await one(db, sql<{ n: bigint }>`SELECT count(*) AS n FROM t`))?.n;

describeEachDb('a database', (open) => {
  const openWithTable = async (): Promise<Db> => {
    const db = await open({ schema: 'empty' });
    await sql`CREATE TABLE t (id int PRIMARY KEY, note text)`.execute(db.sql);
    return db;
  };

  it('runs each session in UTC with pinned text forms, whatever the server says', async () => {
    const db = await open({ schema: 'empty' });
    const settings = sql`SELECT current_setting('timezone') AS zone, current_setting('datestyle') AS dates,
      TIMESTAMPTZ '2026-07-01 12:00:00+00'::text AS text, DATE '2026-02-01'::text AS day, '02/03/2026'::date::text AS parsed`;
    expect(await one(db.sql, settings)).toEqual({
      zone: 'UTC',
      dates: 'ISO, MDY',
      text: '2026-07-01 12:00:00+00',
      day: '2026-02-01',
      parsed: '2026-02-03',
    });
  });

  it('says its version', async () => {
    const db = await open({ schema: 'empty' });
    expect(await db.version()).toMatch(/^(15|18)\.\d+$/);
  });

  it('counts the rows that a statement changed', async () => {
    const db = await openWithTable();
    const inserted = await sql`INSERT INTO t (id) VALUES (1), (2), (${3})`.execute(db.sql);
    expect(inserted.numAffectedRows).toBe(3n);
    const updated = await sql`UPDATE t SET note = 'x' WHERE id > 1`.execute(db.sql);
    expect(updated.numAffectedRows).toBe(2n);
  });

  it('takes several statements without parameters as one, all or none', async () => {
    const db = await openWithTable();
    await sql.raw("INSERT INTO t VALUES (1, 'a;b'); INSERT INTO t VALUES (2)").execute(db.sql);
    expect(await count(db.sql)).toBe(2n);
    await failure(sql.raw('INSERT INTO t VALUES (3); INSERT INTO t VALUES (1)').execute(db.sql));
    expect(await count(db.sql)).toBe(2n);
  });

  it('refuses several statements as soon as one parameter is bound', async () => {
    const db = await openWithTable();
    const error = await failure(sql`SELECT ${1}::int; DELETE FROM t`.execute(db.sql));
    expect(sqlState(error)).toBe('42601');
  });

  it('commits a transaction whose work resolves', async () => {
    const db = await openWithTable();
    const answer = await db.transaction({}, async (tx) => {
      await sql`INSERT INTO t VALUES (${1}, 'a')`.execute(tx);
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await count(db.sql)).toBe(1n);
  });

  it('rolls back a transaction whose work rejects, and passes the error on', async () => {
    const db = await openWithTable();
    const mine = new Error('mine');
    const error = await failure(
      db.transaction({}, async (tx) => {
        await sql`INSERT INTO t VALUES (1, 'a')`.execute(tx);
        throw mine;
      }),
    );
    expect(error).toBe(mine);
    expect(await count(db.sql)).toBe(0n);
  });

  it('does not pretend to have committed what a swallowed failure had aborted', async () => {
    const db = await openWithTable();
    const work = db.transaction({}, async (tx) => {
      await sql`INSERT INTO t VALUES (1, 'a')`.execute(tx);
      await sql`INSERT INTO t VALUES (1, 'b')`.execute(tx).catch(() => undefined);
    });
    await failure(work);
    expect(await count(db.sql)).toBe(0n);
    expect(await db.transaction({}, (tx) => one(tx, sql`SELECT 1 AS n`))).toEqual({ n: 1 });
  });

  it('keeps savepoints within a transaction', async () => {
    const db = await openWithTable();
    await db.transaction({}, async (tx) => {
      await sql`INSERT INTO t VALUES (1)`.execute(tx);
      await sql`SAVEPOINT s`.execute(tx);
      await failure(sql`INSERT INTO t VALUES (1)`.execute(tx));
      await sql`ROLLBACK TO SAVEPOINT s`.execute(tx);
      await sql`INSERT INTO t VALUES (2)`.execute(tx);
    });
    expect(await count(db.sql)).toBe(2n);
  });

  it.each(['read committed', 'repeatable read', 'serializable'] as const)('begins at %s', async (isolation) => {
    const db = await open({ schema: 'empty' });
    const mode = sql`SELECT current_setting('transaction_isolation') AS isolation, current_setting('transaction_read_only') AS ro`;
    expect(await db.transaction({ isolation }, (tx) => one(tx, mode))).toEqual({ isolation, ro: 'off' });
    expect(await db.transaction({ isolation, readOnly: true }, (tx) => one(tx, mode))).toEqual({ isolation, ro: 'on' });
    expect(await one(db.sql, mode)).toEqual({ isolation: 'read committed', ro: 'off' });
  });

  it('lets the database refuse writes of a read-only transaction', async () => {
    const db = await openWithTable();
    const error = await failure(db.transaction({ readOnly: true }, (tx) => sql`INSERT INTO t VALUES (1)`.execute(tx)));
    expect(sqlState(error)).toBe('25006');
    expect(await count(db.sql)).toBe(0n);
  });

  it('keeps concurrent statements out of a transaction', async () => {
    const db = await openWithTable();
    const others: Promise<unknown>[] = [];
    const error = await failure(
      db.transaction({}, async (tx) => {
        await sql`INSERT INTO t VALUES (1, 'inside')`.execute(tx);
        // Issued while the transaction is open, by somebody who knows nothing of it.
        others.push(sql`INSERT INTO t VALUES (2, 'outside')`.execute(db.sql));
        others.push(db.transaction({}, (other) => sql`INSERT INTO t VALUES (3, 'outside')`.execute(other)));
        await sql`INSERT INTO t VALUES (4, 'inside')`.execute(tx);
        throw new Error('roll back');
      }),
    );
    expect(error).toMatchObject({ message: 'roll back' });
    await Promise.all(others);
    const { rows } = await sql<{ id: number }>`SELECT id FROM t ORDER BY id`.execute(db.sql);
    expect(rows).toEqual([{ id: 2 }, { id: 3 }]);
  });

  it('interleaves many transactions and statements without mixing them', async () => {
    const db = await openWithTable();
    await sql`INSERT INTO t SELECT i, '' FROM generate_series(1, 8) AS i`.execute(db.sql);
    const writer = (n: number) =>
      db.transaction({}, async (tx) => {
        await sql`SELECT note FROM t WHERE id = ${n} FOR UPDATE`.execute(tx);
        await sql`UPDATE t SET note = note || ${`${n}`} WHERE id = ${n}`.execute(tx);
        await sql`UPDATE t SET note = note || 'x' WHERE id = ${n}`.execute(tx);
        if (n % 2 === 0) throw new Error('even ones roll back');
      });
    const all = Array.from({ length: 8 }, (_, index) => [
      writer(index + 1),
      sql`SELECT count(*) FROM t`.execute(db.sql),
    ]).flat();
    await Promise.allSettled(all);
    const { rows } = await sql<{ note: string }>`SELECT note FROM t ORDER BY id`.execute(db.sql);
    expect(rows.map((row) => row.note)).toEqual(['1x', '', '3x', '', '5x', '', '7x', '']);
  });

  it('does what is sent in order one after the other, and the next whatever became of the one before', async () => {
    const db = await openWithTable();
    const say = (id: number) =>
      sql`INSERT INTO t SELECT ${id}, count(*)::text FROM t HAVING ${id} <> 7 OR 1 / (count(*) - count(*)) > 0`.execute(
        db.inOrder,
      );
    const said = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => say(at)));
    expect(said.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []))).toEqual([7]);
    expect(await failure(say(19))).toSatisfy((error) => isUniqueViolation(error, 't_pkey'));
    const { rows } = await sql<{ id: number; note: string }>`SELECT id, note FROM t ORDER BY id`.execute(db.inOrder);
    const others = Array.from({ length: 20 }, (_, at) => at).filter((at) => at !== 7);
    expect(rows).toEqual(others.map((id, at) => ({ id, note: String(at) })));
  });

  it('plans what is sent in order once for each text, and any number of texts', async () => {
    const db = await open({ schema: 'empty' });
    const add = (n: number) => sql<{ n: number }>`SELECT ${n}::int + ${sql.lit(n % 70)} AS n`.execute(db.inOrder);
    const sums = await Promise.all(Array.from({ length: 200 }, (_, n) => add(n)));
    expect(sums.map(({ rows }) => rows[0]?.n)).toEqual(Array.from({ length: 200 }, (_, n) => n + (n % 70)));
  });

  it('names the SQLSTATE and the constraint of a violation', async () => {
    const db = await openWithTable();
    await sql
      .raw(`
        CREATE TABLE child (parent int CONSTRAINT child_parent REFERENCES t, n int CONSTRAINT child_n CHECK (n > 0));
        INSERT INTO t VALUES (1)`)
      .execute(db.sql);
    const unique = await failure(sql`INSERT INTO t VALUES (${1})`.execute(db.sql));
    expect([sqlState(unique), violatedConstraint(unique)]).toEqual(['23505', 't_pkey']);
    expect([
      isUniqueViolation(unique),
      isUniqueViolation(unique, 't_pkey'),
      isUniqueViolation(unique, 'other'),
    ]).toEqual([true, true, false]);
    expect(isUniqueViolation(new Error('wrapped', { cause: unique }), 't_pkey')).toBe(true);
    const foreign = await failure(sql`INSERT INTO child VALUES (2, 1)`.execute(db.sql));
    expect([sqlState(foreign), violatedConstraint(foreign)]).toEqual(['23503', 'child_parent']);
    const check = await failure(sql`INSERT INTO child VALUES (1, 0)`.execute(db.sql));
    expect([sqlState(check), violatedConstraint(check)]).toEqual(['23514', 'child_n']);
  });

  it('lets one at a time hold a name, and others work meanwhile', async () => {
    const db = await openWithTable();
    const log: string[] = [];
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const first = db.exclusive('name', async () => {
      log.push('first begins');
      begun.resolve();
      await gate.promise;
      log.push('first ends');
      return 1;
    });
    await begun.promise;
    const second = db.exclusive('name', async () => {
      log.push('second');
      await sql`INSERT INTO t VALUES (1)`.execute(db.sql);
      return 2;
    });
    expect(await db.exclusive('other name', () => Promise.resolve('at once'))).toBe('at once');
    expect(await count(db.sql)).toBe(0n); // statements of others go on
    gate.resolve();
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(log).toEqual(['first begins', 'first ends', 'second']);
  });

  it('gives a name back when the work fails', async () => {
    const db = await open({ schema: 'empty' });
    const error = await failure(db.exclusive('name', () => Promise.reject(new Error('mine'))));
    expect(error).toMatchObject({ message: 'mine' });
    expect(await db.exclusive('name', () => Promise.resolve('free'))).toBe('free');
  });
});
