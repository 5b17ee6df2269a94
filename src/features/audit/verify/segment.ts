/**
 * Some bundles of a log, hashed and looked through apart from all others, so that several threads can
 * do it at once: what a leaf follows is in its text, so that only a segment's borders are left to compare.
 */
import { manyHashes } from '../../../kernel/sha256/lanes.ts';
import { BARE } from '../log/leaf.ts';
import { HASH_BYTES, perfectRoot } from '../tlog/hashing.ts';
import { TILE_WIDTH } from '../tlog/tiles.ts';
import type { Damage } from './damage.ts';
import { compareLeaves } from './tile-check.ts';

export interface SegmentBundle {
  /** How many leaves it has to have. */
  readonly width: number;
  /** As it is served; undefined: it is missing. It is written into. */
  readonly entries: Uint8Array | undefined;
  /** The hashes of its leaves, as they are served. */
  readonly tile: Uint8Array | undefined;
  /** Whether the hashes of its leaves are asked for. */
  readonly marked: boolean;
}

/** A stream within a segment: what its first leaf there says it follows, and where it ends. */
export interface StreamPart {
  readonly firstIndex: number;
  readonly firstSeq: number;
  readonly previous: string;
  readonly index: number;
  readonly seq: number;
  /** Lower-case hex. */
  readonly head: string;
}

/** The same while it is read; its head stands among the hashes of a bundle. */
interface Part {
  readonly name: string;
  firstIndex: number;
  firstSeq: number;
  previous: string;
  index: number;
  seq: number;
  hashes: Buffer;
  headAt: number;
}

export interface Segment {
  readonly first: number;
  /** Roots of its full bundles. */
  readonly roots: Uint8Array;
  /** Hashes of the leaves of a bundle that is not full: the last one of a log. */
  readonly rest: Uint8Array;
  readonly marked: ReadonlyMap<number, Uint8Array>;
  readonly streams: ReadonlyMap<string, StreamPart>;
  /** Of its first and of its last leaf; 0: it has none. */
  readonly firstAtUs: number;
  readonly atUs: number;
  /** Leaves are missing: nobody knows what follows them. */
  readonly isTorn: boolean;
  readonly damage: readonly Damage[];
}

const HEADER = Buffer.from('plumbline/audit@v1\n');
const HEX = HASH_BYTES * 2;
const [LINE_END, SPACE, ZERO, NINE] = [0x0a, 0x20, 0x30, 0x39];

export class SegmentReader {
  readonly #first: number;
  readonly #roots: Uint8Array[] = [];
  readonly #marked = new Map<number, Uint8Array>();
  /** By a number made of their names. */
  readonly #parts = new Map<number, readonly Part[]>();
  readonly #damage: Damage[] = [];
  /** Of the bundle that is read. Those of the ones before live on where a stream's head is among them. */
  #hashes = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Where its leaves begin and end, each with its prefix. */
  readonly #places = new Uint32Array(2 * TILE_WIDTH);
  #rest: Uint8Array = new Uint8Array(0);
  #next: number;
  #firstAtUs = 0;
  #atUs = 0;
  #isTorn = false;
  /** Where the number that was read last has ended. */
  #at = 0;

  constructor(first: number) {
    this.#first = first;
    this.#next = first;
  }

  add(bundle: SegmentBundle): void {
    const first = this.#next;
    this.#next += bundle.width;
    this.#hashes = Buffer.allocUnsafe(TILE_WIDTH * HASH_BYTES);
    const count = bundle.entries === undefined ? 0 : this.#entries(first, bundle.width, bundle.entries);
    if (count < bundle.width) this.#missing(first, count, bundle);
    const hashes = this.#hashes.subarray(0, bundle.width * HASH_BYTES);
    this.#compare(first, hashes, bundle);
    if (bundle.marked) this.#marked.set(first, new Uint8Array(hashes));
    if (bundle.width === TILE_WIDTH) this.#roots.push(perfectRoot(hashes));
    else this.#rest = new Uint8Array(hashes);
  }

