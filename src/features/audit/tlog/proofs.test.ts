/**
 * Every proof up to 512 entries, and what any one bit of it does; then sizes that need more than 32 bits,
 * against the specification in bigints.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consistencyShape, inclusionShape, ModelTree } from '../../../../test/support/merkle-model.ts';
import { testTree } from '../../../../test/support/tree.ts';
import { EMPTY_ROOT, leafHash } from './hashing.ts';
import {
  consistencyProof,
  frontierAt,
  inclusionProof,
  type NodeReader,
  rootAt,
  verifyConsistency,
  verifyInclusion,
} from './proofs.ts';
import { Frontier } from './tree.ts';

const SIZE = 512;
/** Up to here every bit of every pair is tried; then 24 of each pair, then one of each. */
const EVERY_BIT = 16;
const SOME_BITS = 64;
/** Where many programs share a processor. */
const SLOW_MS = 120_000;

const tree = testTree(SIZE);
const { leaves, nodes: reader } = tree;
const roots: Buffer[] = [EMPTY_ROOT];
const grown = Frontier.empty();
for (const leaf of leaves) {
  grown.append(leaf);
  roots.push(grown.root());
}
const rootOf = (hashes: readonly Buffer[]): Buffer => {
  const frontier = Frontier.empty();
  for (const hash of hashes) frontier.append(hash);
  return frontier.root();
};

const hashAt = (hashes: readonly Buffer[], at: number): Buffer => {
  const hash = hashes[at];
  if (hash === undefined) throw new RangeError(`no hash ${at}`);
  return hash;
};

/** Repeatable, and cheap enough to be asked a million times. */
let seed = 1;
const below = (limit: number): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) % 2 ** 31;
  return Math.floor((Math.abs(seed) / 2 ** 31) * limit);
};

/** Turns one bit, asks, and turns it back. */
function withBit(hash: Buffer, bit: number, ask: () => boolean): boolean {
  const byte = Math.floor(bit / 8);
  const mask = 1 << (bit % 8);
  hash[byte] = (hash[byte] ?? 0) ^ mask;
  const answer = ask();
  hash[byte] = (hash[byte] ?? 0) ^ mask;
  return answer;
}

/** A way of being wrong: how often it can be so, and whether it passes the `at`th time. */
interface Fault {
  readonly name: string;
  readonly count: number;
  readonly passes: (at: number) => boolean;
}

const turnedBits = (hashes: readonly Buffer[], ask: () => boolean): Fault => ({
  name: 'turned bit',
  count: hashes.length * 256,
  passes: (at) => withBit(hashAt(hashes, Math.floor(at / 256)), at % 256, ask),
});

/** Bits of a number up to 2^10. */
const turned = (name: string, n: number, passes: (other: number) => boolean): Fault => ({
  name,
  count: 11,
  passes: (bit) => passes(n ^ (1 << bit)),
});

/** @param size up to EVERY_BIT each fault is tried in each of its ways */
function assertRefused(what: string, size: number, faults: readonly Fault[]): void {
  const attempt = ({ name, passes }: Fault, at: number): void => {
    if (passes(at)) throw new Error(`${what} passes with ${name} ${at}`);
  };
  if (size <= EVERY_BIT) {
    for (const fault of faults) for (let at = 0; at < fault.count; at += 1) attempt(fault, at);
    return;
  }
  for (let tried = 0; tried < (size <= SOME_BITS ? 24 : 1); tried += 1) {
    const fault = faults[below(faults.length)];
    if (fault !== undefined) attempt(fault, below(fault.count));
  }
}

