/** Reading a sandbox in tests: rows as text, amounts as exact integers, the default book over it. */
import { readFileSync } from 'node:fs';
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { parseBook } from '../../src/features/reconciliation/book.ts';
import type { Reading } from '../../src/features/reconciliation/ports.ts';
import { beginSnapshot, readAmounts } from '../../src/features/reconciliation/store.ts';
import { divide, parseDecimal, pow10 } from '../../src/kernel/decimal.ts';
import type { Db } from '../../src/platform/db/port.ts';

export type Row = Readonly<Record<string, string>>;

const ROWS = z.array(z.record(z.string(), z.unknown()));

/** All columns as text; NULL is the empty text. */
export async function select(db: Db, query: string): Promise<readonly Row[]> {
  const { rows } = await sql.raw(query).execute(db.sql);
  const text = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value ?? ''));
  return ROWS.parse(rows).map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [key, text(value)])),
  );
}

export async function only(db: Db, query: string): Promise<Row> {
  const [row, ...more] = await select(db, query);
  if (row === undefined || more.length > 0) throw new Error(`not exactly one row: ${query}`);
  return row;
}

/** One dong, one USDT. */
export const UNIT = pow10(18);

/** A decimal text times 10^18: exact, and without the database's arithmetic. */
export function units(text: string | undefined): bigint {
  const value = parseDecimal(text ?? '');
  if (value === undefined || value.scale > 18) throw new Error(`not an amount: ${text}`);
  return value.units * pow10(18 - value.scale);
}

/** VND for one USDT: the last that was recorded. */
export const LAST_RATE = '25934.21778743';

/** USDT in dong at that rate, rounded down. */
export const inDong = (usdt: bigint): bigint => divide(usdt * units(LAST_RATE), UNIT * UNIT, 'floor') * UNIT;

const BOOK = parseBook(readFileSync('books/reference.yaml', 'utf8'), 'reference.yaml', { schema: 'sandbox' });

export interface BookReading {
  readonly lines: ReadonlyMap<string, Reading>;
  /** Assets less liabilities, times 10^18; unreadable lines left out. */
  readonly difference: bigint;
}

/** Every line of the default book in one transaction, which is undone at its end; `before` runs in it first. */
export async function readBook(db: Db, before?: RawBuilder<unknown>): Promise<BookReading> {
  const lines = new Map<string, Reading>();
  const undo = new Error('undo');
  try {
    await db.transaction({ isolation: 'repeatable read' }, async (tx) => {
      await before?.execute(tx);
      await beginSnapshot(tx, BOOK.schema, 60_000);
      const queries = BOOK.lines.flatMap(({ source, ...line }) => (source.kind === 'sql' ? [{ ...line, source }] : []));
      for (const [id, reading] of await readAmounts(tx, queries, undefined)) lines.set(id, reading);
      throw undo;
    });
  } catch (error) {
    if (error !== undo) throw error;
  }
  let difference = 0n;
  for (const { id, side, sign, currency } of BOOK.lines) {
    const reading = lines.get(id);
    if (reading?.kind !== 'read') continue;
    const amount = reading.amount.minor * pow10(18 - currency.decimals);
    difference += (side === 'asset' ? 1n : -1n) * BigInt(sign) * (currency.code === 'VND' ? amount : inDong(amount));
  }
  return { lines, difference };
}
