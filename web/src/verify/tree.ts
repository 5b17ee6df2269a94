/** A Merkle tree that grows leaf by leaf (RFC 6962, 2.1), in the browser. */
import { sha256 } from './sha256.ts';

const NODE = new Uint8Array(65);
NODE[0] = 1;

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  NODE.set(left, 1);
  NODE.set(right, 33);
  return sha256(NODE);
}

export class GrowingTree {
  /** Roots of the perfect subtrees, largest first. */
  readonly #roots: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(leaf: Uint8Array): void {
    let hash = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#roots.pop();
      if (left !== undefined) hash = nodeHash(left, hash);
    }
    this.#roots.push(hash);
    this.#size += 1;
  }

  root(): Uint8Array {
    const [last, ...others] = [...this.#roots].reverse();
    if (last === undefined) return sha256(new Uint8Array(0));
    return others.reduce((right, left) => nodeHash(left, right), last);
  }
}
