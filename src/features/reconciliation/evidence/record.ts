/** Keeps what a final report was made from, in the transaction that makes it final. */
import { canonicalJson } from '../../../kernel/canonical.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { Tx } from '../../../platform/db/port.ts';
import type { Book } from '../book.ts';
import type { Observation } from '../observe.ts';
import type { ReconciliationRow } from '../store.ts';
import { GENESIS, HEADER, type Header, hashOf, RULES } from './header.ts';
import { inputsToJson } from './inputs.ts';
import { attemptToJson, rowToJson } from './row.ts';
import { type Head, insertBook, insertEvidence, listAttemptsBefore, lockHead } from './store.ts';

/** Only final reports are evidence: an attempt without a verdict says nothing that could be proved. */
export async function recordEvidence(
  tx: Tx,
  row: ReconciliationRow,
  book: Book,
  observation: Observation,
): Promise<void> {
  if (row.status === 'error' || row.status === 'in_progress') return;
  const inputs = canonicalJson(inputsToJson(book, observation));
  const attempts = canonicalJson((await listAttemptsBefore(tx, row)).map(attemptToJson));
  await insertBook(tx, { hash: book.hash, document: book.document, first_used_at: row.started_at });
  const header = headerOf({ row, book, inputs, attempts, head: await lockHead(tx, book.name) });
  const text = canonicalJson(header);
  await insertEvidence(tx, {
    ...{ report_id: row.id, book: row.book, business_date: row.business_date, seq: header.seq, prev: header.prev },
    ...{ header: text, header_hash: sha256Hex(text), book_hash: book.hash, inputs, attempts },
  });
}

export interface Evidence {
  readonly row: ReconciliationRow;
  readonly book: Book;
  /** Canonical JSON. */
  readonly inputs: string;
  readonly attempts: string;
  /** The newest header before. */
  readonly head: Head | undefined;
}

/** Pure. @throws ZodError where the row is of no final report */
export const headerOf = ({ row, book, inputs, attempts, head }: Evidence): Header =>
  HEADER.parse({
    format: 'plumbline-reconciliation/1',
    rules: RULES,
    book: book.name,
    book_hash: book.hash,
    seq: head === undefined ? 0 : head.seq + 1,
    prev: head?.hash ?? GENESIS,
    ...{ report_id: row.id, business_date: row.business_date, attempt: row.attempt, supersedes: row.supersedes },
    ...{ status: row.status, report_hash: row.report_hash },
    row_hash: hashOf(rowToJson(row)),
    inputs_hash: sha256Hex(inputs),
    attempts_hash: sha256Hex(attempts),
  });
