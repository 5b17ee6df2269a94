/**
 * Proofs that a leaf is in the tree (RFC 6962, section 2.1.1) and that one tree continues another
 * (2.1.2); and their verification (RFC 9162, sections 2.1.3.2 and 2.1.4.2).
 *
 * A proof alone binds a leaf to a root, not to a size: trees of 3 and of 4 leaves may share a path. Size
 * and root belong together because the log signed them together, in its checkpoint.
 *
 * Sizes and indices are safe integers, halved by division: bit operators would cut them to 32 bits.
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { HASH_BYTES, nodeHash } from './hashing.ts';
import { Frontier, rootOfSubtrees } from './tree.ts';

/** A perfect subtree: the `index`th of 2^`level` leaves. */
export interface NodeName {
  readonly level: number;
  readonly index: number;
}

export interface NodeReader {
  /** The hashes of these subtrees, in their order. All of a proof is asked for at once. */
  nodes(wanted: readonly NodeName[]): Promise<readonly Uint8Array[]>;
}

/** Leaves `start` to `end` - 1: one side of a split of RFC 6962. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** @throws `audit.proof_out_of_range` (invalid) unless 0 <= index < size */
export async function inclusionProof(reader: NodeReader, index: number, size: number): Promise<readonly Buffer[]> {
  return await rootsOf(reader, inclusionRanges(index, size));
}

/** @throws `audit.proof_out_of_range` (invalid) unless 0 <= from <= to */
export async function consistencyProof(reader: NodeReader, from: number, to: number): Promise<readonly Buffer[]> {
  return await rootsOf(reader, consistencyRanges(from, to));
}

/** The root the log had at this size. */
export async function rootAt(reader: NodeReader, size: number): Promise<Buffer> {
  const [root] = await rootsOf(reader, [{ start: 0, end: assertSize(size) }]);
  return root ?? rootOfSubtrees([]);
}

export async function frontierAt(reader: NodeReader, size: number): Promise<Frontier> {
  return Frontier.of(size, await read(reader, subtrees({ start: 0, end: assertSize(size) })));
}

export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([leaf, root, ...proof])) return false;
  let at = index;
  let last = size - 1;
  let hash: Uint8Array = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      // The right edge has levels without a sibling.
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && equal(hash, root);
}

export function verifyConsistency(
  from: number,
  fromRoot: Uint8Array,
  to: number,
  toRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isSize(from) || !isSize(to) || from > to || !areHashes([fromRoot, toRoot, ...proof])) return false;
  if (from === to) return proof.length === 0 && equal(fromRoot, toRoot);
  if (from === 0) return proof.length === 0 && equal(fromRoot, rootOfSubtrees([]));
  let at = from - 1;
  let last = to - 1;
  while (at % 2 === 1) {
    at = half(at);
    last = half(last);
  }
  // Where the old tree is perfect its root is a node of the new one: the proof leaves it out.
  const [first, ...siblings] = at === 0 ? [fromRoot, ...proof] : proof;
  if (first === undefined) return false;
  let old = first;
  let grown = first;
  for (const sibling of siblings) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = nodeHash(sibling, old);
      grown = nodeHash(sibling, grown);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = half(last);
      }
    } else {
      grown = nodeHash(grown, sibling);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && equal(old, fromRoot) && equal(grown, toRoot);
}

/** What is beside the way from the root to the leaf, the leaf's sibling first. */
function inclusionRanges(index: number, size: number): readonly Range[] {
  if (!isSize(index) || !isSize(size) || index >= size) {
    throw outOfRange(`index ${index} is not in a log of ${size} entries; ask for one from 0 to ${size - 1}`);
  }
  const beside: Range[] = [];
  let { start, end }: Range = { start: 0, end: size };
  while (end - start > 1) {
    const middle = start + split(end - start);
    if (index < middle) {
      beside.push({ start: middle, end });
      end = middle;
    } else {
      beside.push({ start, end: middle });
      start = middle;
    }
  }
  return beside.reverse();
}

function consistencyRanges(from: number, to: number): readonly Range[] {
  if (!isSize(from) || !isSize(to) || from > to) {
    throw outOfRange(`no proof leads from ${from} to ${to} entries; the first size must not be above the second`);
  }
  if (from === 0 || from === to) return [];
  const beside: Range[] = [];
  let { start, end }: Range = { start: 0, end: to };
  while (end !== from) {
    const middle = start + split(end - start);
    if (from <= middle) {
      beside.push({ start: middle, end });
      end = middle;
    } else {
      beside.push({ start, end: middle });
      start = middle;
    }
  }
  // The old tree as a whole is known to who asks: its root.
  if (start > 0) beside.push({ start, end });
  return beside.reverse();
}

async function rootsOf(reader: NodeReader, ranges: readonly Range[]): Promise<readonly Buffer[]> {
  const parts = ranges.map(subtrees);
  const hashes = await read(reader, parts.flat());
  let taken = 0;
  return parts.map(({ length }) => {
    taken += length;
    return rootOfSubtrees(hashes.slice(taken - length, taken));
  });
}

async function read(reader: NodeReader, wanted: readonly NodeName[]): Promise<readonly Uint8Array[]> {
  const hashes = wanted.length === 0 ? [] : await reader.nodes(wanted);
  if (hashes.length !== wanted.length || !areHashes(hashes)) {
    throw new PlumblineError(
      'integrity',
      'audit.nodes_malformed',
      `${wanted.length} tree nodes were read, but what came is not as many hashes of ${HASH_BYTES} bytes; verify the log`,
    );
  }
  return hashes;
}

/** The perfect subtrees that a range is made of, largest first. */
function subtrees({ start, end }: Range): readonly NodeName[] {
  const names: NodeName[] = [];
  let at = start;
  while (at < end) {
    const level = levelWithin(end - at);
    names.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return names;
}

/** The largest level whose subtree has at most so many leaves. */
function levelWithin(leaves: number): number {
  let level = 0;
  for (let next = 2; next <= leaves; next *= 2) level += 1;
  return level;
}

/** The largest power of two below the number of leaves: where RFC 6962 splits. */
const split = (leaves: number): number => 2 ** levelWithin(leaves - 1);

const half = (n: number): number => Math.floor(n / 2);
const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const areHashes = (hashes: readonly Uint8Array[]): boolean => hashes.every(({ length }) => length === HASH_BYTES);
const equal = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

function assertSize(size: number): number {
  if (isSize(size)) return size;
  throw outOfRange(`${size} is no size of a log; give a whole number from 0`);
}

const outOfRange = (message: string): PlumblineError =>
  new PlumblineError('invalid', 'audit.proof_out_of_range', message);
