/** Rows out of a readable object, each held against the manifest and its pointer before it is written anywhere. */
import { crc32 } from 'node:zlib';
import { PlumblineError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/hash.ts';
import type { Db, Sql, Tx } from '../../../platform/db/port.ts';
import type { ColdStore } from '../../../platform/objects/cold-port.ts';
import { framesOf, type Manifest, type PlacedFrame, parseManifest } from '../format/manifest.ts';
import { openFrame } from '../format/object-reader.ts';
import { countOf, RECORD, recordAt, seqOf } from '../format/records.ts';
import type { Batch } from '../run/batch.ts';
import { objectOf } from '../run/steps.ts';
import { readManifestText } from '../run/store-batches.ts';
import { readPacked } from '../run/store-pointers.ts';
import { pin } from '../run/store-rows.ts';
import type { Restore, RestoreObject } from './request.ts';
import { type Between, landChunk } from './store-landing.ts';

/** Of rows and of their bytes, whichever is first: a statement of the embedded database holds everybody up. */
const CHUNK_ROWS = 2_000;
const CHUNK_BYTES = 4 << 20;

/** @throws `archive.manifest_damaged` (integrity): the database has another manifest than the batch names, or none */
export async function manifestOf(db: Sql | Tx, batch: Batch): Promise<Manifest> {
  const text = await readManifestText(db, batch.no);
  if (text !== undefined && sha256Hex(text) === objectOf(batch).manifestSha256) {
    return parseManifest(text, `of batch ${batch.no} in the database`);
  }
  throw new PlumblineError(
    'integrity',
    'archive.manifest_damaged',
    `the manifest of batch ${batch.no} in the database is not the one that the batch names; hold it against ${objectOf(batch).manifestKey}`,
    { details: { batch: batch.no } },
  );
}

export interface OpenedFrame {
  readonly frame: PlacedFrame;
  /** As they are stored. */
  readonly bytes: Buffer;
  readonly rows: readonly Buffer[];
  readonly hashes: readonly Buffer[];
}

/**
 * The frames of an object in order, each proven against the manifest.
 * @throws `archive.object_damaged` (integrity) with the frame, its bytes and its rows; as the store
 */
export async function* openFrames(
  manifest: Manifest,
  pieces: AsyncIterable<Uint8Array>,
  fromSeq = 0,
): AsyncIterable<OpenedFrame> {
  const frames = framesOf(manifest);
  let at = 0;
  let waiting: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    waiting = waiting.length === 0 ? Buffer.from(piece) : Buffer.concat([waiting, piece]);
    for (let frame = frames[at]; frame !== undefined && waiting.length >= frame.bytes; frame = frames[at]) {
      const bytes = waiting.subarray(0, frame.bytes);
      waiting = waiting.subarray(frame.bytes);
      at += 1;
      if (frame.first + frame.rows <= fromSeq) continue;
      const opened = await openFrame(manifest, frame, bytes);
      if (opened === undefined || crc32(bytes) !== frame.crc) throw damaged(manifest, frame);
      yield { frame, bytes, ...opened };
    }
  }
  const missing = frames[at];
  if (missing !== undefined) throw damaged(manifest, missing);
}

const damaged = ({ object }: Manifest, { index, offset, bytes, first, rows }: PlacedFrame): PlumblineError =>
  new PlumblineError(
    'integrity',
    'archive.object_damaged',
    `${object.key}: frame ${index} (bytes ${offset} to ${offset + bytes - 1}, rows ${first} to ${first + rows - 1}) is not what its manifest says; no row of it was taken`,
    { details: { key: object.key, frame: index } },
  );

/** The record of each archived row by its place in the object, and which there are. */
export class Pointers {
  readonly #records: Buffer;
  readonly #there: Uint8Array;

