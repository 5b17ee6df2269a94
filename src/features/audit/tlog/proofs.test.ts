import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_ROOT, leafHash, nodeHash } from './hashing.ts';
import {
  consistencyProof,
  inclusionProof,
  type NodeReader,
  rootAt,
  verifyConsistency,
  verifyInclusion,
} from './proofs.ts';
import { Frontier, subtreesOf } from './tree.ts';

const SIZE = 512;
const LEAVES = Array.from({ length: SIZE }, (_, at) => leafHash(`leaf ${at}`));

/** By the definition of RFC 6962 2.1, remembered by range. */
const known = new Map<string, Uint8Array>();
function rootOf(start: number, end: number): Uint8Array {
  if (end === start) return EMPTY_ROOT;
  const [leaf] = LEAVES.slice(start, end);
  if (end - start === 1 && leaf !== undefined) return leaf;
  const name = `${start}-${end}`;
  const before = known.get(name);
  if (before !== undefined) return before;
  let half = 1;
  while (half * 2 < end - start) half *= 2;
  const root = nodeHash(rootOf(start, start + half), rootOf(start + half, end));
  known.set(name, root);
  return root;
}

const reader: NodeReader = {
  nodes: (wanted) =>
    Promise.resolve(wanted.map(({ level, index }) => rootOf(index * 2 ** level, (index + 1) * 2 ** level))),
};

const flipped = (bytes: Uint8Array, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  const at = Math.floor(bit / 8);
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
};
const leafAt = (index: number): Uint8Array => LEAVES[index] ?? EMPTY_ROOT;

describe('a growing tree', () => {
  it('has the root of the definition at every size, and keeps it as bytes', () => {
    const frontier = Frontier.empty();
    for (const [at, leaf] of LEAVES.entries()) {
      expect(Buffer.compare(frontier.root(), rootOf(0, at))).toBe(0);
      expect(Buffer.compare(Frontier.decode(at, frontier.encode()).root(), rootOf(0, at))).toBe(0);
      frontier.append(leaf);
    }
    expect(Buffer.compare(frontier.root(), rootOf(0, SIZE))).toBe(0);
  });

  it('refuses bytes that are of another size', () => {
    const frontier = Frontier.of(3, [leafAt(0), leafAt(1)]);
    expect(() => Frontier.decode(4, frontier.encode())).toThrow(/no tree of size 4/);
    expect(() => Frontier.decode(3, frontier.encode().subarray(1, 60))).not.toThrow(RangeError);
  });
});

describe('an inclusion proof', () => {
  it('verifies for every leaf of every size', async () => {
    for (let size = 1; size <= SIZE; size += 1) {
      const root = rootOf(0, size);
      for (let index = 0; index < size; index += 1) {
        const proof = await inclusionProof(reader, index, size);
        if (!verifyInclusion(leafAt(index), index, size, root, proof)) expect.fail(`leaf ${index} of ${size}`);
      }
    }
  }, 120_000);

  it('fails with any one bit changed, of every size up to 24', async () => {
    for (let size = 1; size <= 24; size += 1) {
      const root = rootOf(0, size);
      for (let index = 0; index < size; index += 1) {
        const proof = await inclusionProof(reader, index, size);
        const wrong = [...everyMutation(proof)].find((bad) => verifyInclusion(leafAt(index), index, size, root, bad));
        expect(wrong).toBeUndefined();
      }
    }
  }, 120_000);

  it('fails with any one bit changed, and for another place, size or length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: SIZE }), fc.nat(), fc.nat(255), async (size, pick, bit) => {
        const index = pick % size;
        const root = rootOf(0, size);
        const proof = await inclusionProof(reader, index, size);
        const leaf = leafAt(index);
        const verify = (...changed: Parameters<typeof verifyInclusion>): boolean => verifyInclusion(...changed);
        expect(verify(leaf, index, size, root, proof)).toBe(true);
        expect(verify(flipped(leaf, bit), index, size, root, proof)).toBe(false);
        expect(verify(leaf, index, size, flipped(root, bit), proof)).toBe(false);
        for (const [at, hash] of proof.entries()) {
          expect(verify(leaf, index, size, root, proof.with(at, flipped(hash, bit)))).toBe(false);
        }
        for (const other of [index ^ 1, index + 1, index - 1]) {
          expect(verify(leaf, other, size, root, proof)).toBe(false);
        }
        expect(verify(leaf, index, size, root, [...proof, leaf])).toBe(false);
        if (proof.length > 0) expect(verify(leaf, index, size, root, proof.slice(0, -1))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused for a leaf that the tree does not have', () => {
    for (const [index, size] of [
      [5, 5],
      [0, 0],
      [-1, 3],
      [1.5, 3],
    ] as const) {
      expect(() => inclusionProof(reader, index, size)).toThrow(`leaf ${index} is not in a tree of size ${size}`);
    }
  });
});

