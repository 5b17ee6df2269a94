/** What is hashed in lanes: messages of any length, and the nodes of a tree as RFC 6962 has them. */
import {
  and,
  assemble,
  type Code,
  choose,
  type Fn,
  get,
  i32,
  i32Add,
  i32Eq,
  i32Load,
  i32LtS,
  i32LtU,
  i32Sub,
  load,
  loopUntilNot,
  loopWhile,
  or,
  set,
  shl,
  shuffle,
  splat,
  store,
  sub,
  tee,
  when,
} from './assembler.ts';
import {
  COMPRESS,
  CONSTANTS,
  compress,
  fetch,
  gather,
  length,
  PLACE,
  range,
  start,
  state,
  swap,
  word,
} from './compress.ts';

const LANES = range(0, 4);
const BLOCK = 64;
/** Bytes of a row of `messages`: four beginnings, four ends, four places for digests, and a number of blocks. */
export const ROW = 64;
const [ENDS, DIGESTS, BLOCKS] = [16, 32, 48];

/** Sixteen ones and sixteen zeros; a one bit between sixteen zeros each: from byte 16 - n on, n bytes are kept, then comes the bit. */
const KEEP = PLACE.free;
const BIT = KEEP + 33;
/** The last two blocks of each of the four. */
const TAIL = KEEP + 80;
export const FREE = TAIL + 4 * BLOCK;

const DATA = {
  place: PLACE.constants,
  bytes: Uint8Array.from([
    ...CONSTANTS.bytes,
    ...Array.from({ length: 33 }, (_, n) => (n < 16 ? 0xff : 0)),
    ...Array.from({ length: 33 }, (_, n) => (n === 16 ? 0x80 : 0)),
  ]),
};

