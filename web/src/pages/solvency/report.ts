/** A report's parts, out of its JSON: the API leaves its form open, for older reports have an older one. */
import { type Fields, fieldsIn, isFields, listIn, textIn } from '../../json.ts';

export interface Line {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly side: 'asset' | 'liability';
  readonly sign: string;
  readonly amount: string | null;
  readonly currency: string;
  readonly value: string | null;
  readonly rate: string | null;
  readonly quoteId: string | null;
  readonly error: string | null;
  readonly evidence: Fields;
}

export interface Observed {
  readonly id: string;
  readonly title: string;
  readonly currency: string;
  readonly amount: string | null;
  readonly ledger: string | null;
  readonly difference: string | null;
  readonly value: string | null;
}

export interface Explanation {
  readonly id: string;
  readonly title: string;
  readonly value: string | null;
}

export interface ReportParts {
  readonly lines: readonly Line[];
  readonly observed: readonly Observed[];
  readonly explainedBy: readonly Explanation[];
  readonly inTransit: readonly Fields[];
  readonly breaks: readonly Fields[];
  readonly unexplained: string | null;
  readonly net: string | null;
  readonly explanation: readonly string[];
  readonly quotes: readonly Fields[];
  readonly bookHash: string | undefined;
  readonly bookVersion: string | undefined;
  readonly zone: string | undefined;
}

const text = (fields: Fields, name: string): string => textIn(fields, name) ?? '';
const orNull = (fields: unknown, name: string): string | null => textIn(fields, name) ?? null;

export function reportParts(report: Fields): ReportParts {
  const truth = fieldsIn(report, 'truth');
  const book = fieldsIn(report, 'book');
  return {
    lines: listIn(report, 'lines').filter(isFields).map(lineOf),
    observed: listIn(truth, 'observed').filter(isFields).map(observedOf),
    explainedBy: listIn(truth, 'explained_by')
      .filter(isFields)
      .map((each) => ({ id: text(each, 'id'), title: text(each, 'title'), value: orNull(each, 'value_vnd') })),
    inTransit: listIn(truth, 'in_transit').filter(isFields),
    breaks: listIn(truth, 'breaks').filter(isFields),
    unexplained: orNull(truth, 'unexplained_vnd'),
    net: orNull(truth, 'net_vnd'),
    explanation: listIn(report, 'explanation').filter((each) => typeof each === 'string'),
    quotes: listIn(report, 'quotes').filter(isFields),
    bookHash: textIn(book, 'hash'),
    bookVersion: book === undefined ? undefined : String(book.version),
    zone: textIn(report, 'zone'),
  };
}

const lineOf = (fields: Fields): Line => ({
  id: text(fields, 'id'),
  title: text(fields, 'title'),
  note: text(fields, 'note'),
  side: text(fields, 'side') === 'liability' ? 'liability' : 'asset',
  sign: text(fields, 'sign'),
  amount: orNull(fields, 'amount'),
  currency: text(fields, 'currency'),
  value: orNull(fields, 'value_vnd'),
  rate: orNull(fields, 'rate'),
  quoteId: orNull(fields, 'quote_id'),
  error: orNull(fields, 'error'),
  evidence: fieldsIn(fields, 'evidence') ?? {},
});

const observedOf = (fields: Fields): Observed => ({
  id: text(fields, 'id'),
  title: text(fields, 'title'),
  currency: text(fields, 'currency'),
  amount: orNull(fields, 'amount'),
  ledger: orNull(fields, 'ledger_amount'),
  difference: orNull(fields, 'difference'),
  value: orNull(fields, 'value_vnd'),
});
