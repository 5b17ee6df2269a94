/** All the SQL of statement matching in Plumbline's own database. The ledger's query is in ./store-ledger.ts. */
import { type Selectable, sql } from 'kysely';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import type { Id } from '../../../kernel/ids.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { Side } from './lines.ts';

export type StatementMatchingId = Id<'statement-matching'>;

type Matchings = {
  readonly id: StatementMatchingId;
  readonly account: string;
  readonly first_day: BusinessDate;
  readonly last_day: BusinessDate;
  readonly attempt: number;
  readonly supersedes: StatementMatchingId | null;
  readonly started_by: string;
  readonly policy: string;
  readonly policy_version: number;
  readonly policy_hash: string;
  readonly engine: number;
  readonly external_hash: string;
  readonly ledger_hash: string;
  readonly status: 'complete' | 'open';
  readonly matches: bigint;
  readonly totals: Json;
  readonly result_hash: string;
  readonly created_at: Date;
};

export type Outcome = 'matched' | 'ambiguous' | 'unmatched';

type MatchingLines = {
  readonly matching_id: StatementMatchingId;
  readonly place: bigint;
  readonly side: Side;
  readonly line_id: string;
  readonly booked_on: BusinessDate;
  readonly currency: string;
  readonly amount: string;
  readonly reference: string;
  readonly counterparty: string;
  readonly outcome: Outcome;
  readonly set_number: bigint | null;
  readonly rule: string | null;
  readonly reason: string | null;
};

type Tables = { statement_matchings: Matchings; statement_matching_lines: MatchingLines };
export type MatchingRow = Selectable<Matchings>;
export type MatchingLineRow = Selectable<MatchingLines>;

const tables = (db: Sql | Tx) => db.$extendTables<Tables>();

/** @returns the row, as the next attempt at its account and days */
export async function insertMatching(tx: Tx, row: Omit<MatchingRow, 'attempt' | 'supersedes'>): Promise<MatchingRow> {
  const before = await tables(tx)
    .selectFrom('statement_matchings')
    .select(['id', 'attempt'])
    .where('account', '=', row.account)
    .where('first_day', '=', row.first_day)
    .where('last_day', '=', row.last_day)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirst();
  return tables(tx)
    .insertInto('statement_matchings')
    .values({
      ...row,
      attempt: (before?.attempt ?? 0) + 1,
      supersedes: before?.id ?? null,
      totals: sql<Json>`${canonicalJson(row.totals)}::jsonb`,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** One statement for all of them: 5,000 at the most, which the embedded engine answers in time. */
export async function insertLines(
  tx: Tx,
  id: StatementMatchingId,
  lines: readonly Omit<MatchingLineRow, 'matching_id'>[],
): Promise<void> {
  const column = <Key extends keyof (typeof lines)[number]>(key: Key) => lines.map((line) => line[key]);
  await sql`
    INSERT INTO statement_matching_lines (matching_id, place, side, line_id, booked_on, currency, amount, reference,
      counterparty, outcome, set_number, rule, reason)
    SELECT ${id}::uuid, u.* FROM unnest(${column('place').map(String)}::bigint[], ${column('side')}::text[], ${column('line_id')}::text[],
      ${column('booked_on')}::date[], ${column('currency')}::text[], ${column('amount')}::numeric[], ${column('reference')}::text[],
      ${column('counterparty')}::text[], ${column('outcome')}::text[], ${column('set_number').map((each) => (each === null ? null : String(each)))}::bigint[],
      ${column('rule')}::text[], ${column('reason')}::text[]) AS u`.execute(tx);
}

export async function findMatching(db: Sql, id: StatementMatchingId): Promise<MatchingRow | undefined> {
  return tables(db).selectFrom('statement_matchings').selectAll().where('id', '=', id).executeTakeFirst();
}

export interface MatchingPage {
  readonly limit: number;
  readonly account?: string;
  /** The last row of the page before. */
  readonly after?: { readonly createdAt: Date; readonly id: StatementMatchingId };
}

/** Newest first. */
export async function listMatchings(db: Sql, { limit, account, after }: MatchingPage): Promise<readonly MatchingRow[]> {
  let query = tables(db)
    .selectFrom('statement_matchings')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (account !== undefined) query = query.where('account', '=', account);
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    );
  }
  return query.execute();
}

export interface LinePage {
  readonly limit: number;
  readonly outcomes: readonly Outcome[];
  readonly side?: Side;
  /** The place of the last line of the page before. */
  readonly after?: bigint;
}

/** What is left first, the oldest first; then what is ambiguous, set by set; then match by match. */
export async function listLines(
  db: Sql,
  id: StatementMatchingId,
  { limit, outcomes, side, after }: LinePage,
): Promise<readonly MatchingLineRow[]> {
  let query = tables(db)
    .selectFrom('statement_matching_lines')
    .selectAll()
    .where('matching_id', '=', id)
    .where('outcome', 'in', outcomes)
    .orderBy('place')
    .limit(limit);
  if (side !== undefined) query = query.where('side', '=', side);
  if (after !== undefined) query = query.where('place', '>', after);
  return query.execute();
}