const [LOW, HIGH, EVEN, ODD] = [
  [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23],
  [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31],
  [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
  [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
];
/** Four vectors, in locals of those numbers: the words of rows become those of columns. */
function transposed(locals: readonly [number, number, number, number], spare: number): Code {
  const [a, b, c, d] = locals;
  const pair = (x: number, y: number, order: readonly number[] = []): Code => [get(x), get(y), shuffle(order)];
  return [
    // a0 b0 a1 b1 | a2 b2 a3 b3, and of c and d the same
    [pair(a, b, LOW), set(spare), pair(a, b, HIGH), set(b), get(spare), set(a)],
    [pair(c, d, LOW), set(spare), pair(c, d, HIGH), set(d), get(spare), set(c)],
    [pair(a, c, EVEN), set(spare), pair(a, c, ODD), set(c), get(spare), set(a)],
    [pair(b, d, EVEN), set(spare), pair(b, d, ODD), set(d)],
    // rows 0 to 3 are in a, c, spare, d
    [get(c), set(b), get(spare), set(c)],
  ];
}

/** Sixteen words of each message, from the addresses in four locals. */
const block = (
  from: readonly number[],
  offset: readonly number[],
  v: readonly [number, number, number, number, number],
): Code =>
  range(0, 4).map((piece) => [
    LANES.map((lane) => [
      get(from[lane] ?? 0),
      load((offset[lane] ?? 0) + 16 * piece),
      swap(4, v[4]),
      set(v[lane] ?? 0),
    ]),
    transposed([v[0], v[1], v[2], v[3]], v[4]),
    LANES.map((n) => word(4 * piece + n, get(v[n] ?? 0))),
  ]);

/** The digests, to the addresses in four locals. */
const digests = (
  to: readonly number[],
  offset: readonly number[],
  v: readonly [number, number, number, number, number],
): Code =>
  [0, 4].map((half) => [
    LANES.map((n) => [state(half + n), swap(4, v[4]), set(v[n] ?? 0)]),
    transposed([v[0], v[1], v[2], v[3]], v[4]),
    LANES.map((lane) => [get(to[lane] ?? 0), get(v[lane] ?? 0), store((offset[lane] ?? 0) + 4 * half)]),
  ]);

/** messages(rows, end): four messages a row, which have one number of blocks and need not have one length. */
function messages(): Fn {
  const [row, end, left, room] = [0, 1, 2, 3];
  const [at, from] = [range(4, 8), range(8, 12)];
  const v = [12, 13, 14, 15, 16] as const;
  /** What is left of a message in a piece of 16 bytes, at the least -1 and at the most 16. */
  const within = (lane: number, piece: number): Code => [
    [get(row), i32Load(ENDS + 4 * lane), get(at[lane] ?? 0), i32(16 * piece), i32Add, i32Sub, set(room)],
    [i32(16), get(room), i32(16), get(room), i32LtS, choose, set(room)],
    [i32(-1), get(room), get(room), i32(-1), i32LtS, choose, set(room)],
    [i32(16), get(room), i32Sub, set(room)],
  ];
  const padded: Code = LANES.map((lane) => [
    range(0, 4).map((piece) => [
      within(lane, piece),
      i32(0),
      [get(at[lane] ?? 0), load(16 * piece), get(room), load(KEEP), and, get(room), load(BIT), or],
      store(TAIL + BLOCK * lane + 16 * piece),
    ]),
    [i32(TAIL + BLOCK * lane), set(from[lane] ?? 0)],
  ]);
  const body: Code = [
    LANES.map((lane) => [get(row), i32Load(4 * lane), set(at[lane] ?? 0)]),
    [get(row), i32Load(BLOCKS), set(left)],
    start(),
    loopUntilNot(
      [
        LANES.map((lane) => [get(at[lane] ?? 0), set(from[lane] ?? 0)]),
        when([get(left), i32(3), i32LtU], padded),
        block(from, [0, 0, 0, 0], v),
        // Lengths here are below 2^29: in bits they are one word.
        when([get(left), i32(1), i32Eq], word(15, [get(row), load(ENDS), get(row), load(0), sub, i32(3), shl])),
        COMPRESS,
        LANES.map((lane) => [get(at[lane] ?? 0), i32(BLOCK), i32Add, set(at[lane] ?? 0)]),
      ],
      [get(left), i32(1), i32Sub, tee(left)],
    ),
    LANES.map((lane) => [get(row), i32Load(DIGESTS + 4 * lane), set(at[lane] ?? 0)]),
    digests(at, [0, 0, 0, 0], v),
    [get(row), i32(ROW), i32Add, set(row)],
  ];
  return {
    parameters: 2,
    locals: { i32: 10, v128: 5 },
    body: loopWhile([get(row), get(end), i32LtU], body),
    name: 'messages',
  };
}

/**
 * parents(before, end, out): SHA-256 of 0x01 and each 64 bytes from `before` + 1 on, four a turn. `out` may
 * be where they begin: a turn ends before what the next one reads.
 */
function parents(): Fn {
  const [before, end, out] = [0, 1, 2];
  const v = [3, 4, 5, 6, 7] as const;
  const from = LANES.map(() => before);
  const pairs = LANES.map((lane) => 64 * lane);
  const body: Code = [
    start(),
    block(from, pairs, v),
    word(0, [fetch(PLACE.words), splat(0x00ffffff), and, splat(0x01000000), or]),
    COMPRESS,
    word(0, [gather(before, 61, 64, v[4]), i32(24), shl, splat(0x00800000), or]),
    length(1, 65),
    COMPRESS,
    digests(
      LANES.map(() => out),
      LANES.map((lane) => 32 * lane),
      v,
    ),
    [get(before), i32(256), i32Add, set(before)],
    [get(out), i32(128), i32Add, set(out)],
  ];
  return {
    parameters: 3,
    locals: { v128: 5 },
    body: loopWhile([get(before), get(end), i32LtU], body),
    name: 'parents',
  };
}

/** The module: `compress`, `messages`, `parents`. */
export const messagesModule = (): Uint8Array<ArrayBuffer> => assemble([compress(), messages(), parents()], DATA);
