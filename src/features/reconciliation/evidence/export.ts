/** Makes bundles out of what is kept. What no longer holds is not signed. */
import { addDays, type BusinessDate } from '../../../kernel/business-date.ts';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';
import { parseId } from '../../../kernel/ids.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import type { Signer } from '../signing.ts';
import { findFinal } from '../store.ts';
import { BUNDLED, type Bundle, type BundledReport, sealBundle } from './bundle.ts';
import type { Header } from './header.ts';
import { rowToJson } from './row.ts';
import { findBook, findHead, findKept, firstSeq, listHeaders } from './store.ts';
import { type Books, readBooks, verifyReport } from './verify-report.ts';

export interface BundleRange {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  /** Begin and end with the first and the last report in the range, not with the range itself. */
  readonly shrink?: boolean;
}

/** Two years: more is asked for in several bundles, whose chains meet. */
const MOST_DAYS = 732;

export interface BundleDeps {
  readonly db: Db;
  readonly book: string;
  /** Undefined: this process has no key. */
  readonly signer: Signer | undefined;
}

/**
 * All final reports of the range that are in force, and all that verifies them. A date without one is
 * no error here: whoever verifies the bundle is told.
 * @throws `reconciliation.bundle_range` (invalid); `reconciliation.no_report` (missing);
 *   `reconciliation.no_signing_key`, `reconciliation.no_evidence` (conflict);
 *   `reconciliation.evidence_damaged` (integrity)
 */
export async function exportBundle({ db, book, signer }: BundleDeps, range: BundleRange): Promise<Bundle> {
  if (signer === undefined) throw noKey();
  checkRange(range);
  // One snapshot: a report that becomes final meanwhile is in the next bundle.
  return db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
    const first = await firstSeq(tx, book, range);
    const head = await findHead(tx, book);
    if (first === undefined || head === undefined) throw await nothing(tx, book, range);
    const headers = await listHeaders(tx, book, first);
    const replaced = new Set(headers.map(({ supersedes }) => supersedes));
    const chosen = headers
      .filter(({ business_date: date }) => date >= range.from && date <= range.to)
      .filter(({ report_id: id }) => !replaced.has(id))
      .sort((a, b) => (a.business_date < b.business_date ? -1 : 1));
    const start = Math.min(...chosen.map(({ seq }) => seq));
    const taken = new Set(chosen.map(({ seq }) => seq));

    const books = await booksOf(tx, chosen);
    const { books: read, faults } = readBooks(books);
    const [fault] = faults;
    if (fault !== undefined) throw damaged(fault.message);
    const reports: BundledReport[] = [];
    for (const header of chosen) reports.push(await reportOf(tx, header, read));
    const [firstReport, lastReport] = [chosen.at(0), chosen.at(-1)];
    const dates = range.shrink === true ? { from: firstReport?.business_date, to: lastReport?.business_date } : {};
    return sealBundle(
      {
        book,
        from: dates.from ?? range.from,
        to: dates.to ?? range.to,
        head,
        books,
        links: headers.filter(({ seq }) => seq >= start && !taken.has(seq)),
        reports,
      },
      signer,
    );
  });
}

async function booksOf(tx: Tx, headers: readonly Header[]): Promise<Bundle['payload']['books']> {
  const hashes = [...new Set(headers.map(({ book_hash }) => book_hash))];
  const books: Bundle['payload']['books'] = [];
  for (const hash of hashes) {
    const document = await findBook(tx, hash);
    if (document === undefined) throw damaged(`the book ${hash} is not kept`);
    const parsed = BUNDLED.shape.row.parse(JSON.parse(document));
    refuseSecrets(parsed);
    books.push({ hash, document: parsed });
  }
  return books;
}

async function reportOf(tx: Tx, header: Header, books: Books): Promise<BundledReport> {
  const kept = await findKept(tx, parseId('reconciliation', header.report_id));
  if (kept === undefined) throw damaged(`report ${header.report_id} of ${header.business_date} is not kept`);
  let bundled: BundledReport;
  try {
    bundled = BUNDLED.parse({
      header,
      row: rowToJson(kept.row),
      report: kept.row.report,
      inputs: JSON.parse(kept.inputs),
      attempts: JSON.parse(kept.attempts),
    });
  } catch (error) {
    throw damaged(`report ${header.report_id} of ${header.business_date}: ${messageOf(error)}`);
  }
  // What an earlier version of the program made is signed by its hashes alone.
  const [fault] = verifyReport(bundled, books).filter(({ code }) => code !== 'rules');
  if (fault !== undefined) throw damaged(`${header.business_date}: ${fault.message}`);
  return bundled;
}

/** A book is evidence and goes to auditors as it is: a password in an address would go with it. */
function refuseSecrets(document: unknown): void {
  const secret = /"(https?:\/\/)[^"/@\s]+@([^"/?\s]+)/.exec(JSON.stringify(document));
  if (secret === null) return;
  throw new PlumblineError(
    'conflict',
    'reconciliation.bundle_would_tell',
    `the book has a user or password in the address ${secret[1]}...@${secret[2]}, which a bundle would give away; put it into authorization_file`,
  );
}

function checkRange({ from, to }: BundleRange): void {
  const fault =
    from > to
      ? `from ${from} is after to ${to}`
      : addDays(from, MOST_DAYS) <= to
        ? `${from} to ${to} is more than ${MOST_DAYS} days; ask for it in several bundles`
        : undefined;
  if (fault === undefined) return;
  throw new PlumblineError('invalid', 'reconciliation.bundle_range', fault, {
    faults: [{ pointer: '/to', message: fault }],
  });
}

async function nothing(tx: Tx, book: string, { from, to }: BundleRange): Promise<PlumblineError> {
  for (const date of [from, to]) {
    if ((await findFinal(tx, book, date)) === undefined) continue;
    return new PlumblineError(
      'conflict',
      'reconciliation.no_evidence',
      `the final report of ${date} was made before its evidence was kept; make it again: plumbline reconcile run --date ${date} --again`,
    );
  }
  return new PlumblineError(
    'missing',
    'reconciliation.no_report',
    `book ${book} has no final report between ${from} and ${to}; make one with POST /v1/reconciliations`,
  );
}

const noKey = (): PlumblineError =>
  new PlumblineError(
    'conflict',
    'reconciliation.no_signing_key',
    'this process has no key to sign bundles with; set RECONCILIATION_SIGNING_KEY (openssl genpkey -algorithm ed25519)',
  );

const damaged = (message: string): PlumblineError =>
  new PlumblineError('integrity', 'reconciliation.evidence_damaged', `${message}; nothing was signed`);