  end(): Segment {
    return {
      first: this.#first,
      roots: new Uint8Array(Buffer.concat(this.#roots)),
      rest: this.#rest,
      marked: this.#marked,
      streams: new Map(
        [...this.#parts.values()].flat().map(({ name, hashes, headAt, ...part }) => {
          return [name, { ...part, head: hashes.toString('hex', headAt, headAt + HASH_BYTES) }];
        }),
      ),
      firstAtUs: this.#firstAtUs,
      atUs: this.#atUs,
      isTorn: this.#isTorn,
      damage: this.#damage,
    };
  }

  /** @returns how many entries there are */
  #entries(first: number, width: number, bytes: Uint8Array): number {
    const bundle = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const places = this.#places;
    let count = 0;
    let at = 0;
    while (at < bundle.length && count < width) {
      const start = at + 2;
      const end = start + (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? 0);
      if (end > bundle.length) break;
      // The low byte of the length becomes the prefix of a leaf: nothing is copied.
      bundle[start - 1] = 0;
      places[2 * count] = start - 1;
      places[2 * count + 1] = end;
      count += 1;
      at = end;
    }
    manyHashes().messages(bundle, places.subarray(0, 2 * count), this.#hashes);
    for (let entry = 0; entry < count; entry += 1) {
      const start = (places[2 * entry] ?? 0) + 1;
      if (this.#leaf(first + entry, bundle, start, places[2 * entry + 1] ?? 0, entry * HASH_BYTES)) continue;
      this.#isTorn = true;
      const message = `entry ${first + entry} is no leaf of an audit log`;
      this.#damage.push({ kind: 'leaf-malformed', index: first + entry, message });
    }
    if (at < bundle.length) {
      const [kind, what] =
        count === width
          ? (['leaf-inserted', `has more than ${width} entries`] as const)
          : (['leaf-malformed', `is cut off in entry ${count}`] as const);
      this.#damage.push({ kind, index: first + count, message: `the bundle of leaf ${first} ${what}` });
    }
    return count;
  }

  /**
   * The few things of a leaf that others depend on, byte by byte where they stand: parsing costs as much as hashing.
   * @param hashAt where its hash is among those of the bundle. @returns whether it is a leaf
   */
  #leaf(index: number, bundle: Uint8Array, start: number, end: number, hashAt: number): boolean {
    for (let at = 0; at < HEADER.length; at += 1) if (bundle[start + at] !== HEADER[at]) return false;
    const name = start + HEADER.length;
    let nameEnd = name;
    let key = 0;
    for (let byte = bundle[name] ?? 0; byte > SPACE && nameEnd < end; byte = bundle[nameEnd] ?? 0) {
      key = (key * 31 + byte) | 0; // of a table, no size or index
      nameEnd += 1;
    }
    const seq = this.#number(bundle, nameEnd + 1, LINE_END);
    const line4 = lineAfter(bundle, this.#at + 1, end);
    const previous = line4 + 1 + HEX; // after the hash of what was recorded and a space
    const hashesEnd =
      previous + HEX + (isText(bundle, previous + HEX, previous + HEX + BARE.length, BARE) ? BARE.length : 0);
    const line5 = hashesEnd + 1;
    const atUs = this.#number(bundle, line5, SPACE);
    const isLeaf =
      bundle[nameEnd] === SPACE &&
      bundle[previous - 1] === SPACE &&
      bundle[line5 - 1] === LINE_END &&
      seq >= 0 &&
      atUs > 0 &&
      lineAfter(bundle, this.#at, end) === end;
    if (!isLeaf) return false;
    if (atUs < this.#atUs) this.#sayTime(index, atUs);
    if (this.#firstAtUs === 0) this.#firstAtUs = atUs;
    if (atUs > this.#atUs) this.#atUs = atUs;
    const stream = this.#stream(key, bundle, name, nameEnd);
    if (stream.index < 0) {
      stream.firstIndex = index;
      stream.firstSeq = seq;
      stream.previous = Buffer.from(bundle.subarray(previous, previous + HEX)).toString('latin1');
    } else if (seq !== stream.seq + 1 || !isHexOf(this.#view, previous, stream.hashes, stream.headAt)) {
      this.#sayLink(index, stream.name, seq, stream);
    }
    stream.index = index;
    stream.seq = seq;
    stream.hashes = this.#hashes;
    stream.headAt = hashAt;
    return true;
  }

  #stream(key: number, bundle: Uint8Array, start: number, end: number): Part {
    const parts = this.#parts.get(key) ?? [];
    for (const part of parts) if (isText(bundle, start, end, part.name)) return part;
    const name = Buffer.from(bundle.subarray(start, end)).toString('latin1');
    const none = { firstIndex: -1, firstSeq: -1, previous: '', index: -1, seq: -1 };
    const part: Part = { name, ...none, hashes: this.#hashes, headAt: 0 };
    this.#parts.set(key, [...parts, part]);
    return part;
  }

  /** Digits up to a byte, at which `#at` stands then; -1: it is no such number. */
  #number(bytes: Uint8Array, start: number, until: number): number {
    let value = 0;
    let at = start;
    for (; ; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
    }
    this.#at = at;
    return bytes[at] === until && at > start && at - start <= 16 && value <= Number.MAX_SAFE_INTEGER ? value : -1;
  }

  #compare(first: number, hashes: Buffer, { width, tile }: SegmentBundle): void {
    const whole = tile?.subarray(0, width * HASH_BYTES);
    if (whole === undefined || whole.length < width * HASH_BYTES) {
      const message = `tile ${first / TILE_WIDTH} of level 0 is missing`;
      this.#damage.push({ kind: 'tile-missing', index: first, message });
      return;
    }
    const damage = compareLeaves(first, hashes, whole);
    if (damage !== undefined) this.#damage.push(damage);
  }

  /** The tree goes on with what the tile has there. */
  #missing(first: number, count: number, { width, tile }: SegmentBundle): void {
    this.#isTorn = true;
    const [from, last] = [first + count, first + width - 1];
    const which = from === last ? `leaf ${from} is` : `leaves ${from} to ${last} are`;
    this.#damage.push({ kind: 'leaf-missing', index: from, message: `${which} missing` });
    this.#hashes.fill(0, count * HASH_BYTES);
    if (tile !== undefined) this.#hashes.set(tile.subarray(count * HASH_BYTES, width * HASH_BYTES), count * HASH_BYTES);
  }

  #sayTime(index: number, atUs: number): void {
    const message = `leaf ${index} is of an earlier time than the leaf before it: ${atUs} after ${this.#atUs}`;
    this.#damage.push({ kind: 'time-back', index, message });
  }

  #sayLink(index: number, name: string, seq: number, before: Part): void {
    const message = `leaf ${index}, number ${seq} of the stream ${name}, does not follow leaf ${before.index}, its number ${before.seq}`;
    this.#damage.push({ kind: 'link-broken', index, message });
  }
}

/** Where the line after the next line end begins. */
function lineAfter(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== LINE_END) at += 1;
  return at + 1;
}

function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let at = 0; at < text.length; at += 1) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

/** Of each byte its two lower-case digits, as a number of 16 bits, little-endian. */
const DIGITS = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0')).readUInt16LE(0),
);

/** Whether the digits at `start` are those of the hash at `hashAt`. */
function isHexOf(bytes: DataView, start: number, hashes: Uint8Array, hashAt: number): boolean {
  for (let at = 0; at < HASH_BYTES; at += 2) {
    const digits = (DIGITS[hashes[hashAt + at] ?? 0] ?? 0) | ((DIGITS[hashes[hashAt + at + 1] ?? 0] ?? 0) << 16);
    if (bytes.getInt32(start + 2 * at, true) !== digits) return false;
  }
  return true;
}
