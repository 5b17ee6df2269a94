/**
 * A Merkle tree that grows (RFC 6962, section 2.1). All that is needed to go on, and to know the root,
 * are the roots of its perfect subtrees: one for each 1 in the size's binary form, largest first.
 *
 * Sizes and indices are safe integers. Bit operators would cut them to 32 bits: there are none here.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './hashing.ts';

export class Frontier {
  #size: number;
  /** Of the perfect subtrees, largest first. A hash in here is never written again. */
  readonly #hashes: Buffer[];

  private constructor(size: number, hashes: Buffer[]) {
    this.#size = size;
    this.#hashes = hashes;
  }

  static empty(): Frontier {
    return new Frontier(0, []);
  }

  /** @throws `audit.frontier_malformed` (integrity): a tree of that size has other subtrees */
  static of(size: number, hashes: readonly Uint8Array[]): Frontier {
    if (!Number.isSafeInteger(size) || size < 0) throw malformed(`its size is ${size}, which no log has`);
    const subtrees = perfectSubtrees(size);
    if (hashes.length !== subtrees) {
      throw malformed(
        `a tree of ${size} leaves has ${subtrees} perfect subtrees, but ${hashes.length} hashes are given`,
      );
    }
    const odd = hashes.findIndex((hash) => hash.length !== HASH_BYTES);
    if (odd >= 0) throw malformed(`hash ${odd} has ${hashes[odd]?.length} bytes instead of ${HASH_BYTES}`);
    return new Frontier(
      size,
      hashes.map((hash) => Buffer.from(hash)),
    );
  }

  /** @param bytes as `encode` gives them. @throws `audit.frontier_malformed` (integrity) */
  static decode(size: number, bytes: Uint8Array): Frontier {
    const hashes = Array.from({ length: Math.ceil(bytes.length / HASH_BYTES) }, (_, at) =>
      bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
    );
    return Frontier.of(size, hashes);
  }

  get size(): number {
    return this.#size;
  }

  get hashes(): readonly Buffer[] {
    return [...this.#hashes];
  }

  /** @param onSubtree told the root of each perfect subtree of 2^level leaves that the leaf completes */
  append(leaf: Uint8Array, onSubtree?: (level: number, root: Buffer) => void): void {
    if (leaf.length !== HASH_BYTES || this.#size === Number.MAX_SAFE_INTEGER) {
      throw new RangeError(`${leaf.length} bytes cannot be appended to a tree of ${this.#size} leaves`);
    }
    let hash: Buffer = Buffer.from(leaf);
    let level = 0;
    // Each 1 at the end of the size is a subtree that the new one completes.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#hashes.pop();
      if (left === undefined) throw new RangeError(`a tree of ${this.#size} leaves lacks a subtree`);
      hash = nodeHash(left, hash);
      level += 1;
      onSubtree?.(level, hash);
    }
    this.#hashes.push(hash);
    this.#size += 1;
  }

  root(): Buffer {
    return rootOfSubtrees(this.#hashes);
  }

  clone(): Frontier {
    return new Frontier(this.#size, [...this.#hashes]);
  }

  /** The hashes one after the other. */
  encode(): Buffer {
    return Buffer.concat(this.#hashes);
  }
}

/** The root of a tree whose perfect subtrees, largest first, have these roots. */
export const rootOfSubtrees = (hashes: readonly Uint8Array[]): Buffer =>
  hashes.reduceRight<Buffer | undefined>(
    (right, left) => (right === undefined ? Buffer.from(left) : nodeHash(left, right)),
    undefined,
  ) ?? Buffer.from(EMPTY_ROOT);

/** How many 1s the size has in binary. */
function perfectSubtrees(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}

const malformed = (why: string): PlumblineError =>
  new PlumblineError(
    'integrity',
    'audit.frontier_malformed',
    `the stored frontier is not that of a log: ${why}; rebuild it from the leaves`,
  );
