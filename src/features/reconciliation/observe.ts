/** Looks at the world once: rates pinned, services asked, then every query in one snapshot. */
import { type BusinessDate, endOfDay } from '../../kernel/business-date.ts';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Pair } from '../../kernel/rate.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { HttpClient } from '../../platform/http-client/port.ts';
import type { Book, LineSource, Readable, SqlSource } from './book.ts';
import { readHttpLine } from './http-line.ts';
import type { ItemsReading, PinnedQuote, RateSource, Reading } from './ports.ts';
import { pairsOf } from './rules.ts';
import { beginSnapshot, readAmounts, readItems, readSnapshot } from './store.ts';
import { hasHistory } from './store-cut.ts';

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

export type QuoteOutcome =
  | { readonly kind: 'quote'; readonly quote: PinnedQuote }
  | { readonly kind: 'none'; readonly reason: string };

/** The instant that the readings speak of. */
export interface AsOf {
  /** The end of the business date, or the snapshot where that has not come, or where not everything can be read as of it. */
  readonly basis: 'cut' | 'snapshot';
  /** Epoch milliseconds. */
  readonly instant: number;
  /** What could only say what stood at the snapshot, though the date was over by then. */
  readonly notAtCut: readonly string[];
}

/** What was read, by the id of its line. */
export interface Readings {
  readonly asOf: AsOf;
  /** Epoch milliseconds of the snapshot. */
  readonly observedAt: number;
  /** How the database names its snapshot. */
  readonly snapshot: string;
  readonly database: string;
  readonly lines: ReadonlyMap<string, Reading>;
  readonly observed: ReadonlyMap<string, Reading>;
  /** What the ledger says of what is observed. */
  readonly ledger: ReadonlyMap<string, Reading>;
  readonly inTransit: ReadonlyMap<string, ItemsReading>;
  readonly explainedBy: ReadonlyMap<string, Reading>;
}

export interface Observation extends Readings {
  readonly businessDate: BusinessDate;
  /** By base currency. */
  readonly quotes: ReadonlyMap<string, QuoteOutcome>;
}

export interface ObserveRequest {
  readonly businessDate: BusinessDate;
  /** Quotes by base currency that an earlier attempt at the same cut was valued at: they are used again. */
  readonly pinned?: ReadonlyMap<string, PinnedQuote>;
  /** Work to be done in the snapshot of the readings. */
  readonly within?: (tx: Tx, asOf: AsOf) => Promise<void>;
}

/** @throws where the platform's database cannot be reached at all */
export async function observe(
  deps: ObserveDeps,
  { businessDate, pinned = new Map(), within }: ObserveRequest,
): Promise<Observation> {
  const fresh = await pinQuotes(deps);
  const end = endOfDay(businessDate, deps.book.zone);
  const readings = await readLines(deps, end <= deps.clock.now() ? end : undefined, within);
  const quotes = new Map(fresh);
  if (readings.asOf.basis === 'cut') for (const [code, quote] of pinned) quotes.set(code, { kind: 'quote', quote });
  return { ...readings, businessDate, quotes };
}

/**
 * The slow services first and apart: no snapshot is held open while somebody else's server thinks.
 * @param end epoch milliseconds of the cut, where it has come
 */
export async function readLines(
  deps: ReadDeps,
  end?: number,
  within: ObserveRequest['within'] = async () => undefined,
): Promise<Readings> {
  const { book, platform, clock, queryTimeoutMs } = deps;
  const { observed, inTransit, explainedBy } = book.truth ?? { observed: [], inTransit: [], explainedBy: [] };
  const ledgers = observed.flatMap(({ ledger, ...line }) =>
    ledger === undefined ? [] : [{ ...line, source: ledger }],
  );
  const explaining = explainedBy.map((line) => ({ ...line, currency: book.currency }));

  const outside = { lines: await readOutside(deps, book.lines), observed: await readOutside(deps, observed) };
  const queries: readonly { readonly id: string; readonly source: LineSource }[] = [
    ...book.lines,
    ...observed,
    ...inTransit,
    ...explaining,
    ...ledgers.map((line) => ({ ...line, id: `${line.id}/ledger` })),
  ];
  const without = queries.filter(({ source }) => !canLookBack(source)).map(({ id }) => id);
  const notAtCut = end === undefined ? [] : [...new Set(without)];
  const cut = end === undefined || notAtCut.length > 0 ? undefined : new Date(end);

  return await platform.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
    const observedAt = clock.now(); // before the snapshot: nothing that happened later is in it
    await beginSnapshot(tx, book.schema, queryTimeoutMs);
    const { snapshot, database } = await readSnapshot(tx);
    const inside = async (lines: readonly Readable[], read: ReadonlyMap<string, Reading> = new Map()) =>
      new Map([...read, ...(await readAmounts(tx, lines.flatMap(asQuery), cut))]);
    const items = new Map<string, ItemsReading>();
    for (const line of inTransit) items.set(line.id, await readItems(tx, line, cut));
    const asOf: AsOf = {
      basis: cut === undefined ? 'snapshot' : 'cut',
      instant: cut?.getTime() ?? observedAt,
      notAtCut,
    };
    const readings = {
      ...{ asOf, observedAt, snapshot, database },
      lines: await inside(book.lines, outside.lines),
      observed: await inside(observed, outside.observed),
      ledger: await inside(ledgers),
      inTransit: items,
      explainedBy: await inside(explaining),
    };
    await within(tx, asOf);
    return readings;
  });
}

const asQuery = ({ id, currency, source }: Readable) => (source.kind === 'sql' ? [{ id, currency, source }] : []);

const canLookBack = (source: LineSource | SqlSource): boolean => source.kind === 'sql' && hasHistory(source.sql);

async function readOutside(
  { http, queryTimeoutMs }: ReadDeps,
  lines: readonly Readable[],
): Promise<ReadonlyMap<string, Reading>> {
  const read = lines.map(async ({ id, currency, source }): Promise<readonly (readonly [string, Reading])[]> => {
    if (source.kind === 'sql') return [];
    return [[id, await readHttpLine(http, { currency }, source, queryTimeoutMs)]];
  });
  return new Map((await Promise.all(read)).flat());
}

async function pinQuotes({ book, rates }: ObserveDeps): Promise<ReadonlyMap<string, QuoteOutcome>> {
  const quotes = new Map<string, QuoteOutcome>();
  for (const pair of pairsOfBook(book)) {
    try {
      quotes.set(pair.base, { kind: 'quote', quote: await rates.getQuote(pair, { purpose: 'reconcile' }) });
    } catch (error) {
      quotes.set(pair.base, { kind: 'none', reason: messageOf(error) });
    }
  }
  return quotes;
}

/** The pairs whose rates the book needs, each once. */
export const pairsOfBook = (book: Book): readonly Pair[] =>
  pairsOf([...book.lines, ...(book.truth?.observed ?? []), ...(book.truth?.inTransit ?? [])], book.currency);
