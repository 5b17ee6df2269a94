/**
 * One side's lines as columns, in the order in which they came, which is about the other side's as well: what
 * belongs together lies together in memory. What comes out has the order of their ids, whatever came first.
 */
import { createHash } from 'node:crypto';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { formatMoney, type Money } from '../../../kernel/money.ts';
import type { StatementLine } from '../sources/statement.ts';
import { dateOfDay } from './calendar.ts';
import type { Dictionary } from './dictionary.ts';
import type { TextRange } from './text-store.ts';

export type Side = 'external' | 'ledger';

/** A line of the platform's own books. */
export interface LedgerLine {
  readonly id: string;
  readonly bookedOn: BusinessDate;
  /** Above zero: the account received it, as in a statement. */
  readonly amount: Money;
  readonly reference: string;
  readonly counterparty: string;
  /** The batch that it was paid or settled with. */
  readonly batch?: string | undefined;
}

export type MatchLine = StatementLine | LedgerLine;

/** Lines by number, which is the order in which they came. */
export interface Lines {
  readonly side: Side;
  readonly size: number;
  /** Lines in the order of their ids. */
  readonly order: Int32Array;
  /** By line: its place in that order. */
  readonly ranks: Int32Array;
  readonly days: Int32Array;
  readonly amounts: Int32Array;
  readonly references: Int32Array;
  readonly counterparties: Int32Array;
  readonly batches: Int32Array;
  readonly texts: LineTexts;
}

/** A line's texts as they were given. */
export interface LineTexts {
  id(line: number): string;
  reference(line: number): string;
  /** The reference as it stands in the store. */
  referenceRange(line: number): TextRange;
  counterparty(line: number): string;
  batch(line: number): string;
}

const HASHED_AT_ONCE = 4_096;

/** SHA-256 of the lines in the order of their ids, one JSON array a line: the same lines have the same hash. */
export function hashLines(lines: Lines, dictionary: Dictionary): string {
  const hash = createHash('sha256');
  let text: string[] = [];
  for (const at of lines.order) {
    text.push(
      JSON.stringify([
        lines.texts.id(at),
        dateOfDay(lines.days[at] ?? 0),
        formatMoney(moneyOf(lines, dictionary, at)),
        moneyOf(lines, dictionary, at).currency.code,
        lines.texts.reference(at),
        lines.texts.counterparty(at),
        lines.texts.batch(at),
      ]),
      '\n',
    );
    if (text.length >= HASHED_AT_ONCE) {
      hash.update(text.join(''));
      text = [];
    }
  }
  return hash.update(text.join('')).digest('hex');
}

export function moneyOf(lines: Lines, { amounts }: Dictionary, at: number): Money {
  const number = lines.amounts[at] ?? 0;
  const currency = amounts.currencies[amounts.currencyOf(number)];
  if (currency === undefined)
    throw new PlumblineError('internal', 'matching.no_currency', `line ${at} has no currency`);
  return { currency, minor: amounts.of(number) };
}
