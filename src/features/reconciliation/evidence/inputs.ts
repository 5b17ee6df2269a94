/**
 * What a report was made from, as JSON and back: the readings, each with where the book says how it was
 * read, and the rates. `makeReport` of the book and what is decoded here gives the report's bytes again.
 */
import { z } from 'zod';
import { parseBusinessDate } from '../../../kernel/business-date.ts';
import type { Json } from '../../../kernel/canonical.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { type Currency, formatMoney, parseMoney } from '../../../kernel/money.ts';
import { printable } from '../../../kernel/text.ts';
import type { Book } from '../book.ts';
import type { Observation, QuoteOutcome } from '../observe.ts';
import { QUOTE, quoteOf, quoteToJson } from '../pinned-quote.ts';
import type { ItemsReading, Reading } from '../ports.ts';
import { JSON_VALUE } from './header.ts';

/** A line of the book, and where in the book's document (RFC 6901) its query or service stands. */
interface Place {
  readonly id: string;
  readonly currency: Currency;
  readonly source: string;
}

interface Places {
  readonly lines: readonly Place[];
  readonly observed: readonly Place[];
  readonly ledger: readonly Place[];
  readonly inTransit: readonly Place[];
  readonly explainedBy: readonly Place[];
}

function placesOf(book: Book): Places {
  const at = (pointer: string) => (line: { readonly id: string; readonly currency: Currency }, index: number) => ({
    ...{ id: line.id, currency: line.currency, source: `${pointer}/${index}` },
  });
  const { observed, inTransit, explainedBy } = book.truth ?? { observed: [], inTransit: [], explainedBy: [] };
  return {
    lines: [
      ...book.lines.filter(({ side }) => side === 'asset').map(at('/assets')),
      ...book.lines.filter(({ side }) => side === 'liability').map(at('/liabilities')),
    ],
    observed: observed.map(at('/observed')),
    ledger: observed.flatMap((line, index) =>
      line.ledger === undefined ? [] : [{ ...at('/observed')(line, index), source: `/observed/${index}/ledger` }],
    ),
    inTransit: inTransit.map(at('/in_transit')),
    explainedBy: explainedBy.map((line, index) => at('/explained_by')({ id: line.id, currency: book.currency }, index)),
  };
}

export function inputsToJson(book: Book, observation: Observation): Json {
  const { asOf, lines, observed, ledger, inTransit, explainedBy } = observation;
  const places = placesOf(book);
  return {
    business_date: observation.businessDate,
    as_of: { basis: asOf.basis, instant: iso(asOf.instant), not_observable_at_cut: asOf.notAtCut },
    observed_at: iso(observation.observedAt),
    snapshot: observation.snapshot,
    database: observation.database,
    // What the queries were given: `:cut` is the end of the business date, or endless time.
    parameters: { search_path: book.schema, cut: asOf.basis === 'cut' ? iso(asOf.instant) : null },
    quotes: [...observation.quotes].map(([base, outcome]) =>
      outcome.kind === 'quote'
        ? { base, quote: quoteToJson(outcome.quote) }
        : { base, none: printable(outcome.reason) },
    ),
    lines: readingsToJson(places.lines, lines),
    observed: readingsToJson(places.observed, observed),
    ledger: readingsToJson(places.ledger, ledger),
    in_transit: places.inTransit.flatMap(({ id, source }) => {
      const reading = inTransit.get(id);
      return reading === undefined ? [] : [{ line: id, source, ...itemsToJson(reading) }];
    }),
    explained_by: readingsToJson(places.explainedBy, explainedBy),
  };
}

const iso = (epochMs: number): string => new Date(epochMs).toISOString();

const readingsToJson = (places: readonly Place[], readings: ReadonlyMap<string, Reading>): readonly Json[] =>
  places.flatMap(({ id, source }): readonly Json[] => {
    const reading = readings.get(id);
    if (reading === undefined) return [];
    if (reading.kind === 'unreadable') return [{ line: id, source, unreadable: printable(reading.reason) }];
    const { amount, evidence, at = null } = reading;
    return [{ line: id, source, amount: formatMoney(amount), currency: amount.currency.code, at, evidence }];
  });

