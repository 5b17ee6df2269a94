/** One side's lines as columns, in the order of their ids, so that what comes out does not depend on what came first. */
import { createHash } from 'node:crypto';
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { formatMoney, type Money } from '../../../kernel/money.ts';
import { printable } from '../../../kernel/text.ts';
import type { StatementLine } from '../sources/statement.ts';
import { dateOfDay, dayNumber } from './calendar.ts';
import type { Dictionary } from './dictionary.ts';
import { EMPTY, Numbers } from './numbers.ts';
import { fold } from './references.ts';
import { sortedBy } from './sorting.ts';
import { TextStore } from './text-store.ts';

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

/** Lines by number, which is their place in the order of their ids. */
export interface Lines {
  readonly side: Side;
  readonly size: number;
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
  counterparty(line: number): string;
  batch(line: number): string;
}

/** A line's texts stand one after the other in one store. */
const TEXTS_OF_A_LINE = 3;
const [ID, REFERENCE, BATCH] = [0, 1, 2];

export class LinesBuilder {
  readonly #side: Side;
  readonly #dictionary: Dictionary;
  readonly #days = new Numbers();
  readonly #amounts = new Numbers();
  readonly #references = new Numbers();
  readonly #counterparties = new Numbers();
  readonly #batches = new Numbers();
  readonly #names = new Numbers();
  readonly #texts = new TextStore();
  /** By the number of a name. */
  readonly #counterpartyOf: number[] = [];
  readonly #daysByDate = new Map<string, number>();
  #size = 0;
  #ascending = true;

  constructor(side: Side, dictionary: Dictionary) {
    this.#side = side;
    this.#dictionary = dictionary;
  }

  /** @throws `matching.line_without_id`, `matching.currency_digits` (invalid) */
  add(line: MatchLine): void {
    const { references, amounts } = this.#dictionary;
    if (line.id === '') throw withoutId(this.#side, this.#size + 1);
    const id = this.#texts.push(line.id);
    if (this.#size > 0 && this.#texts.compare(id - TEXTS_OF_A_LINE, id) >= 0) this.#ascending = false;
    this.#size += 1;
    this.#texts.push(line.reference);
    this.#days.push(this.#day(line.bookedOn));
    this.#amounts.push(amounts.add(line.amount));
    this.#references.push(references.add(fold(line.reference)));
    const [counterparty, name] = this.#counterparty(line.counterparty);
    this.#counterparties.push(counterparty);
    this.#names.push(name);
    const batch = 'batch' in line ? (line.batch ?? '') : '';
    this.#batches.push(batch === '' ? EMPTY : references.add(fold(batch)));
    this.#texts.push(batch);
  }

  /** @throws `matching.line_id_twice` (invalid) */
  build(): Lines {
    const texts = this.#texts;
    const textOf = (line: number, which: number): number => TEXTS_OF_A_LINE * line + which;
    const order = this.#ascending ? undefined : orderOf(texts, this.#size);
    const given = (line: number): number => order?.[line] ?? line;
    for (let line = 1; line < this.#size; line += 1) {
      const [before, id] = [textOf(given(line - 1), ID), textOf(given(line), ID)];
      if (order !== undefined && texts.compare(before, id) === 0) throw twice(this.#side, texts.at(id));
    }
    const names = this.#names.inOrder(order);
    return {
      side: this.#side,
      size: this.#size,
      days: this.#days.inOrder(order),
      amounts: this.#amounts.inOrder(order),
      references: this.#references.inOrder(order),
      counterparties: this.#counterparties.inOrder(order),
      batches: this.#batches.inOrder(order),
      texts: {
        id: (line) => texts.at(textOf(given(line), ID)),
        reference: (line) => texts.at(textOf(given(line), REFERENCE)),
        counterparty: (line) => this.#dictionary.names.textOf(names[line] ?? EMPTY),
        batch: (line) => texts.at(textOf(given(line), BATCH)),
      },
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
  #counterparty(text: string): readonly [number, number] {
    const { counterparties, names } = this.#dictionary;
    const name = names.add(text);
    if (name === EMPTY) return [EMPTY, EMPTY];
    const counterparty = this.#counterpartyOf[name] ?? counterparties.add(fold(text));
    this.#counterpartyOf[name] = counterparty;
    return [counterparty, name];
  }
}

/**
 * By the six bytes after what all ids begin with, in three linear passes, and by the whole id where those
 * are equal: comparing a million ids with each other costs twenty times as much.
 */
function orderOf(texts: TextStore, size: number): Int32Array {
  let common = texts.lengthOf(ID);
  for (let line = 1; line < size; line += 1) common = texts.commonPrefix(ID, TEXTS_OF_A_LINE * line + ID, common);
  const keys = [0, 2, 4].map((at) =>
    Uint16Array.from({ length: size }, (_, line) => texts.pairAt(TEXTS_OF_A_LINE * line + ID, common + at)),
  );
  let order = Int32Array.from({ length: size }, (_, line) => line);
  for (const key of keys.toReversed()) order = sortedBy(order, (line) => key[line] ?? 0, 1 << 16);
  const same = (a: number, b: number): boolean => keys.every((key) => key[a] === key[b]);
  for (let from = 0; from < size; ) {
    let to = from + 1;
    while (to < size && same(order[from] ?? 0, order[to] ?? 0)) to += 1;
    if (to > from + 1) {
      order.subarray(from, to).sort((a, b) => texts.compare(TEXTS_OF_A_LINE * a + ID, TEXTS_OF_A_LINE * b + ID));
    }
    from = to;
  }
  return order;
}

const HASHED_AT_ONCE = 4_096;

/** SHA-256 of the lines in the order of their ids, one JSON array a line: the same lines have the same hash. */
export function hashLines(lines: Lines, dictionary: Dictionary): string {
  const hash = createHash('sha256');
  let text: string[] = [];
  for (let at = 0; at < lines.size; at += 1) {
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
