/**
 * A platform that lies: it has the real key, and makes trees, headers and proofs as it likes. Trees are
 * plain arrays of levels, so that each rule can be broken by itself.
 */
import {
  type Entry,
  headerHash,
  leafEntry,
  nodeEntry,
  padEntry,
  type Run,
  saltOf,
} from '../../src/features/reconciliation/proof/format.ts';
import { GENESIS, type Header } from '../../src/features/reconciliation/proof/header.ts';
import type { Proof } from '../../src/features/reconciliation/proof/proof.ts';
import { merchantOf, proofSecrets } from './liability.ts';

export const RUN: Run = { tag: Buffer.alloc(8, 5), asset: 'VND' };
const RUN_KEY = Buffer.alloc(32, 3);

export interface Holding {
  readonly merchant: string;
  readonly available: bigint;
  readonly pending: bigint;
  readonly reserved: bigint;
  readonly part: number;
}

export const holding = (n: number, available: bigint, more: Partial<Holding> = {}): Holding => ({
  ...{ merchant: merchantOf(n), available, pending: 2n, reserved: 3n, part: 0 },
  ...more,
});

export const saltHex = (merchant: string): string => saltOf(RUN_KEY, merchant).toString('hex');

type NodeRule = (level: number, left: Entry, right: Entry) => Entry;

export interface Tree {
  readonly holdings: readonly Holding[];
  /** The leaves' entries first, pads not among them. */
  readonly levels: readonly (readonly Entry[])[];
}

export const entryOf = (each: Holding, run: Run = RUN): Entry => leafEntry(run, each, saltOf(RUN_KEY, each.merchant));

/** @param rule for the parents; the honest one unless told */
export function plant(
  holdings: readonly Holding[],
  rule: NodeRule = (level, left, right) => nodeEntry(RUN, level, left, right),
  run: Run = RUN,
): Tree {
  const sorted = [...holdings].sort((a, b) => Buffer.compare(entryOf(a, run).hash, entryOf(b, run).hash));
  const levels: Entry[][] = [sorted.map((each) => entryOf(each, run))];
  for (let below = levels[0] ?? []; below.length > 1; below = levels.at(-1) ?? []) {
    const level = levels.length;
    const pad = padEntry(run, level - 1);
    const parents = Array.from({ length: Math.ceil(below.length / 2) }, (_, n) =>
      rule(level, below[2 * n] ?? pad, below[2 * n + 1] ?? pad),
    );
    levels.push(parents);
  }
  return { holdings: sorted, levels };
}

export const rootOf = (tree: Tree): Entry => tree.levels.at(-1)?.[0] ?? padEntry(RUN, 0);

export function headerOf(tree: Tree, more: Partial<Header> = {}): Header {
  const root = rootOf(tree);
  return {
    ...{ v: 'pol/v1', book: 'test', businessDate: '2026-11-23', asset: 'VND', decimals: 2, cut: null },
    ...{ report: merchantOf(1), runTag: Buffer.from(RUN.tag).toString('hex') },
    ...{ leaves: tree.holdings.length, split: 1 },
    ...{ total: root.sum.toString(), digest: Buffer.from(root.hash).toString('hex') },
    ...{ negatives: { merchants: 0, total: '0' }, seq: 0, prev: GENESIS, snapshot: '1:1:' },
    ...{ ratesHash: null, reportHash: null },
    ...more,
  };
}

export const signed = (header: Header): Pick<Proof, 'header' | 'signature'> => ({
  header,
  signature: proofSecrets.signer.sign(header),
});

/** What a merchant with these leaves is given under a header. */
export function proofOf(tree: Tree, merchant: string, header: Header = headerOf(tree)): Proof {
  const parts = tree.holdings.flatMap((each, index) =>
    each.merchant !== merchant
      ? []
      : [
          {
            ...{ part: each.part, index },
            available: each.available.toString(),
            pending: each.pending.toString(),
            reserved: each.reserved.toString(),
            path: tree.levels.slice(0, -1).map((level, height): [string, string] => {
              const beside = level[Math.floor(index / 2 ** height) ^ 1] ?? padEntry(RUN, height);
              return [Buffer.from(beside.hash).toString('hex'), beside.sum.toString()];
            }),
          },
        ],
  );
  const sorted = parts.sort((a, b) => a.part - b.part);
  return { format: 'pol/v1 proof', ...signed(header), merchant, salt: saltHex(merchant), parts: sorted };
}

/** The next header of a chain. */
export const nextOf = (before: Header, more: Partial<Header> = {}): Header => ({
  ...before,
  ...{ seq: before.seq + 1, prev: headerHash(before), businessDate: `2026-11-${24 + before.seq}` },
  ...more,
});
