/** Looks at the world once: rates pinned, services asked, then every query in one snapshot. */
import { type BusinessDate, endOfDay } from '../../kernel/business-date.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Pair } from '../../kernel/rate.ts';
import type { Db, Tx } from '../../platform/db/port.ts';
import type { Book, LineSource, Readable } from './book.ts';
import { type OutsideDeps, readOutside } from './outside.ts';
import type { AsOf, ItemsReading, PinnedQuote, RateSource, Reading } from './ports.ts';
import { pairsOf } from './rules.ts';
import { beginSnapshot, readAmounts, readItems, readSnapshot } from './store.ts';
import { hasHistory } from './store-cut.ts';

export interface ReadDeps extends OutsideDeps {
  /** Where the book's queries run. Never written to. */
  readonly platform: Db;
  readonly book: Book;
}

export interface ObserveDeps extends ReadDeps {
  readonly rates: RateSource;
}

export type QuoteOutcome =
  | { readonly kind: 'quote'; readonly quote: PinnedQuote }
  | { readonly kind: 'none'; readonly reason: string };

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
  const readings = await readLines(
    deps,
    { date: businessDate, end: end <= deps.clock.now() ? end : undefined },
    within,
  );
  const quotes = new Map(fresh);
  if (readings.asOf.basis === 'cut') for (const [code, quote] of pinned) quotes.set(code, { kind: 'quote', quote });
  return { ...readings, businessDate, quotes };
}

/**
 * The slow services first and apart: no snapshot is held open while somebody else's server thinks.
 * @param day the business date, and where it is over its end, epoch milliseconds
 */
export async function readLines(
  deps: ReadDeps,
  day: { readonly date: BusinessDate; readonly end: number | undefined },
  within: ObserveRequest['within'] = async () => undefined,
): Promise<Readings> {
  const { book, platform, clock, queryTimeoutMs } = deps;
  const { observed, inTransit, explainedBy } = book.truth ?? { observed: [], inTransit: [], explainedBy: [] };
  const ledgers = observed.flatMap(({ ledger, ...line }) =>
    ledger === undefined ? [] : [{ ...line, source: ledger }],
  );
  const explaining = explainedBy.map((line) => ({ ...line, currency: book.currency }));

  const queries: readonly { readonly id: string; readonly source: LineSource }[] = [
    ...book.lines,
    ...observed,
    ...inTransit,
    ...explaining,
    ...ledgers.map((line) => ({ ...line, id: `${line.id}/ledger` })),
  ];
  const look = async (cut: Date | undefined) => {
    const at = { date: day.date, zone: book.zone, cut };
    const [forLines, forObserved] = await Promise.all([
      readOutside(deps, book.lines, at),
      readOutside(deps, observed, at),
    ]);
    return { lines: forLines, observed: forObserved };
  };
  const end = day.end === undefined ? undefined : new Date(day.end);
  let outside = await look(end);
  const notAtCut =
    end === undefined ? [] : [...new Set([...queries.filter(cannotLookBack).map(({ id }) => id), ...saidNow(outside)])];
  const cut = notAtCut.length > 0 ? undefined : end;
  // Figures of midnight and figures of now do not add up: where one is of now, all are.
  if (cut !== end) outside = await look(undefined);

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

const cannotLookBack = ({ source }: { readonly source: LineSource }): boolean =>
  source.kind === 'http' || (source.kind === 'sql' && !hasHistory(source.sql));

/** Those outside that answered, and not as of the cut. */
const saidNow = (outside: Readonly<Record<string, ReadonlyMap<string, Reading>>>): readonly string[] =>
  Object.values(outside).flatMap((readings) =>
    [...readings].flatMap(([id, reading]) => (reading.kind === 'read' && reading.at !== 'cut' ? [id] : [])),
  );

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
