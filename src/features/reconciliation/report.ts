/** The report: everything that a reader needs to check the verdict, as it is stored and served. */
import { formatInZone } from '../../kernel/business-date.ts';
import { canonicalJson, type Json } from '../../kernel/canonical.ts';
import { sha256Hex } from '../../kernel/hash.ts';
import { displayMoney, formatMoney, type Money, subtract } from '../../kernel/money.ts';
import { formatRate, pairName, type Rate } from '../../kernel/rate.ts';
import { printable } from '../../kernel/text.ts';
import type { Book, Line } from './book.ts';
import type { Observation, QuoteOutcome } from './observe.ts';
import { quoteToJson } from './pinned-quote.ts';
import type { PinnedQuote, Reading } from './ports.ts';
import {
  amountText,
  belowZero,
  roleOf,
  type SidedValue,
  signed,
  type Valued,
  type Verdict,
  valueIn,
  verdictOf,
} from './rules.ts';
import { judgeTruth, type TruthOutcome } from './truth.ts';
import { explainTruth, truthToJson } from './truth-report.ts';

export interface Report {
  readonly verdict: Verdict;
  readonly body: { readonly [key: string]: Json };
  /** SHA-256 of the body's canonical form. */
  readonly hash: string;
  /** By line id, the signed value or null: the `asset_breakdown` of the specification. */
  readonly assetBreakdown: { readonly [line: string]: string | null };
  readonly truth: TruthOutcome | undefined;
  /** Why there is no verdict, one reason a line. */
  readonly unknown: readonly string[];
}

/** Pure: the same book and observation give the same bytes. */
export function makeReport(book: Book, observation: Observation): Report {
  const lines = book.lines.map((line) => ({ line, ...valueLine(book, line, observation) }));
  const sided: SidedValue[] = lines.map(({ line, valued }) => ({ side: line.side, sign: line.sign, valued }));
  const truth = judgeTruth(book, observation, liabilitiesOf(book, sided));
  const unknown = [
    ...lines.flatMap(({ line, valued }) => (valued.kind === 'unknown' ? [`${line.id}: ${valued.reason}`] : [])),
    ...(truth?.verdict.kind === 'unknown' ? truth.verdict.reasons : []),
  ];
  // What is unknown on either side leaves no verdict at all: nobody is told "balanced" while a wallet cannot be read.
  const verdict: Verdict = unknown.length > 0 ? { kind: 'unknown' } : verdictOf(sided, book.currency, book.tolerance);
  const final = verdict.kind === 'final' ? verdict : undefined;

  const body = {
    book: { name: book.name, version: book.version, hash: book.hash },
    business_date: observation.businessDate,
    zone: book.zone,
    as_of: asOfToJson(book, observation),
    currency: book.currency.code,
    tolerance_vnd: formatMoney(book.tolerance),
    status: final?.status ?? 'error',
    solvent: final?.solvent ?? null,
    total_assets_vnd: amountText(final?.assets),
    total_liabilities_vnd: amountText(final?.liabilities),
    difference_vnd: amountText(final?.difference),
    lines: lines.map(({ line, reading, valued, rate }) => lineToJson(line, reading, valued, rate)),
    quotes: [...observation.quotes.values()].flatMap((outcome) =>
      outcome.kind === 'quote' ? [quoteToJson(outcome.quote)] : [],
    ),
    truth: truth === undefined ? null : truthToJson(book, truth),
    explanation: [
      ...explain(book, verdict, unknown, observation),
      ...explainAsOf(book, observation),
      ...(truth === undefined ? [NO_TRUTH] : explainTruth(book, truth, verdict, sidedById(lines))),
    ],
  };
  const assetBreakdown = Object.fromEntries(
    lines
      .filter(({ line }) => line.side === 'asset')
      .map(({ line, valued }) => [
        line.id,
        valued.kind === 'valued' ? formatMoney(signed(valued.value, line.sign)) : null,
      ]),
  );
  return { verdict, body, hash: sha256Hex(canonicalJson(body)), assetBreakdown, truth, unknown };
}

/** What is owed, where all of it is known. */
function liabilitiesOf(book: Book, lines: readonly SidedValue[]): Money | undefined {
  const owed = verdictOf(
    lines.filter(({ side }) => side === 'liability'),
    book.currency,
    book.tolerance,
  );
  return owed.kind === 'final' ? owed.liabilities : undefined;
}

const sidedById = (lines: readonly ({ readonly line: Line } & ValuedLine)[]): ReadonlyMap<string, Money> =>
  new Map(
    lines.flatMap(({ line, valued }) =>
      line.side === 'asset' && valued.kind === 'valued' ? [[line.id, signed(valued.value, line.sign)]] : [],
    ),
  );

const asOfToJson = (book: Book, { asOf }: Observation): Json => ({
  basis: asOf.basis,
  instant: formatInZone(asOf.instant, book.zone),
  not_observable_at_cut: asOf.notAtCut,
});

