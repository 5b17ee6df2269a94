/** One side's lines as columns, in the order of their ids, so that what comes out does not depend on what came first. */
import { createHash } from 'node:crypto';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { formatMoney, type Money } from '../../../kernel/money.ts';
import { printable } from '../../../kernel/text.ts';
import type { StatementLine } from '../sources/statement.ts';
import { dateOfDay, dayNumber } from './calendar.ts';
import { type Dictionary, EMPTY } from './dictionary.ts';
import { fold } from './references.ts';

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

const FIRST_SIZE = 1_024;

class Numbers {
  #values = new Int32Array(FIRST_SIZE);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  inOrder(order: Int32Array | undefined): Int32Array {
    const values = this.#values.slice(0, this.#length);
    return order === undefined ? values : order.map((at) => values[at] ?? 0);
  }
}

/** Lines by number, which is their place in the order of their ids. */
export interface Lines {
  readonly side: Side;
  readonly size: number;
  readonly ids: readonly string[];
  readonly days: Int32Array;
  readonly amounts: Int32Array;
  readonly references: Int32Array;
  readonly counterparties: Int32Array;
  readonly batches: Int32Array;
  readonly referenceTexts: readonly string[];
  readonly counterpartyTexts: readonly string[];
  readonly batchTexts: readonly string[];
}

export class LinesBuilder {
  readonly #side: Side;
  readonly #dictionary: Dictionary;
  readonly #days = new Numbers();
  readonly #amounts = new Numbers();
  readonly #references = new Numbers();
  readonly #counterparties = new Numbers();
  readonly #batches = new Numbers();
  readonly #ids: string[] = [];
  readonly #referenceTexts: string[] = [];
  readonly #counterpartyTexts: string[] = [];
  readonly #batchTexts: string[] = [];
  readonly #foldedCounterparties = new Map<string, number>();
  readonly #daysByDate = new Map<string, number>();
  #ascending = true;

  constructor(side: Side, dictionary: Dictionary) {
    this.#side = side;
    this.#dictionary = dictionary;
  }

  /** @throws `matching.line_without_id`, `matching.currency_digits` (invalid) */
  add(line: MatchLine): void {
    const { references, amounts } = this.#dictionary;
    const before = this.#ids.at(-1);
    if (line.id === '') throw withoutId(this.#side, this.#ids.length + 1);
    if (before !== undefined && !(before < line.id)) this.#ascending = false;
    this.#ids.push(line.id);
    this.#days.push(this.#day(line.bookedOn));
    this.#amounts.push(amounts.add(line.amount));
    this.#references.push(references.add(fold(line.reference)));
    this.#counterparties.push(this.#counterparty(line.counterparty));
    const batch = 'batch' in line ? (line.batch ?? '') : '';
    this.#batches.push(batch === '' ? EMPTY : references.add(fold(batch)));
    this.#referenceTexts.push(line.reference);
    this.#counterpartyTexts.push(line.counterparty);
    this.#batchTexts.push(batch);
  }

  /** @throws `matching.line_id_twice` (invalid) */
  build(): Lines {
    const ids = this.#ids;
    const order = this.#ascending ? undefined : orderOf(ids);
    const inOrder = (texts: readonly string[]): readonly string[] =>
      order === undefined ? texts : Array.from(order, (at) => texts[at] ?? '');
    const sorted = inOrder(ids);
    for (let at = 1; at < sorted.length; at += 1) {
      if (sorted[at] === sorted[at - 1]) throw twice(this.#side, sorted[at] ?? '');
    }
    return {
      side: this.#side,
      size: ids.length,
      ids: sorted,
      days: this.#days.inOrder(order),
      amounts: this.#amounts.inOrder(order),
      references: this.#references.inOrder(order),
      counterparties: this.#counterparties.inOrder(order),
      batches: this.#batches.inOrder(order),
      referenceTexts: inOrder(this.#referenceTexts),
      counterpartyTexts: inOrder(this.#counterpartyTexts),
      batchTexts: inOrder(this.#batchTexts),
    };
  }

  #day(date: BusinessDate): number {
    const known = this.#daysByDate.get(date);
    if (known !== undefined) return known;
    const day = dayNumber(date);
    this.#daysByDate.set(date, day);
    return day;
  }

  /** There are few counterparties with many lines each: each name is folded once. */
  #counterparty(text: string): number {
    const known = this.#foldedCounterparties.get(text);
    if (known !== undefined) return known;
    const number = this.#dictionary.counterparties.add(fold(text));
    this.#foldedCounterparties.set(text, number);
    return number;
  }
}

/** By UTF-16 code units, as everywhere: no locale decides. */
function orderOf(ids: readonly string[]): Int32Array {
  const order = ids.map((_, at) => at);
  order.sort((a, b) => {
    const [left = '', right = ''] = [ids[a], ids[b]];
    if (left === right) return 0;
    return left < right ? -1 : 1;
  });
  return Int32Array.from(order);
}

const HASHED_AT_ONCE = 4_096;

/** SHA-256 of the lines in the order of their ids, one JSON array a line: the same lines have the same hash. */
export function hashLines(lines: Lines, dictionary: Dictionary): string {
  const hash = createHash('sha256');
  let text: string[] = [];
  for (let at = 0; at < lines.size; at += 1) {
    text.push(
      JSON.stringify([
        lines.ids[at],
        dateOfDay(lines.days[at] ?? 0),
        formatMoney(moneyOf(lines, dictionary, at)),
        moneyOf(lines, dictionary, at).currency.code,
        lines.referenceTexts[at],
        lines.counterpartyTexts[at],
        lines.batchTexts[at],
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
  const currency = amounts.currencies[amounts.currencyOf[number] ?? 0];
  if (currency === undefined)
    throw new PlumblineError('internal', 'matching.no_currency', `line ${at} has no currency`);
  return { currency, minor: amounts.of(number) };
}

const nameOf: Readonly<Record<Side, string>> = { external: 'statement', ledger: 'ledger' };

const withoutId = (side: Side, place: number): PlumblineError =>
  new PlumblineError(
    'invalid',
    'matching.line_without_id',
    `line ${place} of the ${nameOf[side]} has no id; every line needs one`,
    {
      faults: [{ pointer: `/${side}/${place - 1}/id`, message: 'must not be empty' }],
    },
  );

const twice = (side: Side, id: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'matching.line_id_twice',
    `the ${nameOf[side]} has the line id "${printable(id, 80)}" twice; each line is given once, under an id of its own`,
    { details: { side, id: printable(id, 80) } },
  );
