/** The order of a side's lines by their ids, however they came. */
import { sortedBy } from './sorting.ts';
import type { TextStore } from './text-store.ts';

/** Ids that are the same in all that these take are compared as a whole. */
const MOST_PASSES = 4;
/** So many different keys a pass sorts by, which bounds its memory. */
const MOST_KEYS = 1 << 18;
const MOST_BYTES = 32;
/** Of a byte, and 0 for what is behind the end. */
const VALUES = 257;

export interface IdOrder {
  /** Lines, ascending by the bytes of their ids. */
  readonly order: Int32Array;
  /** Two lines of one id, where there are such. */
  readonly twice: readonly [number, number] | undefined;
}

/**
 * In a few linear passes over what follows the bytes that all ids begin with, and by whole ids where those are
 * equal: comparing a million ids with each other costs twenty times as much.
 * @param idOf the number of a line's id in the store
 */
export function orderById(texts: TextStore, size: number, idOf: (line: number) => number): IdOrder {
  const passes = passesOver(texts, size, idOf);
  let order = Int32Array.from({ length: size }, (_, line) => line);
  for (const { keys, range } of passes.toReversed()) order = sortedBy(order, keys, range);
  const same = (a: number, b: number): boolean => passes.every(({ keys }) => keys[a] === keys[b]);
  let twice: IdOrder['twice'];
  for (let from = 0; from < size; ) {
    const first = order[from] ?? 0;
    let to = from + 1;
    while (to < size && same(first, order[to] ?? 0)) to += 1;
    if (to > from + 1) {
      const equal = order.subarray(from, to).sort((a, b) => texts.compare(idOf(a), idOf(b)));
      for (let at = 1; at < equal.length && twice === undefined; at += 1) {
        const [a, b] = [equal[at - 1] ?? 0, equal[at] ?? 0];
        if (texts.compare(idOf(a), idOf(b)) === 0) twice = [a, b];
      }
    }
    from = to;
  }
  return { order, twice };
}

interface Pass {
  /** By line; they are ordered as the bytes that the pass takes. */
  readonly keys: Int32Array;
  readonly range: number;
}

/** Each pass takes as many bytes as have few enough different values together: of digits, five. */
function passesOver(texts: TextStore, size: number, idOf: (line: number) => number): readonly Pass[] {
  let first = texts.lengthOf(idOf(0));
  for (let line = 0; line < size; line += 1) first = texts.commonPrefix(idOf(0), idOf(line), first);
  const { used, longest } = valuesIn(texts, size, idOf, first);
  const passes: Pass[] = [];
  for (let from = 0; from < longest && passes.length < MOST_PASSES; ) {
    let range = 1;
    let to = from;
    for (; to < longest; to += 1) {
      const count = countIn(used, to);
      if (range * count > MOST_KEYS) break;
      range *= count;
    }
    const worth = worthOf(used, from, to);
    const keys = new Int32Array(size);
    for (let line = 0; line < size; line += 1) {
      const id = idOf(line);
      let key = 0;
      for (let at = from; at < to; at += 1) key += worth[at * VALUES + texts.byteAt(id, first + at) + 1] ?? 0;
      keys[line] = key;
    }
    passes.push({ keys, range });
    from = to;
  }
  return passes;
}

/** By byte after the first ones and by value: 1 where an id has it. */
function valuesIn(texts: TextStore, size: number, idOf: (line: number) => number, first: number) {
  const used = new Uint8Array(MOST_BYTES * VALUES);
  let longest = 0;
  for (let line = 0; line < size; line += 1) {
    const id = idOf(line);
    longest = Math.max(longest, Math.min(MOST_BYTES, texts.lengthOf(id) - first));
    for (let at = 0; at < longest; at += 1) used[at * VALUES + texts.byteAt(id, first + at) + 1] = 1;
  }
  // An id was looked at as far as the longest before it went.
  for (let at = 0; at < longest; at += 1) used[at * VALUES] = 1;
  return { used, longest };
}

const countIn = (used: Uint8Array, at: number): number =>
  used.subarray(at * VALUES, (at + 1) * VALUES).reduce((sum, isUsed) => sum + isUsed, 0);

/** What each value adds to the key: those of the first byte the most. */
function worthOf(used: Uint8Array, from: number, to: number): Int32Array {
  const worth = new Int32Array(used.length);
  let unit = 1;
  for (let at = to - 1; at >= from; at -= 1) {
    let count = 0;
    for (let value = at * VALUES; value < (at + 1) * VALUES; value += 1) {
      if (used[value] !== 1) continue;
      worth[value] = count * unit;
      count += 1;
    }
    unit *= count;
  }
  return worth;
}
