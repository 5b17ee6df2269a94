/** Who has to hear of breaks: a hole that capital still covers changes no verdict of solvency, and is a hole. */
import type { Json } from '../../../kernel/canonical.ts';
import type { ReportNotice } from '../ports.ts';
import type { ReconciliationRow } from '../store.ts';
import type { BreakNews } from './record.ts';
import type { FoundBreak } from './rules.ts';

/** So many are named one by one; the rest is counted. */
const NAMED = 5;

/**
 * One alert a report, of what nobody knew or was accepted otherwise; undefined where there is no such. What
 * is late alone warns: it is somebody's money on its way, and nothing is gone yet.
 */
export function breaksNotice(
  row: Pick<ReconciliationRow, 'id' | 'book' | 'business_date'>,
  { opened, reopened }: BreakNews,
): ReportNotice | undefined {
  const news = [...opened, ...reopened];
  if (news.length === 0) return undefined;
  const isCritical = news.some(({ kind }) => kind !== 'late');
  const named = news.slice(0, NAMED).map(inWords).join('; ');
  const more = news.length > NAMED ? `; and ${news.length - NAMED} more` : '';
  return {
    key: `reconciliation.breaks/${row.id}`,
    event: 'reconciliation.breaks',
    severity: isCritical ? 'critical' : 'warning',
    message: `${isCritical ? 'CRITICAL: ' : ''}breaks, book ${row.book}, ${row.business_date}: ${named}${more}`,
    payload: {
      reconciliation_id: row.id,
      book: row.book,
      business_date: row.business_date,
      opened: opened.slice(0, 100).map(toJson),
      reopened: reopened.slice(0, 100).map(toJson),
      count: news.length,
    },
  };
}

const inWords = ({ key, amount, currency, account }: FoundBreak): string =>
  `${key} ${amount} ${currency}${account === undefined ? '' : `, account ${account}`}`;

const toJson = ({ key, amount, currency, account }: FoundBreak): Json => ({
  ...{ key, amount, currency },
  account: account ?? null,
});
