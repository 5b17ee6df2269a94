/**
 * The records of an index file in the order of their ids, in bounded memory: the file is read once for each stretch of
 * ids that fits. A million of them at once would be 52 MB.
 */
import { open } from 'node:fs/promises';
import { HEAPS, heapAt, RECORD, sortById } from '../format/records.ts';

/** Records of a stretch: 10 MB. */
const MOST = 200_000;
const PIECE = 20_000 * RECORD;

export interface IndexFile {
  readonly path: string;
  /** The least and the greatest id in it, as UUIDs. */
  readonly lo: string;
  readonly hi: string;
}

/**
 * @param most of a stretch, where not more ids than that begin alike
 * @returns stretches of sorted records, one after the other; records of one id are in the same
 */
export async function* orderedRecords({ path, lo, hi }: IndexFile, most = MOST): AsyncIterable<Buffer> {
  const heapOf = heapAt(lo, hi);
  const counts = new Uint32Array(HEAPS);
  await eachRecord(path, (piece, at) => {
    const heap = heapOf(piece, at);
    counts[heap] = (counts[heap] ?? 0) + 1;
  });
  for (let from = 0; from < HEAPS; ) {
    let to = from;
    let count = counts[to++] ?? 0;
    while (to < HEAPS && count + (counts[to] ?? 0) <= most) count += counts[to++] ?? 0;
    if (count > 0) yield sortById(await recordsOf(path, count, (piece, at) => inside(heapOf(piece, at), from, to)));
    from = to;
  }
}

const inside = (heap: number, from: number, to: number): boolean => heap >= from && heap < to;

async function recordsOf(path: string, count: number, wanted: (piece: Buffer, at: number) => boolean): Promise<Buffer> {
  const records = Buffer.allocUnsafeSlow(count * RECORD);
  let filled = 0;
  await eachRecord(path, (piece, at) => {
    if (wanted(piece, at)) filled += piece.copy(records, filled, at, at + RECORD);
  });
  if (filled !== records.length) throw new RangeError(`the index ${path} was changed while it was read`);
  return records;
}

async function eachRecord(path: string, onRecord: (piece: Buffer, at: number) => void): Promise<void> {
  const file = await open(path, 'r');
  try {
    const piece = Buffer.allocUnsafeSlow(PIECE);
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE, null);
      if (bytesRead === 0) return;
      if (bytesRead % RECORD !== 0) throw new RangeError(`the index ${path} ends within a record`);
      for (let at = 0; at < bytesRead; at += RECORD) onRecord(piece, at);
    }
  } finally {
    await file.close();
  }
}
