/** One side's lines as they come, one by one, put down as columns. */
import type { BusinessDate } from '../../../kernel/business-date.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { printable } from '../../../kernel/text.ts';
import { dateOfDay, dayNumber } from './calendar.ts';
import type { Dictionary } from './dictionary.ts';
import { orderById } from './line-order.ts';
import type { Lines, MatchLine, Side } from './lines.ts';
import { EMPTY, Numbers } from './numbers.ts';
import { Folded } from './references.ts';
import { TextStore } from './text-store.ts';

/** The first and the last day that the lines may be of. */
export interface Days {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
}

/** A line's texts as UTF-8: text n is from `starts[n]` to `ends[n]`. */
export interface Cells {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Which cell is which text; -1 where there is none, which is an empty one. */
export interface TextCells {
  readonly id: number;
  readonly reference: number;
  readonly counterparty: number;
  readonly batch: number;
}

/** What a line says besides its texts. */
export interface LineNumbers {
  /** Since 1970. */
  readonly day: number;
  /** Of the dictionary. */
  readonly amount: number;
  /** Where the line stands in what it was read from, for messages; from 1. */
  readonly place: number;
}

/** A line's texts stand one after the other in one store. */
const TEXTS_OF_A_LINE = 3;
const [ID, REFERENCE, BATCH] = [0, 1, 2];
const GIVEN: TextCells = { id: 0, reference: 1, counterparty: 2, batch: 3 };
const FIRST_BYTES = 1_024;
const BYTES_A_LETTER = 3;

/** What has lines, and puts them down one after the other. */
export interface LineReader {
  readInto(lines: LinesBuilder): Promise<void>;
}

export class LinesBuilder {
  readonly #side: Side;
  readonly dictionary: Dictionary;
  readonly #days = new Numbers();
  readonly #amounts = new Numbers();
  readonly #references = new Numbers();
  readonly #counterparties = new Numbers();
  readonly #batches = new Numbers();
  readonly #names = new Numbers();
  readonly #places = new Numbers();
  readonly #texts = new TextStore();
  readonly #folded = new Folded();
  readonly #firstDay: number;
  readonly #lastDay: number;
  /** By the number of a name. */
  readonly #counterpartyOf: number[] = [];
  readonly #daysByDate = new Map<string, number>();
  #given = { bytes: Buffer.allocUnsafe(FIRST_BYTES), starts: new Int32Array(4), ends: new Int32Array(4) };
  #size = 0;
  #ascending = true;

  /** @param days where the lines are of certain days alone */
  constructor(side: Side, dictionary: Dictionary, days?: Days) {
    this.#side = side;
    this.dictionary = dictionary;
    this.#firstDay = days === undefined ? Number.NEGATIVE_INFINITY : dayNumber(days.from);
    this.#lastDay = days === undefined ? Number.POSITIVE_INFINITY : dayNumber(days.to);
  }

