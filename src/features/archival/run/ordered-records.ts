/**
 * The records of an index file in the order of their ids, in bounded memory: the file is read once for each stretch of
 * ids that fits. A million of them at once would be 52 MB.
 */
import { readPieces } from '../../../platform/files/fs.ts';
import { HEAPS, heapAt, RECORD, sortById } from '../format/records.ts';

/** Records of a stretch: 5 MB. */
const MOST = 100_000;
const PIECE = 20_000 * RECORD;

export interface IndexFile {
  readonly path: string;
  /** The least and the greatest id in it, as UUIDs. */
  readonly lo: string;
  readonly hi: string;
}

/**
 * @param most of a stretch, where not more ids than that begin alike
 * @returns stretches of sorted records, one after the other, each valid until the next is asked for; records of one
 *   id are in the same
 */
export async function* orderedRecords({ path, lo, hi }: IndexFile, most = MOST): AsyncIterable<Buffer> {
  const heapOf = heapAt(lo, hi);
  const counts = new Uint32Array(HEAPS);
  await eachRecord(path, (piece, at) => {
    const heap = heapOf(piece, at);
    counts[heap] = (counts[heap] ?? 0) + 1;
  });
  const stretches = [...stretchesOf(counts, most)];
  const longest = Math.max(0, ...stretches.map(({ count }) => count)) * RECORD;
  const [found, sorted] = [Buffer.allocUnsafeSlow(longest), Buffer.allocUnsafeSlow(longest)];
  for (const { from, to, count } of stretches) {
    let filled = 0;
    await eachRecord(path, (piece, at) => {
      const heap = heapOf(piece, at);
      if (heap >= from && heap < to) filled += piece.copy(found, filled, at, at + RECORD);
    });
    if (filled !== count * RECORD) throw new RangeError(`the index ${path} was changed while it was read`);
    yield sortById(found.subarray(0, filled), sorted);
  }
}

/** Heaps `from` up to `to`, which is not among them, and how many records are in them: some at the least. */
function* stretchesOf(
  counts: Uint32Array,
  most: number,
): Iterable<{ readonly from: number; readonly to: number; readonly count: number }> {
  for (let from = 0; from < HEAPS; ) {
    let to = from;
    let count = counts[to++] ?? 0;
    while (to < HEAPS && count + (counts[to] ?? 0) <= most) count += counts[to++] ?? 0;
    if (count > 0) yield { from, to, count };
    from = to;
  }
}

async function eachRecord(path: string, onRecord: (piece: Buffer, at: number) => void): Promise<void> {
  for await (const piece of readPieces(path, PIECE)) {
    if (piece.length % RECORD !== 0) throw new RangeError(`the index ${path} ends within a record`);
    for (let at = 0; at < piece.length; at += RECORD) onRecord(piece, at);
  }
}
