/** All the SQL of reconciliation. */
import { type Generated, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { BusinessDate } from '../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { ReconciliationId } from '../../kernel/ids.ts';
import { sqlState } from '../../platform/db/errors.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';
import type { Line } from './book.ts';
import type { RunKind } from './kinds.ts';
import { judgeFailure, judgeRows, LINE_ROW } from './line-query.ts';
import type { Reading } from './ports.ts';
import type { Status } from './rules.ts';
import { closeAbandoned } from './store-attempts.ts';

type ReconciliationLogs = {
  readonly id: ReconciliationId;
  readonly book: string;
  readonly kind: RunKind;
  readonly business_date: BusinessDate;
  readonly attempt: number;
  readonly supersedes: ReconciliationId | null;
  readonly started_by: string;
  readonly worker: string | null;
  readonly status: Status;
  readonly total_assets_vnd: string | null;
  readonly total_liabilities_vnd: string | null;
  readonly difference_vnd: string | null;
  readonly tolerance_vnd: string;
  readonly asset_breakdown: Json | null;
  readonly report: Json | null;
  readonly report_hash: string | null;
  readonly alert_triggered: Generated<boolean>;
  readonly error_message: string | null;
  readonly started_at: Date;
  readonly observed_at: Date | null;
  readonly reconciled_at: Date | null;
};

type Tables = { reconciliation_logs: ReconciliationLogs };

export type ReconciliationRow = Selectable<ReconciliationLogs>;

const logs = (db: Sql | Tx) => db.$extendTables<Tables>();
const FINAL = ['balanced', 'surplus', 'deficit'] as const;
const json = (value: Json) => sql<Json>`${canonicalJson(value)}::jsonb`;

/** Before any line: from here on all of them see one state of the database, and none can write. */
export async function beginSnapshot(tx: Tx, schema: string, queryTimeoutMs: number): Promise<void> {
  await sql`SELECT set_config('search_path', ${schema}, true), set_config('statement_timeout', ${String(queryTimeoutMs)}, true)`.execute(
    tx,
  );
}

/**
 * Runs the line's query inside a sub-select, so that it can only be one query, with a bound parameter,
 * so that the protocol refuses a second statement, and for two rows at the most. A failure is undone
 * to the savepoint: the other lines still read from the same snapshot.
 */
export async function readLine(tx: Tx, line: Line): Promise<Reading> {
  if (line.source.kind !== 'sql') return { kind: 'unreadable', reason: 'the line has no query' };
  const query = line.source.sql.trim().replace(/;\s*$/, '');
  await sql`SAVEPOINT line`.execute(tx);
  try {
    const { rows } = await sql`
      SELECT line.amount::text AS amount, pg_typeof(line.amount)::text AS type,
        (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each_text(to_jsonb(line)) AS e WHERE e.key <> 'amount') AS evidence
      FROM (${sql.raw(`\n${query}\n`)}) AS line
      LIMIT ${2}::int`.execute(tx);
    await sql`RELEASE SAVEPOINT line`.execute(tx);
    return judgeRows(line, z.array(LINE_ROW).parse(rows));
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT line`.execute(tx);
    return judgeFailure(line, sqlState(error), messageOf(error));
  }
}

/** The final report in force: the one that none supersedes. */
export async function findFinal(
  db: Sql | Tx,
  book: string,
  date: BusinessDate,
): Promise<ReconciliationRow | undefined> {
  return logs(db)
    .selectFrom('reconciliation_logs as r')
    .selectAll('r')
    .where('r.book', '=', book)
    .where('r.kind', '=', 'daily')
    .where('r.business_date', '=', date)
    .where('r.status', 'in', FINAL)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(selectFrom('reconciliation_logs as later').select('later.id').whereRef('later.supersedes', '=', 'r.id')),
      ),
    )
    .executeTakeFirst();
}

export async function findById(db: Sql | Tx, id: ReconciliationId): Promise<ReconciliationRow | undefined> {
  return logs(db).selectFrom('reconciliation_logs').selectAll().where('id', '=', id).executeTakeFirst();
}

export interface PageRequest {
  readonly limit: number;
  /** The last row of the page before. */
  readonly after?: { readonly startedAt: Date; readonly id: ReconciliationId };
  readonly status?: Status;
  /** Of one kind; absent: of both. */
  readonly kind?: RunKind;
}

/** Newest first. */
export async function listReports(
  db: Sql,
  book: string,
  { limit, after, status, kind }: PageRequest,
): Promise<readonly ReconciliationRow[]> {
  let query = logs(db)
    .selectFrom('reconciliation_logs')
    .selectAll()
    .where('book', '=', book)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (status !== undefined) query = query.where('status', '=', status);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('started_at', 'id'), '<', tuple(after.startedAt, after.id)),
    );
  }
  return query.execute();
}

/** The dates since `from` that have a final report, and whether it saw the whole day. */
export async function listFinalDates(
  db: Sql,
  book: string,
  from: BusinessDate,
): Promise<readonly { readonly business_date: BusinessDate; readonly observed_at: Date | null }[]> {
  return logs(db)
    .selectFrom('reconciliation_logs')
    .select(({ fn }) => ['business_date', fn.max('observed_at').as('observed_at')])
    .where('book', '=', book)
    .where('kind', '=', 'daily')
    .where('business_date', '>=', from)
    .where('status', 'in', FINAL)
    .groupBy('business_date')
    .execute();
}

/** The oldest date that the schedule ever took up: since then, every date is owed a report. */
export async function firstScheduledDate(db: Sql, book: string): Promise<BusinessDate | undefined> {
  const row = await logs(db)
    .selectFrom('reconciliation_logs')
    .select(({ fn }) => fn.min('business_date').as('first'))
    .where('book', '=', book)
    .where('kind', '=', 'daily')
    .where('started_by', '=', 'schedule')
    .executeTakeFirst();
  return row?.first ?? undefined;
}

/** When the newest report of the kind that has a verdict was made. */
export async function lastFinalAt(db: Sql, book: string, kind: RunKind): Promise<Date | undefined> {
  const row = await logs(db)
    .selectFrom('reconciliation_logs')
    .select(({ fn }) => fn.max('reconciled_at').as('last'))
    .where('book', '=', book)
    .where('kind', '=', kind)
    .where('status', 'in', FINAL)
    .executeTakeFirst();
  return row?.last ?? undefined;
}

export interface Start {
  readonly id: ReconciliationId;
  readonly book: string;
  readonly kind: RunKind;
  readonly businessDate: BusinessDate;
  readonly startedBy: string;
  /** Which process makes it. */
  readonly worker: string | null;
  readonly tolerance: string;
  readonly startedAt: Date;
}

/** Opens the next attempt. One that is still `in_progress` has lost its process, for its lock was free. */
export async function startAttempt(tx: Tx, start: Start): Promise<number> {
  const { book, kind, businessDate } = start;
  await closeAbandoned(tx, kind === 'daily' ? { book, kind, businessDate } : { book, kind }, start.startedAt);
  const { attempt } = await logs(tx)
    .insertInto('reconciliation_logs')
    .values(({ selectFrom, fn, lit }) => ({
      id: start.id,
      book: start.book,
      kind: start.kind,
      business_date: start.businessDate,
      attempt: selectFrom('reconciliation_logs')
        .select(({ eb }) => eb(fn.coalesce(fn.max('attempt'), lit(0)), '+', 1).as('next'))
        .where('book', '=', start.book)
        .where('kind', '=', start.kind)
        .where('business_date', '=', start.businessDate),
      supersedes: null,
      started_by: start.startedBy,
      worker: start.worker,
      status: 'in_progress' as const,
      total_assets_vnd: null,
      total_liabilities_vnd: null,
      difference_vnd: null,
      tolerance_vnd: start.tolerance,
      asset_breakdown: null,
      report: null,
      report_hash: null,
      error_message: null,
      started_at: start.startedAt,
      observed_at: null,
      reconciled_at: null,
    }))
    .returning('attempt')
    .executeTakeFirstOrThrow();
  return attempt;
}

export interface End {
  readonly status: Exclude<Status, 'in_progress'>;
  readonly supersedes: ReconciliationId | null;
  readonly totalAssets: string | null;
  readonly totalLiabilities: string | null;
  readonly difference: string | null;
  readonly assetBreakdown: Json | null;
  readonly report: Json | null;
  readonly reportHash: string | null;
  readonly alertTriggered: boolean;
  readonly errorMessage: string | null;
  readonly observedAt: Date | null;
  readonly reconciledAt: Date;
}

/** @returns undefined where the attempt is no longer open: somebody took it for abandoned */
export async function endAttempt(tx: Tx, id: ReconciliationId, end: End): Promise<ReconciliationRow | undefined> {
  return logs(tx)
    .updateTable('reconciliation_logs')
    .set({
      status: end.status,
      supersedes: end.supersedes,
      total_assets_vnd: end.totalAssets,
      total_liabilities_vnd: end.totalLiabilities,
      difference_vnd: end.difference,
      asset_breakdown: end.assetBreakdown === null ? null : json(end.assetBreakdown),
      report: end.report === null ? null : json(end.report),
      report_hash: end.reportHash,
      alert_triggered: end.alertTriggered,
      error_message: end.errorMessage,
      observed_at: end.observedAt,
      reconciled_at: end.reconciledAt,
    })
    .where('id', '=', id)
    .where('status', '=', 'in_progress')
    .returningAll()
    .executeTakeFirst();
}
