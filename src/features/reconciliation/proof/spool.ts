/**
 * Records put aside by the first byte of their key, so that a whole that does not fit into memory is
 * sorted part by part: a distribution sort. What is small never leaves the memory; the rest waits in a
 * file that has no name, so that it is gone whatever happens to the process.
 */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, PlumblineError } from '../../../kernel/errors.ts';

const PARTITIONS = 256;
/** Bytes that a partition gathers before they are written: 16 MiB for all. */
const BUFFER = 65_536;
/** Full buffers that stay in memory, before the first is written: 24 MiB. */
const STAY = 384;

/** A full buffer of a partition: still here, or where it is in the file. */
type Extent = Uint32Array<ArrayBuffer> | number;

export class Spool {
  /** Records put aside. */
  count = 0;
  readonly #file: string;
  readonly #stay: number;
  /** Words of a record, and of a buffer. */
  readonly #words: number;
  readonly #capacity: number;
  readonly #buffers: (Uint32Array<ArrayBuffer> | undefined)[] = new Array(PARTITIONS);
  readonly #used = new Uint32Array(PARTITIONS);
  /** Buffers that were written and serve again: memory given back to the engine comes back late. */
  readonly #spare: Uint32Array<ArrayBuffer>[] = [];
  readonly #taken = new Scratch();
  readonly #extents: Extent[][] = Array.from({ length: PARTITIONS }, () => []);
  #full: { readonly partition: number; readonly buffer: Uint32Array<ArrayBuffer> }[] = [];
  #handle: FileHandle | undefined;
  #size = 0;
  #staying = 0;

  /**
   * @param folder of the file, which is made when it is needed
   * @param name of the file for the moment that it has one
   * @param width bytes of a record, a multiple of 4; its key stands first
   * @param stay full buffers that are kept in memory, before the first is written
   */
  constructor(folder: string, name: string, width: number, stay = STAY) {
    this.#stay = stay;
    this.#file = path.join(folder, name);
    this.#words = width / 4;
    this.#capacity = Math.floor(BUFFER / width) * this.#words;
  }

