/** The SQL of the watch over runs that did not happen. */
import { sql } from 'kysely';
import type { BusinessDate } from '../../kernel/business-date.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';
import type { RunKind } from './kinds.ts';

/** Since when the book is watched: `now` where nobody watched it before. */
export async function watchedSince(db: Sql, book: string, now: Date): Promise<Date> {
  await sql`INSERT INTO reconciliation_watches (book, since) VALUES (${book}, ${now}) ON CONFLICT (book) DO NOTHING`.execute(
    db,
  );
  const { rows } = await sql<{ since: Date }>`SELECT since FROM reconciliation_watches WHERE book = ${book}`.execute(
    db,
  );
  return rows[0]?.since ?? now;
}

/** When the newest intraday run began, however it ended. */
export async function lastIntradayAt(db: Sql, book: string): Promise<Date | undefined> {
  const { rows } = await sql<{ last: Date }>`
    SELECT started_at AS last FROM reconciliation_logs
    WHERE book = ${book} AND kind = 'intraday' ORDER BY started_at DESC, id DESC LIMIT 1`.execute(db);
  return rows[0]?.last;
}

export interface MissingRun {
  readonly kind: RunKind;
  /** daily: the business date; intraday: the instant of the last run before the gap, RFC 3339. */
  readonly subject: string;
}

export async function openMissing(
  db: Sql,
  book: string,
): Promise<readonly (MissingRun & { readonly raisedAt: Date })[]> {
  const { rows } = await sql<{ kind: RunKind; subject: string; raised_at: Date }>`
    SELECT kind, subject, raised_at FROM reconciliation_missing
    WHERE book = ${book} AND resolved_at IS NULL ORDER BY kind, subject`.execute(db);
  return rows.map(({ kind, subject, raised_at }) => ({ kind, subject, raisedAt: raised_at }));
}

/** The daily subjects, open or not, that have been raised since this date. */
export async function raisedDates(db: Sql, book: string, from: BusinessDate): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ subject: string }>`
    SELECT subject FROM reconciliation_missing
    WHERE book = ${book} AND kind = 'daily' AND subject >= ${from}`.execute(db);
  return new Set(rows.map(({ subject }) => subject));
}

/** @returns false where somebody was quicker */
export async function insertMissing(tx: Tx, book: string, { kind, subject }: MissingRun, at: Date): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO reconciliation_missing (book, kind, subject, raised_at) VALUES (${book}, ${kind}, ${subject}, ${at})
    ON CONFLICT (book, kind, subject) DO NOTHING RETURNING subject`.execute(tx);
  return rows.length > 0;
}

/** @returns false where somebody was quicker */
export async function resolveMissing(tx: Tx, book: string, { kind, subject }: MissingRun, at: Date): Promise<boolean> {
  const { rows } = await sql`
    UPDATE reconciliation_missing SET resolved_at = ${at}
    WHERE book = ${book} AND kind = ${kind} AND subject = ${subject} AND resolved_at IS NULL RETURNING subject`.execute(
    tx,
  );
  return rows.length > 0;
}