function explainAsOf(book: Book, { asOf }: Observation): readonly string[] {
  if (asOf.basis === 'cut') return [`As of ${formatInZone(asOf.instant, book.zone)}, the end of the business date.`];
  if (asOf.notAtCut.length === 0) return [];
  return [
    `As of ${formatInZone(asOf.instant, book.zone)} and not of the end of the business date: not observable at the cut are ${asOf.notAtCut.join(', ')}.`,
  ];
}

const NO_TRUTH =
  'The book names nothing that is observed, so this verdict compares the platform with its own tables alone.';

interface ValuedLine {
  readonly reading: Reading;
  readonly valued: Valued;
  readonly rate: PinnedQuote | undefined;
}

function valueLine(book: Book, line: Line, { lines, quotes }: Observation): ValuedLine {
  const reading = lines.get(line.id) ?? { kind: 'unreadable', reason: 'was not read' };
  const outcome = quotes.get(line.currency.code);
  const rate = outcome?.kind === 'quote' ? outcome.quote : undefined;
  // A reason may quote what somebody else's server said.
  if (reading.kind === 'unreadable')
    return { reading, rate, valued: { kind: 'unknown', reason: printable(reading.reason) } };
  if (line.currency.code !== book.currency.code && rate === undefined) {
    const reason = outcome?.kind === 'none' ? outcome.reason : 'no rate was asked for';
    return {
      reading,
      rate,
      valued: {
        kind: 'unknown',
        reason: `no rate for ${line.currency.code}/${book.currency.code}: ${printable(reason)}`,
      },
    };
  }
  const reason = line.side === 'liability' ? belowZero(reading.amount) : undefined;
  if (reason !== undefined) return { reading, rate, valued: { kind: 'unknown', reason } };
  const value = valueIn(reading.amount, book.currency, rate?.mid, roleOf(line.side, line.sign));
  return { reading, rate, valued: { kind: 'valued', value } };
}

const lineToJson = (line: Line, reading: Reading, valued: Valued, rate: PinnedQuote | undefined): Json => ({
  id: line.id,
  title: line.title,
  note: line.note,
  side: line.side,
  sign: line.sign === 1 ? '+' : '-',
  currency: line.currency.code,
  amount: reading.kind === 'read' ? formatMoney(reading.amount) : null,
  rate: rate === undefined ? null : formatRate(rate.mid),
  quote_id: rate?.quoteId ?? null,
  value_vnd: valued.kind === 'valued' ? formatMoney(signed(valued.value, line.sign)) : null,
  error: valued.kind === 'unknown' ? valued.reason : null,
  evidence: reading.kind === 'read' ? reading.evidence : null,
});

/** What the verdict means, in sentences for people who did not write the book. */
function explain(
  book: Book,
  verdict: Verdict,
  unknown: readonly string[],
  observation: Observation,
): readonly string[] {
  if (verdict.kind === 'unknown') {
    return [
      'There is no verdict: an amount that could not be read is unknown, not zero.',
      ...unknown.map((reason) => `Unknown: ${reason}.`),
    ];
  }
  const amount = (value: Money): string => `${displayMoney(value)} ${book.currency.code}`;
  const { status, difference, assets, liabilities } = verdict;
  const gap = `assets ${amount(assets)} less liabilities ${amount(liabilities)} is ${amount(difference)}`;
  const sentence = {
    balanced: `Balanced: ${gap}, within the tolerance of ${amount(book.tolerance)}.`,
    surplus: `Surplus: ${gap}. The platform can pay what it owes, and this much is its own.`,
    deficit: `Deficit: ${gap}. The platform cannot pay everything that it owes.`,
  }[status];
  return [sentence, ...[...observation.quotes.values()].flatMap((outcome) => explainQuote(book, outcome, observation))];
}

/** How far the verdict hangs on the rate: what one per cent less would take away. */
function explainQuote(book: Book, outcome: QuoteOutcome, { lines }: Observation): readonly string[] {
  if (outcome.kind === 'none') return [];
  const { quote } = outcome;
  let at = { currency: book.currency, minor: 0n };
  let lower = at;
  const onePercentLess: Rate = {
    pair: quote.mid.pair,
    value: { units: quote.mid.value.units * 99n, scale: quote.mid.value.scale + 2 },
  };
  for (const line of book.lines) {
    const reading = lines.get(line.id);
    if (reading?.kind !== 'read' || line.currency.code !== quote.pair.base) continue;
    const direction = roleOf(line.side, line.sign) === 'owned' ? 1n : -1n;
    const worth = (rate: Rate): bigint => direction * valueIn(reading.amount, book.currency, rate, 'owned').minor;
    at = { currency: book.currency, minor: at.minor + worth(quote.mid) };
    lower = { currency: book.currency, minor: lower.minor + worth(onePercentLess) };
  }
  const swing = subtract(at, lower);
  return [
    `${pairName(quote.pair)} is ${formatRate(quote.mid)} (${quote.basis}, ${quote.level}); if it were 1 % lower, the difference would be ${displayMoney(swing)} ${book.currency.code} lower.`,
  ];
}
