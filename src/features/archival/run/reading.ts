/**
 * The rows of a range, from the database to the writer of an object: at once, or some at a time where others are to be
 * left their share of the processors.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import type { Db, Tx } from '../../../platform/db/port.ts';
import { readRows } from '../format/copy-rows.ts';
import type { ObjectWriter } from '../format/object-writer.ts';
import type { HeldSubject } from '../holds/hold.ts';
import * as rows from './store-rows.ts';
import type { Throttle } from './throttle.ts';

/** Bytes of an object after which no more rows are taken: one PUT, and room for more. */
export const MOST_BYTES = 1 << 30;
/** Work between two rests, milliseconds, and the rows that it begins with. */
const TURN_MS = 10;
const FIRST_ROWS = 16;
/** Bytes of rows that are read before this process works on them. */
const MOST_HELD = 4 << 20;

export interface ReadingDeps {
  readonly db: Db;
  readonly throttle: Pick<Throttle, 'gate' | 'rest' | 'rests'>;
  /** Milliseconds since some instant. */
  readonly monotonic: () => number;
}

export interface Reading {
  readonly subject: HeldSubject;
  /** The table, or the partition. */
  readonly place: rows.Place;
  readonly batch: { readonly range: rows.Range };
  readonly limit: number;
  readonly cursor: rows.Cursor | undefined;
}

/** Ids of the first row and of the last, 16 bytes each. */
interface Ends {
  readonly first: Buffer;
  readonly last: Buffer;
}

/** @returns undefined where there is no row. @throws as the throttle */
export async function readRange(
  { db, throttle, monotonic }: ReadingDeps,
  tx: Tx,
  writer: ObjectWriter,
  { subject, place, batch: { range }, limit, cursor }: Reading,
): Promise<Ends | undefined> {
  let ends: Ends | undefined;
  const onRow = (id: Buffer, row: Buffer): void => {
    ends ??= { first: Buffer.from(id), last: Buffer.from(id) };
    ends.last.set(id);
    writer.add(id, row);
  };
  const copy = (from: rows.Cursor | undefined, most: number) =>
    rows.copyRange(db, tx, subject, place, { range, cursor: from, limit: most });
  const room = (): boolean => writer.bytes < MOST_BYTES;
  // The embedded database has one connection, which this transaction holds.
  const gate = async (): Promise<void> => (db.engine === 'postgresql' ? throttle.gate() : undefined);

  if (!throttle.rests || !subject.ordered) {
    let began = monotonic();
    await readRows(copy(cursor, limit), onRow, async () => {
      await writer.drain();
      const worked = monotonic() - began;
      if (worked < TURN_MS) return room();
      await gate();
      await throttle.rest(worked);
      began = monotonic();
      return room();
    });
    return ends;
  }

  // The database works, then this process, then neither: one processor is busy, and not each with a part of it.
  let from = cursor;
  for (let atOnce = FIRST_ROWS; writer.rows < limit && room(); ) {
    await gate();
    const began = monotonic();
    const [before, most] = [writer.rows, Math.min(atOnce, limit - writer.rows)];
    await readRows(gathered(copy(from, most)), onRow, async () => {
      await writer.drain();
      return room();
    });
    await writer.drain(0);
    if (ends === undefined || writer.rows - before < most) return ends;
    from = await rows.markOf(tx, subject, place, range, ends.last);
    if (from === undefined) throw lost(subject.table);
    const worked = monotonic() - began;
    atOnce = worked > TURN_MS ? Math.max(FIRST_ROWS, Math.floor(atOnce / 2)) : Math.ceil(atOnce * 1.25);
    await throttle.rest(worked);
  }
  return ends;
}

/** The same pieces, as many as are good to hold until the last of them is there. */
async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    held.push(piece);
    bytes += piece.length;
    if (bytes < MOST_HELD) continue;
    yield* held;
    [held, bytes] = [[], 0];
  }
  yield* held;
}

/** To go on from nowhere would be to begin again, and to archive rows twice. */
const lost = (table: string): PlumblineError =>
  new PlumblineError(
    'integrity',
    'archive.place_lost',
    `a row of ${table} that was just read is not found by its key in the same snapshot; is an index damaged? REINDEX TABLE ${table}`,
  );