describe('the proof that an entry is in the log', () => {
  it('verifies for every index of every size, and for nothing else', { timeout: SLOW_MS }, async () => {
    for (let size = 1; size <= SIZE; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = (await inclusionProof(reader, index, size)).map((hash) => Buffer.from(hash));
        const leaf = Buffer.from(hashAt(leaves, index));
        const root = Buffer.from(hashAt(roots, size));
        const ask = (i: number, n: number, p: readonly Buffer[]): boolean => verifyInclusion(leaf, i, n, root, p);
        if (!ask(index, size, proof)) throw new Error(`${index} of ${size} does not verify`);
        assertRefused(`${index} of ${size}`, size, [
          turnedBits([leaf, root, ...proof], () => ask(index, size, proof)),
          turned('index', index, (other) => ask(other, size, proof)),
          turned('size', size, (other) => ask(index, other, proof) !== isAlike(index, size, other)),
          { name: 'a hash too many', count: 1, passes: () => ask(index, size, [...proof, root]) },
          { name: 'a hash too few', count: 1, passes: () => proof.length > 0 && ask(index, size, proof.slice(1)) },
        ]);
      }
    }
  });

  /** The size is proven by the signature over it: another may ask for the same hashes in the same order. */
  const isAlike = (index: number, size: number, other: number): boolean =>
    index < other && inclusionShape(BigInt(index), BigInt(size)) === inclusionShape(BigInt(index), BigInt(other));

  it('is of no other entry', async () => {
    for (let size = 1; size <= 33; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = await inclusionProof(reader, index, size);
        for (let other = 0; other < size; other += 1) {
          const verifies = (at: number, leaf: number) =>
            verifyInclusion(hashAt(leaves, leaf), at, size, hashAt(roots, size), proof);
          if (other !== index && (verifies(index, other) || verifies(other, index) || verifies(other, other))) {
            throw new Error(`the proof of ${index} of ${size} passes for ${other}`);
          }
        }
      }
    }
  });
});

describe('the proof that a log continues another', () => {
  it('verifies for every pair of sizes, and for nothing else', { timeout: SLOW_MS }, async () => {
    for (let to = 0; to <= SIZE; to += 1) {
      for (let from = 0; from <= to; from += 1) {
        const proof = (await consistencyProof(reader, from, to)).map((hash) => Buffer.from(hash));
        const old = Buffer.from(hashAt(roots, from));
        const root = Buffer.from(hashAt(roots, to));
        const ask = (m: number, n: number, p: readonly Buffer[]): boolean => verifyConsistency(m, old, n, root, p);
        if (!ask(from, to, proof)) throw new Error(`${from} to ${to} does not verify`);
        // Everything continues the empty log: of it, the new root is not asked.
        const asked = from === 0 && to > 0 ? [old] : [old, root, ...proof];
        assertRefused(`${from} to ${to}`, to, [
          turnedBits(asked, () => ask(from, to, proof)),
          turned('first size', from, (other) => ask(other, to, proof) !== isAlike(from, to, other, to)),
          turned('second size', to, (other) => ask(from, other, proof) !== isAlike(from, to, from, other)),
          { name: 'a hash too many', count: 1, passes: () => ask(from, to, [...proof, root]) },
          { name: 'a hash too few', count: 1, passes: () => proof.length > 0 && ask(from, to, proof.slice(1)) },
        ]);
      }
    }
  });

  /** Whether the two are computed alike from the same hashes, and so differ by what is signed alone. */
  function isAlike(from: number, to: number, otherFrom: number, otherTo: number): boolean {
    if (otherFrom > otherTo) return false;
    if (from === 0 || otherFrom === 0) return from === otherFrom && (otherTo > 0 || to === 0);
    if (from === to || otherFrom === otherTo) return from === to && otherFrom === otherTo;
    return consistencyShape(BigInt(from), BigInt(to)) === consistencyShape(BigInt(otherFrom), BigInt(otherTo));
  }

  it('finds a fork wherever it begins', async () => {
    for (let fork = 0; fork < 64; fork += 1) {
      const forged = leaves.slice(0, 64).with(fork, leafHash('forged'));
      for (let from = fork + 1; from <= 64; from += 1) {
        const proof = await consistencyProof(reader, from, 64);
        expect(verifyConsistency(from, rootOf(forged.slice(0, from)), 64, hashAt(roots, 64), proof)).toBe(false);
        expect(verifyConsistency(from, hashAt(roots, from), 64, rootOf(forged), proof)).toBe(false);
      }
    }
  });
});

