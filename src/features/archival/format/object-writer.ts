/**
 * Writes an object to a spool as its rows come: JSONL in independent frames, and beside it the index file.
 * Memory is bounded by a few frames, whatever the number of rows.
 *
 * A frame has 2^n rows of which the first is a multiple of 2^n, so that it is a subtree of the object's Merkle
 * tree: who has read one frame proves a row of it by the roots of the others, which the manifest names.
 */
import { createHash, hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type Codec, type Compressor, openCompressor } from './codec.ts';
import { HASH_BYTES, rootOfHashes, rootOfSubtrees } from './merkle.ts';
import { HASH_AT, ID_BYTES, RECORD, SEQ_AT, uuidOf } from './records.ts';

/** Bytes of rows after which a frame is cut; compressed it stays below 64 KiB, where rows compress to a third. */
export const FRAME_TARGET = 192 * 1024;
/** Frames that are compressed at the same time: as many as it takes to be no slower than the rows come. */
const COMPRESSORS = 2;
/** Frames that wait for that, or for the disk. */
const AHEAD = 2 * COMPRESSORS;
/** Bytes that are written at once: a frame alone would be a call of its own, and its records another. */
const WRITTEN = 1 << 20;

/** A file, and what is to be written to it next. */
interface Pending {
  readonly file: FileHandle;
  pieces: Buffer[];
  bytes: number;
}

async function write(to: Pending, piece: Buffer): Promise<void> {
  to.pieces.push(piece);
  to.bytes += piece.length;
  if (to.bytes >= WRITTEN) await flush(to);
}

async function flush(to: Pending): Promise<void> {
  const { file, pieces, bytes } = to;
  to.pieces = [];
  to.bytes = 0;
  if (bytes === 0) return;
  const { bytesWritten } = await file.writev(pieces);
  // A disk that is full takes a part, and says why only when it is given the rest.
  if (bytesWritten < bytes) await file.writeFile(Buffer.concat(pieces).subarray(bytesWritten));
}

export interface Frame {
  /** As it is stored. */
  readonly bytes: number;
  /** Of its rows, line ends included. */
  readonly rawBytes: number;
  readonly rows: number;
  /** Of the subtree over its rows, hex. */
  readonly root: string;
  /** CRC-32 of the stored bytes and of the frame's index records: they say where damage is, not who did it. */
  readonly crc: number;
  readonly indexCrc: number;
}

export interface WrittenObject {
  readonly codec: Codec;
  readonly rows: number;
  readonly rawBytes: number;
  readonly bytes: number;
  /** Hashes are lower-case hex. */
  readonly sha256: string;
  readonly merkleRoot: string;
  readonly indexSha256: string;
  readonly frames: readonly Frame[];
  /** The least and the greatest id, as UUIDs. */
  readonly lo: string;
  readonly hi: string;
}

export class ObjectWriter {
  readonly #codec: Codec;
  readonly #object: Pending;
  readonly #index: Pending;
  /** Rows that are in no frame yet, and how many bytes each has with its line end. */
  #raw: Buffer = Buffer.allocUnsafeSlow(2 * FRAME_TARGET);
  #rawBytes = 0;
  #sizes: number[] = [];
  #records = Buffer.allocUnsafe(1024 * RECORD);
  #rows = 0;
  #framed = 0;
  #stored = 0;
  #total = 0;
  readonly #sha = createHash('sha256');
  readonly #indexSha = createHash('sha256');
  readonly #frames: Frame[] = [];
  readonly #spare: Buffer[] = [];
  readonly #compressors: { readonly it: Compressor; free: Promise<unknown> }[] = [];
  readonly #underWay: Promise<() => Promise<void>>[] = [];
  readonly #lo = Buffer.alloc(ID_BYTES, 0xff);
  readonly #hi = Buffer.alloc(ID_BYTES);

  private constructor(codec: Codec, object: FileHandle, index: FileHandle) {
    this.#codec = codec;
    this.#object = { file: object, pieces: [], bytes: 0 };
    this.#index = { file: index, pieces: [], bytes: 0 };
  }

