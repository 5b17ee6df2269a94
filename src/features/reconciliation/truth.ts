/**
 * The truth beside the specification's verdict: what is observed against what is owed, and whether what
 * is left is what the books say was put in, earned and spent. Pure and exact.
 *
 *     net          = observed assets - liabilities + in transit, item by item
 *     solvent      net at its low >= -tolerance
 *     explained    |net - (capital + revenue - expenses + revaluation)| <= tolerance
 */
import { add, type Currency, formatMoney, type Money, negate, subtract, zero } from '../../kernel/money.ts';
import type { Rate } from '../../kernel/rate.ts';
import { printable } from '../../kernel/text.ts';
import type { Book, ExplainingLine, ObservedLine, TransitLine } from './book.ts';
import type { Observation, QuoteOutcome } from './observe.ts';
import type { Item, Reading } from './ports.ts';
import { signed, valueIn } from './rules.ts';

/** An amount in the book's currency: at what it would surely bring, at the middle, at what it may bring. */
export interface Range {
  readonly low: Money;
  readonly mid: Money;
  readonly high: Money;
}

export interface ObservedAsset {
  readonly line: ObservedLine;
  readonly amount: Money | undefined;
  readonly ledger: Money | undefined;
  /** Observed less ledger, in native units, what is in transit taken in; undefined where the book names no ledger for it. */
  readonly gap: Money | undefined;
  readonly value: Range | undefined;
}

export interface TransitItem {
  readonly line: TransitLine;
  readonly item: Item;
  readonly value: Money;
  /** Older than its line's grace: it is a break, and on the asset side it counts no more. */
  readonly late: boolean;
}

/** What is wrong, one fact each; the key is the same as long as the fact is. */
export interface Break {
  readonly key: string;
  readonly kind: 'native' | 'late' | 'unexplained';
  /** What differs, in its own currency. */
  readonly amount: Money;
  readonly text: string;
}

export type TruthVerdict =
  | {
      readonly kind: 'known';
      readonly net: Range;
      readonly solvent: boolean;
      readonly explainedBy: Money;
      /** Net at the middle, less what explains it. */
      readonly unexplained: Money;
      readonly explained: boolean;
      readonly breaks: readonly Break[];
    }
  | { readonly kind: 'unknown'; readonly reasons: readonly string[] };

export interface TruthOutcome {
  readonly observed: readonly ObservedAsset[];
  readonly inTransit: readonly TransitItem[];
  readonly explaining: readonly { readonly line: ExplainingLine; readonly value: Money | undefined }[];
  readonly verdict: TruthVerdict;
}

