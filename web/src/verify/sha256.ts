/**
 * SHA-256 (FIPS 180-4), synchronous: WebCrypto answers each hash with a promise, which makes a chain of
 * short ones seven times slower than this.
 */

/** The first 32 bits of the fractions of the cube roots of the first 64 primes. */
const K = constants();
const WORDS = new Int32Array(64);
const STATE = new Int32Array(8);
const START = Int32Array.of(
  ...[0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
);

/** @returns a new array of 32 bytes */
export function sha256(bytes: Uint8Array, from = 0, to: number = bytes.length): Uint8Array<ArrayBuffer> {
  for (let n = 0; n < 8; n += 1) STATE[n] = START[n] ?? 0;
  let at = from;
  for (; at + 64 <= to; at += 64) {
    read(bytes, at, 16);
    compress();
  }
  const whole = (to - at) >> 2;
  read(bytes, at, whole);
  at += 4 * whole;
  let word = 0;
  let shift = 24;
  for (; at < to; at += 1, shift -= 8) word |= (bytes[at] ?? 0) << shift;
  WORDS[whole] = word | (0x80 << shift);
  for (let n = whole + 1; n < 16; n += 1) WORDS[n] = 0;
  if (whole >= 14) {
    compress();
    for (let n = 0; n < 14; n += 1) WORDS[n] = 0;
  }
  // Lengths here are far below 2^32 bytes; in bits they may need a little more than 32 bits.
  WORDS[14] = Math.floor((to - from) / 0x2000_0000);
  WORDS[15] = (to - from) << 3;
  compress();
  const digest = new Uint8Array(32);
  for (let n = 0; n < 8; n += 1) {
    const value = STATE[n] ?? 0;
    digest[4 * n] = value >>> 24;
    digest[4 * n + 1] = value >>> 16;
    digest[4 * n + 2] = value >>> 8;
    digest[4 * n + 3] = value;
  }
  return digest;
}

/** So many of the block's words, big-endian. */
function read(bytes: Uint8Array, from: number, count: number): void {
  for (let n = 0, at = from; n < count; n += 1, at += 4) {
    WORDS[n] =
      ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  }
}

function compress(): void {
  for (let at = 16; at < 64; at += 1) {
    const early = WORDS[at - 15] ?? 0;
    const late = WORDS[at - 2] ?? 0;
    const s0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const s1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    WORDS[at] = (WORDS[at - 16] ?? 0) + s0 + (WORDS[at - 7] ?? 0) + s1;
  }
  // One by one: taking them apart as a list would make a list for each block.
  let a = STATE[0] ?? 0;
  let b = STATE[1] ?? 0;
  let c = STATE[2] ?? 0;
  let d = STATE[3] ?? 0;
  let e = STATE[4] ?? 0;
  let f = STATE[5] ?? 0;
  let g = STATE[6] ?? 0;
  let h = STATE[7] ?? 0;
  for (let at = 0; at < 64; at += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + s1 + (g ^ (e & (f ^ g))) + (K[at] ?? 0) + (WORDS[at] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (s0 + ((a & (b | c)) | (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  STATE[0] = (STATE[0] ?? 0) + a;
  STATE[1] = (STATE[1] ?? 0) + b;
  STATE[2] = (STATE[2] ?? 0) + c;
  STATE[3] = (STATE[3] ?? 0) + d;
  STATE[4] = (STATE[4] ?? 0) + e;
  STATE[5] = (STATE[5] ?? 0) + f;
  STATE[6] = (STATE[6] ?? 0) + g;
  STATE[7] = (STATE[7] ?? 0) + h;
}

function constants(): Int32Array {
  const found: number[] = [];
  for (let n = 2; found.length < 64; n += 1) {
    if (Array.from({ length: n - 2 }, (_, at) => at + 2).some((divisor) => n % divisor === 0)) continue;
    found.push(fraction(n));
  }
  return Int32Array.from(found);
}

/** floor(frac(cbrt(n)) * 2^32), by whole numbers: floor(cbrt(n * 2^96)) without its whole part. */
function fraction(n: number): number {
  const target = BigInt(n) << 96n;
  let root = 0n;
  for (let bit = 1n << 36n; bit > 0n; bit >>= 1n) if ((root + bit) ** 3n <= target) root += bit;
  return Number(root & 0xffff_ffffn) | 0;
}

export const toHex = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
};
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
