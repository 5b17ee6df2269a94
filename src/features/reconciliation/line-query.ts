/** What a query of the book answered, judged: as many rows as it must have, exact amounts, its own currency. */
import { z } from 'zod';
import { messageOf } from '../../kernel/errors.ts';
import { type Currency, parseMoney } from '../../kernel/money.ts';
import type { Item, ItemsReading, Reading, Unreadable } from './ports.ts';

/** Types that PostgreSQL counts exactly. */
const EXACT = new Set(['numeric', 'bigint', 'integer', 'smallint']);

/** A query's row: every value as the database's exact text, and the types of the columns that are amounts. */
export const LINE_ROW = z.object({
  values: z.record(z.string(), z.string().nullable()),
  types: z.record(z.string(), z.string()),
});

export type LineRow = z.output<typeof LINE_ROW>;

/** A row of a line that lists items. */
export const ITEM_ROW = z.object({
  id: z.string().nullable(),
  amount: z.string().nullable(),
  type: z.string(),
  since: z.date().nullable(),
});

const unreadable = (reason: string): Unreadable => ({ kind: 'unreadable', reason });

/** @param amounts the columns that are amounts of this or of other lines: all others are evidence */
export function judgeRows(
  line: { readonly currency: Currency },
  column: string,
  rows: readonly LineRow[],
  amounts: ReadonlySet<string>,
): Reading {
  const [row, second] = rows;
  if (row === undefined) return unreadable('the query returned no row; it must return exactly one');
  if (second !== undefined) return unreadable('the query returned more than one row; it must return exactly one');
  const type = row.types[column] ?? 'absent';
  if (!EXACT.has(type)) {
    return unreadable(`column "${column}" is ${type}, which is not exact; cast it to numeric where it comes from`);
  }
  const amount = row.values[column] ?? null;
  if (amount === null) return unreadable(`"${column}" is NULL; an unknown amount is never taken for zero`);
  const { currency } = row.values;
  if (currency !== undefined && currency !== line.currency.code) {
    return unreadable(`the query answered in currency "${currency ?? 'NULL'}", the line is in ${line.currency.code}`);
  }
  const evidence = Object.fromEntries(Object.entries(row.values).filter(([name]) => !amounts.has(name)));
  try {
    return { kind: 'read', amount: parseMoney(line.currency, amount), evidence };
  } catch (error) {
    return unreadable(messageOf(error));
  }
}

/** @param most more items than this are refused */
export function judgeItems(
  { currency }: { readonly currency: Currency },
  rows: readonly z.output<typeof ITEM_ROW>[],
  most: number,
): ItemsReading {
  if (rows.length > most) return unreadable(`the query lists more than ${most} items`);
  const items: Item[] = [];
  const ids = new Set<string>();
  for (const { id, amount, type, since } of rows) {
    if (id === null || amount === null || since === null)
      return unreadable(`the query lists an item (${id ?? 'NULL'}) without id, amount or since; each has all three`);
    if (!EXACT.has(type)) return unreadable(`column "amount" is ${type}, which is not exact; cast it to numeric`);
    if (ids.has(id)) return unreadable(`the query lists the item ${id} twice`);
    ids.add(id);
    try {
      items.push({ id, amount: parseMoney(currency, amount), since: since.getTime() });
    } catch (error) {
      return unreadable(`item ${id}: ${messageOf(error)}`);
    }
    const last = items.at(-1);
    if (last !== undefined && last.amount.minor <= 0n)
      return unreadable(`item ${id} is ${amount}; an item in transit is above zero, and its line says on which side`);
  }
  return { kind: 'items', items };
}

const STATEMENT_OF_ITS_OWN =
  /\b(insert|update|delete|merge|truncate|create|alter|drop|grant|revoke|copy|call|do|lock|vacuum)\b/i;

/** Why a query failed, by SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function judgeFailure(text: string, state: string | undefined, message: string): Unreadable {
  // 25006: read_only_sql_transaction. Inside a sub-select, where lines run, a statement that writes
  // is a syntax error (42601) or an unsupported feature (0A000) before it comes to that.
  const writes = state === '25006' || ((state === '42601' || state === '0A000') && STATEMENT_OF_ITS_OWN.test(text));
  if (writes) return unreadable(`the query writes, or is not one SELECT; a line only reads (${message})`);
  if (state === '57014') return unreadable('the query did not answer in time (RECONCILIATION_QUERY_TIMEOUT_MS)');
  if (state === '42501') return unreadable(`the role may not read what the query needs (${message})`);
  const column = state === '42703' ? /\b(?:line|item)\.(\w+)\b/.exec(message)?.[1] : undefined;
  if (column !== undefined) return unreadable(`the query has no column "${column}"`);
  return unreadable(`the query failed: ${message}`);
}
