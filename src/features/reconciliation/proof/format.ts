/**
 * The bytes of "pol/v1", a Merkle-sum tree over what is owed: docs/verify/liability-proofs.md states them
 * for others. Every width is fixed, every number big-endian, every hash SHA-256.
 *
 *     prefix = "pol/v1" 6 | type 1 | level 1 | runTag 8          type 1 leaf, 2 node, 3 pad, 4 header
 *     leaf   = H(prefix(1, part) | merchant 16 | salt 32 | available 8 | pending 8 | reserved 8 | asset 8)
 *     node   = H(prefix(2, level) | left hash 32 | left sum 16 | right hash 32 | right sum 16)
 *     pad    = H(prefix(3, level)), sum 0: completes a level of an odd number
 *
 * Both children's sums are hashed, not only their total: with the total alone a parent may claim the
 * larger of two, and each of two merchants is shown a tree in which the other is owed nothing.
 */
import { createHmac, hash } from 'node:crypto';
import { canonicalJson } from '../../../kernel/canonical.ts';
import type { Header } from './header.ts';

export const FORMAT = 'pol/v1';
export const TYPE = { leaf: 1, node: 2, pad: 3, header: 4 } as const;

/** Bytes of an entry of the tree: a hash, then its sum. */
export const ENTRY = 48;
export const MAX_AMOUNT = 2n ** 64n - 1n;
export const MAX_SUM = 2n ** 128n - 1n;
export const MAX_PARTS = 16;

const NAME = Buffer.from(FORMAT, 'ascii');

/** What a merchant is owed in one part of its balance: minor units, none below zero. */
export interface Amounts {
  readonly available: bigint;
  readonly pending: bigint;
  readonly reserved: bigint;
}

export interface Leaf extends Amounts {
  /** A UUID. */
  readonly merchant: string;
  /** 0 where balances are not split. */
  readonly part: number;
}

/** A node of the tree, whatever its level. */
export interface Entry {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly sum: bigint;
}

/** What all hashes of one run have in common. */
export interface Run {
  /** 8 bytes. */
  readonly tag: Uint8Array;
  /** Code of the currency, at the most 8 characters. */
  readonly asset: string;
}

export function prefix(type: number, level: number, { tag }: Pick<Run, 'tag'>): Buffer {
  return Buffer.concat([NAME, Uint8Array.of(type, level), tag]);
}

export const sumOf = ({ available, pending, reserved }: Amounts): bigint => available + pending + reserved;

export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function assetBytes(asset: string): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.write(asset, 'ascii');
  return bytes;
}

export function uintBytes(value: bigint, width: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * width, '0'), 'hex');
}

export const uintOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  Buffer.from(hash('sha256', Buffer.concat(parts), 'hex'), 'hex');

/**
 * The secret of one run, from which its salts come. It is another one for every date, so that nobody sees
 * by two days' trees which leaf is whose.
 */
export const runKeyOf = (master: Uint8Array, businessDate: string, asset: string): Buffer =>
  createHmac('sha256', master).update(`${FORMAT} run|${businessDate}|${asset}`).digest();

/** The beginning of a hash over the run's name: two runs never have one tag. */
export const runTagOf = (book: string, businessDate: string, asset: string, report: string): Buffer =>
  sha256(Buffer.from(`${FORMAT} tag|${book}|${businessDate}|${asset}|${report}`)).subarray(0, 8);

/** A merchant's salt in one run: known to that merchant alone. */
export const saltOf = (runKey: Uint8Array, merchant: string): Buffer =>
  createHmac('sha256', runKey).update(uuidBytes(merchant)).digest();

export function leafEntry(run: Run, leaf: Leaf, salt: Uint8Array): Entry {
  const hashed = sha256(
    prefix(TYPE.leaf, leaf.part, run),
    uuidBytes(leaf.merchant),
    salt,
    uintBytes(leaf.available, 8),
    uintBytes(leaf.pending, 8),
    uintBytes(leaf.reserved, 8),
    assetBytes(run.asset),
  );
  return { hash: hashed, sum: sumOf(leaf) };
}

/** @param level of the node itself: the parents of leaves have 1 */
export const nodeEntry = (run: Pick<Run, 'tag'>, level: number, left: Entry, right: Entry): Entry => ({
  hash: sha256(prefix(TYPE.node, level, run), entryBytes(left), entryBytes(right)),
  sum: left.sum + right.sum,
});

/** @param level at which it stands, beside the last entry there */
export const padEntry = (run: Pick<Run, 'tag'>, level: number): Entry => ({
  hash: sha256(prefix(TYPE.pad, level, run)),
  sum: 0n,
});

export const entryBytes = ({ hash: hashed, sum }: Entry): Buffer => Buffer.concat([hashed, uintBytes(sum, 16)]);

export const entryAt = (bytes: Uint8Array, index: number): Entry => ({
  hash: bytes.subarray(index * ENTRY, index * ENTRY + 32),
  sum: uintOf(bytes.subarray(index * ENTRY + 32, (index + 1) * ENTRY)),
});

/** How many steps lead from a leaf to the root. */
export function heightOf(leaves: number): number {
  let height = 0;
  while (2 ** height < leaves) height += 1;
  return height;
}

/** Entries of a level, pads not counted. */
export const widthOf = (leaves: number, level: number): number => Math.ceil(leaves / 2 ** level);

/** What is signed, and what the next header's `prev` is the hash of. */
export function headerBytes(header: Header): Buffer {
  return Buffer.concat([
    prefix(TYPE.header, 0, { tag: Buffer.from(header.runTag, 'hex') }),
    Buffer.from(canonicalJson({ ...header })),
  ]);
}

export const headerHash = (header: Header): string => hash('sha256', headerBytes(header), 'hex');
