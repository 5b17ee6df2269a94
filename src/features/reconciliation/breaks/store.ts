/** All the SQL of breaks. Whatever a report changes is written in few statements, however many breaks it has. */
import { type Selectable, sql } from 'kysely';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../../kernel/canonical.ts';
import type { ReconciliationId } from '../../../kernel/ids.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { BreakId, FoundBreak, KnownBreak } from './rules.ts';

export type BreakState = 'open' | 'accepted' | 'resolved';
export type BreakEvent = 'opened' | 'changed' | 'seen_earlier' | 'accepted' | 'reopened' | 'resolved';

type Breaks = {
  readonly id: BreakId;
  readonly book: string;
  readonly key: string;
  readonly kind: FoundBreak['kind'];
  readonly line: string | null;
  readonly account: string | null;
  readonly currency: string;
  readonly amount: string;
  readonly text: string;
  readonly business_date: BusinessDate;
  readonly opened_at: Date;
  readonly first_as_of: Date;
  readonly first_seen_report: ReconciliationId;
  readonly last_as_of: Date;
  readonly last_seen_report: ReconciliationId;
  readonly state: BreakState;
  readonly accepted_by: string | null;
  readonly accepted_at: Date | null;
  readonly accepted_reason: string | null;
  readonly accepted_amount: string | null;
  readonly accepted_until: Date | null;
  readonly resolved_at: Date | null;
  readonly resolved_as_of: Date | null;
  readonly resolved_by_report: ReconciliationId | null;
};
export type BreakRow = Selectable<Breaks>;

type Events = {
  readonly id: bigint;
  readonly break_id: BreakId;
  readonly event: BreakEvent;
  readonly at: Date;
  readonly report: ReconciliationId | null;
  readonly actor: string | null;
  readonly amount: string;
  readonly until: Date | null;
  readonly reason: string | null;
};
export type BreakEventRow = Omit<Selectable<Events>, 'id'>;

type Tables = { reconciliation_breaks: Breaks; reconciliation_break_events: Events };
const tables = (db: Sql | Tx) => db.$extendTables<Tables>();

/** What is known of a report when its breaks are taken in. */
export interface BreakReport {
  readonly id: ReconciliationId;
  readonly book: string;
  readonly businessDate: BusinessDate;
  readonly asOf: Date;
  readonly at: Date;
}

/** Two reports of a book take in their breaks one after the other; ends with the transaction. */
export async function lockBreaks(tx: Tx, book: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`reconciliation-breaks/${book}`}, 0))`.execute(tx);
}

/** The first report of the book after the instant that could tell breaks; undefined where there is none. */
export async function reportAfter(
  tx: Tx,
  { book, asOf, id }: BreakReport,
): Promise<{ readonly id: ReconciliationId; readonly asOf: Date } | undefined> {
  const { rows } = await sql<{ id: ReconciliationId; as_of: Date }>`
    SELECT id, as_of FROM reconciliation_logs
    WHERE book = ${book} AND solvent IS NOT NULL AND as_of > ${asOf} AND id <> ${id}
    ORDER BY as_of, id LIMIT 1`.execute(tx);
  return rows[0] && { id: rows[0].id, asOf: rows[0].as_of };
}

/** The breaks that are open or accepted, held until the transaction ends. */
export async function lockLive(tx: Tx, book: string): Promise<readonly KnownBreak[]> {
  const rows = await tables(tx)
    .selectFrom('reconciliation_breaks')
    .selectAll()
    .where('book', '=', book)
    .where('state', '<>', 'resolved')
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map(known);
}

/** The breaks of these keys that are live or were resolved after the instant. */
export async function knownSince(
  tx: Tx,
  book: string,
  keys: readonly string[],
  asOf: Date,
): Promise<readonly KnownBreak[]> {
  const rows = await tables(tx)
    .selectFrom('reconciliation_breaks')
    .selectAll()
    .where('book', '=', book)
    .where('key', '=', sql<string>`ANY (${[...keys]}::text[])`)
    .where(({ or, eb }) => or([eb('state', '<>', 'resolved'), eb('resolved_as_of', '>', asOf)]))
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map(known);
}

const known = (row: BreakRow): KnownBreak => ({
  ...{ id: row.id, key: row.key, currency: row.currency, amount: row.amount },
  ...{ firstAsOf: row.first_as_of.getTime(), lastAsOf: row.last_as_of.getTime() },
  status: statusOf(row),
});

function statusOf({ state, ...row }: BreakRow): KnownBreak['status'] {
  if (state === 'accepted')
    return { kind: 'accepted', upTo: row.accepted_amount ?? '0', until: row.accepted_until?.getTime() };
  return state === 'resolved' ? { kind: 'resolved', asOf: row.resolved_as_of?.getTime() ?? 0 } : { kind: 'open' };
}

export type NewBreak = FoundBreak & { readonly id: BreakId };

/** @param resolvedBy the later report that does not have them, where they are past already */
export async function insertBreaks(
  tx: Tx,
  report: BreakReport,
  breaks: readonly NewBreak[],
  resolvedBy?: { readonly id: ReconciliationId; readonly asOf: Date },
): Promise<void> {
  if (breaks.length === 0) return;
  const rows = breaks.map((each) => ({ ...each, line: each.line ?? null, account: each.account ?? null }));
  await sql`
    INSERT INTO reconciliation_breaks (id, book, key, kind, line, account, currency, amount, text, business_date,
      opened_at, first_as_of, first_seen_report, last_as_of, last_seen_report, state, resolved_at, resolved_as_of, resolved_by_report)
    SELECT id, ${report.book}, key, kind, line, account, currency, amount, text, ${report.businessDate}::date,
      ${report.at}::timestamptz, ${report.asOf}::timestamptz, ${report.id}::uuid, ${report.asOf}::timestamptz, ${report.id}::uuid,
      ${resolvedBy === undefined ? 'open' : 'resolved'}, ${resolvedBy === undefined ? null : report.at}::timestamptz,
      ${resolvedBy?.asOf ?? null}::timestamptz, ${resolvedBy?.id ?? null}::uuid
    FROM ${rowsOf(rows, sql`id uuid, key text, kind text, line text, account text, currency text, amount numeric, text text`)}`.execute(
    tx,
  );
}

export interface SeenBreak {
  readonly id: BreakId;
  readonly found: FoundBreak;
  readonly reopened: boolean;
}

/** What the report found again is now what the report says of it. */
export async function updateSeen(tx: Tx, report: BreakReport, seen: readonly SeenBreak[]): Promise<void> {
  if (seen.length === 0) return;
  const rows = seen.map(({ id, reopened, found }) => ({
    ...{ id, reopened, line: found.line ?? null, account: found.account ?? null },
    ...{ amount: found.amount, text: found.text },
  }));
  await sql`
    UPDATE reconciliation_breaks AS b
    SET amount = r.amount, text = r.text, line = r.line, account = r.account, last_as_of = ${report.asOf}::timestamptz,
      last_seen_report = ${report.id}::uuid, state = CASE WHEN r.reopened THEN 'open' ELSE b.state END
    FROM ${rowsOf(rows, sql`id uuid, reopened boolean, line text, account text, amount numeric, text text`)}
    WHERE b.id = r.id`.execute(tx);
}

export async function updateSeenEarlier(tx: Tx, report: BreakReport, ids: readonly BreakId[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    UPDATE reconciliation_breaks
    SET first_as_of = ${report.asOf}, first_seen_report = ${report.id}, business_date = ${report.businessDate}::date
    WHERE id = ANY (${[...ids]}::uuid[])`.execute(tx);
}

