/**
 * The instant as of which a query answers. A query that can say what stood at midnight names it `:cut`,
 * usually by taking back what came later: `sum(balance) - (SELECT sum(amount) FROM entries WHERE
 * created_at >= :cut)`. A query that does not can only say what stands now.
 */
import { type RawBuilder, sql } from 'kysely';

/** Not within `::cut`, a cast, nor as the beginning of a longer name. */
const CUT = /(?<![:\w]):cut\b/g;

export const hasHistory = (query: string): boolean => query.search(CUT) >= 0;

/**
 * The query as of an instant: what happened at that instant or later is not in it.
 * @param cut undefined: as of the snapshot that it runs in
 */
export function asOf(query: string, cut: Date | undefined): RawBuilder<unknown> {
  const instant = sql`${cut?.toISOString() ?? 'infinity'}::timestamptz`;
  return sql.join(
    query.split(CUT).map((part) => sql.raw(part)),
    instant,
  );
}
