/** A report in one line, for a log, a page or a phone. */
import type { Book } from './book.ts';
import type { ReconciliationRow } from './store.ts';

export function headline(
  { currency }: Pick<Book, 'currency'>,
  { book, kind, business_date, status, difference_vnd, error_message, ...row }: ReconciliationRow,
): string {
  const of = `book ${book}, ${business_date}${kind === 'daily' ? '' : ', intraday'}`;
  if (status === 'error') return `reconciliation of ${of} has no verdict: ${error_message}`;
  const difference = `assets less liabilities is ${difference_vnd} ${currency.code}`;
  if (status !== 'deficit' && row.solvent === false) {
    return `CRITICAL: not solvent, ${of}: observed assets less liabilities is ${row.net_low_vnd} ${currency.code}, though the formula says ${status}`;
  }
  return status === 'deficit' ? `CRITICAL: deficit, ${of}: ${difference}` : `${status}, ${of}: ${difference}`;
}
