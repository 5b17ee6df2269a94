/** The SQL of evidence: what final reports were made from, in the chain of their headers. */
import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import type { ReconciliationId } from '../../../kernel/ids.ts';
import type { Sql, Tx } from '../../../platform/db/port.ts';
import type { ReconciliationRow } from '../store.ts';
import { HEADER, type Header } from './header.ts';

type ReconciliationBooks = {
  readonly hash: string;
  readonly document: string;
  readonly first_used_at: Date;
};

type ReconciliationEvidence = {
  readonly report_id: ReconciliationId;
  readonly book: string;
  readonly business_date: BusinessDate;
  readonly seq: number;
  readonly prev: string;
  readonly header: string;
  readonly header_hash: string;
  readonly book_hash: string;
  readonly inputs: string;
  readonly attempts: string;
};

type Tables = {
  reconciliation_books: ReconciliationBooks;
  reconciliation_evidence: ReconciliationEvidence;
  reconciliation_logs: ReconciliationRow;
};

export type EvidenceRow = Selectable<ReconciliationEvidence>;

const evidence = (db: Sql | Tx) => db.$extendTables<Tables>();

export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** The newest header of the book, which stays the newest until the transaction ends: others wait. */
export async function lockHead(tx: Tx, book: string): Promise<Head | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`reconciliation_evidence/${book}`}, 0))`.execute(tx);
  return findHead(tx, book);
}

export async function findHead(db: Sql | Tx, book: string): Promise<Head | undefined> {
  return evidence(db)
    .selectFrom('reconciliation_evidence')
    .select(['seq', 'header_hash as hash'])
    .where('book', '=', book)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The attempts at the report's date that came before it, oldest first. */
export async function listAttemptsBefore(
  tx: Tx,
  { book, business_date, attempt }: ReconciliationRow,
): Promise<readonly ReconciliationRow[]> {
  return evidence(tx)
    .selectFrom('reconciliation_logs')
    .selectAll()
    .where('book', '=', book)
    .where('kind', '=', 'daily')
    .where('business_date', '=', business_date)
    .where('attempt', '<', attempt)
    .orderBy('attempt')
    .execute();
}

export async function insertBook(tx: Tx, book: ReconciliationBooks): Promise<void> {
  await evidence(tx)
    .insertInto('reconciliation_books')
    .values(book)
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute();
}

export async function insertEvidence(tx: Tx, row: EvidenceRow): Promise<void> {
  await evidence(tx).insertInto('reconciliation_evidence').values(row).execute();
}

export async function findBook(db: Sql | Tx, hash: string): Promise<string | undefined> {
  const row = await evidence(db)
    .selectFrom('reconciliation_books')
    .select('document')
    .where('hash', '=', hash)
    .executeTakeFirst();
  return row?.document;
}

/** The headers of the book from a place up to the newest of the transaction's snapshot, in their order. */
export async function listHeaders(db: Sql | Tx, book: string, fromSeq: number): Promise<readonly Header[]> {
  const rows = await evidence(db)
    .selectFrom('reconciliation_evidence')
    .select('header')
    .where('book', '=', book)
    .where('seq', '>=', fromSeq)
    .orderBy('seq')
    .execute();
  return rows.map(({ header }) => HEADER.parse(JSON.parse(header)));
}

/** Place of the first header of a date in the range; undefined where there is none. */
export async function firstSeq(
  db: Sql | Tx,
  book: string,
  { from, to }: { readonly from: BusinessDate; readonly to: BusinessDate },
): Promise<number | undefined> {
  const row = await evidence(db)
    .selectFrom('reconciliation_evidence')
    .select(({ fn }) => fn.min('seq').as('first'))
    .where('book', '=', book)
    .where('business_date', '>=', from)
    .where('business_date', '<=', to)
    .executeTakeFirst();
  return z.int().nullish().parse(row?.first) ?? undefined;
}

export interface KeptReport {
  readonly row: ReconciliationRow;
  readonly inputs: string;
  readonly attempts: string;
}

export async function findKept(db: Sql | Tx, id: ReconciliationId): Promise<KeptReport | undefined> {
  const row = await evidence(db).selectFrom('reconciliation_logs').selectAll().where('id', '=', id).executeTakeFirst();
  const kept = await evidence(db)
    .selectFrom('reconciliation_evidence')
    .select(['inputs', 'attempts'])
    .where('report_id', '=', id)
    .executeTakeFirst();
  return row && kept && { row, ...kept };
}
