/** Sets that only grow together (Tarjan 1975): which lines hang together, whatever came first. */
export class DisjointSets {
  readonly #parents: Int32Array;

  constructor(size: number) {
    this.#parents = Int32Array.from({ length: size }, (_, index) => index);
  }

  find(member: number): number {
    const parents = this.#parents;
    let root = member;
    for (let up = parents[root] ?? root; up !== root; up = parents[root] ?? root) root = up;
    let at = member;
    while (at !== root) {
      const up = parents[at] ?? root;
      parents[at] = root;
      at = up;
    }
    return root;
  }

  /** The smaller root becomes the root of both. */
  join(a: number, b: number): void {
    const left = this.find(a);
    const right = this.find(b);
    if (left < right) this.#parents[right] = left;
    else this.#parents[left] = right;
  }
}
