/** All the SQL of reconciliation. */
import { type Generated, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { BusinessDate } from '../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { ReconciliationId } from '../../kernel/ids.ts';
import type { Currency } from '../../kernel/money.ts';
import { sqlState } from '../../platform/db/errors.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';
import type { SqlSource } from './book.ts';
import type { RunKind } from './kinds.ts';
import { ITEM_ROW, judgeFailure, judgeItems, judgeRows, LINE_ROW, type LineRow } from './line-query.ts';
import type { AsOf, ItemsReading, Reading, Unreadable } from './ports.ts';
import type { Status } from './rules.ts';
import { closeAbandoned } from './store-attempts.ts';
import { asOf, hasHistory } from './store-cut.ts';

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
  readonly solvent: boolean | null;
  readonly explained: boolean | null;
  readonly net_low_vnd: string | null;
  readonly net_high_vnd: string | null;
  readonly unexplained_vnd: string | null;
  readonly as_of: Date | null;
  readonly as_of_basis: 'cut' | 'snapshot' | null;
  readonly snapshot: string | null;
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

/** What is read: an amount in one column of a query's row. */
interface Query {
  readonly id: string;
  readonly currency: Currency;
  readonly source: SqlSource;
}

/**
 * Runs each query once, inside a sub-select, so that it can only be one query, with a bound parameter, so
 * that the protocol refuses a second statement, and for two rows at the most. A failure is undone to the
 * savepoint: the other queries still read from the same snapshot.
 * @param cut the instant as of which they answer; undefined: the snapshot's
 */
export async function readAmounts(
  tx: Tx,
  queries: readonly Query[],
  cut: Date | undefined,
): Promise<ReadonlyMap<string, Reading>> {
  const readings = new Map<string, Reading>();
  for (const [text, group] of Map.groupBy(queries, ({ source }) => source.sql)) {
    const columns = [...new Set(group.map(({ source }) => source.column))];
    const rows = await guarded(tx, text, async () => ({
      kind: 'rows' as const,
      rows: await readRows(tx, text, columns, cut),
    }));
    const at = cut !== undefined && hasHistory(text) ? { at: 'cut' as const } : {};
    for (const query of group) {
      const reading =
        rows.kind === 'unreadable' ? rows : judgeRows(query, query.source.column, rows.rows, new Set(columns));
      readings.set(query.id, reading.kind === 'read' ? { ...reading, ...at } : reading);
    }
  }
  return readings;
}

async function readRows(
  tx: Tx,
  text: string,
  columns: readonly string[],
  cut: Date | undefined,
): Promise<readonly LineRow[]> {
  const type = (column: string) => sql`${sql.lit(column)}, pg_typeof(${sql.ref(`line.${column}`)})::text`;
  const { rows } = await sql`
    SELECT (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each_text(to_jsonb(line)) AS e) AS "values",
      jsonb_build_object(${sql.join(columns.map(type))}) AS types
    FROM (${queryOf(text, cut)}) AS line
    LIMIT ${2}::int`.execute(tx);
  return z.array(LINE_ROW).parse(rows);
}

/** The items of a line, one row each: id, amount, since. Run as `readAmounts` does. */
export async function readItems(tx: Tx, query: Omit<Query, 'id'>, cut: Date | undefined): Promise<ItemsReading> {
  return await guarded(tx, query.source.sql, async () => {
    const { rows } = await sql`
      SELECT item.id::text AS id, item.amount::text AS amount, pg_typeof(item.amount)::text AS type, item.since::timestamptz AS since
      FROM (${queryOf(query.source.sql, cut)}) AS item
      ORDER BY item.since, item.id::text COLLATE "C"
      LIMIT ${MOST_ITEMS + 1}::int`.execute(tx);
    return judgeItems(query, z.array(ITEM_ROW).parse(rows), MOST_ITEMS);
  });
}

/** A report that lists more open items than this would help nobody: something is wrong with the query. */
const MOST_ITEMS = 100_000;

/** The book's query as a sub-select takes it. */
export const queryOf = (text: string, cut: Date | undefined) =>
  sql`${sql.raw('\n')}${asOf(text.trim().replace(/;\s*$/, ''), cut)}${sql.raw('\n')}`;

async function guarded<T>(tx: Tx, text: string, work: () => Promise<T>): Promise<T | Unreadable> {
  await sql`SAVEPOINT line`.execute(tx);
  try {
    const answer = await work();
    await sql`RELEASE SAVEPOINT line`.execute(tx);
    return answer;
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT line`.execute(tx);
    return judgeFailure(text, sqlState(error), messageOf(error));
  }
}

/** `xmin:xmax:xip`, by which the database names the snapshot, and where its log of writes stood. */
export async function readSnapshot(tx: Tx): Promise<{ readonly snapshot: string; readonly database: string }> {
  const { rows } = await sql<{ snapshot: string; database: string }>`
    SELECT pg_current_snapshot()::text AS snapshot, version() AS database`.execute(tx);
  return rows[0] ?? { snapshot: '', database: '' };
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
      ...{ solvent: null, explained: null, net_low_vnd: null, net_high_vnd: null, unexplained_vnd: null },
      ...{ as_of: null, as_of_basis: null, snapshot: null },
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
  readonly truth: {
    readonly solvent: boolean | null;
    readonly explained: boolean | null;
    readonly netLow: string | null;
    readonly netHigh: string | null;
    readonly unexplained: string | null;
  };
  readonly observation: {
    readonly asOf: AsOf;
    /** Epoch milliseconds. */
    readonly observedAt: number;
    readonly snapshot: string;
  } | null;
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
      solvent: end.truth.solvent,
      explained: end.truth.explained,
      net_low_vnd: end.truth.netLow,
      net_high_vnd: end.truth.netHigh,
      unexplained_vnd: end.truth.unexplained,
      as_of: end.observation && new Date(end.observation.asOf.instant),
      as_of_basis: end.observation?.asOf.basis ?? null,
      snapshot: end.observation?.snapshot ?? null,
      observed_at: end.observation && new Date(end.observation.observedAt),
      reconciled_at: end.reconciledAt,
    })
    .where('id', '=', id)
    .where('status', '=', 'in_progress')
    .returningAll()
    .executeTakeFirst();
}
