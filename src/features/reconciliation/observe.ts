/** Looks at the world once: rates pinned, services asked, then every query in one snapshot. */
import type { BusinessDate } from '../../kernel/business-date.ts';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Db } from '../../platform/db/port.ts';
import type { HttpClient } from '../../platform/http-client/port.ts';
import type { Book } from './book.ts';
import { readHttpLine } from './http-line.ts';
import type { RateSource, Reading } from './ports.ts';
import type { Observation, QuoteOutcome } from './report.ts';
import { pairsOf } from './rules.ts';
import { beginSnapshot, readLine } from './store.ts';

export interface ReadDeps {
  /** Where the book's queries run. Never written to. */
  readonly platform: Db;
  readonly book: Book;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly queryTimeoutMs: number;
}

export interface ObserveDeps extends ReadDeps {
  readonly rates: RateSource;
}

/** @throws where the platform's database cannot be reached at all */
export async function observe(deps: ObserveDeps, businessDate: BusinessDate): Promise<Observation> {
  const quotes = await pinQuotes(deps);
  const { readings, observedAt } = await readLines(deps);
  return { businessDate, observedAt, readings, quotes };
}

/** The slow services first and apart: no snapshot is held open while somebody else's server thinks. */
export async function readLines(
  deps: ReadDeps,
): Promise<{ readonly readings: ReadonlyMap<string, Reading>; readonly observedAt: number }> {
  const { book, platform, http, clock, queryTimeoutMs } = deps;
  const readings = new Map<string, Reading>();
  await Promise.all(
    book.lines.map(async (line) => {
      if (line.source.kind === 'http')
        readings.set(line.id, await readHttpLine(http, line, line.source, queryTimeoutMs));
    }),
  );
  const observedAt = await platform.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
    const snapshotAt = clock.now(); // before it: nothing that happened later is in it
    await beginSnapshot(tx, book.schema, queryTimeoutMs);
    for (const line of book.lines) {
      if (line.source.kind === 'sql') readings.set(line.id, await readLine(tx, line));
    }
    return snapshotAt;
  });
  return { readings, observedAt };
}

async function pinQuotes({ book, rates }: ObserveDeps): Promise<ReadonlyMap<string, QuoteOutcome>> {
  const quotes = new Map<string, QuoteOutcome>();
  for (const pair of pairsOf(book.lines, book.currency)) {
    try {
      quotes.set(pair.base, { kind: 'quote', quote: await rates.getQuote(pair, { purpose: 'reconcile' }) });
    } catch (error) {
      quotes.set(pair.base, { kind: 'none', reason: messageOf(error) });
    }
  }
  return quotes;
}
