/** Leaves and nodes in batches, by the module of sha256x4.ts: 0.08 us a block, and no buffers around it. */
import { INITIAL } from '../../../../kernel/sha256/compress.ts';
import { type Call, instantiate, type WasmModule } from '../../../../kernel/sha256/instance.ts';
import { assetBytes, ENTRY, prefix, type Run, TYPE } from '../format.ts';
import { PLACE, RECORD, ROW } from './sha256x4.ts';

/** Rows, or pairs of entries, that one call takes. */
export const BATCH = 4096;

const ROWS = PLACE.free;
const OUT = ROWS + BATCH * 2 * ENTRY; // rows or entries, whichever is longer
const SIZE = OUT + BATCH * RECORD;

export class BatchHasher {
  readonly rows: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #leaves: Call;
  readonly #nodes: Call;
  readonly #compress: Call;
  readonly #run: Run;

  /** @param module as sha256x4.ts makes it */
  constructor(module: WasmModule, run: Run, runKey: Uint8Array) {
    const { memory, call } = instantiate(module, SIZE);
    this.#leaves = call('leaves');
    this.#nodes = call('nodes');
    this.#compress = call('compress');
    this.#bytes = new Uint8Array(memory);
    this.#view = new DataView(memory);
    this.#run = run;
    this.rows = this.#bytes.subarray(ROWS, ROWS + BATCH * ROW);
    this.#prepareSalts(runKey);
    const leaf = words(prefix(TYPE.leaf, 0, run));
    const constants = [leaf[0], leaf[2], leaf[3], ...words(assetBytes(run.asset))];
    for (const [n, value = 0] of constants.entries()) this.#splat(PLACE.leaf + 16 * n, value);
  }

  leaves(count: number): Uint8Array {
    this.#leaves(ROWS, ROWS + count * ROW, OUT);
    return this.#bytes.subarray(OUT, OUT + count * RECORD);
  }

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
