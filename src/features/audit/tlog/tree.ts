/** A tree that grows, as the roots of its perfect subtrees: all that appending needs. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './hashing.ts';

export class Frontier {
  #size: number;
  /** Largest subtree first. */
  readonly #hashes: Buffer[];

  private constructor(size: number, hashes: Buffer[]) {
    this.#size = size;
    this.#hashes = hashes;
  }

  static empty(): Frontier {
    return new Frontier(0, []);
  }

  /** @throws `audit.frontier_malformed` (integrity): a tree of that size has another number of subtrees */
  static of(size: number, hashes: readonly Uint8Array[]): Frontier {
    if (!Number.isSafeInteger(size) || size < 0 || hashes.length !== subtreesOf(size).length) {
      throw new PlumblineError(
        'integrity',
        'audit.frontier_malformed',
        `${hashes.length} hashes are no tree of size ${size}`,
      );
    }
    return new Frontier(
      size,
      hashes.map((hash) => Buffer.from(hash)),
    );
  }

  /** @param bytes as `encode` gives them. @throws `audit.frontier_malformed` (integrity) */
  static decode(size: number, bytes: Uint8Array): Frontier {
    const hashes = Array.from({ length: Math.ceil(bytes.length / HASH_BYTES) }, (_, at) =>
      Buffer.from(bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)),
    );
    return Frontier.of(size, hashes);
  }

  get size(): number {
    return this.#size;
  }

  get hashes(): readonly Buffer[] {
    return this.#hashes;
  }

  /** @param onSubtree told the root of each perfect subtree of 2^level leaves that the leaf completes */
  append(leaf: Uint8Array, onSubtree?: (level: number, root: Buffer) => void): void {
    let hash: Buffer = Buffer.from(leaf);
    let level = 0;
    // Each odd digit of the size is a subtree that the new one completes.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#hashes.pop();
      if (left !== undefined) hash = nodeHash(left, hash);
      level += 1;
      onSubtree?.(level, hash);
    }
    this.#hashes.push(hash);
    this.#size += 1;
  }

  root(): Buffer {
    const [last = EMPTY_ROOT, ...others] = this.#hashes.toReversed();
    return others.reduce((right, left) => nodeHash(left, right), last);
  }

  clone(): Frontier {
    return new Frontier(this.#size, [...this.#hashes]);
  }

  encode(): Buffer {
    return Buffer.concat(this.#hashes);
  }
}

/** A perfect subtree: the `index`th of 2^level leaves. */
export interface Node {
  readonly level: number;
  readonly index: number;
}

/** Of the trees that a tree of this size consists of, largest first. Exact up to 2^53: no bit operators. */
export function subtreesOf(size: number): readonly Node[] {
  const subtrees: Node[] = [];
  let start = 0;
  for (let level = 52; level >= 0; level -= 1) {
    const leaves = 2 ** level;
    if (size - start < leaves) continue;
    subtrees.push({ level, index: start / leaves });
    start += leaves;
  }
  return subtrees;
}
