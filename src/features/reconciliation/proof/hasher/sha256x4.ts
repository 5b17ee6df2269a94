/**
 * The leaves and nodes of a proof of liabilities, hashed four at once. What is hashed has one shape for all
 * four, so words that are equal in all are constants of the code.
 */
import {
  and,
  assemble,
  type Code,
  type Fn,
  get,
  i32,
  i32Add,
  i32LtU,
  i64,
  i64Add,
  i64FromI32,
  i64Load,
  i64LtU,
  i64Store,
  lane64,
  load,
  load64Zero,
  loopWhile,
  or,
  set,
  setLane64,
  splat,
  splat64,
  store,
  tee,
} from '../../../../kernel/sha256/assembler.ts';
import {
  COMPRESS,
  CONSTANTS,
  compress,
  ending,
  fetch,
  gather,
  PLACE as OF_COMPRESS,
  put,
  range,
  scatter,
  start,
  state,
  swap,
  word,
} from '../../../../kernel/sha256/compress.ts';

/** Bytes of a balance that goes in: merchant 16, three amounts 8 each, "v1" | 1 | part 4, 4 unused. */
export const ROW = 48;
/** Bytes of a leaf that comes out: hash 32, sum 16, the salt's first 7 bytes and the part, three amounts. */
export const RECORD = 80;

const SALT = OF_COMPRESS.free; // 8 vectors
const INNER = SALT + 128;
/** Where in the memory things are; what is after them belongs to the caller. */
export const PLACE = {
  state: OF_COMPRESS.state,
  words: OF_COMPRESS.words,
  salt: SALT,
  /** From here on the caller's constants, each word four times: HMAC's two states, ... */
  inner: INNER,
  outer: INNER + 128,
  /** words 0, 2 and 3 of a leaf's prefix, then the asset's two, */
  leaf: INNER + 256,
  /** words 0 to 3 of a node's prefix. */
  node: INNER + 336,
  free: INNER + 512,
} as const;

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
      ...[...amount(0), ...set(low), ...i64(0), ...set(high)],
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
    ...start(),
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
    ...start(),
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
export const sha256Module = (): Uint8Array<ArrayBuffer> => assemble([compress(), leaves(), nodes()], CONSTANTS);
