/**
 * What is compared of a reference. Banks change case, drop punctuation and take the marks off Vietnamese
 * letters, so two references are equal where their letters and digits are; one stands in another where
 * it fills whole words of it. A reference without letters and digits is empty, and equal to nothing.
 */
import type { TextRange } from './text-store.ts';

/** Words longer than this together are not looked for as one reference. */
const MOST_WORDS = 6;

const OTHER_SEPARATORS = /[^\p{L}\p{N}]+/gu;
const FIRST_BYTES = 4_096;
const BEYOND_ASCII = 0x80;

/** By byte: a capital letter or digit, 0 where it parts words. Bytes of letters beyond ASCII stay as they are. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= BEYOND_ASCII) return byte;
  const letter = String.fromCharCode(byte).toUpperCase();
  return /[A-Z0-9]/.test(letter) ? letter.charCodeAt(0) : 0;
});

/** `Đơn hàng #12-3` is `DON HANG 12 3`. */
const spaced = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[đĐ]/g, 'D')
    .toUpperCase()
    .replace(OTHER_SEPARATORS, ' ');

/** One text at a time, folded: `Đơn hàng #12-3` is `DONHANG123`, and remembers where its words end. */
export class Folded {
  bytes = Buffer.allocUnsafe(FIRST_BYTES);
  /** In bytes; 0 where there is nothing to compare. */
  length = 0;
  /** The first is the beginning: word n is between the ends n and n + 1. */
  readonly #ends: number[] = [0];
  #words = 0;

  /** @param text which is folded from now on, in place of the one before */
  read({ bytes, from, to }: TextRange): this {
    this.readBytes(bytes, from, to);
    return this;
  }

  readBytes(bytes: Buffer, from: number, to: number): void {
    if (to - from > this.bytes.length) this.bytes = Buffer.allocUnsafe(2 * (to - from));
    if (this.#fold(bytes, from, to, BEYOND_ASCII)) return;
    const plain = Buffer.from(spaced(bytes.toString('utf8', from, to)), 'utf8');
    if (plain.length > this.bytes.length) this.bytes = Buffer.allocUnsafe(2 * plain.length);
    this.#fold(plain, 0, plain.length, 256);
  }

  /**
   * Whatever could be a reference in the text: each run of one to six whole words, the text itself among
   * them where it is that short.
   * @param fits by length in bytes: 1 where it is looked for
   */
  eachSpan(fits: Uint8Array, take: (bytes: Buffer, from: number, to: number) => void): void {
    for (let first = 0; first < this.#words; first += 1) {
      const from = this.#ends[first] ?? 0;
      const most = Math.min(this.#words, first + MOST_WORDS);
      for (let last = first + 1; last <= most; last += 1) {
        const to = this.#ends[last] ?? 0;
        if (fits[to - from] === 1) take(this.bytes, from, to);
      }
    }
  }

  /** @returns false where a byte is `most` or more */
  #fold(bytes: Buffer, from: number, to: number, most: number): boolean {
    const into = this.bytes;
    const ends = this.#ends;
    let length = 0;
    let words = 0;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte >= most) return false;
      const letter = FOLDED[byte] ?? 0;
      if (letter !== 0) {
        into[length] = letter;
        length += 1;
      } else if (length > (ends[words] ?? 0)) {
        words += 1;
        ends[words] = length;
      }
    }
    if (length > (ends[words] ?? 0)) {
      words += 1;
      ends[words] = length;
    }
    this.length = length;
    this.#words = words;
    return true;
  }
}
