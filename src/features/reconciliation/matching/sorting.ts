/** Sorting by whole numbers in linear time, stable, so that several keys are one pass each, the last first. */

/** The same line numbers, ascending by `key`, which is 0 or more and below `range`. */
export function sortedBy(order: Int32Array, key: (line: number) => number, range: number): Int32Array<ArrayBuffer> {
  const starts = new Int32Array(range + 1);
  for (const line of order) {
    const at = key(line) + 1;
    starts[at] = (starts[at] ?? 0) + 1;
  }
  for (let at = 1; at <= range; at += 1) starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
  const sorted = new Int32Array(order.length);
  for (const line of order) {
    const at = key(line);
    const place = starts[at] ?? 0;
    sorted[place] = line;
    starts[at] = place + 1;
  }
  return sorted;
}

/** The first place in `[from, to)` whose value is `least` or more, of values that ascend; `to` where there is none. */
export function firstAtLeast(value: (place: number) => number, from: number, to: number, least: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value(middle) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