const itemsToJson = (reading: ItemsReading): { readonly [key: string]: Json } =>
  reading.kind === 'unreadable'
    ? { unreadable: printable(reading.reason) }
    : {
        items: reading.items.map(({ id, amount, since }) => ({
          ...{ id, amount: formatMoney(amount), since: iso(since) },
        })),
      };

const INSTANT = z.iso.datetime().transform((text) => Date.parse(text));
const LINE = { line: z.string(), source: z.string() };
const UNREADABLE = z.strictObject({ ...LINE, unreadable: z.string() });
const READING = z.union([
  z.strictObject({
    ...{ ...LINE, amount: z.string(), currency: z.string() },
    ...{ at: z.enum(['cut', 'now']).nullable(), evidence: JSON_VALUE },
  }),
  UNREADABLE,
]);
const ITEMS = z.union([
  z.strictObject({
    ...LINE,
    items: z.array(z.strictObject({ id: z.string(), amount: z.string(), since: INSTANT })),
  }),
  UNREADABLE,
]);

const INPUTS = z.strictObject({
  business_date: z.string().transform(parseBusinessDate),
  as_of: z.strictObject({
    basis: z.enum(['cut', 'snapshot']),
    instant: INSTANT,
    not_observable_at_cut: z.array(z.string()),
  }),
  observed_at: INSTANT,
  snapshot: z.string(),
  database: z.string(),
  parameters: z.strictObject({ search_path: z.string(), cut: z.string().nullable() }),
  quotes: z.array(
    z.union([
      z.strictObject({ base: z.string(), quote: QUOTE }),
      z.strictObject({ base: z.string(), none: z.string() }),
    ]),
  ),
  lines: z.array(READING),
  observed: z.array(READING),
  ledger: z.array(READING),
  in_transit: z.array(ITEMS),
  explained_by: z.array(READING),
});

/**
 * What `inputsToJson` wrote.
 * @throws ZodError; `evidence.input_unknown`, `money.malformed` and its like (invalid)
 */
export function inputsOf(book: Book, json: Json): Observation {
  const inputs = INPUTS.parse(json);
  const places = placesOf(book);
  return {
    businessDate: inputs.business_date,
    asOf: {
      basis: inputs.as_of.basis,
      instant: inputs.as_of.instant,
      notAtCut: inputs.as_of.not_observable_at_cut,
    },
    ...{ observedAt: inputs.observed_at, snapshot: inputs.snapshot, database: inputs.database },
    quotes: new Map(
      inputs.quotes.map((each): readonly [string, QuoteOutcome] =>
        'quote' in each
          ? [each.base, { kind: 'quote', quote: quoteOf(each.quote) }]
          : [each.base, { kind: 'none', reason: each.none }],
      ),
    ),
    lines: readingsOf(places.lines, inputs.lines),
    observed: readingsOf(places.observed, inputs.observed),
    ledger: readingsOf(places.ledger, inputs.ledger),
    inTransit: new Map(
      inputs.in_transit.map((each): readonly [string, ItemsReading] => {
        const { currency } = placeOf(places.inTransit, each);
        if ('unreadable' in each) return [each.line, { kind: 'unreadable', reason: each.unreadable }];
        const items = each.items.map(({ id, amount, since }) => ({ id, amount: parseMoney(currency, amount), since }));
        return [each.line, { kind: 'items', items }];
      }),
    ),
    explainedBy: readingsOf(places.explainedBy, inputs.explained_by),
  };
}

const readingsOf = (
  places: readonly Place[],
  readings: readonly z.output<typeof READING>[],
): ReadonlyMap<string, Reading> =>
  new Map(
    readings.map((each): readonly [string, Reading] => {
      const { currency } = placeOf(places, each);
      if ('unreadable' in each) return [each.line, { kind: 'unreadable', reason: each.unreadable }];
      const { amount, evidence, at } = each;
      const read = { kind: 'read', amount: parseMoney(currency, amount), evidence } as const;
      return [each.line, at === null ? read : { ...read, at }];
    }),
  );

function placeOf(places: readonly Place[], { line }: { readonly line: string }): Place {
  const place = places.find(({ id }) => id === line);
  if (place !== undefined) return place;
  throw new PlumblineError('invalid', 'evidence.input_unknown', `the book has no line "${line}" there`);
}
