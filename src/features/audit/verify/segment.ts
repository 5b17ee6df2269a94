/**
 * Some bundles of a log, hashed and looked through apart from all others, so that several threads can
 * do it at once: what a leaf follows is in its text, so that only a segment's borders are left to compare.
 */
import { hash } from 'node:crypto';
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
  index: number;
  seq: number;
  /** Lower-case hex. */
  head: string;
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

const HEADER = 'plumbline/audit@v1\n';
const HEX = HASH_BYTES * 2;
const [LINE_END, SPACE, ZERO, NINE] = [0x0a, 0x20, 0x30, 0x39];

export class SegmentReader {
  readonly #first: number;
  readonly #roots: Uint8Array[] = [];
  readonly #marked = new Map<number, Uint8Array>();
  readonly #streams = new Map<string, StreamPart>();
  readonly #damage: Damage[] = [];
  readonly #hashes = Buffer.alloc(TILE_WIDTH * HASH_BYTES);
  #rest: Uint8Array = new Uint8Array(0);
  #next: number;
  #firstAtUs = 0;
  #atUs = 0;
  #isTorn = false;

  constructor(first: number) {
    this.#first = first;
    this.#next = first;
  }

  add(bundle: SegmentBundle): void {
    const first = this.#next;
    this.#next += bundle.width;
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
      streams: this.#streams,
      firstAtUs: this.#firstAtUs,
      atUs: this.#atUs,
      isTorn: this.#isTorn,
      damage: this.#damage,
    };
  }

  /** @returns how many entries there are */
  #entries(first: number, width: number, bytes: Uint8Array): number {
    const bundle = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const text = bundle.toString('latin1');
    let count = 0;
    let at = 0;
    while (at < bundle.length) {
      const start = at + 2;
      const end = start + (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? 0);
      if (end > bundle.length || count === width) {
        this.#damage.push({
          kind: count === width ? 'leaf-inserted' : 'leaf-malformed',
          index: first + count,
          message: `the bundle of leaf ${first} ${count === width ? `has more than ${width} entries` : `is cut off in entry ${count}`}`,
        });
        break;
      }
      // The low byte of the length becomes the prefix of a leaf: nothing is copied.
      bundle[start - 1] = 0;
      const leaf = hash('sha256', bundle.subarray(start - 1, end), 'hex');
      this.#hashes.write(leaf, count * HASH_BYTES, 'hex');
      this.#leaf(first + count, bundle, text, start, end, leaf);
      count += 1;
      at = end;
    }
    return count;
  }

  /** The few things of a leaf that others depend on, read where they stand. */
  #leaf(index: number, bundle: Uint8Array, text: string, start: number, end: number, leaf: string): void {
    const line2 = start + HEADER.length;
    const end2 = text.indexOf('\n', line2);
    const gap = text.lastIndexOf(' ', end2);
    const end3 = text.indexOf('\n', end2 + 1);
    const previous = end3 + 2 + HEX; // after the hash of what was recorded and a space
    const line5 = previous + HEX + 1;
    const seq = number(bundle, gap + 1, LINE_END);
    const atUs = number(bundle, line5, SPACE);
    const isLeaf =
      text.startsWith(HEADER, start) &&
      gap > line2 &&
      end2 > 0 &&
      end3 > end2 &&
      line5 < end &&
      bundle[line5 - 1] === LINE_END &&
      bundle[previous - 1] === SPACE &&
      text.indexOf('\n', line5) === end - 1 &&
      seq >= 0 &&
      atUs > 0;
    if (!isLeaf) {
      this.#isTorn = true;
      this.#damage.push({ kind: 'leaf-malformed', index, message: `entry ${index} is no leaf of an audit log` });
      return;
    }
    if (atUs < this.#atUs) this.#sayTime(index, atUs);
    if (this.#firstAtUs === 0) this.#firstAtUs = atUs;
    this.#atUs = Math.max(this.#atUs, atUs);
    const name = text.slice(line2, gap);
    const stream = this.#streams.get(name);
    if (stream === undefined) {
      const first = { firstIndex: index, firstSeq: seq, previous: text.slice(previous, previous + HEX) };
      // A text that is a part of another one would keep all of it.
      this.#streams.set(Buffer.from(name, 'latin1').toString('latin1'), { ...first, index, seq, head: leaf });
      return;
    }
    if (seq !== stream.seq + 1 || !text.startsWith(stream.head, previous)) this.#sayLink(index, name, seq, stream);
    stream.index = index;
    stream.seq = seq;
    stream.head = leaf;
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

  #sayLink(index: number, name: string, seq: number, before: StreamPart): void {
    const message = `leaf ${index}, number ${seq} of the stream ${name}, does not follow leaf ${before.index}, its number ${before.seq}`;
    this.#damage.push({ kind: 'link-broken', index, message });
  }
}

/** Digits up to a byte; -1: it is no such number. */
function number(bytes: Uint8Array, at: number, until: number): number {
  let value = 0;
  for (let from = at; ; from += 1) {
    const byte = bytes[from] ?? 0;
    if (byte === until) return from > at && value <= Number.MAX_SAFE_INTEGER ? value : -1;
    if (byte < ZERO || byte > NINE || from - at > 16) return -1;
    value = value * 10 + byte - ZERO;
  }
}
