/**
 * Leaves and nodes in batches, by the module of sha256x4.ts: about 0.1 us a compression where
 * `crypto.hash` takes 0.45 us a message, most of it for the buffers around it.
 */
import { assetBytes, ENTRY, prefix, type Run, TYPE } from '../format.ts';
import { INITIAL, PLACE, RECORD, ROW, sha256Module } from './sha256x4.ts';

/** Rows, or pairs of entries, that one call takes. */
export const BATCH = 4096;

const ROWS = PLACE.free;
const OUT = ROWS + BATCH * 2 * ENTRY; // rows or entries, whichever is longer
const PAGES = Math.ceil((OUT + BATCH * RECORD) / 65_536);

/** The language's library for the runtime does not name it. https://webassembly.github.io/spec/js-api/ */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: WasmExports };
};
type WasmModule = { readonly module: unique symbol };
type WasmExports = { readonly [name: string]: unknown };

let compiled: WasmModule | undefined;

type Call = (from: number, end: number, out: number) => void;

/** @throws where the engine's module is not what was assembled: a fault of this program */
function exported(exports: WasmExports, name: string): (...values: readonly number[]) => void {
  const found = exports[name];
  if (typeof found !== 'function') throw new TypeError(`the hasher has no function ${name}`);
  return (...values) => void found(...values);
}

/** Hashes the leaves and nodes of one run. Its memory is its own; it is used by one work at a time. */
export class BatchHasher {
  /** Where rows are put before `leaves`: `ROW` bytes each. */
  readonly rows: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #leaves: Call;
  readonly #nodes: Call;
  readonly #compress: () => void;
  readonly #run: Run;

  /** @param runKey the secret from which salts come; not needed for nodes */
  constructor(run: Run, runKey: Uint8Array = new Uint8Array(32)) {
    compiled ??= new WebAssembly.Module(sha256Module());
    const memory = new WebAssembly.Memory({ initial: PAGES });
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
    this.#leaves = exported(exports, 'leaves');
    this.#nodes = exported(exports, 'nodes');
    this.#compress = exported(exports, 'compress');
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#run = run;
    this.rows = this.#bytes.subarray(ROWS, ROWS + BATCH * ROW);
    this.#prepareSalts(runKey);
    const leaf = words(prefix(TYPE.leaf, 0, run));
    const constants = [leaf[0], leaf[2], leaf[3], ...words(assetBytes(run.asset))];
    for (const [n, value = 0] of constants.entries()) this.#splat(PLACE.leaf + 16 * n, value);
  }

  /** The records of the first `count` rows; valid until the next call. */
  leaves(count: number): Uint8Array {
    this.#leaves(ROWS, ROWS + count * ROW, OUT);
    return this.#bytes.subarray(OUT, OUT + count * RECORD);
  }

  /**
   * The parents of up to `BATCH` pairs of entries; valid until the next call.
   * @param level of the parents
   */
  nodes(entries: Uint8Array, level: number): Uint8Array {
    for (const [n, value] of words(prefix(TYPE.node, level, this.#run)).entries()) {
      this.#splat(PLACE.node + 16 * n, value);
    }
    this.#bytes.set(entries, ROWS);
    this.#nodes(ROWS, ROWS + entries.length, OUT);
    return this.#bytes.subarray(OUT, OUT + entries.length / 2);
  }

  /** HMAC's key is one block before the message and one before the inner hash: both are the same in every salt. */
  #prepareSalts(runKey: Uint8Array): void {
    for (const [place, mask] of [
      [PLACE.inner, 0x36],
      [PLACE.outer, 0x5c],
    ] as const) {
      const block = Buffer.alloc(64, mask);
      for (const [n, byte] of runKey.entries()) block[n] = byte ^ mask;
      for (const [n, value] of INITIAL.entries()) this.#splat(PLACE.state + 16 * n, value);
      for (const [n, value] of words(block).entries()) this.#splat(PLACE.words + 16 * n, value);
      this.#compress();
      this.#bytes.copyWithin(place, PLACE.state, PLACE.state + 128);
    }
  }

  #splat(place: number, value: number): void {
    for (let lane = 0; lane < 4; lane += 1) this.#view.setUint32(place + 4 * lane, value, true);
  }
}

/** Big-endian words of some bytes. */
function words(bytes: Buffer): readonly number[] {
  return Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readUInt32BE(4 * n));
}
