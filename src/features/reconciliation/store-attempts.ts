/** The SQL of attempts: which are under way, who works on them, and what time it is for all. */
import { type RawBuilder, sql } from 'kysely';
import type { BusinessDate } from '../../kernel/business-date.ts';
import type { ReconciliationId } from '../../kernel/ids.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';
import type { RunKind } from './kinds.ts';

/** The clock that every process on this database shares, epoch milliseconds. */
export async function databaseTime(db: Sql): Promise<number> {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(db);
  return rows[0]?.now.getTime() ?? Number.NaN;
}

/** When the newest attempt of the book began, of either kind. */
export async function newestAttemptAt(db: Sql, book: string): Promise<Date | undefined> {
  const { rows } = await sql<{ newest: Date | null }>`
    SELECT max(newest) AS newest FROM (
      (SELECT started_at AS newest FROM reconciliation_logs WHERE book = ${book} AND kind = 'daily' ORDER BY started_at DESC LIMIT 1)
      UNION ALL
      (SELECT started_at FROM reconciliation_logs WHERE book = ${book} AND kind = 'intraday' ORDER BY started_at DESC LIMIT 1)
    ) AS each_kind`.execute(db);
  return rows[0]?.newest ?? undefined;
}

/** Longer than any step between two statements of ours; a process that stands still loses its transaction. */
const IDLE_IN_TRANSACTION_MS = 30_000;

/** So that whoever takes an attempt over does not wait for the row locks of a process that stands still. */
export async function boundIdleTime(tx: Tx): Promise<void> {
  await sql`SELECT set_config('idle_in_transaction_session_timeout', ${String(IDLE_IN_TRANSACTION_MS)}, true)`.execute(
    tx,
  );
}

export async function beat(db: Sql | Tx, id: ReconciliationId): Promise<void> {
  await sql`
    INSERT INTO reconciliation_beats (reconciliation_id, beat_at) VALUES (${id}, clock_timestamp())
    ON CONFLICT (reconciliation_id) DO UPDATE SET beat_at = excluded.beat_at`.execute(db);
}

export interface Scope {
  readonly book: string;
  readonly kind: RunKind;
  /** Of one date; absent: of all. */
  readonly businessDate?: BusinessDate;
}

/**
 * Ends what its process left open, as an error, so that it can never become final behind our back. For
 * the holder of the lock alone: whoever ran these attempts has lost it.
 */
export async function closeAbandoned(db: Sql | Tx, { book, kind, businessDate }: Scope, at: Date): Promise<void> {
  const ofDate: RawBuilder<unknown> = businessDate === undefined ? sql`` : sql`AND business_date = ${businessDate}`;
  await sql`
    UPDATE reconciliation_logs
    SET status = 'error', reconciled_at = ${at},
      error_message = 'abandoned: the process that ran this attempt ended before the attempt did, or stood still'
    WHERE book = ${book} AND kind = ${kind} AND status = 'in_progress' ${ofDate}`.execute(db);
}

/** An attempt of a date that kills its process each time is not tried every minute: its slots go on. One that has its report is only closed. */
const QUICK_ATTEMPTS = 5;

/** The dates whose attempt has given no sign of life for `silentMs`, by the database's clock; oldest first. */
export async function silentDates(db: Sql, book: string, silentMs: number): Promise<readonly BusinessDate[]> {
  const { rows } = await sql<{ business_date: BusinessDate }>`
    SELECT DISTINCT log.business_date
    FROM reconciliation_logs AS log LEFT JOIN reconciliation_beats AS sign ON sign.reconciliation_id = log.id
    WHERE log.book = ${book} AND log.kind = 'daily' AND log.status = 'in_progress'
      AND (log.attempt < ${QUICK_ATTEMPTS} OR EXISTS (
        SELECT FROM reconciliation_logs AS final WHERE final.book = log.book AND final.kind = 'daily'
          AND final.business_date = log.business_date AND final.status IN ('balanced', 'surplus', 'deficit')))
      AND (sign.beat_at IS NULL OR sign.beat_at < clock_timestamp() - ${Math.trunc(silentMs)}::integer * interval '1 millisecond')
    ORDER BY log.business_date`.execute(db);
  return rows.map((row) => row.business_date);
}

/** The newest ended intraday run that began at `from` or later. */
export async function intradaySince(db: Sql, book: string, from: Date): Promise<ReconciliationId | undefined> {
  const { rows } = await sql<{ id: ReconciliationId }>`
    SELECT id FROM reconciliation_logs
    WHERE book = ${book} AND kind = 'intraday' AND started_at >= ${from} AND reconciled_at IS NOT NULL
    ORDER BY started_at DESC, id DESC LIMIT 1`.execute(db);
  return rows[0]?.id;
}

/**
 * The first of the unbroken run of intraday reports with this alarm that `id` continues: what was said of
 * the first is not said again of the others. A report is a deficit by its status or by what is observed.
 */
export async function firstOfStreak(
  tx: Tx,
  { id, book, alarm }: { readonly id: ReconciliationId; readonly book: string; readonly alarm: 'deficit' | 'error' },
): Promise<ReconciliationId> {
  const { rows } = await sql<{ id: ReconciliationId }>`
    WITH said AS (
      SELECT started_at, id, CASE WHEN status = 'error' THEN 'error' WHEN status = 'deficit' OR solvent IS FALSE THEN 'deficit' END AS alarm
      FROM reconciliation_logs WHERE book = ${book} AND kind = 'intraday' AND status <> 'in_progress'
    ), other AS (
      SELECT started_at, id FROM said WHERE alarm IS DISTINCT FROM ${alarm} ORDER BY started_at DESC, id DESC LIMIT 1
    )
    SELECT id FROM said
    WHERE alarm = ${alarm} AND NOT EXISTS (SELECT FROM other WHERE (other.started_at, other.id) > (said.started_at, said.id))
    ORDER BY started_at, id LIMIT 1`.execute(tx);
  return rows[0]?.id ?? id;
}
