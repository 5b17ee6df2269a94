/** What hashes the leaves and nodes of one run: in lanes, where the runtime has them. */
import { compile, type WasmModule } from '../../../../kernel/sha256/instance.ts';
import type { Run } from '../format.ts';
import { AloneHasher } from './alone.ts';
import { BatchHasher } from './batch.ts';
import { sha256Module } from './sha256x4.ts';

/** Its memory is its own; it is used by one work at a time. */
export interface RunHasher {
  /** Where rows are put before `leaves`: `ROW` bytes each. */
  readonly rows: Uint8Array;
  /** The records of the first `count` rows, `RECORD` bytes each; valid until the next call. */
  leaves(count: number): Uint8Array;
  /**
   * The parents of up to `BATCH` pairs of entries; valid until the next call.
   * @param level of the parents
   */
  nodes(entries: Uint8Array, level: number): Uint8Array;
}

let made: { readonly module: WasmModule | undefined } | undefined;

/** @param runKey the secret from which salts come; not needed for nodes */
export function hasherOf(run: Run, runKey: Uint8Array = new Uint8Array(32)): RunHasher {
  made ??= { module: compile(sha256Module()) };
  return made.module === undefined ? new AloneHasher(run, runKey) : new BatchHasher(made.module, run, runKey);
}
