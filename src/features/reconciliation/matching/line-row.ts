/** One line as files and requests write it, read exactly: an amount is decimal text, a day is a date or an instant. */
import { type BusinessDate, businessDateAt, parseBusinessDate } from '../../../kernel/business-date.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { type Currency, type Money, parseMoney } from '../../../kernel/money.ts';
import { printable } from '../../../kernel/text.ts';
import type { StatementLine } from '../sources/statement.ts';
import type { LedgerLine } from './lines.ts';
import type { Policy } from './policy.ts';

/** The names of the fields, in files and in queries. */
export const FIELDS = ['id', 'booked_on', 'amount', 'currency', 'reference', 'counterparty', 'batch'] as const;
/** Those without which there is no line. */
export const NEEDED = ['id', 'booked_on', 'amount', 'currency'] as const;

export interface LineRow {
  readonly id?: unknown;
  /** A date, `2026-11-25`, or an instant with its offset, which falls on a date in the policy's zone. */
  readonly booked_on?: unknown;
  readonly amount?: unknown;
  readonly currency?: unknown;
  readonly reference?: unknown;
  readonly counterparty?: unknown;
  readonly batch?: unknown;
}

const FORM_OF_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
/** Offsets of zones change at a quarter of an hour, so all instants of one quarter have one date. */
const QUARTER_MS = 900_000;

/** Remembers what it read before: there are few days and currencies in many lines. */
export class RowReader {
  readonly #policy: Policy;
  readonly #dates = new Map<string, BusinessDate>();
  readonly #quarters = new Map<number, BusinessDate>();
  readonly #currencies = new Map<string, Currency>();

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /**
   * @param place where the row stands, for messages: `statement.csv line 7`
   * @throws `matching.line_malformed` (invalid) with place, field and value
   */
  read(row: LineRow, place: () => string): StatementLine & LedgerLine {
    const id = textOf(row, 'id', place);
    if (id === '') throw malformed(place(), 'id', '', 'every line needs an id of its own');
    return {
      id,
      bookedOn: this.date(textOf(row, 'booked_on', place), place),
      amount: this.amount(textOf(row, 'amount', place), textOf(row, 'currency', place), place),
      reference: textOf(row, 'reference', place),
      counterparty: textOf(row, 'counterparty', place),
      batch: textOf(row, 'batch', place),
    };
  }

  /** @throws `matching.line_malformed` (invalid) */
  date(text: string, place: () => string): BusinessDate {
    const known = this.#dates.get(text);
    if (known !== undefined) return known;
    if (FORM_OF_INSTANT.test(text)) {
      const at = Date.parse(text);
      if (Number.isNaN(at)) throw malformed(place(), 'booked_on', text, 'there is no such instant');
      const quarter = Math.floor(at / QUARTER_MS);
      const date = this.#quarters.get(quarter) ?? businessDateAt(at, this.#policy.zone);
      this.#quarters.set(quarter, date);
      return date;
    }
    try {
      const date = parseBusinessDate(text);
      this.#dates.set(text, date);
      return date;
    } catch {
      throw malformed(place(), 'booked_on', text, 'write a date such as 2026-11-25, or an instant with its offset');
    }
  }

  /** @throws `matching.line_malformed` (invalid) */
  amount(text: string, code: string, place: () => string): Money {
    try {
      const currency = this.#currencies.get(code) ?? this.#policy.currencies.get(code);
      this.#currencies.set(code, currency);
      return parseMoney(currency, text);
    } catch (error) {
      if (!(error instanceof PlumblineError)) throw error;
      const field = error.code.startsWith('currency.') ? 'currency' : 'amount';
      throw malformed(place(), field, field === 'amount' ? text : code, error.message);
    }
  }
}

/** What is absent or null is empty; a number is refused, for what wrote it may have lost digits. */
function textOf(row: LineRow, field: keyof LineRow, place: () => string): string {
  const value = row[field];
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  throw malformed(place(), field, JSON.stringify(value), 'write it as text, in quotes');
}

export const malformed = (place: string, field: string, value: string, remedy: string): PlumblineError =>
  new PlumblineError('invalid', 'matching.line_malformed', `${place}: ${field} "${printable(value, 80)}": ${remedy}`, {
    details: { place, field, value: printable(value, 80) },
    faults: [{ pointer: `/${field}`, message: remedy }],
  });
