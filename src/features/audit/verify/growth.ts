/**
 * A tree that grows by bundles of 256 leaves: its root at any size that is passed, and every tile that
 * gets full, level by level.
 */
import { HASH_BYTES, perfectRoot } from '../tlog/hashing.ts';
import { TILE_WIDTH } from '../tlog/tiles.ts';
import { Frontier } from '../tlog/tree.ts';

/** Of a level above the leaves. */
export interface UpperTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

export interface GrowthState {
  readonly bundles: number;
  /** Base64, as `Frontier.encode` gives it. */
  readonly frontier: string;
  /** Base64: of each level from 1 on the hashes of its last tile, which is not full. */
  readonly open: readonly string[];
}

export class Growth {
  /** Its leaves are the roots of full bundles. */
  readonly #bundles: Frontier;
  readonly #open: Buffer[] = [];
  readonly #widths: number[] = [];

  constructor(bundles: Frontier = Frontier.empty()) {
    this.#bundles = bundles;
  }

  static of({ bundles, frontier, open }: GrowthState): Growth {
    const growth = new Growth(Frontier.decode(bundles, Buffer.from(frontier, 'base64')));
    for (const [at, text] of open.entries()) {
      const hashes = Buffer.from(text, 'base64');
      hashes.copy(growth.#tile(at));
      growth.#widths[at] = hashes.length / HASH_BYTES;
    }
    return growth;
  }

  state(): GrowthState {
    return {
      bundles: this.#bundles.size,
      frontier: this.#bundles.encode().toString('base64'),
      open: this.#open.map((tile, at) => tile.subarray(0, (this.#widths[at] ?? 0) * HASH_BYTES).toString('base64')),
    };
  }

  /** Leaves in full bundles. */
  get size(): number {
    return this.#bundles.size * TILE_WIDTH;
  }

  /** @param root of a full bundle. @returns the tiles that it fills, lowest first */
  add(root: Uint8Array): readonly UpperTile[] {
    this.#bundles.append(root);
    const full: UpperTile[] = [];
    let hash = root;
    for (let at = 0; ; at += 1) {
      const tile = this.#tile(at);
      const width = this.#widths[at] ?? 0;
      tile.set(hash, width * HASH_BYTES);
      this.#widths[at] = (width + 1) % TILE_WIDTH;
      if (width + 1 < TILE_WIDTH) return full;
      const index = this.#bundles.size / TILE_WIDTH ** (at + 1) - 1;
      full.push({ level: at + 1, index, hashes: Buffer.from(tile) });
      hash = perfectRoot(tile);
    }
  }

  /** The tiles above the leaves that are not full. */
  partial(): readonly UpperTile[] {
    return this.#open.flatMap((tile, at) => {
      const width = this.#widths[at] ?? 0;
      const index = Math.floor(this.#bundles.size / TILE_WIDTH ** (at + 1));
      return width === 0 ? [] : { level: at + 1, index, hashes: tile.subarray(0, width * HASH_BYTES) };
    });
  }

  /**
   * The roots of the trees that end inside the next bundle.
   * @param rest its leaves' hashes, at the least so many as are asked for
   * @param counts how many of them, ascending
   */
  roots(rest: Uint8Array, counts: readonly number[]): readonly Uint8Array[] {
    const inner = Frontier.empty();
    return counts.map((count) => {
      while (inner.size < count) inner.append(rest.subarray(inner.size * HASH_BYTES, (inner.size + 1) * HASH_BYTES));
      return this.#with(inner).root();
    });
  }

  /** Of all leaves. @param rest hashes of those that are in no full bundle */
  frontier(rest: Uint8Array): Frontier {
    const inner = Frontier.empty();
    for (let at = 0; at < rest.length; at += HASH_BYTES) inner.append(rest.subarray(at, at + HASH_BYTES));
    return this.#with(inner);
  }

  #with(inner: Frontier): Frontier {
    const [last] = inner.hashes;
    if (inner.size < TILE_WIDTH || last === undefined) {
      return Frontier.of(this.size + inner.size, [...this.#bundles.hashes, ...inner.hashes]);
    }
    const bundles = this.#bundles.clone();
    bundles.append(last); // a full bundle is one subtree, as those before it are
    return Frontier.of(bundles.size * TILE_WIDTH, bundles.hashes);
  }

  #tile(at: number): Buffer {
    const tile = this.#open[at] ?? Buffer.alloc(TILE_WIDTH * HASH_BYTES);
    this.#open[at] = tile;
    return tile;
  }
}