/** @param liabilities what is owed in the book's currency; undefined where that is unknown */
export function judgeTruth(
  book: Book,
  observation: Observation,
  liabilities: Money | undefined,
): TruthOutcome | undefined {
  const { truth, currency } = book;
  if (truth === undefined) return undefined;
  const reasons: string[] = [];
  const amountOf = (what: string, reading: Reading | undefined): Money | undefined => {
    if (reading?.kind === 'read') return reading.amount;
    reasons.push(`${what}: ${printable(reading?.reason ?? 'was not read')}`);
    return undefined;
  };
  const quoteOf = (native: Currency, what: string): Quoted | undefined => {
    const found = quoted(currency, native, observation.quotes);
    if (found === undefined) reasons.push(`${what}: no rate for ${native.code}/${currency.code}`);
    return found;
  };

  const inTransit = truth.inTransit.flatMap((line): readonly TransitItem[] => {
    const reading = observation.inTransit.get(line.id);
    const quote = quoteOf(line.currency, line.id);
    if (reading?.kind !== 'items') reasons.push(`${line.id}: ${printable(reading?.reason ?? 'was not read')}`);
    if (reading?.kind !== 'items' || quote === undefined) return [];
    return reading.items.map((item) => ({
      ...{ line, item },
      value: valueIn(item.amount, currency, quote.mid, line.side === 'asset' ? 'owned' : 'owed'),
      late: observation.asOf.instant - item.since > line.graceMinutes * 60_000,
    }));
  });
  const underWay = (of: ObservedLine): readonly TransitItem[] =>
    inTransit.filter(({ line, late }) => line.of === of.id && line.currency.code === of.currency.code && !late);
  const sidedSum = (items: readonly TransitItem[], amountOf: (item: TransitItem) => Money, start: Money): Money =>
    items.reduce((sum, item) => add(sum, item.line.side === 'asset' ? amountOf(item) : negate(amountOf(item))), start);
  const observed = truth.observed.map((line): ObservedAsset => {
    const amount = amountOf(line.id, observation.observed.get(line.id));
    const ledger = line.ledger && amountOf(`${line.id}, ledger`, observation.ledger.get(line.id));
    const quote = quoteOf(line.currency, line.id);
    return {
      ...{ line, amount, ledger },
      gap: amount && ledger && sidedSum(underWay(line), ({ item }) => item.amount, subtract(amount, ledger)),
      value: amount && quote && rangeOf(amount, currency, quote, truth.haircutBps),
    };
  });
  for (const asset of observed) if (isBeyondBelief(asset, book.tolerance)) reasons.push(beyondBelief(asset));
  const explaining = truth.explainedBy.map((line) => {
    const amount = amountOf(line.id, observation.explainedBy.get(line.id));
    if (amount === undefined || line.kind === 'amount') return { line, value: amount && signed(amount, line.sign) };
    const quote = quoteOf(line.currency, line.id);
    const held = observed.filter((asset) => asset.line.currency.code === line.currency.code);
    if (quote === undefined || held.some((asset) => asset.ledger === undefined)) {
      reasons.push(`${line.id}: needs what the ledger says of each observed ${line.currency.code}`);
      return { line, value: undefined };
    }
    // What is there and what is under way, each rounded as it is in the net, less what is missing: so an
    // honest book leaves nothing over, not a hundredth of a dong.
    const worth = held.reduce((sum, { line: of, gap, value }) => {
      if (gap === undefined || value === undefined) return sum; // not read: the verdict is unknown
      const there = sidedSum(underWay(of), (item) => item.value, value.mid);
      return add(sum, subtract(there, valueIn(gap, currency, quote.mid, 'owned')));
    }, zero(currency));
    return { line, value: signed(subtract(worth, amount), line.sign) };
  });
  if (liabilities === undefined) reasons.push('liabilities: unknown');

  return { observed, inTransit, explaining, verdict: verdictOf() };

  /** Whether what is there beyond the ledger accounts for what is unexplained. */
  function foundElsewhere(): boolean {
    const beyond = observed.reduce((sum, { gap, line }) => {
      const quote = quoted(currency, line.currency, observation.quotes);
      return gap === undefined || gap.minor <= 0n ? sum : add(sum, valueIn(gap, currency, quote?.mid, 'owned'));
    }, zero(currency));
    return beyond.minor > book.tolerance.minor;
  }

  function verdictOf(): TruthVerdict {
    if (liabilities === undefined || reasons.length > 0) return { kind: 'unknown', reasons };
    const ranges = observed.flatMap(({ value }) => value ?? []);
    const transit = inTransit
      .filter(({ line, late }) => line.side === 'liability' || !late)
      .reduce((sum, { line, value }) => add(sum, line.side === 'asset' ? value : negate(value)), zero(currency));
    const net = (at: keyof Range): Money =>
      add(
        subtract(
          ranges.reduce((sum, range) => add(sum, range[at]), zero(currency)),
          liabilities,
        ),
        transit,
      );
    const explainedBy = explaining.reduce((sum, { value }) => (value ? add(sum, value) : sum), zero(currency));
    const unexplained = subtract(net('mid'), explainedBy);
    const explained = abs(unexplained) <= book.tolerance.minor;
    if (
      liabilities.minor === 0n &&
      unexplained.minor > book.tolerance.minor &&
      explaining.length > 0 &&
      !foundElsewhere()
    )
      return { kind: 'unknown', reasons: [nothingOwed(unexplained)] };
    const low = net('low');
    return {
      kind: 'known',
      net: { low, mid: net('mid'), high: net('high') },
      solvent: low.minor >= -book.tolerance.minor,
      ...{ explainedBy, unexplained, explained },
      breaks: [
        ...nativeBreaks(book, observed),
        ...lateBreaks(inTransit),
        ...(explained ? [] : [unexplainedBreak(unexplained)]),
      ],
    };
  }
}