  static async open(codec: Codec, objectPath: string, indexPath: string): Promise<ObjectWriter> {
    const object = await open(objectPath, 'w', 0o600);
    try {
      return new ObjectWriter(codec, object, await open(indexPath, 'w', 0o600));
    } catch (error) {
      await object.close();
      throw error;
    }
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes that are stored so far; what waits for its frame is not counted. */
  get bytes(): number {
    return this.#stored;
  }

  /** @param id 16 bytes; @param row UTF-8 without a line end. Both are copied. */
  add(id: Uint8Array, row: Uint8Array): void {
    const size = row.length + 1;
    if (this.#rawBytes + size > this.#raw.length) {
      const grown = Buffer.allocUnsafeSlow(2 * (this.#rawBytes + size));
      this.#raw.copy(grown, 0, 0, this.#rawBytes);
      this.#raw = grown;
    }
    this.#raw.set(row, this.#rawBytes);
    this.#raw[this.#rawBytes + row.length] = 0x0a;
    this.#rawBytes += size;
    const at = this.#sizes.length * RECORD;
    this.#sizes.push(size);
    if (at + RECORD > this.#records.length) this.#records = Buffer.concat([this.#records, Buffer.alloc(at)]);
    this.#records.set(id, at);
    this.#records.writeUInt32BE(this.#rows, at + SEQ_AT);
    this.#records.write(hash('sha256', row, 'binary'), at + HASH_AT, HASH_BYTES, 'binary');
    if (this.#records.compare(this.#lo, 0, ID_BYTES, at, at + ID_BYTES) < 0) this.#lo.set(id);
    if (this.#records.compare(this.#hi, 0, ID_BYTES, at, at + ID_BYTES) > 0) this.#hi.set(id);
    this.#rows += 1;
    while (this.#rawBytes >= FRAME_TARGET) this.#cut(largestAligned(this.#framed, this.#sizes.length));
  }

  /** To be awaited now and then: what was added meets the disk here. */
  async drain(most = AHEAD): Promise<void> {
    while (this.#underWay.length > most) await this.#settle();
  }

  /** @returns undefined where no row was added */
  async finish(): Promise<WrittenObject | undefined> {
    while (this.#sizes.length > 0) this.#cut(largestAligned(this.#framed, this.#sizes.length));
    await this.drain(0);
    await flush(this.#object);
    await flush(this.#index);
    await this.close();
    if (this.#rows === 0) return undefined;
    return {
      codec: this.#codec,
      rows: this.#rows,
      rawBytes: this.#total,
      bytes: this.#stored,
      sha256: this.#sha.digest('hex'),
      indexSha256: this.#indexSha.digest('hex'),
      merkleRoot: rootOfSubtrees(subtreesOf(this.#frames)).toString('hex'),
      frames: this.#frames,
      lo: uuidOf(this.#lo),
      hi: uuidOf(this.#hi),
    };
  }

  /** May be called again. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    for (const { it } of this.#compressors) it.close();
    await this.#object.file.close();
    await this.#index.file.close();
  }

  async #settle(): Promise<void> {
    const store = await this.#underWay.shift();
    await store?.();
  }

  /** In turn: each compressor does one frame at a time. */
  #compress(raw: Buffer): Promise<Buffer> {
    const next = (this.#compressors.length < COMPRESSORS ? undefined : this.#compressors.shift()) ?? {
      it: openCompressor(this.#codec),
      free: Promise.resolve(),
    };
    const compressed = next.free.then(() => next.it.compress(raw));
    this.#compressors.push({ it: next.it, free: compressed.catch(() => undefined) });
    return compressed;
  }

  /** The first `rows` that wait become a frame. */
  #cut(rows: number): void {
    const rawBytes = this.#sizes.slice(0, rows).reduce((sum, size) => sum + size, 0);
    const records = Buffer.from(this.#records.subarray(0, rows * RECORD));
    // The frame keeps its buffer until it is compressed; what comes after it moves to another.
    const taken = this.#raw;
    const next = this.#spare.pop();
    this.#raw =
      next !== undefined && next.length >= this.#rawBytes - rawBytes ? next : Buffer.allocUnsafeSlow(taken.length);
    taken.copy(this.#raw, 0, rawBytes, this.#rawBytes);
    this.#records.copyWithin(0, rows * RECORD, this.#sizes.length * RECORD);
    this.#sizes = this.#sizes.slice(rows);
    this.#rawBytes -= rawBytes;
    this.#framed += rows;
    this.#total += rawBytes;
    const compressed = this.#compress(taken.subarray(0, rawBytes)).then((bytes) => async () => {
      if (this.#spare.length < AHEAD) this.#spare.push(taken);
      this.#frames.push(frameOf(bytes, rawBytes, records));
      this.#stored += bytes.length;
      this.#sha.update(bytes);
      this.#indexSha.update(records);
      await write(this.#object, bytes);
      await write(this.#index, records);
    });
    compressed.catch(() => undefined); // whoever drains is told
    this.#underWay.push(compressed);
  }
}

const frameOf = (bytes: Buffer, rawBytes: number, records: Buffer): Frame => ({
  bytes: bytes.length,
  rawBytes,
  rows: records.length / RECORD,
  root: rootOfRecords(records).toString('hex'),
  crc: crc32(bytes),
  indexCrc: crc32(records),
});

/** Over all records, in the order in which they stand. */
export function rootOfRecords(records: Buffer): Buffer {
  const hashes = Buffer.allocUnsafe((records.length / RECORD) * HASH_BYTES);
  for (let at = 0; at * RECORD < records.length; at += 1)
    records.copy(hashes, at * HASH_BYTES, at * RECORD + HASH_AT, (at + 1) * RECORD);
  return rootOfHashes(hashes);
}

/** The largest power of two that is not more than `rows` and divides `first`. */
export function largestAligned(first: number, rows: number): number {
  let size = 1;
  while (2 * size <= rows && first % (2 * size) === 0) size *= 2;
  return size;
}

/** The frames in their places in the tree. */
export function subtreesOf(
  frames: readonly Pick<Frame, 'rows' | 'root'>[],
): readonly { readonly first: number; readonly leaves: number; readonly root: Buffer }[] {
  let first = 0;
  return frames.map(({ rows, root }) => {
    const subtree = { first, leaves: rows, root: Buffer.from(root, 'hex') };
    first += rows;
    return subtree;
  });
}
