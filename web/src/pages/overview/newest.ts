/** The newest reports of both kinds: the day's own, and those within the day. */
import { get } from '../../api.ts';
import type { Report } from './standing.ts';

const EACH = 100;

/** Newest attempt first. @throws Problem */
export async function newestReports(signal: AbortSignal): Promise<readonly Report[]> {
  const [daily, intraday] = await Promise.all([
    get('GET /v1/reconciliations', { query: { limit: EACH, kind: 'daily' } }, signal),
    get('GET /v1/reconciliations', { query: { limit: EACH, kind: 'intraday' } }, signal),
  ]);
  return [...daily.data, ...intraday.data].sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
}