export async function updateResolved(tx: Tx, report: BreakReport, ids: readonly BreakId[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    UPDATE reconciliation_breaks
    SET state = 'resolved', resolved_at = ${report.at}, resolved_as_of = ${report.asOf}, resolved_by_report = ${report.id}
    WHERE id = ANY (${[...ids]}::uuid[])`.execute(tx);
}

export async function insertEvents(tx: Tx, events: readonly BreakEventRow[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => ({
    ...event,
    at: event.at.toISOString(),
    until: event.until?.toISOString() ?? null,
  }));
  await sql`
    INSERT INTO reconciliation_break_events (break_id, event, at, report, actor, amount, until, reason)
    SELECT break_id, event, at, report, actor, amount, until, reason
    FROM ${rowsOf(rows, sql`n integer, break_id uuid, event text, at timestamptz, report uuid, actor text, amount numeric, until timestamptz, reason text`)}
    ORDER BY n`.execute(tx);
}

/** Rows as one parameter, in their order (`n`), under the name `r`. */
const rowsOf = (rows: readonly { readonly [column: string]: Json }[], columns: ReturnType<typeof sql>) =>
  sql`jsonb_to_recordset(${canonicalJson(rows.map((row, n) => ({ ...row, n })))}::text::jsonb) AS r(${columns})`;

export interface Acceptance {
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
  readonly upTo: string;
  readonly until: Date | null;
}

export async function updateAccepted(tx: Tx, id: BreakId, acceptance: Acceptance): Promise<void> {
  await tables(tx)
    .updateTable('reconciliation_breaks')
    .set({
      ...{ state: 'accepted' as const, accepted_by: acceptance.by, accepted_at: acceptance.at },
      ...{ accepted_reason: acceptance.reason, accepted_amount: acceptance.upTo, accepted_until: acceptance.until },
    })
    .where('id', '=', id)
    .execute();
}

export async function findBreak(db: Sql | Tx, book: string, id: BreakId): Promise<BreakRow | undefined> {
  return tables(db)
    .selectFrom('reconciliation_breaks')
    .selectAll()
    .where('book', '=', book)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** As `findBreak`, held until the transaction ends. */
export async function lockBreak(tx: Tx, book: string, id: BreakId): Promise<BreakRow | undefined> {
  await sql`SELECT FROM reconciliation_breaks WHERE id = ${id} FOR UPDATE`.execute(tx);
  return findBreak(tx, book, id);
}

export interface BreakPage {
  readonly limit: number;
  /** The last row of the page before. */
  readonly after?: { readonly firstAsOf: Date; readonly id: BreakId };
  readonly state?: BreakState;
  /** An acceptance that is over by then counts as open. */
  readonly now: Date;
}

/** Newest first. */
export async function listBreaks(
  db: Sql,
  book: string,
  { limit, after, state, now }: BreakPage,
): Promise<readonly BreakRow[]> {
  let query = tables(db)
    .selectFrom('reconciliation_breaks')
    .selectAll()
    .where('book', '=', book)
    .orderBy('first_as_of', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (state !== undefined) {
    query = query.where(
      sql<string>`CASE WHEN state = 'accepted' AND accepted_until <= ${now} THEN 'open' ELSE state END`,
      '=',
      state,
    );
  }
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('first_as_of', 'id'), '<', tuple(after.firstAsOf, after.id)),
    );
  }
  return query.execute();
}

/** What happened to a break, oldest first. */
export async function listEvents(db: Sql, id: BreakId): Promise<readonly BreakEventRow[]> {
  return tables(db)
    .selectFrom('reconciliation_break_events')
    .select(['break_id', 'event', 'at', 'report', 'actor', 'amount', 'until', 'reason'])
    .where('break_id', '=', id)
    .orderBy('id')
    .execute();
}
