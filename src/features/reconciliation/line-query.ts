/** What a line's query answered, judged: exactly one row, an exact amount, the line's own currency. */
import { z } from 'zod';
import { messageOf } from '../../kernel/errors.ts';
import { parseMoney } from '../../kernel/money.ts';
import type { Line } from './book.ts';
import type { Reading } from './ports.ts';

/** Types of column `amount` that PostgreSQL counts exactly. */
const EXACT = new Set(['numeric', 'bigint', 'integer', 'smallint']);

/** The row that the store makes of the line's own row: everything as the database's exact text. */
export const LINE_ROW = z.object({
  amount: z.string().nullable(),
  type: z.string(),
  evidence: z.record(z.string(), z.string().nullable()).nullable(),
});

export type LineRow = z.output<typeof LINE_ROW>;

const unreadable = (reason: string): Reading => ({ kind: 'unreadable', reason });

export function judgeRows(line: Line, rows: readonly LineRow[]): Reading {
  const [row, second] = rows;
  if (row === undefined) return unreadable('the query returned no row; it must return exactly one');
  if (second !== undefined) return unreadable('the query returned more than one row; it must return exactly one');
  if (!EXACT.has(row.type)) {
    return unreadable(`column "amount" is ${row.type}, which is not exact; cast it to numeric where it comes from`);
  }
  if (row.amount === null) return unreadable('"amount" is NULL; an unknown amount is never taken for zero');
  const currency = row.evidence?.currency;
  if (currency !== undefined && currency !== line.currency.code) {
    return unreadable(`the query answered in currency "${currency ?? 'NULL'}", the line is in ${line.currency.code}`);
  }
  try {
    return { kind: 'read', amount: parseMoney(line.currency, row.amount), evidence: row.evidence ?? {} };
  } catch (error) {
    return unreadable(messageOf(error));
  }
}

const STATEMENT_OF_ITS_OWN =
  /\b(insert|update|delete|merge|truncate|create|alter|drop|grant|revoke|copy|call|do|lock|vacuum)\b/i;

/** Why a query failed, by SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function judgeFailure(line: Line, state: string | undefined, message: string): Reading {
  const text = line.source.kind === 'sql' ? line.source.sql : '';
  // 25006: read_only_sql_transaction. Inside a sub-select, where lines run, a statement that writes
  // is a syntax error (42601) or an unsupported feature (0A000) before it comes to that.
  const writes = state === '25006' || ((state === '42601' || state === '0A000') && STATEMENT_OF_ITS_OWN.test(text));
  if (writes) return unreadable(`the query writes, or is not one SELECT; a line only reads (${message})`);
  if (state === '57014') return unreadable('the query did not answer in time (RECONCILIATION_QUERY_TIMEOUT_MS)');
  if (state === '42501') return unreadable(`the role may not read what the query needs (${message})`);
  if (state === '42703' && message.includes('line.amount')) return unreadable('the query has no column "amount"');
  return unreadable(`the query failed: ${message}`);
}
