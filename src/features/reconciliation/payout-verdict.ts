/** What a report means for payouts. */
import type { Book } from './book.ts';
import { headline } from './headline.ts';
import type { PayoutVerdict } from './ports.ts';
import type { ReconciliationRow } from './store.ts';

export function payoutVerdict(book: Pick<Book, 'currency'>, row: ReconciliationRow): PayoutVerdict {
  const about = { reportId: row.id, book: row.book, reason: headline(book, row) };
  if (row.difference_vnd === null || row.observed_at === null) return { ...about, outcome: 'error' };
  return {
    ...about,
    outcome: row.status === 'deficit' || row.solvent === false ? 'deficit' : 'solvent',
    asOf: row.as_of ?? row.observed_at,
    observedAt: row.observed_at,
    difference:
      row.status !== 'deficit' && row.solvent === false ? (row.net_low_vnd ?? row.difference_vnd) : row.difference_vnd,
    tolerance: row.tolerance_vnd,
  };
}
