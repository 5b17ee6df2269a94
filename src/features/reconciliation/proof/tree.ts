/**
 * The tree over a stream of leaves, eight levels at a time, in memory that does not grow with them. Of
 * every eighth level the entries are kept (1/256 of the level below), so that a path is found later by
 * reading one group of 256 on each.
 */
import { ENTRY, type Entry, entryAt, entryBytes, padEntry, type Run } from './format.ts';
import { BATCH } from './hasher/batch.ts';
import type { RunHasher } from './hasher/hasher.ts';

/** Levels of a stage, and the entries of a group, which become one entry of the next stage. */
export const STRIDE = 8;
export const GROUP = 2 ** STRIDE;

const CAPACITY = 2 * BATCH * ENTRY;

interface Stage {
  readonly level: number;
  readonly buffer: Buffer;
  used: number;
  /** Entries of this level so far. */
  count: number;
  /** All of them, where they are kept. */
  readonly kept: Uint8Array[];
}

export class TreeBuilder {
  readonly #hasher: RunHasher;
  readonly #run: Pick<Run, 'tag'>;
  readonly #stages: Stage[] = [];

  constructor(hasher: RunHasher, run: Pick<Run, 'tag'>) {
    this.#hasher = hasher;
    this.#run = run;
  }

  /** Entries of leaves, in their order. */
  push(entries: Uint8Array): void {
    this.#push(0, entries);
  }

  /** The root: of no leaf it is a pad of level 0. */
  finish(): Entry {
    for (let index = 0; index < this.#stages.length; index += 1) {
      const { level, count, buffer, used } = this.#stage(index);
      const left = buffer.subarray(0, used);
      if (count <= GROUP) return entryAt(this.#reduce(left, level, Number.POSITIVE_INFINITY), 0);
      if (used > 0) this.#push(index + 1, this.#reduce(left, level, STRIDE));
    }
    return padEntry(this.#run, 0);
  }

  /** The entries of levels 8, 16, ... that have more than one, in this order; after `finish`. */
  kept(): readonly Uint8Array[] {
    return this.#stages.slice(1).flatMap(({ kept }) => kept);
  }

  #stage(index: number): Stage {
    const stage = this.#stages[index] ?? {
      level: index * STRIDE,
      buffer: Buffer.allocUnsafeSlow(CAPACITY),
      used: 0,
      count: 0,
      kept: [],
    };
    this.#stages[index] = stage;
    return stage;
  }

  #push(index: number, entries: Uint8Array): void {
    const stage = this.#stage(index);
    stage.count += entries.length / ENTRY;
    if (index > 0) stage.kept.push(entries.slice());
    for (let at = 0; at < entries.length; ) {
      const piece = entries.subarray(at, at + CAPACITY - stage.used);
      stage.buffer.set(piece, stage.used);
      stage.used += piece.length;
      at += piece.length;
      if (stage.used < CAPACITY) continue;
      this.#push(index + 1, this.#reduce(stage.buffer, stage.level, STRIDE));
      stage.used = 0;
    }
  }

  /** Levels up, to one entry at the latest where there is no end; an odd level is completed by a pad. */
  #reduce(entries: Uint8Array, from: number, levels: number): Uint8Array {
    let at = entries;
    for (let level = from; level < from + levels; level += 1) {
      if (levels > STRIDE && at.length === ENTRY) break;
      const odd = (at.length / ENTRY) % 2 === 1;
      at = this.#hasher.nodes(odd ? Buffer.concat([at, entryBytes(padEntry(this.#run, level))]) : at, level + 1);
    }
    return at.slice();
  }
}

/** Siblings on the way up a group, from an entry of `level`. */
export function pathInGroup(
  hasher: RunHasher,
  run: Pick<Run, 'tag'>,
  group: Uint8Array,
  { index, level, levels }: { readonly index: number; readonly level: number; readonly levels: number },
): { readonly path: readonly Entry[]; readonly top: Entry } {
  const path: Entry[] = [];
  let entries = group.slice();
  for (let step = 0; step < levels; step += 1) {
    const odd = (entries.length / ENTRY) % 2 === 1;
    if (odd) entries = Buffer.concat([entries, entryBytes(padEntry(run, level + step))]);
    const sibling = entryAt(entries, Math.floor(index / 2 ** step) ^ 1);
    path.push({ hash: sibling.hash.slice(), sum: sibling.sum });
    entries = hasher.nodes(entries, level + step + 1).slice();
  }
  return { path, top: entryAt(entries, 0) };
}