describe('a root', () => {
  it('is found at every size, and the frontier with it', async () => {
    for (let size = 0; size <= SIZE; size += 1) {
      expect((await rootAt(reader, size)).equals(hashAt(roots, size))).toBe(true);
      const at = await frontierAt(reader, size);
      expect(at.root().equals(hashAt(roots, size))).toBe(true);
      expect(at.size).toBe(size);
    }
  });
});

describe('above 2^32', () => {
  /** Two leaves that are not like all others, one of them the one that is asked for. */
  const place = fc
    .tuple(fc.bigInt({ min: 2n ** 31n, max: 2n ** 53n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 53n }), fc.nat(2))
    .map(([size, random, near]) => {
      const index = near === 0 ? random % size : near === 1 ? size - 1n - (random % 3n) : (random % 2n ** 33n) % size;
      return { size, index, tree: new ModelTree(new Map([[index, 'asked for']])) };
    });

  it('proofs of entries are exact', async () => {
    await fc.assert(
      fc.asyncProperty(place, async ({ size, index, tree }) => {
        const proof = await inclusionProof(tree.reader(), Number(index), Number(size));
        expect(proof).toEqual(tree.path(index, size));
        const verifies = (at: bigint): boolean =>
          verifyInclusion(leafHash('asked for'), Number(at), Number(size), tree.root(0n, size), proof);
        expect(verifies(index)).toBe(true);
        for (const away of [1n, 2n, 2n ** 31n, 2n ** 32n, 2n ** 33n]) {
          expect(verifies(index - away)).toBe(false);
          expect(verifies(index + away)).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('proofs between sizes are exact', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.bigInt({ min: 1n, max: 2n ** 53n }), async ({ size, index, tree }, random) => {
        const from = (random % size) + 1n;
        const proof = await consistencyProof(tree.reader(), Number(from), Number(size));
        expect(proof).toEqual(tree.proof(from, size));
        const root = tree.root(0n, size);
        const verifies = (m: bigint, old: Buffer): boolean =>
          verifyConsistency(Number(m), old, Number(size), root, proof);
        expect(verifies(from, tree.root(0n, from))).toBe(true);
        const forged = new ModelTree(new Map([[index, 'another']]));
        if (index < from) expect(verifies(from, forged.root(0n, from))).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('roots and frontiers are exact', async () => {
    await fc.assert(
      fc.asyncProperty(place, async ({ size, tree }) => {
        expect(await rootAt(tree.reader(), Number(size))).toEqual(tree.root(0n, size));
        expect((await frontierAt(tree.reader(), Number(size))).root()).toEqual(tree.root(0n, size));
      }),
      { numRuns: 100 },
    );
  });

  it('a proof is as long as the tree is high', async () => {
    const tree = new ModelTree(new Map());
    const length = async (index: number, size: number) => (await inclusionProof(tree.reader(), index, size)).length;
    expect(await length(0, 2 ** 32)).toBe(32);
    expect(await length(2 ** 32 - 1, 2 ** 32)).toBe(32);
    expect(await length(0, 2 ** 32 + 1)).toBe(33);
    expect(await length(2 ** 32, 2 ** 32 + 1)).toBe(1);
    expect(await length(2 ** 40, 2 ** 40 + 2 ** 33 + 5)).toBe(35);
    expect(await length(2 ** 53 - 2, 2 ** 53 - 1)).toBe(52);
    expect(await consistencyProof(tree.reader(), 2 ** 32, 2 ** 33)).toHaveLength(1);
    expect(await consistencyProof(tree.reader(), 2 ** 32 + 1, 2 ** 33)).toHaveLength(34);
  });

  it('the nodes that are asked for are those of the specification', async () => {
    const asked: string[] = [];
    const tree = new ModelTree(new Map());
    const watched: NodeReader = {
      nodes: (wanted) => {
        asked.push(...wanted.map(({ level, index }) => `${level}/${index}`));
        return tree.reader().nodes(wanted);
      },
    };
    await inclusionProof(watched, 2 ** 40 + 3, 2 ** 40 + 2 ** 33 + 5);
    expect(asked.slice(0, 3)).toEqual(['0/1099511627778', '1/549755813888', '2/274877906945']);
    // The right edge is no perfect subtree; its two parts stand before the left half of all.
    expect(asked.slice(-3)).toEqual(['2/277025390592', '0/1108101562372', '40/0']);
  });
});

describe('what cannot be', () => {
  it.each([
    [-1, 5],
    [5, 5],
    [0, 0],
    [0.5, 5],
    [Number.NaN, 5],
    [0, Number.NaN],
    [0, 2 ** 53],
    [2 ** 53, 2 ** 54],
  ])('is no proof of entry %j in %j', async (index, size) => {
    await expect(inclusionProof(reader, index, size)).rejects.toMatchObject({ code: 'audit.proof_out_of_range' });
    expect(verifyInclusion(EMPTY_ROOT, index, size, EMPTY_ROOT, [])).toBe(false);
  });

  it.each([
    [6, 5],
    [-1, 5],
    [0.5, 5],
    [1, Number.POSITIVE_INFINITY],
    [Number.NaN, Number.NaN],
  ])('is no proof from %j to %j', async (from, to) => {
    await expect(consistencyProof(reader, from, to)).rejects.toMatchObject({ code: 'audit.proof_out_of_range' });
    expect(verifyConsistency(from, EMPTY_ROOT, to, EMPTY_ROOT, [])).toBe(false);
  });

  it('is no size', async () => {
    for (const size of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await expect(rootAt(reader, size)).rejects.toMatchObject({ code: 'audit.proof_out_of_range' });
      await expect(frontierAt(reader, size)).rejects.toMatchObject({ code: 'audit.proof_out_of_range' });
    }
  });

  it('is no hash, wherever it stands', () => {
    const short = Buffer.alloc(31);
    const [leaf, other] = [hashAt(leaves, 0), hashAt(leaves, 1)];
    const [one, two] = [hashAt(roots, 1), hashAt(roots, 2)];
    expect(verifyInclusion(leaf, 0, 2, two, [other])).toBe(true);
    expect(verifyInclusion(leaf, 0, 2, two, [other.subarray(0, 31)])).toBe(false);
    expect(verifyInclusion(short, 0, 2, two, [other])).toBe(false);
    expect(verifyInclusion(leaf, 0, 2, short, [other])).toBe(false);
    expect(verifyConsistency(1, one, 2, two, [other])).toBe(true);
    expect(verifyConsistency(1, one, 2, two, [Buffer.concat([other, short])])).toBe(false);
    expect(verifyConsistency(0, EMPTY_ROOT, 2, short, [])).toBe(false);
  });

  it('is no answer of a store', async () => {
    const answer = (hashes: readonly Buffer[]): NodeReader => ({ nodes: async () => hashes });
    const refused = { code: 'audit.nodes_malformed', kind: 'integrity' };
    await expect(inclusionProof(answer([]), 0, 2)).rejects.toMatchObject(refused);
    await expect(inclusionProof(answer([EMPTY_ROOT, EMPTY_ROOT]), 0, 2)).rejects.toMatchObject(refused);
    await expect(rootAt(answer([Buffer.alloc(31)]), 1)).rejects.toMatchObject(refused);
    await expect(frontierAt(answer([]), 1)).rejects.toMatchObject(refused);
  });
});
