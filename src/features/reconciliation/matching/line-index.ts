/**
 * One side's open lines in an order in which all that could belong to a line stand together: by key,
 * counterparty, amount (or currency and sign, where amounts are added up) and day.
 */
import type { Board } from './board.ts';
import type { Side } from './lines.ts';
import { EMPTY } from './numbers.ts';
import { firstAtLeast, sortedBy } from './sorting.ts';

export interface IndexOptions {
  readonly side: Side;
  /** The number under which a line is found; EMPTY leaves it out. */
  readonly key: (line: number) => number;
  readonly keyRange: number;
  readonly counterparty: boolean;
  /** What the lines of one key are told apart by, before the day. */
  readonly value: (line: number) => number;
  readonly valueRange: number;
  /** A day as the rule counts it. */
  readonly ordinal: (day: number) => number;
}

export class LineIndex {
  /** Line numbers in the order of the index. */
  readonly order: Int32Array;
  readonly #board: Board;
  readonly #options: IndexOptions;
  /** By key: the place of its first line. */
  readonly #starts: Int32Array;

  constructor(board: Board, options: IndexOptions) {
    const { side, key, keyRange, counterparty, value, valueRange } = options;
    const { days, counterparties } = board.lines(side);
    let order = board
      .openLines(side)
      .filter((line) => key(line) !== EMPTY && (!counterparty || counterparties[line] !== EMPTY));
    order = sortedBy(order, (line) => board.dayIndex(days[line] ?? 0), board.dayRange);
    order = sortedBy(order, value, valueRange);
    if (counterparty) {
      order = sortedBy(order, (line) => counterparties[line] ?? 0, board.dictionary.counterparties.size);
    }
    order = sortedBy(order, key, keyRange);
    const starts = new Int32Array(keyRange + 1);
    for (const line of order) {
      const at = key(line) + 1;
      starts[at] = (starts[at] ?? 0) + 1;
    }
    for (let at = 1; at <= keyRange; at += 1) starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
    this.order = order;
    this.#board = board;
    this.#options = options;
    this.#starts = starts;
  }

  /** The keys of the lines that are in it. */
  *keys(): Iterable<number> {
    for (let key = 0; key < this.#options.keyRange; key += 1) {
      if ((this.#starts[key] ?? 0) < (this.#starts[key + 1] ?? 0)) yield key;
    }
  }

  /** The places of a key, of one counterparty where that counts: first, and one past the last. */
  ofKey(key: number, counterparty: number): readonly [number, number] {
    const from = this.#starts[key] ?? 0;
    const to = this.#starts[key + 1] ?? from;
    if (!this.#options.counterparty || from === to) return [from, to];
    if (counterparty === EMPTY) return [from, from];
    const { counterparties } = this.#board.lines(this.#options.side);
    return this.#range(from, to, (line) => counterparties[line] ?? 0, counterparty, counterparty);
  }

  /** Of these places, those whose value is from `low` to `high`. */
  ofValues(from: number, to: number, low: number, high: number): readonly [number, number] {
    return this.#range(from, to, this.#options.value, low, high);
  }

  /** Of these places, which have one value, those whose day is counted from `low` to `high`. */
  ofDays(from: number, to: number, low: number, high: number): readonly [number, number] {
    const { ordinal, side } = this.#options;
    const { days } = this.#board.lines(side);
    return this.#range(from, to, (line) => ordinal(days[line] ?? 0), low, high);
  }

  valueAt(place: number): number {
    return this.#options.value(this.order[place] ?? 0);
  }

  #range(from: number, to: number, of: (line: number) => number, low: number, high: number): readonly [number, number] {
    const at = (place: number): number => of(this.order[place] ?? 0);
    const first = firstAtLeast(at, from, to, low);
    return [first, firstAtLeast(at, first, to, high + 1)];
  }
}
