/**
 * SHA-256 (FIPS 180-4) on four messages at once, as WebAssembly: a vector holds one word of each. What
 * is hashed has one shape for all four, so words that are equal in all are constants of the code.
 */
import {
  add,
  and,
  assemble,
  type Code,
  call,
  type Fn,
  get,
  i32,
  i32Add,
  i32LtU,
  i64Add,
  i64FromI32,
  i64Load,
  i64LtU,
  i64Store,
  lane64,
  load,
  load32Lane,
  load32Zero,
  load64Zero,
  loopWhile,
  or,
  select,
  set,
  setLane64,
  shl,
  shrU,
  shuffle,
  splat,
  splat64,
  store,
  store32Lane,
  tee,
  xor,
} from './wasm.ts';

/** Bytes of a balance that goes in: merchant 16, three amounts 8 each, "v1" | 1 | part 4, 4 unused. */
export const ROW = 48;
/** Bytes of a leaf that comes out: hash 32, sum 16, the salt's first 7 bytes and the part, three amounts. */
export const RECORD = 80;

/** Where in the memory things are; what is after them belongs to the caller. */
export const PLACE = {
  state: 0, // 8 vectors
  words: 128, // 16 vectors
  salt: 384, // 8 vectors
  /** From here on the caller's constants, each word four times: HMAC's two states, ... */
  inner: 512,
  outer: 640,
  /** words 0, 2 and 3 of a leaf's prefix, then the asset's two, */
  leaf: 768,
  /** words 0 to 3 of a node's prefix. */
  node: 848,
  free: 1024,
} as const;

/** The first 32 bits of the fractional parts of the roots of the first primes. */
export function roots(count: number, root: (prime: number) => number): readonly number[] {
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

const rotr = (x: number, by: number): Code => [
  ...get(x),
  ...i32(by),
  ...shrU,
  ...get(x),
  ...i32(32 - by),
  ...shl,
  ...or,
];
const shr = (x: number, by: number): Code => [...get(x), ...i32(by), ...shrU];
const xor3 = (a: Code, b: Code, c: Code): Code => [...a, ...b, ...xor, ...c, ...xor];

/** One block of each message, from `words`, into `state`. */
function compress(): Fn {
  const w = (t: number): number => t % 16;
  const T1 = 24;
  const body: number[] = [];
  const emit = (...codes: readonly Code[]): void => {
    for (const code of codes) body.push(...code);
  };
  for (let t = 0; t < 16; t += 1) emit(i32(0), load(PLACE.words + 16 * t), set(t));
  let [a, b, c, d, e, f, g, h] = [16, 17, 18, 19, 20, 21, 22, 23];
  for (let n = 0; n < 8; n += 1) emit(i32(0), load(PLACE.state + 16 * n), set(16 + n));
  for (const [t, k] of K.entries()) {
    if (t >= 16) {
      const [x, y] = [w(t - 15), w(t - 2)];
      emit(get(w(t)), get(w(t - 7)), add);
      emit(xor3(rotr(x, 7), rotr(x, 18), shr(x, 3)), add);
      emit(xor3(rotr(y, 17), rotr(y, 19), shr(y, 10)), add, set(w(t)));
    }
    emit(get(h), get(w(t)), splat(k), add, add);
    emit(xor3(rotr(e, 6), rotr(e, 11), rotr(e, 25)), add);
    emit(get(f), get(g), get(e), select, add, set(T1));
    emit(get(d), get(T1), add, set(d));
    // Where a and b agree it is theirs, elsewhere c decides.
    emit(get(T1), xor3(rotr(a, 2), rotr(a, 13), rotr(a, 22)), add);
    emit(get(c), get(b), get(a), get(b), xor, select, add, set(h));
    [a, b, c, d, e, f, g, h] = [h, a, b, c, d, e, f, g];
  }
  for (let n = 0; n < 8; n += 1) {
    const place = PLACE.state + 16 * n;
    emit(i32(0), i32(0), load(place), get(16 + n), add, store(place));
  }
  return { parameters: 0, locals: { v128: 25 }, body };
}

const COMPRESS = call(0);
const bytesOf = (width: number): readonly number[] =>
  Array.from({ length: 16 }, (_, n) => n - (n % width) + (width - 1 - (n % width)));
/** Big-endian words to the machine's, and back. @param temporary a local */
const swap = (width: 4 | 8 | 16, temporary: number): Code => [
  ...tee(temporary),
  ...get(temporary),
  ...shuffle(bytesOf(width)),
];

/** The four messages' word at `offset` of records that are `stride` apart, from the address in `base`. */
const gather = (base: number, offset: number, stride: number, temporary: number): Code => [
  ...[...get(base), ...get(base), ...get(base), ...get(base)],
  ...load32Zero(offset),
  ...[1, 2, 3].flatMap((lane) => load32Lane(offset + lane * stride, lane)),
  ...swap(4, temporary),
];
/** The vector on top, the temporary's, into the four records at `base`. */
const scatter = (vector: Code, base: number, offset: number, stride: number, temporary: number): Code => [
  ...vector,
  ...swap(4, temporary),
  ...set(temporary),
  ...[0, 1, 2, 3].flatMap((lane) => [...get(base), ...get(temporary), ...store32Lane(offset + lane * stride, lane)]),
];

const put = (place: number, value: Code): Code => [...i32(0), ...value, ...store(place)];
const word = (t: number, value: Code): Code => put(PLACE.words + 16 * t, value);
const fetch = (place: number): Code => [...i32(0), ...load(place)];
const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, n) => from + n);
const start = (vectors: (n: number) => Code): Code =>
  range(0, 8).flatMap((n) => [...put(PLACE.state + 16 * n, vectors(n))]);