const abs = ({ minor }: Money): bigint => (minor < 0n ? -minor : minor);

const TIMES = 1_000n;

/**
 * Base units that are taken for whole ones are a mistake of a thousand times or more. Such an amount is
 * not believed: it would cover any hole. Below a thousand tolerances anybody could send it for a joke.
 */
function isBeyondBelief({ ledger, gap, value }: ObservedAsset, tolerance: Money): boolean {
  if (ledger === undefined || gap === undefined || value === undefined) return false;
  return ledger.minor > 0n && gap.minor >= ledger.minor * (TIMES - 1n) && value.mid.minor > tolerance.minor * TIMES;
}

const beyondBelief = ({ line, amount, ledger }: ObservedAsset): string =>
  `${line.id}: ${amount && formatMoney(amount)} ${line.currency.code} is ${TIMES} times what the ledger says (${ledger && formatMoney(ledger)}) or more; is it in another unit?`;

/** Nobody is owed anything, and yet the books do not say whose it is: the rows of those who are owed are gone. */
const nothingOwed = (unexplained: Money): string =>
  `liabilities: read as zero, while ${formatMoney(unexplained)} ${unexplained.currency.code} is explained by nothing in the books; are the balances gone?`;

interface Quoted {
  readonly bid: Rate | undefined;
  readonly mid: Rate | undefined;
  readonly ask: Rate | undefined;
}

/** The book's own currency needs no rate. */
function quoted(currency: Currency, native: Currency, quotes: ReadonlyMap<string, QuoteOutcome>): Quoted | undefined {
  if (native.code === currency.code) return { bid: undefined, mid: undefined, ask: undefined };
  const outcome = quotes.get(native.code);
  return outcome?.kind === 'quote' ? outcome.quote : undefined;
}

/** Low is the bid less the haircut, high the ask. */
function rangeOf(amount: Money, currency: Currency, { bid, mid, ask }: Quoted, haircutBps: number): Range {
  const value = (rate: Rate | undefined): Money => valueIn(amount, currency, rate, 'owned');
  const cut: Rate | undefined = bid && {
    pair: bid.pair,
    value: { units: bid.value.units * BigInt(10_000 - haircutBps), scale: bid.value.scale + 4 },
  };
  return { low: value(cut), mid: value(mid), high: value(ask) };
}

function nativeBreaks(book: Book, observed: readonly ObservedAsset[]): readonly Break[] {
  return observed.flatMap(({ line, gap, amount, ledger }) => {
    if (gap === undefined || amount === undefined || ledger === undefined) return [];
    if (abs(gap) <= book.nativeTolerance(line.currency).minor) return [];
    const code = line.currency.code;
    const text = `${line.title}: ${formatMoney(amount)} ${code} is there, the ledger says ${formatMoney(ledger)} ${code}`;
    return [{ key: `native/${line.id}`, kind: 'native' as const, amount: gap, text }];
  });
}

const lateBreaks = (items: readonly TransitItem[]): readonly Break[] =>
  items
    .filter(({ late }) => late)
    .map(({ line, item }) => ({
      key: `late/${line.id}/${item.id}`,
      kind: 'late',
      amount: line.side === 'asset' ? item.amount : negate(item.amount),
      text: `${line.title}: ${item.id}, ${formatMoney(item.amount)} ${line.currency.code}, is under way since ${new Date(item.since).toISOString()}, longer than ${line.graceMinutes} minutes`,
    }));

const unexplainedBreak = (amount: Money): Break => ({
  key: 'unexplained',
  kind: 'unexplained',
  amount,
  text: `${formatMoney(amount)} ${amount.currency.code} of what the platform owns above what it owes is explained by nothing in the books`,
});
