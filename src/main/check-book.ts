/** Runs every line of a book once, against the database that it would be run against. */
import type { Book } from '../features/reconciliation/book.ts';
import { readLines } from '../features/reconciliation/observe.ts';
import { belowZero } from '../features/reconciliation/rules.ts';
import { addDays, businessDateAt } from '../kernel/business-date.ts';
import { type Pair, pair, pairName, samePair } from '../kernel/rate.ts';
import { systemClock } from '../platform/clock/system.ts';
import type { Config } from '../platform/config/config.ts';
import { fileReader } from '../platform/files/reader.ts';
import { createHttpClient } from '../platform/http-client/undici.ts';
import { openDatabase, openPlatformDatabase } from './adapters.ts';

export interface LineProblem {
  readonly line: string;
  readonly problem: string;
}

/**
 * @param served the pairs of which a rate is kept
 * @throws `db.unavailable` (upstream) where the database itself does not answer
 */
export async function checkBook(config: Config, book: Book, served: readonly Pair[]): Promise<readonly LineProblem[]> {
  const { PLATFORM_DATABASE_URL: url, RECONCILIATION_QUERY_TIMEOUT_MS: queryTimeoutMs } = config.values;
  const http = createHttpClient({ clock: systemClock });
  const platform = url === undefined ? await openDatabase(config) : openPlatformDatabase(url);
  try {
    const read = await readLines(
      { platform, book, http, clock: systemClock, files: fileReader, queryTimeoutMs },
      { date: addDays(businessDateAt(systemClock.now(), book.zone), -1), end: undefined },
    );
    const unreadable = [read.lines, read.observed, read.ledger, read.inTransit, read.explainedBy].flatMap((readings) =>
      [...readings].flatMap(([line, reading]) =>
        reading.kind === 'unreadable' ? [{ line, problem: reading.reason }] : [],
      ),
    );
    const negative = book.lines.flatMap(({ id, side }) => {
      const reading = side === 'liability' ? read.lines.get(id) : undefined;
      const problem = reading?.kind === 'read' ? belowZero(reading.amount) : undefined;
      return problem === undefined ? [] : [{ line: id, problem }];
    });
    const accepted = served.map(pairName).join(', ');
    const unvalued = [...book.lines, ...(book.truth?.observed ?? []), ...(book.truth?.inTransit ?? [])].flatMap(
      ({ id, currency }) => {
        const needed = pair(currency.code, book.currency.code);
        if (currency.code === book.currency.code || served.some((each) => samePair(each, needed))) return [];
        const problem = `is in ${currency.code}, and no rate of ${pairName(needed)} is kept; there are ${accepted}`;
        return [{ line: id, problem }];
      },
    );
    return [...unreadable, ...negative, ...unvalued];
  } finally {
    await platform.close();
    await http.close();
  }
}