  /** Copies the record that begins at `from`, counted in words of 4 bytes. */
  add(words: Uint32Array, from: number): void {
    const partition = (words[from] ?? 0) & 0xff; // its first byte: typed arrays are little-endian where we run
    const buffer = this.#buffers[partition] ?? this.#open(partition);
    const used = this.#used[partition] ?? 0;
    for (let n = 0; n < this.#words; n += 1) buffer[used + n] = words[from + n] ?? 0;
    this.count += 1;
    this.#used[partition] = used + this.#words;
    if (used + this.#words < this.#capacity) return;
    this.#full.push({ partition, buffer });
    this.#buffers[partition] = undefined;
  }

  /**
   * Writes what is full. Memory is bounded by how often this is awaited.
   * @throws `proof.scratch_unusable` (upstream)
   */
  async settle(): Promise<void> {
    if (this.#full.length === 0) return;
    try {
      await this.#write();
    } catch (error) {
      throw new PlumblineError(
        'upstream',
        'proof.scratch_unusable',
        `leaves cannot be put aside in ${path.dirname(this.#file)}: ${messageOf(error)}; it needs 120 bytes for each merchant`,
        { cause: error },
      );
    }
  }

  async #write(): Promise<void> {
    const full = this.#full;
    this.#full = [];
    for (const { partition, buffer } of full) {
      if (this.#staying < this.#stay) {
        this.#staying += 1;
        this.#extents[partition]?.push(buffer);
        continue;
      }
      const bytes = bytesOf(buffer);
      this.#handle ??= await this.#create();
      const { bytesWritten } = await this.#handle.write(bytes, 0, bytes.length, this.#size);
      if (bytesWritten !== bytes.length) throw new Error('the disk took a part of what was written');
      this.#extents[partition]?.push(this.#size);
      this.#size += bytes.length;
      this.#spare.push(buffer);
    }
  }

  /**
   * Each partition's records, ascending by the first `keyBytes` bytes; the partitions ascend as well. What
   * is given is valid until the next is asked for.
   */
  async *sorted(keyBytes: number): AsyncIterable<Uint8Array> {
    await this.settle();
    const into = new Scratch();
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const records = await this.#take(partition);
      if (records.length > 0) yield sortRecords(records, into, this.#words, keyBytes);
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #open(partition: number): Uint32Array<ArrayBuffer> {
    const buffer = this.#spare.pop() ?? new Uint32Array(this.#capacity);
    this.#buffers[partition] = buffer;
    this.#used[partition] = 0;
    return buffer;
  }

  async #create(): Promise<FileHandle> {
    await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
    await rm(this.#file, { force: true }); // of a process that ended between the next two lines
    const handle = await open(this.#file, 'wx+', 0o600);
    await rm(this.#file);
    return handle;
  }

  async #read(into: Buffer, offset: number): Promise<void> {
    const read = await this.#handle?.read(into, 0, into.length, offset);
    if (read?.bytesRead === into.length) return;
    throw new PlumblineError('integrity', 'proof.scratch_lost', 'the disk gives back less than was put aside');
  }

  async #take(partition: number): Promise<Buffer> {
    const extents = this.#extents[partition] ?? [];
    const buffer = this.#buffers[partition];
    const rest = buffer === undefined ? Buffer.alloc(0) : bytesOf(buffer.subarray(0, this.#used[partition]));
    const length = 4 * this.#capacity;
    const records = this.#taken.bytes(extents.length * length + rest.length);
    let at = 0;
    for (const extent of extents) {
      if (typeof extent === 'number') await this.#read(records.subarray(at, at + length), extent);
      else records.set(bytesOf(extent), at);
      at += length;
    }
    this.#extents[partition] = [];
    records.set(rest, at);
    this.#buffers[partition] = undefined;
    return records;
  }
}

/** Memory that is used again and again, and grows where it has to. */
export class Scratch {
  #buffer = Buffer.alloc(0);

  /** What was in the ones before is overwritten. */
  bytes(length: number): Buffer<ArrayBuffer> {
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafeSlow(Math.ceil(length * 1.1));
    return this.#buffer.subarray(0, length);
  }
}

const bytesOf = (words: Uint32Array<ArrayBuffer>): Buffer<ArrayBuffer> =>
  Buffer.from(words.buffer, words.byteOffset, words.byteLength);

/** The words of bytes that have a buffer of their own. */
export const wordsOf = (bytes: Uint8Array): Uint32Array =>
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);

/** Bits of a key by which records are dealt out before they are compared. */
const DEALT = 12;

/** Of one partition: the first byte of all keys is the same. */
function sortRecords(records: Buffer, into: Scratch, words: number, keyBytes: number): Buffer {
  const width = 4 * words;
  const count = records.length / width;
  const keys = new Uint32Array(count);
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let n = 0; n < count; n += 1) keys[n] = view.getUint32(n * width + 1);
  const order = dealt(keys);
  settle(keys, order, (a, b) =>
    records.compare(records, b * width, b * width + keyBytes, a * width, a * width + keyBytes),
  );
  const sorted = into.bytes(records.length);
  const [from, to] = [wordsOf(records), wordsOf(sorted)];
  for (let n = 0; n < count; n += 1) {
    const record = (order[n] ?? 0) * words;
    for (let word = 0; word < words; word += 1) to[n * words + word] = from[record + word] ?? 0;
  }
  return sorted;
}

/** Numbers of records by the first bits of their keys: keys are hashes, so few have them in common. */
function dealt(keys: Uint32Array): Uint32Array {
  const places = new Uint32Array(2 ** DEALT + 1);
  for (const key of keys) places[(key >>> (32 - DEALT)) + 1] = (places[(key >>> (32 - DEALT)) + 1] ?? 0) + 1;
  for (let n = 1; n < places.length; n += 1) places[n] = (places[n] ?? 0) + (places[n - 1] ?? 0);
  const order = new Uint32Array(keys.length);
  for (let n = 0; n < keys.length; n += 1) {
    const key = keys[n] ?? 0;
    const place = places[key >>> (32 - DEALT)] ?? 0;
    order[place] = n;
    places[key >>> (32 - DEALT)] = place + 1;
  }
  return order;
}

/** Insertion: what is out of order is near its place. @param compare whole keys, where 32 bits are equal */
function settle(keys: Uint32Array, order: Uint32Array, compare: (a: number, b: number) => number): void {
  for (let n = 1; n < order.length; n += 1) {
    const record = order[n] ?? 0;
    const key = keys[record] ?? 0;
    let to = n;
    for (; to > 0; to -= 1) {
      const before = order[to - 1] ?? 0;
      const other = keys[before] ?? 0;
      if (other < key || (other === key && compare(before, record) <= 0)) break;
      order[to] = before;
    }
    order[to] = record;
  }
}
