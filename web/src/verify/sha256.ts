/**
 * SHA-256 (FIPS 180-4), synchronous: WebCrypto answers each hash with a promise, which makes a chain of
 * short ones seven times slower than this.
 */

/** The first 32 bits of the fractions of the cube roots of the first 64 primes. */
const K = constants();
const WORDS = new Int32Array(64);
const STATE = new Int32Array(8);
/** The last one or two blocks, with the padding. */
const TAIL = new Uint8Array(128);
const TAIL_VIEW = new DataView(TAIL.buffer);
const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/** @returns a new array of 32 bytes */
export function sha256(bytes: Uint8Array): Uint8Array {
  STATE.set(START);
  const whole = bytes.length - (bytes.length % 64);
  for (let at = 0; at < whole; at += 64) block(bytes, at);
  const rest = bytes.length - whole;
  const tail = rest < 56 ? 64 : 128;
  TAIL.fill(0, rest, tail);
  for (let at = 0; at < rest; at += 1) TAIL[at] = bytes[whole + at] ?? 0;
  TAIL[rest] = 0x80;
  // Lengths here are far below 2^32 bytes; in bits they may need a little more than 32 bits.
  TAIL_VIEW.setUint32(tail - 8, Math.floor(bytes.length / 0x2000_0000));
  TAIL_VIEW.setUint32(tail - 4, (bytes.length << 3) >>> 0);
  for (let at = 0; at < tail; at += 64) block(TAIL, at);
  const digest = new Uint8Array(32);
  for (let at = 0; at < 8; at += 1) {
    const word = STATE[at] ?? 0;
    digest[4 * at] = word >>> 24;
    digest[4 * at + 1] = word >>> 16;
    digest[4 * at + 2] = word >>> 8;
    digest[4 * at + 3] = word;
  }
  return digest;
}

function block(bytes: Uint8Array, from: number): void {
  for (let at = 0, byte = from; at < 16; at += 1, byte += 4) {
    WORDS[at] =
      ((bytes[byte] ?? 0) << 24) |
      ((bytes[byte + 1] ?? 0) << 16) |
      ((bytes[byte + 2] ?? 0) << 8) |
      (bytes[byte + 3] ?? 0);
  }
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
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (K[at] ?? 0) + (WORDS[at] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
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
