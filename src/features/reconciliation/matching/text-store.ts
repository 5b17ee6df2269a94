/**
 * Texts by the million as bytes in one buffer. As strings they would be objects that the collector walks
 * through again and again: reading a million lines took twice as long so.
 */
import { EMPTY } from './numbers.ts';

const FIRST_BYTES = 1 << 16;
const FIRST_TEXTS = 1_024;

/** Where a text stands: UTF-8, `to` is one past its last byte. */
export interface TextRange {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

/** Texts one after the other, by number. */
export class TextStore {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #used = 0;
  #ends = new Float64Array(FIRST_TEXTS); // more bytes than an Int32 counts
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @returns its number */
  push(from: Buffer, start: number, end: number): number {
    const to = this.#used + end - start;
    if (to > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(to, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    const bytes = this.#bytes;
    for (let at = start, place = this.#used; at < end; at += 1, place += 1) bytes[place] = from[at] ?? 0;
    this.#used = to;
    if (this.#count === this.#ends.length) {
      const more = new Float64Array(this.#count * 2);
      more.set(this.#ends);
      this.#ends = more;
    }
    this.#ends[this.#count] = to;
    this.#count += 1;
    return this.#count - 1;
  }

  at(number: number): string {
    const [from, to] = [this.#from(number), this.#ends[number] ?? 0];
    return from === to ? '' : this.#bytes.toString('utf8', from, to);
  }

  /** Until the next push. */
  rangeOf(number: number): TextRange {
    return { bytes: this.#bytes, from: this.#from(number), to: this.#ends[number] ?? 0 };
  }

  /** In bytes. */
  lengthOf(number: number): number {
    return (this.#ends[number] ?? 0) - this.#from(number);
  }

  is(number: number, other: Buffer, start: number, end: number): boolean {
    const from = this.#from(number);
    if ((this.#ends[number] ?? 0) - from !== end - start) return false;
    const bytes = this.#bytes;
    for (let at = start, place = from; at < end; at += 1, place += 1) if (bytes[place] !== other[at]) return false;
    return true;
  }

  /** By their bytes, which is by their code points: no locale decides. Below 0, 0 or above. */
  compare(a: number, b: number): number {
    const [left, right] = [this.#from(a), this.#from(b)];
    const [leftLength, rightLength] = [this.lengthOf(a), this.lengthOf(b)];
    const bytes = this.#bytes;
    const shorter = Math.min(leftLength, rightLength);
    for (let at = 0; at < shorter; at += 1) {
      const apart = (bytes[left + at] ?? 0) - (bytes[right + at] ?? 0);
      if (apart !== 0) return apart;
    }
    return leftLength - rightLength;
  }

  /** How many of the first `most` bytes of two texts are the same. */
  commonPrefix(a: number, b: number, most: number): number {
    const [left, right] = [this.#from(a), this.#from(b)];
    const end = Math.min(most, this.lengthOf(b));
    const bytes = this.#bytes;
    let at = 0;
    while (at < end && bytes[left + at] === bytes[right + at]) at += 1;
    return at;
  }

  /** One byte of a text; -1 behind its end. */
  byteAt(number: number, at: number): number {
    const place = this.#from(number) + at;
    return place < (this.#ends[number] ?? 0) ? (this.#bytes[place] ?? 0) : -1;
  }

  #from(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0);
  }
}

/** Each different text once, by number. An empty one has none: it is equal to nothing. */
export class Texts {
  readonly #store = new TextStore();
  #slots = new Int32Array(2 * FIRST_TEXTS).fill(EMPTY);
  /** By number. */
  #hashes = new Int32Array(FIRST_TEXTS);

  get size(): number {
    return this.#store.count;
  }

  /** @returns its number, which it had before or has from now on */
  add(bytes: Buffer, from: number, to: number): number {
    if (from === to) return EMPTY;
    const hash = hashOf(bytes, from, to);
    let slot = this.#slotOf(bytes, from, to, hash);
    const known = this.#slots[slot] ?? EMPTY;
    if (known !== EMPTY) return known;
    if (this.#store.count === this.#hashes.length) {
      this.#grow();
      slot = this.#slotOf(bytes, from, to, hash);
    }
    const number = this.#store.push(bytes, from, to);
    this.#hashes[number] = hash;
    this.#slots[slot] = number;
    return number;
  }

  /** EMPTY where it was never added. */
  find(bytes: Buffer, from: number, to: number): number {
    return this.#slots[this.#slotOf(bytes, from, to, hashOf(bytes, from, to))] ?? EMPTY;
  }

  /** In bytes. */
  lengthOf(number: number): number {
    return this.#store.lengthOf(number);
  }

  /** Empty where there is none. */
  textOf(number: number): string {
    return number === EMPTY ? '' : this.#store.at(number);
  }

  /** Where the text stands, or would. At most half of the slots are taken. */
  #slotOf(bytes: Buffer, from: number, to: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = slots[slot] ?? EMPTY;
      if (number === EMPTY) return slot;
      if (this.#hashes[number] === hash && this.#store.is(number, bytes, from, to)) return slot;
    }
  }

  #grow(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    const slots = new Int32Array(hashes.length * 2).fill(EMPTY);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#hashes.length; number += 1) {
      let slot = (hashes[number] ?? 0) & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    this.#hashes = hashes;
    this.#slots = slots;
  }
}

/** FNV-1a, mixed once more at its end, for its low bits choose the slot. */
function hashOf(bytes: Buffer, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
