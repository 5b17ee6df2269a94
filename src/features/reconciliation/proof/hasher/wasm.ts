/**
 * As much of an assembler for WebAssembly as the hasher needs: instructions are bytes, and a module is
 * sections of them. https://webassembly.github.io/spec/core/binary/
 */

export type Code = readonly number[];

const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;

/** Unsigned LEB128. */
export function uleb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128 of 32 bits. */
export function sleb(value: number): number[] {
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

const le32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
const simd = (op: number): number[] => [0xfd, ...uleb(op)];
const at = (offset: number): number[] => [0, ...uleb(offset)]; // no alignment is promised

export const get = (local: number): number[] => [0x20, ...uleb(local)];
export const set = (local: number): number[] => [0x21, ...uleb(local)];
export const tee = (local: number): number[] => [0x22, ...uleb(local)];
export const call = (fn: number): number[] => [0x10, ...uleb(fn)];

export const i32 = (value: number): number[] => [0x41, ...sleb(value)];
export const i32Add: Code = [0x6a];
export const i32LtU: Code = [0x49];
export const i64Add: Code = [0x7c];
export const i64LtU: Code = [0x54];
export const i64Load = (offset: number): number[] => [0x29, ...at(offset)];
export const i64Store = (offset: number): number[] => [0x37, ...at(offset)];
export const i64FromI32: Code = [0xad];

export const load = (offset: number): number[] => [...simd(0x00), ...at(offset)];
export const store = (offset: number): number[] => [...simd(0x0b), ...at(offset)];
export const load32Zero = (offset: number): number[] => [...simd(0x5c), ...at(offset)];
export const load64Zero = (offset: number): number[] => [...simd(0x5d), ...at(offset)];
export const load32Lane = (offset: number, lane: number): number[] => [...simd(0x56), ...at(offset), lane];
export const store32Lane = (offset: number, lane: number): number[] => [...simd(0x5a), ...at(offset), lane];
export const splat = (word: number): number[] => {
  const bytes = le32(word);
  return [...simd(0x0c), ...bytes, ...bytes, ...bytes, ...bytes];
};
/** Each byte of the answer is the operand's byte of that number. */
export const shuffle = (order: readonly number[]): number[] => [...simd(0x0d), ...order];
export const lane64 = (lane: number): number[] => [...simd(0x1d), lane];
export const splat64: Code = simd(0x12);
export const setLane64 = (lane: number): number[] => [...simd(0x1e), lane];
export const and: Code = simd(0x4e);
export const or: Code = simd(0x50);
export const xor: Code = simd(0x51);
/** Bits of the first operand where the third has ones, of the second elsewhere. */
export const select: Code = simd(0x52);
export const add: Code = simd(0xae);
export const shl: Code = simd(0xab);
export const shrU: Code = simd(0xad);

/** Repeats `body` while `more`, tested first, leaves something else than 0. */
export const loopWhile = (more: Code, body: Code): number[] => [
  ...[0x02, 0x40, 0x03, 0x40],
  ...more,
  ...[0x45, 0x0d, 1],
  ...body,
  ...[0x0c, 0, 0x0b, 0x0b],
];

export interface Fn {
  /** All of them i32. */
  readonly parameters: number;
  /** Locals after the parameters, in this order. */
  readonly locals: { readonly i32?: number; readonly i64?: number; readonly v128?: number };
  readonly body: Code;
  readonly name?: string;
}

const vector = (items: readonly Code[]): number[] => [...uleb(items.length), ...items.flat()];

/** Sections and bodies are long: joined piece by piece, for an argument list has an end. */
function sized(body: Code): number[] {
  const bytes = uleb(body.length);
  for (const byte of body) bytes.push(byte);
  return bytes;
}

/** A module that imports its memory as `env.memory` and exports the functions that have a name. */
export function assemble(fns: readonly Fn[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, body: Code): number[] => [id, ...sized(body)];
  const text = (value: string): number[] => sized([...Buffer.from(value)]);
  const types = fns.map(({ parameters }) => [0x60, ...vector(Array.from({ length: parameters }, () => [I32])), 0]);
  const codes = fns.map(({ locals, body }) => {
    const groups = [
      [locals.i32 ?? 0, I32],
      [locals.i64 ?? 0, I64],
      [locals.v128 ?? 0, V128],
    ].flatMap(([count = 0, type = 0]) => (count === 0 ? [] : [[...uleb(count), type]]));
    const code = vector(groups);
    for (const byte of body) code.push(byte);
    code.push(0x0b);
    return sized(code);
  });
  return Uint8Array.from(
    [
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vector(types)),
      section(2, vector([[...text('env'), ...text('memory'), 2, 0, 1]])),
      section(3, vector(fns.map((_, index) => uleb(index)))),
      section(
        7,
        vector(fns.flatMap(({ name }, index) => (name === undefined ? [] : [[...text(name), 0, ...uleb(index)]]))),
      ),
      section(10, vector(codes)),
    ].flat(),
  );
}