/** The end of a message: a one, zeros, and its length in bits. */
const ending = (from: number, bytes: number): Code => [
  ...word(from, splat(0x80000000)),
  ...range(from + 1, 15).flatMap((t) => [...word(t, splat(0))]),
  ...word(15, splat(bytes * 8)),
];
const state = (n: number): Code => fetch(PLACE.state + 16 * n);

/** The 128 bits whose halves are in two i64 locals, big-endian. */
const store128 = (base: number, offset: number, low: number, high: number, temporary: number): Code => [
  ...get(base),
  ...[...get(low), ...splat64, ...get(high), ...setLane64(1)],
  ...swap(16, temporary),
  ...store(offset),
];

/** leaves(rows, end, out): HMAC for the salt, the leaf, and its record; four rows a turn. */
function leaves(): Fn {
  const [rows, end, out, low, high, other, temporary, part] = [0, 1, 2, 3, 4, 5, 6, 7];
  const row = (offset: number): Code => gather(rows, offset, ROW, temporary);
  const total = range(0, 4).flatMap((lane) => {
    const [from, to] = [lane * ROW + 16, lane * RECORD];
    const amount = (offset: number): Code => [
      ...get(rows),
      ...load64Zero(from + offset),
      ...swap(8, temporary),
      ...lane64(0),
    ];
    const addAmount = (offset: number): Code => [
      ...[...get(low), ...amount(offset), ...tee(other), ...i64Add, ...set(low)],
      ...[...get(high), ...get(low), ...get(other), ...i64LtU, ...i64FromI32, ...i64Add, ...set(high)],
    ];
    return [
      ...[...amount(0), ...set(low), 0x42, 0, ...set(high)],
      ...addAmount(8),
      ...addAmount(16),
      ...store128(out, to + 32, low, high, temporary),
      ...range(0, 3).flatMap((n) => [
        ...get(out),
        ...get(rows),
        ...i64Load(from + 8 * n),
        ...i64Store(to + 56 + 8 * n),
      ]),
    ];
  });
  const body = [
    // salt = HMAC(run key, merchant): both of its first blocks are hashed already
    ...start((n) => fetch(PLACE.inner + 16 * n)),
    ...range(0, 4).flatMap((t) => [...word(t, row(4 * t))]),
    ...ending(4, 64 + 16),
    ...COMPRESS,
    ...range(0, 8).flatMap((t) => [...word(t, state(t))]),
    ...start((n) => fetch(PLACE.outer + 16 * n)),
    ...ending(8, 64 + 32),
    ...COMPRESS,
    ...range(0, 8).flatMap((n) => [...put(PLACE.salt + 16 * n, state(n))]),
    ...[...row(40), ...set(part)],
    ...start((n) => splat(INITIAL[n] ?? 0)),
    ...word(0, fetch(PLACE.leaf)),
    ...word(1, get(part)),
    ...word(2, fetch(PLACE.leaf + 16)),
    ...word(3, fetch(PLACE.leaf + 32)),
    ...range(0, 4).flatMap((t) => [...word(4 + t, row(4 * t))]),
    ...range(0, 8).flatMap((t) => [...word(8 + t, fetch(PLACE.salt + 16 * t))]),
    ...COMPRESS,
    ...range(0, 6).flatMap((t) => [...word(t, row(16 + 4 * t))]),
    ...word(6, fetch(PLACE.leaf + 48)),
    ...word(7, fetch(PLACE.leaf + 64)),
    ...ending(8, 96),
    ...COMPRESS,
    ...range(0, 8).flatMap((n) => [...scatter(state(n), out, 4 * n, RECORD, temporary)]),
    ...scatter(fetch(PLACE.salt), out, 48, RECORD, temporary),
    ...scatter(
      [...fetch(PLACE.salt + 16), ...splat(0xffffff00), ...and, ...get(part), ...splat(0xff), ...and, ...or],
      ...([out, 52, RECORD, temporary] as const),
    ),
    ...total,
    ...[...get(rows), ...i32(4 * ROW), ...i32Add, ...set(rows)],
    ...[...get(out), ...i32(4 * RECORD), ...i32Add, ...set(out)],
  ];
  return {
    parameters: 3,
    locals: { i64: 3, v128: 2 },
    body: loopWhile([...get(rows), ...get(end), ...i32LtU], body),
    name: 'leaves',
  };
}