  /** @throws `matching.line_without_id`, `matching.line_outside`, `matching.currency_digits` (invalid) */
  add(line: MatchLine, place = this.#size + 1): void {
    const batch = 'batch' in line ? (line.batch ?? '') : '';
    const texts = [line.id, line.reference, line.counterparty, batch];
    const most = BYTES_A_LETTER * texts.reduce((sum, text) => sum + text.length, 0);
    if (most > this.#given.bytes.length) this.#given = { ...this.#given, bytes: Buffer.allocUnsafe(2 * most) };
    const { bytes, starts, ends } = this.#given;
    let end = 0;
    for (const [at, text] of texts.entries()) {
      starts[at] = end;
      end += bytes.write(text, end);
      ends[at] = end;
    }
    const [day, amount] = [this.#day(line.bookedOn), this.dictionary.amounts.add(line.amount)];
    this.addCells(this.#given, GIVEN, { day, amount, place });
  }

  /** @throws `matching.line_without_id`, `matching.line_outside` (invalid) */
  addCells({ bytes, starts, ends }: Cells, at: TextCells, { day, amount, place }: LineNumbers): void {
    const { references } = this.dictionary;
    const idFrom = starts[at.id] ?? 0;
    const idTo = ends[at.id] ?? 0;
    if (idFrom === idTo) throw this.#withoutId(place);
    const id = this.#texts.push(bytes, idFrom, idTo);
    if (day < this.#firstDay || day > this.#lastDay) throw this.#outside(this.#texts.at(id), day, place);
    if (this.#ascending && id > 0) this.#ascending = this.#texts.compare(id - TEXTS_OF_A_LINE, id) < 0;
    this.#size += 1;
    this.#days.push(day);
    this.#amounts.push(amount);
    this.#places.push(place);
    const referenceFrom = starts[at.reference] ?? 0;
    const referenceTo = ends[at.reference] ?? 0;
    this.#texts.push(bytes, referenceFrom, referenceTo);
    this.#folded.readBytes(bytes, referenceFrom, referenceTo);
    this.#references.push(references.add(this.#folded.bytes, 0, this.#folded.length));
    this.#counterparty(bytes, starts[at.counterparty] ?? 0, ends[at.counterparty] ?? 0);
    const batchFrom = starts[at.batch] ?? 0;
    const batchTo = ends[at.batch] ?? 0;
    this.#texts.push(bytes, batchFrom, batchTo);
    this.#folded.readBytes(bytes, batchFrom, batchTo);
    this.#batches.push(references.add(this.#folded.bytes, 0, this.#folded.length));
  }

  /** @throws `matching.line_id_twice` (invalid) */
  build(): Lines {
    const texts = this.#texts;
    const textOf = (line: number, which: number): number => TEXTS_OF_A_LINE * line + which;
    const byId = this.#ascending ? undefined : orderById(texts, this.#size, (line) => textOf(line, ID));
    if (byId?.twice !== undefined) throw this.#twice(...byId.twice);
    const order = byId?.order ?? Int32Array.from({ length: this.#size }, (_, line) => line);
    const ranks = new Int32Array(this.#size);
    for (let rank = 0; rank < order.length; rank += 1) ranks[order[rank] ?? 0] = rank;
    return {
      ...{ side: this.#side, size: this.#size, order, ranks },
      days: this.#days.all(),
      amounts: this.#amounts.all(),
      references: this.#references.all(),
      counterparties: this.#counterparties.all(),
      batches: this.#batches.all(),
      texts: {
        id: (line) => texts.at(textOf(line, ID)),
        reference: (line) => texts.at(textOf(line, REFERENCE)),
        referenceRange: (line) => texts.rangeOf(textOf(line, REFERENCE)),
        counterparty: (line) => this.dictionary.names.textOf(this.#names.at(line)),
        batch: (line) => texts.at(textOf(line, BATCH)),
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
  #counterparty(bytes: Buffer, from: number, to: number): void {
    const { counterparties, names } = this.dictionary;
    const name = names.add(bytes, from, to);
    let counterparty = name === EMPTY ? EMPTY : this.#counterpartyOf[name];
    if (counterparty === undefined) {
      this.#folded.readBytes(bytes, from, to);
      counterparty = counterparties.add(this.#folded.bytes, 0, this.#folded.length);
      this.#counterpartyOf[name] = counterparty;
    }
    this.#counterparties.push(counterparty);
    this.#names.push(name);
  }

  #withoutId(place: number): PlumblineError {
    return new PlumblineError(
      'invalid',
      'matching.line_without_id',
      `line ${place} of the ${NAME_OF[this.#side]} has no id; every line needs one`,
      { faults: [{ pointer: `/${this.#side}/${place - 1}/id`, message: 'must not be empty' }] },
    );
  }

  #outside(id: string, day: number, place: number): PlumblineError {
    const days = `${dateOfDay(this.#firstDay)} to ${dateOfDay(this.#lastDay)}`;
    return new PlumblineError(
      'invalid',
      'matching.line_outside',
      `line ${place} of the ${NAME_OF[this.#side]}, "${printable(id, 80)}", is of ${dateOfDay(day)}, outside ${days}; name the days that the ${NAME_OF[this.#side]} speaks of`,
      { details: { id: printable(id, 80), booked_on: dateOfDay(day), line: place } },
    );
  }

  #twice(a: number, b: number): PlumblineError {
    const id = printable(this.#texts.at(TEXTS_OF_A_LINE * a + ID), 80);
    const [place = 0, again = 0] = [this.#places.at(a), this.#places.at(b)].sort((one, other) => one - other);
    return new PlumblineError(
      'invalid',
      'matching.line_id_twice',
      `the ${NAME_OF[this.#side]} has the line id "${id}" twice, in lines ${place} and ${again}; each line is given once, under an id of its own`,
      { details: { side: this.#side, id, lines: [place, again] } },
    );
  }
}

const NAME_OF: Readonly<Record<Side, string>> = { external: 'statement', ledger: 'ledger' };
