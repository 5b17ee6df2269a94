/**
 * As much of an assembler for WebAssembly as SHA-256 in lanes needs: instructions are bytes, and a module is
 * sections of them. https://webassembly.github.io/spec/core/binary/
 */

/** Pieces of code in pieces of code: they are joined once, at the end. */
export type Code = readonly (number | Code)[];

const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;

/** Unsigned LEB128. */
function uleb(value: number): Code {
  if (value < 0x80) return [value];
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128 of 32 bits. */
function sleb(value: number): Code {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const simd = (op: number): Code => [0xfd, uleb(op)];
const at = (offset: number): Code => [0, uleb(offset)]; // no alignment is promised

export const get = (local: number): Code => [0x20, uleb(local)];
export const set = (local: number): Code => [0x21, uleb(local)];
export const tee = (local: number): Code => [0x22, uleb(local)];
export const call = (fn: number): Code => [0x10, uleb(fn)];

export const i32 = (value: number): Code => [0x41, sleb(value)];
export const i32Load = (offset: number): Code => [0x28, at(offset)];
export const i32Add: Code = [0x6a];
export const i32Sub: Code = [0x6b];
export const i32LtU: Code = [0x49];
export const i32LtS: Code = [0x48];
export const i32Eq: Code = [0x46];
/** The first operand where the third is not 0, else the second. */
export const choose: Code = [0x1b];
export const i64 = (value: 0): Code => [0x42, value];
export const i64Add: Code = [0x7c];
export const i64LtU: Code = [0x54];
export const i64Load = (offset: number): Code => [0x29, at(offset)];
export const i64Store = (offset: number): Code => [0x37, at(offset)];
export const i64FromI32: Code = [0xad];

export const load = (offset: number): Code => [simd(0x00), at(offset)];
export const store = (offset: number): Code => [simd(0x0b), at(offset)];
export const load32Splat = (offset: number): Code => [simd(0x09), at(offset)];
export const load32Zero = (offset: number): Code => [simd(0x5c), at(offset)];
export const load64Zero = (offset: number): Code => [simd(0x5d), at(offset)];
export const load32Lane = (offset: number, lane: number): Code => [simd(0x56), at(offset), lane];
export const store32Lane = (offset: number, lane: number): Code => [simd(0x5a), at(offset), lane];
export const splat = (word: number): Code => {
  const bytes = [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
  return [simd(0x0c), bytes, bytes, bytes, bytes];
};
/** Each byte of the answer is the byte of that number, 0 to 15 of the first operand, 16 to 31 of the second. */
export const shuffle = (order: readonly number[]): Code => [simd(0x0d), order];
export const lane64 = (lane: number): Code => [simd(0x1d), lane];
export const splat64: Code = simd(0x12);
export const setLane64 = (lane: number): Code => [simd(0x1e), lane];
export const and: Code = simd(0x4e);
export const or: Code = simd(0x50);
export const xor: Code = simd(0x51);
/** Bits of the first operand where the third has ones, of the second elsewhere. */
export const select: Code = simd(0x52);
export const add: Code = simd(0xae);
export const sub: Code = simd(0xb1);
export const shl: Code = simd(0xab);
export const shrU: Code = simd(0xad);

/** Repeats `body` while `more`, tested first, leaves something else than 0. */
export const loopWhile = (more: Code, body: Code): Code => [
  ...[0x02, 0x40, 0x03, 0x40],
  ...[more, 0x45, 0x0d, 1],
  body,
  ...[0x0c, 0, 0x0b, 0x0b],
];
/** Repeats `body` as long as `more`, tested after it, leaves something else than 0. */
export const loopUntilNot = (body: Code, more: Code): Code => [0x03, 0x40, body, more, 0x0d, 0, 0x0b];
/** `body` where `condition` leaves something else than 0. */
export const when = (condition: Code, body: Code): Code => [condition, 0x04, 0x40, body, 0x0b];

export interface Fn {
  /** All of them i32. */
  readonly parameters: number;
  /** Locals after the parameters, in this order. */
  readonly locals: { readonly i32?: number; readonly i64?: number; readonly v128?: number };
  readonly body: Code;
  /** Under which it is exported. */
  readonly name: string;
}

/** What stands in the memory from the beginning. */
export interface Data {
  readonly place: number;
  readonly bytes: Uint8Array;
}

/** A module, as it is written. */
class Writer {
  #bytes = new Uint8Array(4_096);
  #at = 0;

  code(code: Code): void {
    // By number: for code that runs once, an iterator costs several times as much.
    for (let n = 0; n < code.length; n += 1) {
      const piece = code[n] ?? 0;
      if (typeof piece !== 'number') this.code(piece);
      else {
        if (this.#at === this.#bytes.length) this.#grow();
        this.#bytes[this.#at] = piece;
        this.#at += 1;
      }
    }
  }

  /** What is written by `write`, after its length: five bytes of LEB128, for it is known when they are written. */
  sized(write: () => void): void {
    const place = this.#at;
    this.code([0x80, 0x80, 0x80, 0x80, 0]);
    const from = this.#at;
    write();
    const length = this.#at - from;
    for (let n = 0; n < 5; n += 1) {
      this.#bytes[place + n] = (this.#bytes[place + n] ?? 0) | ((length >>> (7 * n)) & 0x7f);
    }
  }

  end(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  #grow(): void {
    const bytes = new Uint8Array(2 * this.#bytes.length);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}

const text = (value: string): Code => [uleb(value.length), [...Buffer.from(value)]];

/** A module that imports its memory as `env.memory`, puts `data` there, and exports the functions. */
export function assemble(fns: readonly Fn[], { place, bytes }: Data): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  /** A section that is a vector. */
  const section = (id: number, count: number, write: () => void): void => {
    writer.code([id]);
    writer.sized(() => {
      writer.code(uleb(count));
      write();
    });
  };
  writer.code([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  section(1, fns.length, () => {
    for (const { parameters } of fns) writer.code([0x60, uleb(parameters), new Array(parameters).fill(I32), 0]);
  });
  section(2, 1, () => writer.code([text('env'), text('memory'), 2, 0, 1]));
  section(3, fns.length, () => writer.code(fns.map((_, index) => uleb(index))));
  section(7, fns.length, () => writer.code(fns.map(({ name }, index) => [text(name), 0, uleb(index)])));
  section(10, fns.length, () => {
    for (const { locals, body } of fns) {
      const groups = [
        [uleb(locals.i32 ?? 0), I32],
        [uleb(locals.i64 ?? 0), I64],
        [uleb(locals.v128 ?? 0), V128],
      ];
      writer.sized(() => writer.code([groups.length, groups, body, 0x0b]));
    }
  });
  section(11, 1, () => writer.code([0, i32(place), 0x0b, uleb(bytes.length), [...bytes]]));
  return writer.end();
}