/** nodes(entries, end, out): of each two entries their parent; four parents a turn. */
function nodes(): Fn {
  const [entries, end, out, low, high, other, temporary, left] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [pair, entry] = [96, 48];
  const total = range(0, 4).flatMap((lane) => [
    ...[...get(entries), ...load(lane * pair + 32), ...swap(16, temporary), ...set(left)],
    ...[...get(entries), ...load(lane * pair + 80), ...swap(16, temporary), ...tee(temporary)],
    ...[...lane64(0), ...tee(other), ...get(left), ...lane64(0), ...i64Add, ...set(low)],
    ...[...get(low), ...get(other), ...i64LtU, ...i64FromI32],
    ...[...get(left), ...lane64(1), ...i64Add, ...get(temporary), ...lane64(1), ...i64Add, ...set(high)],
    ...store128(out, lane * entry + 32, low, high, temporary),
  ]);
  const body = [
    ...start((n) => splat(INITIAL[n] ?? 0)),
    ...range(0, 4).flatMap((t) => [...word(t, fetch(PLACE.node + 16 * t))]),
    ...range(0, 12).flatMap((t) => [...word(4 + t, gather(entries, 4 * t, pair, temporary))]),
    ...COMPRESS,
    ...range(0, 12).flatMap((t) => [...word(t, gather(entries, 48 + 4 * t, pair, temporary))]),
    ...ending(12, 112),
    ...COMPRESS,
    ...range(0, 8).flatMap((n) => [...scatter(state(n), out, 4 * n, entry, temporary)]),
    ...total,
    ...[...get(entries), ...i32(4 * pair), ...i32Add, ...set(entries)],
    ...[...get(out), ...i32(4 * entry), ...i32Add, ...set(out)],
  ];
  return {
    parameters: 3,
    locals: { i64: 3, v128: 2 },
    body: loopWhile([...get(entries), ...get(end), ...i32LtU], body),
    name: 'nodes',
  };
}

/** The module: `compress` alone, for HMAC's states, `leaves` and `nodes`. */
export const sha256Module = (): Uint8Array<ArrayBuffer> =>
  assemble([{ ...compress(), name: 'compress' }, leaves(), nodes()]);
