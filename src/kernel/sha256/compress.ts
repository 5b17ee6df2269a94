/**
 * SHA-256 (FIPS 180-4) of four messages at once, as WebAssembly: a vector holds one word of each. This is
 * the function that all others call, and the pieces of code that they are made of.
 */
import {
  add,
  and,
  type Code,
  call,
  type Data,
  type Fn,
  get,
  i32,
  i32Add,
  i32LtU,
  load,
  load32Lane,
  load32Splat,
  load32Zero,
  loopWhile,
  or,
  select,
  set,
  shl,
  shrU,
  shuffle,
  splat,
  store,
  store32Lane,
  tee,
  xor,
} from './assembler.ts';

/** Where things are in the memory of a module that hashes; what is after them is its own. */
export const PLACE = {
  state: 0, // 8 vectors
  words: 128, // 16 vectors
  constants: 384, // 64 words
  free: 640,
} as const;

/** The first 32 bits of the fractional parts of the roots of the first primes. */
function roots(count: number, root: (prime: number) => number): readonly number[] {
  const words: number[] = [];
  for (let candidate = 2; words.length < count; candidate += 1) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) prime &&= candidate % divisor !== 0;
    if (prime) words.push(Math.floor((root(candidate) % 1) * 2 ** 32) >>> 0);
  }
  return words;
}
export const INITIAL = roots(8, Math.sqrt);
const K = roots(64, Math.cbrt);

/** What a module that calls `compress` has in its memory from the beginning. */
export const CONSTANTS: Data = { place: PLACE.constants, bytes: new Uint8Array(Uint32Array.from(K).buffer) };

export const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, n) => from + n);

const rotr = (x: number, by: number): Code => [get(x), i32(by), shrU, get(x), i32(32 - by), shl, or];
const shr = (x: number, by: number): Code => [get(x), i32(by), shrU];
const xor3 = (a: Code, b: Code, c: Code): Code => [a, b, xor, c, xor];

/** One block of each message, from `words`, into `state`. It has to be the module's first function. */
export function compress(): Fn {
  const [k, words, variables, t1] = [0, 1, 17, 25];
  const w = (t: number): number => words + (t % 16);
  const state = range(0, 8).map((n) => variables + n);
  /** Sixteen rounds: so many as make every word and every variable stand where it stood. */
  const rounds = (isFirst: boolean): Code => {
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    /** a xor b of the round before is b xor c of this one. */
    let [ab, bc] = [26, 27];
    return range(0, 16).map((t) => {
      const [early, late] = [w(t + 1), w(t + 14)];
      const word: Code = [
        [get(w(t)), get(w(t + 9)), add],
        [xor3(rotr(early, 7), rotr(early, 18), shr(early, 3)), add],
        [xor3(rotr(late, 17), rotr(late, 19), shr(late, 10)), add, set(w(t))],
      ];
      const round: Code = [
        ...(isFirst ? [] : [word]),
        [get(h), get(w(t)), get(k), load32Splat(PLACE.constants + 4 * t), add, add],
        [xor3(rotr(e, 6), rotr(e, 11), rotr(e, 25)), add],
        [get(f), get(g), get(e), select, add, set(t1)],
        [get(d), get(t1), add, set(d)],
        [get(t1), xor3(rotr(a, 2), rotr(a, 13), rotr(a, 22)), add],
        // Where b agrees with a or c it decides, elsewhere a does.
        [get(a), get(b), xor, tee(ab), get(bc), and, get(b), xor, add, set(h)],
      ];
      [a, b, c, d, e, f, g, h] = [h, a, b, c, d, e, f, g];
      [ab, bc] = [bc, ab];
      return round;
    });
  };
  const body: Code = [
    range(0, 16).map((t) => [fetch(PLACE.words + 16 * t), set(w(t))]),
    state.map((variable, n) => [fetch(PLACE.state + 16 * n), set(variable)]),
    [get(variables + 1), get(variables + 2), xor, set(27)],
    rounds(true),
    [i32(64), set(k)],
    loopWhile([get(k), i32(256), i32LtU], [rounds(false), get(k), i32(64), i32Add, set(k)]),
    state.map((variable, n) => put(PLACE.state + 16 * n, [fetch(PLACE.state + 16 * n), get(variable), add])),
  ];
  return { parameters: 0, locals: { i32: 1, v128: 27 }, body, name: 'compress' };
}
export const COMPRESS = call(0);

export const put = (place: number, value: Code): Code => [i32(0), value, store(place)];
export const fetch = (place: number): Code => [i32(0), load(place)];
export const word = (t: number, value: Code): Code => put(PLACE.words + 16 * t, value);
export const state = (n: number): Code => fetch(PLACE.state + 16 * n);
/** The state before the first block. @param vectors SHA-256's own unless told */
export const start = (vectors: (n: number) => Code = (n) => splat(INITIAL[n] ?? 0)): Code =>
  range(0, 8).map((n) => put(PLACE.state + 16 * n, vectors(n)));
/** Zeros from that word on, and the length of a message of so many bytes in bits. */
export const length = (from: number, bytes: number): Code => [
  range(from, 15).map((t) => word(t, splat(0))),
  word(15, splat(bytes * 8)),
];
/** What follows a message of so many bytes, from that word on. */
export const ending = (from: number, bytes: number): Code => [word(from, splat(0x80000000)), length(from + 1, bytes)];

const bytesOf = (width: number): readonly number[] =>
  range(0, 16).map((n) => n - (n % width) + (width - 1 - (n % width)));
/** Big-endian words to the machine's, and back. @param temporary a local */
export const swap = (width: 4 | 8 | 16, temporary: number): Code => [
  tee(temporary),
  get(temporary),
  shuffle(bytesOf(width)),
];

/** The four messages' word at `offset` of records that are `stride` apart, from the address in `base`. */
export const gather = (base: number, offset: number, stride: number, temporary: number): Code => [
  [get(base), get(base), get(base), get(base)],
  load32Zero(offset),
  [1, 2, 3].map((lane) => load32Lane(offset + lane * stride, lane)),
  swap(4, temporary),
];
/** A vector into the four records at `base`. */
export const scatter = (vector: Code, base: number, offset: number, stride: number, temporary: number): Code => [
  vector,
  swap(4, temporary),
  set(temporary),
  [0, 1, 2, 3].map((lane) => [get(base), get(temporary), store32Lane(offset + lane * stride, lane)]),
];
