/** One pass over the leaves of a database, bundle by bundle: content, links, payloads, tiles and roots. */
import type { Sql, Tx } from '../../../platform/db/port.ts';
import { DAYS_STREAM } from '../log/day-close.ts';
import { EMPTY_ROOT, HASH_BYTES, perfectRoot } from '../tlog/hashing.ts';
import { TILE_WIDTH } from '../tlog/tiles.ts';
import type { Frontier } from '../tlog/tree.ts';
import type { Findings } from './damage.ts';
import { Growth, type GrowthState, type UpperTile } from './growth.ts';
import type { Marks } from './marks.ts';
import { checkPayload, type PayloadCounts, type PayloadRules, type RecordedLeaf } from './payloads.ts';
import * as store from './store.ts';
import { compareLeaves, compareUpper } from './tile-check.ts';
import { Walk, type WalkState } from './walk.ts';

/** A pass up to a full bundle: the next one begins there. */
export interface PassState {
  readonly growth: GrowthState;
  readonly walk: WalkState;
}

/** Leaves that it need not read again. */
export const passedBy = ({ growth }: PassState): number => growth.bundles * TILE_WIDTH;

export interface PassDeps {
  readonly origin: string;
  readonly streams: readonly store.StoredStream[];
  readonly marks: Marks;
  readonly rules: PayloadRules;
  readonly findings: Findings;
  readonly onProgress?: ((verified: number, size: number) => void) | undefined;
}

const BATCH = 16 * TILE_WIDTH;

export class Pass {
  readonly #deps: PassDeps;
  readonly #names: ReadonlyMap<number, string>;
  readonly #growth: Growth;
  readonly walk: Walk;
  readonly counts: PayloadCounts = { payloads: 0, redacted: 0, bare: 0 };
  /** Days that a leaf closes. */
  readonly closed: { readonly date: string; readonly size: number }[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #size = 0;
  #lastFull = 0;
  #state: PassState;

  constructor(deps: PassDeps, state?: PassState) {
    this.#deps = deps;
    this.#names = new Map(deps.streams.map(({ id, name }) => [id, name]));
    this.#growth = state === undefined ? new Growth() : Growth.of(state.growth);
    this.walk = new Walk(deps.origin, this.#names, deps.findings, state?.walk);
    this.#state = { growth: this.#growth.state(), walk: this.walk.state() };
  }

  /** As of the last full bundle. */
  get state(): PassState {
    return this.#state;
  }

  /** Of all leaves that were passed. */
  frontier(): Frontier {
    return this.#growth.frontier(this.#rest);
  }

  async run(db: Sql | Tx, size: number): Promise<void> {
    const { marks, onProgress } = this.#deps;
    this.#size = size;
    this.#lastFull = Math.floor(size / TILE_WIDTH) * TILE_WIDTH;
    if (this.#growth.size === 0) marks.check(0, EMPTY_ROOT);
    for (let first = this.#growth.size; first < size; first += BATCH) {
      const end = Math.min(first + BATCH, size);
      const leaves = this.#byIndex(await store.readStored(db, first, end));
      const tiles = await store.readStoredTiles(db, 0, first / TILE_WIDTH, Math.ceil(end / TILE_WIDTH));
      const redactions = await store.readStoredRedactions(db, first, end);
      const upper: UpperTile[] = [];
      for (let start = first; start < end; start += TILE_WIDTH) {
        const tile = tiles.get(start / TILE_WIDTH);
        upper.push(...this.#bundle(start, Math.min(TILE_WIDTH, end - start), leaves, tile, redactions));
      }
      for (const each of upper) await this.#compareUpper(db, each);
      onProgress?.(end, size);
    }
  }

  #bundle(
    start: number,
    width: number,
    leaves: ReadonlyMap<number, store.StoredLeaf>,
    tile: store.StoredTile | undefined,
    redactions: ReadonlyMap<number, store.StoredRedaction>,
  ): readonly UpperTile[] {
    const { marks, findings } = this.#deps;
    const kept = tile && Buffer.from(tile.hashes);
    const hashes = Buffer.alloc(width * HASH_BYTES);
    for (let at = 0; at < width; at += 1) {
      const leaf = leaves.get(start + at);
      const keptHash = kept?.toString('hex', at * HASH_BYTES, (at + 1) * HASH_BYTES);
      const taken = leaf && this.walk.take(leaf, keptHash);
      hashes.write(taken?.hash ?? this.walk.missing(start + at, keptHash), at * HASH_BYTES, 'hex');
      if (leaf !== undefined) this.#content({ ...leaf, bare: taken?.bare === true }, redactions.get(leaf.index));
    }
    const sizes = marks.within(start, start + width);
    const roots = this.#growth.roots(
      hashes,
      sizes.map((size) => size - start),
    );
    for (const [at, size] of sizes.entries()) marks.check(size, roots[at] ?? EMPTY_ROOT);
    if (width < TILE_WIDTH) {
      this.#rest = hashes;
      return [];
    }
    const root = perfectRoot(hashes);
    this.#compareLowest(start, hashes, root, tile, findings);
    const upper = this.#growth.add(root);
    if (start + TILE_WIDTH === this.#lastFull) this.#state = { growth: this.#growth.state(), walk: this.walk.state() };
    return upper;
  }

  #content(leaf: RecordedLeaf, redaction: store.StoredRedaction | undefined): void {
    const stream = this.#names.get(leaf.streamId);
    if (stream === undefined) return;
    checkPayload(leaf, stream, redaction, this.#deps.rules, this.counts, this.#size, this.#deps.findings);
    if (stream === DAYS_STREAM && leaf.op === 'day-close') {
      this.closed.push({ date: leaf.recordId, size: leaf.index + 1 });
    }
  }

  #compareLowest(
    start: number,
    hashes: Buffer,
    root: Buffer,
    tile: store.StoredTile | undefined,
    findings: Findings,
  ): void {
    const n = start / TILE_WIDTH;
    if (tile === undefined) {
      findings.add({ kind: 'tile-missing', index: start, message: `tile ${n} of level 0 is missing` });
      return;
    }
    const damage = compareLeaves(start, hashes, tile.hashes);
    if (damage !== undefined) findings.add(damage);
    else if (Buffer.compare(root, tile.root) !== 0) {
      findings.add({
        kind: 'tile-altered',
        index: start,
        message: `the root that stands with tile ${n} of level 0 is not its own`,
      });
    }
  }

  async #compareUpper(db: Sql | Tx, tile: UpperTile): Promise<void> {
    const { level, index, hashes } = tile;
    const kept = (await store.readStoredTiles(db, level, index, index + 1)).get(index);
    compareUpper(tile, kept?.hashes, this.#deps.findings);
    if (kept === undefined || Buffer.compare(kept.root, perfectRoot(hashes)) === 0) return;
    this.#deps.findings.add({
      kind: 'tile-altered',
      index: index * TILE_WIDTH ** (level + 1),
      message: `the root that stands with tile ${index} of level ${level} is not its own`,
    });
  }

  /** Constraints that keep an index from being there twice may have been dropped. */
  #byIndex(rows: readonly store.StoredLeaf[]): ReadonlyMap<number, store.StoredLeaf> {
    const leaves = new Map<number, store.StoredLeaf>();
    for (const leaf of rows) {
      const { index } = leaf;
      if (!leaves.has(index)) leaves.set(index, leaf);
      else this.#deps.findings.add({ kind: 'leaf-inserted', index, message: `leaf ${index} is there twice` });
    }
    return leaves;
  }
}