describe('a consistency proof', () => {
  it('verifies from every size to every later one', async () => {
    for (let to = 0; to <= SIZE; to += 1) {
      for (let from = 0; from <= to; from += 1) {
        const proof = await consistencyProof(reader, from, to);
        if (!verifyConsistency(from, rootOf(0, from), to, rootOf(0, to), proof)) expect.fail(`${from} to ${to}`);
      }
    }
  }, 120_000);

  it('fails with any one bit changed, of every pair up to 20', async () => {
    for (let to = 1; to <= 20; to += 1) {
      for (let from = 1; from <= to; from += 1) {
        const proof = await consistencyProof(reader, from, to);
        const wrong = [...everyMutation(proof)].find((bad) =>
          verifyConsistency(from, rootOf(0, from), to, rootOf(0, to), bad),
        );
        expect(wrong).toBeUndefined();
      }
    }
  }, 120_000);

  it('fails with any one bit changed, and for other sizes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: SIZE }), fc.nat(), fc.nat(255), async (to, pick, bit) => {
        const from = pick % (to + 1);
        const [old, whole] = [rootOf(0, from), rootOf(0, to)];
        const proof = await consistencyProof(reader, from, to);
        expect(verifyConsistency(from, flipped(old, bit), to, whole, proof)).toBe(false);
        if (from > 0) expect(verifyConsistency(from, old, to, flipped(whole, bit), proof)).toBe(false);
        for (const [at, hash] of proof.entries()) {
          expect(verifyConsistency(from, old, to, whole, proof.with(at, flipped(hash, bit)))).toBe(false);
        }
        expect(verifyConsistency(from + 1, old, to, whole, proof)).toBe(false);
        expect(verifyConsistency(from, old, to, whole, [...proof, old])).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused where the tree has shrunk', () => {
    expect(() => consistencyProof(reader, 4, 3)).toThrow('a tree of size 3 does not begin with one of size 4');
  });
});

/** Each bit of each hash, changed alone. */
function* everyMutation(proof: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  for (const [at, hash] of proof.entries()) {
    for (let bit = 0; bit < 256; bit += 1) yield proof.with(at, flipped(hash, bit));
  }
}

describe('sizes above 2^32', () => {
  /** Every node of a level is the same: the tree of equal leaves, of any size. */
  const equal: Buffer[] = [leafHash('same')];
  for (let level = 1; level <= 53; level += 1)
    equal.push(nodeHash(equal[level - 1] ?? EMPTY_ROOT, equal[level - 1] ?? EMPTY_ROOT));
  const asked: { level: number; index: number }[] = [];
  const huge: NodeReader = {
    nodes: (wanted) => {
      asked.push(...wanted);
      return Promise.resolve(wanted.map(({ level }) => equal[level] ?? EMPTY_ROOT));
    },
  };
  const [leaf = EMPTY_ROOT] = equal;

  it('are exact', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt({ min: 2n ** 32n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
        fc.bigInt({ min: 0n, max: 2n ** 53n }),
        async (bigSize, pick) => {
          const [size, index] = [Number(bigSize), Number(pick % bigSize)];
          const root = await rootAt(huge, size);
          asked.length = 0;
          const proof = await inclusionProof(huge, index, size);
          expect(verifyInclusion(leaf, index, size, root, proof)).toBe(true);
          expect(verifyInclusion(leaf, index, size, root, proof.slice(1))).toBe(false);
          // In exact arithmetic: what was asked for covers every leaf but the one that is proved, once.
          const covered = asked.reduce((sum, { level }) => sum + 2n ** BigInt(level), 0n);
          expect(covered).toBe(bigSize - 1n);
          for (const { level, index: at } of asked) {
            const start = BigInt(at) * 2n ** BigInt(level);
            expect(start + 2n ** BigInt(level) <= bigSize).toBe(true);
            expect(start <= BigInt(index) && BigInt(index) < start + 2n ** BigInt(level)).toBe(false);
          }
          const consistency = await consistencyProof(huge, index, size);
          expect(verifyConsistency(index, await rootAt(huge, index), size, root, consistency)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('consist of the subtrees of their binary digits', () => {
    const size = 2 ** 40 + 2 ** 33 + 5;
    expect(subtreesOf(size)).toEqual([
      { level: 40, index: 0 },
      { level: 33, index: 2 ** 7 },
      { level: 2, index: (2 ** 40 + 2 ** 33) / 4 },
      { level: 0, index: 2 ** 40 + 2 ** 33 + 4 },
    ]);
  });
});
