/** All the SQL of the drill-down: the ledger's entries, as the book's `entries` query lists them. */
import { sql } from 'kysely';
import { z } from 'zod';
import type { ReconciliationId } from '../../../kernel/ids.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { SqlSource } from '../book.ts';
import { findById, queryOf, type ReconciliationRow } from '../store.ts';

/** Which entries: of one account, from an instant on and before another, as of the snapshot that the second had. */
export interface EntriesOf {
  readonly entries: SqlSource;
  readonly account: string;
  /** undefined: from the first entry on. */
  readonly from: Date | undefined;
  readonly to: Date;
}

const ENTRY = z.object({
  id: z.string(),
  debit_account: z.string(),
  credit_account: z.string(),
  amount: z.string(),
  currency: z.string(),
  reference: z.string().nullable(),
  created_at: z.string(),
});
export type EntryRow = z.output<typeof ENTRY>;

const TOTAL = z.object({
  counter_account: z.string(),
  currency: z.string(),
  entries: z.string(),
  /** What the entries with it added to the account; below zero where they took from it. */
  amount: z.string(),
  types: z.array(z.string()),
});
export type TotalRow = z.output<typeof TOTAL>;

/** A place in the list, newest first: the last entry of the page before. */
export interface EntryMark {
  /** RFC 3339 with microseconds. */
  readonly createdAt: string;
  readonly id: string;
}

const MICROSECONDS = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';

const moved = ({ entries, account, from, to }: EntriesOf) => sql`
  FROM (${queryOf(entries.sql, to)}) AS entry
  WHERE entry.created_at >= ${from?.toISOString() ?? '-infinity'}::timestamptz AND entry.created_at < ${to.toISOString()}::timestamptz
    AND ${account}::text IN (entry.debit_account::text, entry.credit_account::text)`;

/** The entries, newest first. */
export async function readEntries(
  tx: Tx,
  of: EntriesOf,
  { limit, after }: { readonly limit: number; readonly after: EntryMark | undefined },
): Promise<readonly EntryRow[]> {
  const beyond =
    after === undefined
      ? sql``
      : sql`AND (entry.created_at, entry.id::text COLLATE "C") < (${after.createdAt}::timestamptz, ${after.id}::text)`;
  const { rows } = await sql`
    SELECT entry.id::text AS id, entry.debit_account::text AS debit_account, entry.credit_account::text AS credit_account,
      entry.amount::text AS amount, entry.currency::text AS currency, entry.reference::text AS reference,
      to_char(entry.created_at AT TIME ZONE 'UTC', ${MICROSECONDS}) AS created_at
    ${moved(of)} ${beyond}
    ORDER BY entry.created_at DESC, entry.id::text COLLATE "C" DESC
    LIMIT ${limit}::int`.execute(tx);
  return z.array(ENTRY).parse(rows);
}

/** What moved by counter-account and currency, the largest first; every one of them. */
export async function readTotals(tx: Tx, of: EntriesOf): Promise<readonly TotalRow[]> {
  const { account } = of;
  const { rows } = await sql`
    SELECT counter_account, currency, count(*)::text AS entries, sum(added)::text AS amount, array_agg(DISTINCT type) AS types
    FROM (
      SELECT CASE WHEN entry.debit_account::text = ${account} THEN entry.credit_account::text ELSE entry.debit_account::text END AS counter_account,
        entry.currency::text AS currency, pg_typeof(entry.amount)::text AS type,
        CASE WHEN entry.debit_account::text = entry.credit_account::text THEN 0
          WHEN entry.debit_account::text = ${account} THEN entry.amount ELSE -entry.amount END AS added
      ${moved(of)}
    ) AS each
    GROUP BY counter_account, currency
    ORDER BY abs(sum(added)) DESC, counter_account COLLATE "C", currency COLLATE "C"`.execute(tx);
  return z.array(TOTAL).parse(rows);
}

/** The final report in force, of the same kind, that speaks of the newest instant before this one's. */
export async function findBefore(
  db: Sql,
  { book, kind, id, as_of }: Pick<ReconciliationRow, 'book' | 'kind' | 'id' | 'as_of'>,
): Promise<ReconciliationRow | undefined> {
  if (as_of === null) return undefined;
  const { rows } = await sql<{ id: ReconciliationId }>`
    SELECT r.id FROM reconciliation_logs AS r
    WHERE r.book = ${book} AND r.kind = ${kind} AND r.id <> ${id} AND r.as_of < ${as_of} AND r.status IN ('balanced', 'surplus', 'deficit')
      AND NOT EXISTS (SELECT FROM reconciliation_logs AS later WHERE later.supersedes = r.id)
    ORDER BY r.as_of DESC, r.id DESC LIMIT 1`.execute(db);
  return rows[0] && (await findById(db, rows[0].id));
}
