/** Leaves and nodes one by one, as format.ts states them: for a runtime without lanes. */
import { ENTRY, entryAt, entryBytes, leafEntry, nodeEntry, type Run, saltOf, uintOf, uuidText } from '../format.ts';
import { BATCH } from './batch.ts';
import { RECORD, ROW } from './sha256x4.ts';

export class AloneHasher {
  readonly rows = new Uint8Array(BATCH * ROW);
  readonly #run: Run;
  readonly #runKey: Uint8Array;

  constructor(run: Run, runKey: Uint8Array) {
    this.#run = run;
    this.#runKey = runKey;
  }

  leaves(count: number): Uint8Array {
    const records = Buffer.allocUnsafeSlow(count * RECORD);
    for (let n = 0; n < count; n += 1) {
      const row = this.rows.subarray(n * ROW, (n + 1) * ROW);
      const merchant = uuidText(row.subarray(0, 16));
      const amounts = row.subarray(16, 40);
      const [available, pending, reserved] = [0, 8, 16].map((at) => uintOf(amounts.subarray(at, at + 8)));
      const salt = saltOf(this.#runKey, merchant);
      const part = row[43] ?? 0;
      const leaf = { merchant, part, available: available ?? 0n, pending: pending ?? 0n, reserved: reserved ?? 0n };
      const record = [entryBytes(leafEntry(this.#run, leaf, salt)), salt.subarray(0, 7), Uint8Array.of(part), amounts];
      records.set(Buffer.concat(record), n * RECORD);
    }
    return records;
  }

  nodes(entries: Uint8Array, level: number): Uint8Array {
    const parents = Buffer.allocUnsafeSlow(entries.length / 2);
    for (let n = 0; n < parents.length / ENTRY; n += 1) {
      const parent = nodeEntry(this.#run, level, entryAt(entries, 2 * n), entryAt(entries, 2 * n + 1));
      parents.set(entryBytes(parent), n * ENTRY);
    }
    return parents;
  }
}
