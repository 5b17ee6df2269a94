/** Sorting by whole numbers in linear time, stable, so that several keys are one pass each, the last first. */

/**
 * The same line numbers, ascending by `keys`, which by line are 0 or more and below `range`. They stand in an
 * array, and are not asked for line by line, because that is what takes the time.
 */
export function sortedBy(order: Int32Array, keys: Int32Array, range: number): Int32Array<ArrayBuffer> {
  const starts = new Int32Array(range + 1);
  for (let at = 0; at < order.length; at += 1) {
    const key = (keys[order[at] ?? 0] ?? 0) + 1;
    starts[key] = (starts[key] ?? 0) + 1;
  }
  for (let key = 1; key <= range; key += 1) starts[key] = (starts[key] ?? 0) + (starts[key - 1] ?? 0);
  const sorted = new Int32Array(order.length);
  for (let at = 0; at < order.length; at += 1) {
    const line = order[at] ?? 0;
    const key = keys[line] ?? 0;
    const place = starts[key] ?? 0;
    sorted[place] = line;
    starts[key] = place + 1;
  }
  return sorted;
}
