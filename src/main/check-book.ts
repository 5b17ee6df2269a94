/** Runs every line of a book once, against the database that it would be run against. */
import type { Book } from '../features/reconciliation/book.ts';
import { readLines } from '../features/reconciliation/observe.ts';
import { systemClock } from '../platform/clock/system.ts';
import type { Config } from '../platform/config/config.ts';
import { createHttpClient } from '../platform/http-client/undici.ts';
import { openDatabase, openPlatformDatabase } from './adapters.ts';

export interface LineProblem {
  readonly line: string;
  readonly problem: string;
}

/** @throws `db.unavailable` (upstream) where the database itself does not answer */
export async function checkBook(config: Config, book: Book): Promise<readonly LineProblem[]> {
  const { PLATFORM_DATABASE_URL: url, RECONCILIATION_QUERY_TIMEOUT_MS: queryTimeoutMs } = config.values;
  const http = createHttpClient({ clock: systemClock });
  const platform = url === undefined ? await openDatabase(config) : await openPlatformDatabase(url);
  try {
    const { readings } = await readLines({ platform, book, http, clock: systemClock, queryTimeoutMs });
    return [...readings].flatMap(([line, reading]) =>
      reading.kind === 'unreadable' ? [{ line, problem: reading.reason }] : [],
    );
  } finally {
    await platform.close();
    await http.close();
  }
}
