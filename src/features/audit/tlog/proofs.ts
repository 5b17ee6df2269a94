/**
 * Proofs that a leaf is in a tree and that a tree begins with another one: what they consist of
 * (RFC 6962 2.1.1, 2.1.2), and how they are checked (RFC 9162 2.1.3.2, 2.1.4.2).
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { EMPTY_ROOT, nodeHash } from './hashing.ts';
import { Frontier, type Node, subtreesOf } from './tree.ts';

/** Where the hashes of perfect subtrees come from, in the order in which they are asked for. */
export interface NodeReader {
  nodes(wanted: readonly Node[]): Promise<readonly Uint8Array[]>;
}

export async function frontierAt(reader: NodeReader, size: number): Promise<Frontier> {
  return Frontier.of(size, await reader.nodes(subtreesOf(size)));
}

export const rootAt = async (reader: NodeReader, size: number): Promise<Buffer> =>
  (await frontierAt(reader, size)).root();

/** From the leaf's sibling up. @throws `audit.proof_out_of_range` (invalid) */
export function inclusionProof(reader: NodeReader, index: number, size: number): Promise<readonly Buffer[]> {
  if (!isCount(size) || !isCount(index) || index >= size)
    throw outOfRange(`leaf ${index} is not in a tree of size ${size}`);
  return hashesOf(reader, inclusionPath(index, 0, size));
}

/** @throws `audit.proof_out_of_range` (invalid) */
export function consistencyProof(reader: NodeReader, from: number, to: number): Promise<readonly Buffer[]> {
  if (!isCount(from) || !isCount(to) || from > to)
    throw outOfRange(`a tree of size ${to} does not begin with one of size ${from}`);
  return hashesOf(reader, from === 0 || from === to ? [] : consistencyPath(from, 0, to, true));
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const outOfRange = (message: string): PlumblineError =>
  new PlumblineError('invalid', 'audit.proof_out_of_range', message);

/** Leaves from `start` up to `end`. */
type Range = readonly [start: number, end: number];

function inclusionPath(index: number, start: number, end: number): readonly Range[] {
  if (end - start === 1) return [];
  const middle = start + half(end - start);
  return index < middle
    ? [...inclusionPath(index, start, middle), [middle, end]]
    : [...inclusionPath(index, middle, end), [start, middle]];
}

/** @param known whether the old tree's root is this range's, which the verifier has */
function consistencyPath(from: number, start: number, end: number, known: boolean): readonly Range[] {
  if (from === end) return known ? [] : [[start, end]];
  const middle = start + half(end - start);
  return from <= middle
    ? [...consistencyPath(from, start, middle, known), [middle, end]]
    : [...consistencyPath(from, middle, end, false), [start, middle]];
}

/** The largest power of two below `leaves`, which is above 1. */
function half(leaves: number): number {
  let power = 1;
  while (power * 2 < leaves) power *= 2;
  return power;
}

/** All the subtrees at once, for each may be a request. */
async function hashesOf(reader: NodeReader, ranges: readonly Range[]): Promise<readonly Buffer[]> {
  const parts = ranges.map(([start, end]) => subtreesOf(end - start).map((part) => shifted(part, start)));
  const hashes = await reader.nodes(parts.flat());
  let at = 0;
  return parts.map((nodes) => {
    const own = hashes.slice(at, at + nodes.length);
    at += nodes.length;
    return own.map((hash): Buffer => Buffer.from(hash)).reduceRight((right, left) => nodeHash(left, right));
  });
}

/** A range's first leaf is a multiple of each of its subtrees. */
const shifted = ({ level, index }: Node, start: number): Node => ({ level, index: index + start / 2 ** level });

export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isCount(size) || !isCount(index) || index >= size) return false;
  let [at, last, hash] = [index, size - 1, leaf];
  for (const other of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(other, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, other);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && isEqual(hash, root);
}

export function verifyConsistency(
  from: number,
  fromRoot: Uint8Array,
  to: number,
  toRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isCount(from) || !isCount(to) || from > to) return false;
  if (from === to) return proof.length === 0 && isEqual(fromRoot, toRoot);
  if (from === 0) return proof.length === 0 && isEqual(fromRoot, EMPTY_ROOT);
  let [at, last] = [from - 1, to - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  // Where the old tree is perfect, its root is the first hash.
  const [first, ...rest] = at === 0 ? [fromRoot, ...proof] : proof;
  if (first === undefined) return false;
  let [old, whole] = [first, first];
  for (const other of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = nodeHash(other, old);
      whole = nodeHash(other, whole);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      whole = nodeHash(whole, other);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && isEqual(old, fromRoot) && isEqual(whole, toRoot);
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