  constructor(rows: number, packed: Buffer) {
    this.#records = Buffer.alloc(rows * RECORD);
    this.#there = new Uint8Array(rows);
    for (let at = 0; at < countOf(packed); at += 1) {
      const seq = seqOf(packed, at);
      if (seq >= rows) continue; // of another object: `archive verify` names it
      recordAt(packed, at).copy(this.#records, seq * RECORD);
      this.#there[seq] = 1;
    }
  }

  static async read(db: Sql | Tx, batch: Batch): Promise<Pointers> {
    return new Pointers(objectOf(batch).rows, await readPacked(db, 'archive_all_pointers', batch.no));
  }

  has(seq: number): boolean {
    return this.#there[seq] === 1;
  }

  /** @throws `archive.pointers_differ` (integrity) where the row has another hash than its pointer */
  record(seq: number, hash: Buffer, { no }: Pick<Batch, 'no'>): Buffer {
    const record = recordAt(this.#records, seq);
    if (record.subarray(RECORD - hash.length).equals(hash)) return record;
    throw new PlumblineError(
      'integrity',
      'archive.pointers_differ',
      `batch ${no}: row ${seq} of its object is proven by the manifest, and its pointer has another hash; nothing of this chunk was taken`,
      { details: { batch: no, row: seq } },
    );
  }
}

export interface LandDeps {
  readonly db: Db;
  readonly cold: ColdStore;
  readonly now: () => number;
}

/**
 * The wanted rows of one object into archive_restored_rows; goes on where it was.
 * @returns undefined where it was stopped, or somebody else went on with it
 * @throws as `openFrames` and `Pointers.record`
 */
export async function landObject(
  { db, cold, now }: LandDeps,
  { what }: Pick<Restore, 'what'>,
  object: RestoreObject,
  batch: Batch,
  only: number | undefined,
  signal?: AbortSignal,
): Promise<RestoreObject | undefined> {
  const manifest = await manifestOf(db.sql, batch);
  const pointers = await Pointers.read(db.sql, batch);
  const { archive_column: column } = manifest;
  const between: Between | undefined =
    what.kind === 'range' ? { column: column.name, type: column.type, from: what.from, to: what.to } : undefined;
  let current = object;
  let records: Buffer[] = [];
  let rows: string[] = [];
  let size = 0;
  const flush = async (nextSeq: number): Promise<boolean> => {
    const chunk = { records: Buffer.concat(records), rows, between };
    const landed = await db.transaction({}, async (tx) => {
      await pin(tx);
      return landChunk(tx, current, chunk, nextSeq, new Date(now()));
    });
    [records, rows, size] = [[], [], 0];
    if (landed === undefined) return false;
    current = landed;
    return signal?.aborted !== true;
  };
  for await (const { frame, ...opened } of await framesFor(cold, manifest, object.nextSeq, only)) {
    for (const [at, row] of opened.rows.entries()) {
      const seq = frame.first + at;
      const hash = opened.hashes[at];
      if (seq < current.nextSeq || hash === undefined || !pointers.has(seq) || (only ?? seq) !== seq) continue;
      records.push(pointers.record(seq, hash, batch));
      rows.push(row.toString('utf8'));
      size += row.length;
      if ((rows.length >= CHUNK_ROWS || size >= CHUNK_BYTES) && !(await flush(seq + 1))) return undefined;
    }
  }
  if (current.nextSeq < manifest.rows && !(await flush(manifest.rows))) return undefined;
  return current;
}

/** All frames, or by one range the frame that has the one row. */
async function framesFor(
  cold: ColdStore,
  manifest: Manifest,
  from: number,
  only: number | undefined,
): Promise<AsyncIterable<OpenedFrame>> {
  const { key } = manifest.object;
  const frame = framesOf(manifest).find(
    ({ first, rows }) => only !== undefined && only >= first && only < first + rows,
  );
  if (frame === undefined) return openFrames(manifest, await cold.get(key), from);
  const bytes = Buffer.from(await cold.getRange(key, frame.offset, frame.bytes));
  const opened = await openFrame(manifest, frame, bytes);
  if (opened === undefined) throw damaged(manifest, frame);
  return (async function* () {
    yield { frame, bytes, ...opened };
  })();
}
