/**
 * A Merkle tree that grows (RFC 6962, section 2.1). All that is needed to go on, and to know the root,
 * are the roots of its perfect subtrees: one for each 1 in the size's binary form, largest first.
 *
 * Sizes and indices are safe integers. Bit operators would cut them to 32 bits: there are none here.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { EMPTY_ROOT, HASH_BYTES, nodeHash, nodeHashInPlace } from './hashing.ts';

/** Called for each perfect subtree that gets complete: the `index`th of 2^`level` leaves. Level 0 is the leaf. */
export type OnNode = (level: number, index: number, hash: Buffer) => void;

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

  /** @throws `audit.frontier_malformed` (integrity) */
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

  /** @throws `audit.frontier_malformed` (integrity) */
  static decode(size: number, bytes: Uint8Array): Frontier {
    if (bytes.length % HASH_BYTES !== 0) throw malformed(`${bytes.length} bytes are no whole number of hashes`);
    const count = bytes.length / HASH_BYTES;
    return Frontier.of(
      size,
      Array.from({ length: count }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)),
    );
  }

  get size(): number {
    return this.#size;
  }

  get hashes(): readonly Buffer[] {
    return [...this.#hashes];
  }

  append(leaf: Uint8Array, onNode?: OnNode): void {
    this.appendPerfect(0, leaf, onNode);
  }

  /**
   * Appends 2^`level` leaves at once, known by their root alone: a full tile by level 8. The size must be
   * a multiple of 2^`level`.
   */
  appendPerfect(level: number, root: Uint8Array, onNode?: OnNode): void {
    const leaves = 2 ** level;
    if (this.#size % leaves !== 0 || !Number.isSafeInteger(this.#size + leaves)) {
      throw new RangeError(`${leaves} leaves cannot be appended at once to a tree of ${this.#size}`);
    }
    if (root.length !== HASH_BYTES) throw new RangeError(`a hash has ${HASH_BYTES} bytes, not ${root.length}`);
    let hash: Buffer = Buffer.from(root);
    let height = level;
    let index = this.#size / leaves;
    onNode?.(height, index, hash);
    // A right child completes its parent.
    while (index % 2 === 1) {
      hash = nodeHash(this.#pop(), hash);
      height += 1;
      index = (index - 1) / 2;
      onNode?.(height, index, hash);
    }
    this.#hashes.push(hash);
    this.#size += leaves;
  }

  root(): Buffer {
    return rootOfSubtrees(this.#hashes);
  }

  clone(): Frontier {
    return new Frontier(this.#size, [...this.#hashes]);
  }

  /** The hashes side by side. */
  encode(): Buffer {
    return Buffer.concat(this.#hashes);
  }

  #pop(): Buffer {
    const hash = this.#hashes.pop();
    if (hash === undefined) throw new RangeError(`a tree of ${this.#size} leaves lacks a subtree`);
    return hash;
  }
}

/** The root of a tree whose perfect subtrees, largest first, have these roots. */
export const rootOfSubtrees = (hashes: readonly Uint8Array[]): Buffer =>
  hashes.reduceRight<Buffer | undefined>(
    (right, left) => (right === undefined ? Buffer.from(left) : nodeHash(left, right)),
    undefined,
  ) ?? Buffer.from(EMPTY_ROOT);

/** The root over leaf hashes. */
export function rootOf(leaves: readonly Uint8Array[]): Buffer {
  const hashes = Buffer.allocUnsafe(leaves.length * HASH_BYTES);
  leaves.forEach((leaf, at) => {
    if (leaf.length !== HASH_BYTES) throw new RangeError(`leaf hash ${at} has ${leaf.length} bytes, not ${HASH_BYTES}`);
    hashes.set(leaf, at * HASH_BYTES);
  });
  return reduce(hashes);
}

/** The root over hashes that stand side by side, as they do in a tile. */
export function rootOfPacked(hashes: Uint8Array): Buffer {
  if (hashes.length % HASH_BYTES !== 0) throw new RangeError(`${hashes.length} bytes are no whole number of hashes`);
  return reduce(Buffer.from(hashes));
}

/** Level by level over the same bytes. What has no sibling goes up as it is: that is RFC 6962's split. */
function reduce(hashes: Buffer): Buffer {
  let count = hashes.length / HASH_BYTES;
  if (count === 0) return Buffer.from(EMPTY_ROOT);
  while (count > 1) {
    const pairs = Math.floor(count / 2);
    for (let pair = 0; pair < pairs; pair += 1) {
      nodeHashInPlace(hashes, 2 * pair * HASH_BYTES, pair * HASH_BYTES);
    }
    if (count % 2 === 1) hashes.copyWithin(pairs * HASH_BYTES, (count - 1) * HASH_BYTES, count * HASH_BYTES);
    count = pairs + (count % 2);
  }
  return Buffer.from(hashes.subarray(0, HASH_BYTES));
}

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
