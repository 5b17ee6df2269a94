/**
 * One side's open lines in an order in which all that could belong to a line stand together: by key,
 * counterparty, value and day. What they are ordered by stands by place, so that a look-up reads one spot.
 */
import type { Board } from './board.ts';
import type { Side } from './lines.ts';
import { EMPTY } from './numbers.ts';
import { sortedBy } from './sorting.ts';

export interface IndexOptions {
  readonly side: Side;
  /** By line: the number under which it is found; EMPTY leaves it out. Undefined where all are under key 0. */
  readonly keys: Int32Array | undefined;
  readonly keyRange: number;
  readonly counterparty: boolean;
  /** What the lines of one key are told apart by, before the day: the amount, or the currency and sign. */
  readonly value: (line: number) => number;
  readonly valueRange: number;
  /** Whether the rule counts business days. */
  readonly business: boolean;
}

export class LineIndex {
  /** Line numbers in the order of the index. */
  readonly order: Int32Array;
  /** By key: the place of its first line. */
  readonly #starts: Int32Array;
  /** By place. */
  readonly #counterparties: Int32Array | undefined;
  /** By place. */
  readonly #values: Int32Array;
  /** By place: the day as the rule counts it. */
  readonly #ordinals: Int32Array;

  constructor(board: Board, options: IndexOptions) {
    const { side, keys, keyRange, counterparty, value, business } = options;
    const { counterparties, days } = board.lines(side);
    const ordinal = board.ordinals(business);
    const found = linesIn(board, options);
    this.order = keys === undefined ? sortedAsOne(board, options, found) : sortedBy(found, keys, keyRange);
    this.#starts = startsOf(this.order, keys, keyRange);
    if (keys !== undefined) sortEach(board, options, this.order, this.#starts);
    this.#counterparties = counterparty ? this.order.map((line) => counterparties[line] ?? 0) : undefined;
    this.#values = this.order.map(value);
    this.#ordinals = this.order.map((line) => ordinal(days[line] ?? 0));
  }

  /** The keys of the lines that are in it. */
  *keys(): Iterable<number> {
    for (let key = 0; key < this.#starts.length - 1; key += 1) {
      if ((this.#starts[key] ?? 0) < (this.#starts[key + 1] ?? 0)) yield key;
    }
  }

  /** The places of a key, of one counterparty where that counts: first, and one past the last. */
  ofKey(key: number, counterparty: number): readonly [number, number] {
    const from = this.#starts[key] ?? 0;
    const to = this.#starts[key + 1] ?? from;
    if (this.#counterparties === undefined || from === to) return [from, to];
    if (counterparty === EMPTY) return [from, from];
    return range(this.#counterparties, from, to, counterparty, counterparty);
  }

  /** Of these places, those whose value is from `low` to `high`. */
  ofValues(from: number, to: number, low: number, high: number): readonly [number, number] {
    return range(this.#values, from, to, low, high);
  }

  /** Of these places, which have one value, those whose day is counted from `low` to `high`. */
  ofDays(from: number, to: number, low: number, high: number): readonly [number, number] {
    return range(this.#ordinals, from, to, low, high);
  }

  valueAt(place: number): number {
    return this.#values[place] ?? 0;
  }
}

function linesIn(board: Board, { side, keys, counterparty }: IndexOptions): Int32Array {
  const { counterparties } = board.lines(side);
  const open = board.openLines(side);
  let count = 0;
  for (let at = 0; at < open.length; at += 1) {
    const line = open[at] ?? 0;
    if ((keys !== undefined && keys[line] === EMPTY) || (counterparty && counterparties[line] === EMPTY)) continue;
    open[count] = line;
    count += 1;
  }
  return open.subarray(0, count);
}

/** All lines have one key: they are ordered in linear passes. */
function sortedAsOne(board: Board, { side, counterparty, value, valueRange }: IndexOptions, found: Int32Array) {
  const { counterparties, size } = board.lines(side);
  const values = new Int32Array(size);
  for (const line of found) values[line] = value(line);
  const order = sortedBy(sortedBy(found, board.dayIndexes(side), board.dayRange), values, valueRange);
  return counterparty ? sortedBy(order, counterparties, board.dictionary.counterparties.size) : order;
}

/** Most keys have one line: they are ordered key by key, for a pass over all would be for the few. */
function sortEach(board: Board, { side, counterparty, value }: IndexOptions, order: Int32Array, starts: Int32Array) {
  const { counterparties, days } = board.lines(side);
  const compare = (a: number, b: number): number =>
    (counterparty ? (counterparties[a] ?? 0) - (counterparties[b] ?? 0) : 0) ||
    value(a) - value(b) ||
    (days[a] ?? 0) - (days[b] ?? 0);
  for (let key = 0; key < starts.length - 1; key += 1) {
    const [from = 0, to = 0] = [starts[key], starts[key + 1]];
    if (to > from + 1) order.subarray(from, to).sort(compare);
  }
}

function startsOf(order: Int32Array, keys: Int32Array | undefined, keyRange: number): Int32Array {
  const starts = new Int32Array(keyRange + 1);
  for (let at = 0; at < order.length; at += 1) {
    const next = keys === undefined ? 1 : (keys[order[at] ?? 0] ?? 0) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let key = 1; key <= keyRange; key += 1) starts[key] = (starts[key] ?? 0) + (starts[key - 1] ?? 0);
  return starts;
}

/** The places in `[from, to)` from `low` to `high` in a column that ascends there: first, and one past the last. */
function range(column: Int32Array, from: number, to: number, low: number, high: number): readonly [number, number] {
  const first = firstAtLeast(column, from, to, low);
  return [first, firstAtLeast(column, first, to, high + 1)];
}

function firstAtLeast(column: Int32Array, from: number, to: number, least: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((column[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
