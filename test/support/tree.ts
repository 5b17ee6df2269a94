/** A Merkle tree in memory, for tests of whoever reads one. */
import { leafHash, nodeHash } from '../../src/features/audit/tlog/hashing.ts';
import { consistencyProof, type NodeReader, rootAt } from '../../src/features/audit/tlog/proofs.ts';

export interface TestTree {
  readonly size: number;
  readonly leaves: readonly Buffer[];
  readonly nodes: NodeReader;
  /** Of the leaf, before it is hashed. */
  text(index: number): string;
  /** Appends leaves, whose text is `name` and their index. */
  grow(count: number, name?: string): void;
  root(size?: number): Promise<Buffer>;
  proof(from: number, to: number): Promise<readonly Buffer[]>;
}

/** @param others from this leaf on, leaves are called `name` */
export function testTree(count = 0, others = Number.POSITIVE_INFINITY, name = 'leaf'): TestTree {
  const texts: string[] = [];
  /** By level, of complete subtrees. */
  const levels: Buffer[][] = [[]];
  const nodes: NodeReader = {
    nodes: async (wanted) =>
      wanted.map(({ level, index }) => {
        const node = levels[level]?.[index];
        if (node === undefined) throw new RangeError(`no node ${level}/${index}`);
        return node;
      }),
  };
  const tree: TestTree = {
    get size() {
      return levels[0]?.length ?? 0;
    },
    get leaves() {
      return levels[0] ?? [];
    },
    nodes,
    text: (index) => texts[index] ?? '',
    grow(more, given) {
      for (let i = 0; i < more; i += 1) {
        const text = `${given ?? (tree.size < others ? 'leaf' : name)} ${tree.size}`;
        texts.push(text);
        let node = leafHash(text);
        for (let level = 0; ; level += 1) {
          const row = levels[level] ?? [];
          levels[level] = row;
          row.push(node);
          const left = row.at(-2);
          if (row.length % 2 === 1 || left === undefined) break;
          node = nodeHash(left, node);
        }
      }
    },
    root: (size = tree.size) => rootAt(nodes, size),
    proof: (from, to) => consistencyProof(nodes, from, to),
  };
  tree.grow(count);
  return tree;
}
