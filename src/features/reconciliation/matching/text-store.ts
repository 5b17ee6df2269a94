/**
 * Texts by the million as bytes in one buffer. As strings they would be objects that the collector walks
 * through again and again: reading a million lines took twice as long so.
 */
import { EMPTY } from './numbers.ts';

const FIRST_BYTES = 1 << 16;

/** A text as letters below 256 each: itself where it is ASCII, else its UTF-8 bytes. */
function narrow(text: string): string {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0x7f) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}

/** Texts one after the other, by number. */
export class TextStore {
  #bytes = Buffer.alloc(FIRST_BYTES);
  #used = 0;
  #ends = new Float64Array(1_024); // more bytes than an Int32 counts
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @returns its number */
  push(text: string): number {
    return this.pushNarrow(narrow(text));
  }

  pushNarrow(letters: string): number {
    const end = this.#used + letters.length;
    if (end > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const bytes = this.#bytes;
    for (let at = 0; at < letters.length; at += 1) bytes[this.#used + at] = letters.charCodeAt(at);
    this.#used = end;
    if (this.#count === this.#ends.length) {
      const more = new Float64Array(this.#count * 2);
      more.set(this.#ends);
      this.#ends = more;
    }
    this.#ends[this.#count] = end;
    this.#count += 1;
    return this.#count - 1;
  }

  at(number: number): string {
    const [from, to] = [this.#from(number), this.#ends[number] ?? 0];
    return from === to ? '' : this.#bytes.toString('utf8', from, to);
  }

  /** In bytes. */
  lengthOf(number: number): number {
    return (this.#ends[number] ?? 0) - this.#from(number);
  }

  isNarrow(number: number, letters: string): boolean {
    const from = this.#from(number);
    if ((this.#ends[number] ?? 0) - from !== letters.length) return false;
    const bytes = this.#bytes;
    for (let at = 0; at < letters.length; at += 1) if (bytes[from + at] !== letters.charCodeAt(at)) return false;
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
    let at = 0;
    while (at < end && this.#bytes[left + at] === this.#bytes[right + at]) at += 1;
    return at;
  }

  /** Two bytes of a text as one number that orders as they do; what is behind its end is 0. */
  pairAt(number: number, at: number): number {
    const from = this.#from(number) + at;
    const end = this.#ends[number] ?? 0;
    const first = from < end ? (this.#bytes[from] ?? 0) : 0;
    return (first << 8) | (from + 1 < end ? (this.#bytes[from + 1] ?? 0) : 0);
  }

  #from(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0);
  }
}

/** Each different text once, by number. An empty one has none: it is equal to nothing. */
export class Texts {
  readonly #store = new TextStore();
  #slots = new Int32Array(2_048).fill(EMPTY);
  #hashes = new Int32Array(1_024);

  get size(): number {
    return this.#store.count;
  }

  add(text: string): number {
    if (text === '') return EMPTY;
    const letters = narrow(text);
    const hash = hashOf(letters);
    const slot = this.#slotOf(letters, hash);
    const known = this.#slots[slot] ?? EMPTY;
    if (known !== EMPTY) return known;
    const number = this.#store.pushNarrow(letters);
    if (number >= this.#hashes.length) this.#grow();
    this.#hashes[number] = hash;
    this.#slots[this.#slotOf(letters, hash)] = number;
    return number;
  }

  find(text: string): number {
    const letters = narrow(text);
    return this.#slots[this.#slotOf(letters, hashOf(letters))] ?? EMPTY;
  }

  /** In bytes. */
  lengthOf(number: number): number {
    return this.#store.lengthOf(number);
  }

  /** Empty where there is none. */
  textOf(number: number): string {
    return number === EMPTY ? '' : this.#store.at(number);
  }

  /** Where the text stands, or where it would. At most half of the slots are taken. */
  #slotOf(letters: string, hash: number): number {
    const last = this.#slots.length - 1;
    for (let slot = hash & last; ; slot = (slot + 1) & last) {
      const number = this.#slots[slot] ?? EMPTY;
      if (number === EMPTY) return slot;
      if (this.#hashes[number] === hash && this.#store.isNarrow(number, letters)) return slot;
    }
  }

  #grow(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    const slots = new Int32Array(hashes.length * 2).fill(EMPTY);
    const last = slots.length - 1;
    for (let number = 0; number < this.#hashes.length; number += 1) {
      let slot = (this.#hashes[number] ?? 0) & last;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & last;
      slots[slot] = number;
    }
    this.#hashes = hashes;
    this.#slots = slots;
  }
}

/** FNV-1a, mixed once more at its end, for its low bits choose the slot. */
function hashOf(letters: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < letters.length; at += 1) hash = Math.imul(hash ^ letters.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
