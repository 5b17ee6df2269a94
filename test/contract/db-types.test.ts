/** Every adapter gives and takes the same JavaScript values (src/platform/db/port.ts). */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { integerArray, textArray, uuidArray } from '../../src/platform/db/array-binary.ts';
import type { Sql } from '../../src/platform/db/port.ts';
import { describeEachDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';

const one = async <T>(db: Sql, query: ReturnType<typeof sql<T>>): Promise<T | undefined> =>
  (await query.execute(db)).rows[0];

describeEachDb('the types of a database', (open) => {
  it('gives the same JavaScript value for each type', async () => {
    const db = await open({ schema: 'empty' });
    const row = await one(
      db.sql,
      sql`SELECT
        12345678901234567890.123456789012345678::numeric AS amount, 1.50::numeric(20,2) AS price,
        1::int8 AS small8, 9223372036854775807::int8 AS big8, 7::int4 AS i4, 2::int2 AS i2, 0.5::float8 AS f8,
        TIMESTAMPTZ '2026-11-23 22:34:00.123456+07' AS at, DATE '2026-11-23' AS day,
        TIMESTAMP '2026-11-23 22:34:00' AS local, INTERVAL '1 day 2 hours' AS span,
        '{"a":"1.10","b":[true,null]}'::jsonb AS doc, '"x"'::json AS doc1, true AS yes,
        '00000000-0000-7000-8000-000000000001'::uuid AS id, decode('00ff10', 'hex') AS bytes, NULL::text AS nothing,
        'VND'::varchar(3) AS code, count(*) AS n`,
    );
    expect(row).toEqual({
      amount: '12345678901234567890.123456789012345678',
      price: '1.50',
      small8: 1n,
      big8: 9223372036854775807n,
      i4: 7,
      i2: 2,
      f8: 0.5,
      at: new Date('2026-11-23T15:34:00.123Z'),
      day: '2026-11-23',
      local: '2026-11-23 22:34:00',
      span: 'P1DT2H',
      doc: { a: '1.10', b: [true, null] },
      doc1: 'x',
      yes: true,
      id: '00000000-0000-7000-8000-000000000001',
      bytes: Buffer.from([0, 255, 16]),
      nothing: null,
      code: 'VND',
      n: 1n,
    });
  });

  it('gives the same JavaScript value for arrays of each type', async () => {
    const db = await open({ schema: 'empty' });
    const row = await one(
      db.sql,
      sql`SELECT
        ARRAY[1.10, NULL]::numeric[] AS amounts, ARRAY[1, 2]::int8[] AS big, ARRAY[1]::int4[] AS small,
        ARRAY['a"b', '{c}', 'NULL', 'd\\e', '', NULL] AS texts, ARRAY[]::text[] AS none,
        ARRAY[DATE '2026-01-02'] AS days, ARRAY[TIMESTAMPTZ '2026-01-02 00:00:00Z'] AS times,
        ARRAY['{"a":1}']::jsonb[] AS docs, ARRAY[true, false] AS flags, ARRAY[[1, 2], [3, 4]]::int8[][] AS grid,
        ARRAY['00000000-0000-7000-8000-000000000001']::uuid[] AS ids, '[0:1]={5,6}'::int4[] AS bounded`,
    );
    expect(row).toEqual({
      amounts: ['1.10', null],
      big: [1n, 2n],
      small: [1],
      texts: ['a"b', '{c}', 'NULL', 'd\\e', '', null],
      none: [],
      days: ['2026-01-02'],
      times: [new Date('2026-01-02T00:00:00Z')],
      docs: [{ a: 1 }],
      flags: [true, false],
      grid: [
        [1n, 2n],
        [3n, 4n],
      ],
      ids: ['00000000-0000-7000-8000-000000000001'],
      bounded: [5, 6],
    });
  });

  it('takes the same JavaScript values as parameters', async () => {
    const db = await open({ schema: 'empty' });
    const row = await one(
      db.sql,
      sql`SELECT ${9223372036854775807n}::int8 AS big, ${'0.000000000000000001'}::numeric AS amount,
        ${new Date('2026-11-23T22:34:00.123Z')}::timestamptz AS at, ${'2026-11-23'}::date AS day,
        ${'{"a":"1"}'}::jsonb AS doc, ${Buffer.from([0, 1])}::bytea AS bytes, ${Uint8Array.of(2, 3)}::bytea AS raw,
        ${null}::text AS nothing, ${true}::bool AS yes, ${['a', 'b"c']}::text[] AS texts, ${[1n, 2n]}::int8[] AS bigs,
        ${5}::int4 AS small`,
    );
    expect(row).toEqual({
      big: 9223372036854775807n,
      amount: '0.000000000000000001',
      at: new Date('2026-11-23T22:34:00.123Z'),
      day: '2026-11-23',
      doc: { a: '1' },
      bytes: Buffer.from([0, 1]),
      raw: Buffer.from([2, 3]),
      nothing: null,
      yes: true,
      texts: ['a', 'b"c'],
      bigs: [1n, 2n],
      small: 5,
    });
  });

  it('takes arrays in their binary form', async () => {
    const db = await open({ schema: 'empty' });
    const texts = ['a"b', '{c}', 'NULL', 'd\\e', '', '\u1ed5 \u{1f4a7}', 'x'.repeat(70_000)];
    const id = '00000000-0000-7000-8000-0000000000ff';
    const row = await one(
      db.sql,
      sql`SELECT ${textArray(texts)}::text[] AS texts, ${textArray([])}::text[] AS none,
        ${integerArray('smallint', [-32768, 0, 32767])}::smallint[] AS small,
        ${integerArray('integer', [-2147483648, 2147483647])}::integer[] AS medium,
        ${integerArray('bigint', [-Number.MAX_SAFE_INTEGER, 2 ** 40, Number.MAX_SAFE_INTEGER])}::bigint[] AS big,
        ${uuidArray([id.replaceAll('-', ''), undefined])}::uuid[] AS ids, ${uuidArray([undefined])}::uuid[] AS nothing`,
    );
    expect(row).toEqual({
      ...{ texts, none: [], small: [-32768, 0, 32767], medium: [-2147483648, 2147483647] },
      big: [-Number.MAX_SAFE_INTEGER, 2 ** 40, Number.MAX_SAFE_INTEGER].map(BigInt),
      ...{ ids: [id, null], nothing: [null] },
    });
    expect(() => uuidArray([id])).toThrow(RangeError);
    expect(() => integerArray('smallint', [32768])).toThrow(RangeError);
  });

  it('refuses an instant that a Date cannot hold, and goes on', async () => {
    const db = await open({ schema: 'empty' });
    const error = await failure(sql`SELECT TIMESTAMPTZ 'infinity' AS t`.execute(db.sql));
    expect(error).toMatchObject({ code: 'db.instant_unrepresentable', kind: 'integrity' });
    expect(await one(db.sql, sql`SELECT 1 AS n`)).toEqual({ n: 1 });
  });
});
