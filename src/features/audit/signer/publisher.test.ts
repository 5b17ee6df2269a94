import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { type TestTree, testTree } from '../../../../test/support/tree.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { KeyedQueue } from '../../../platform/db/keyed-queue.ts';
import { openStateFolder } from '../../../platform/files/folder.ts';
import { parseCheckpoint } from '../tlog/checkpoint.ts';
import { leafHash } from '../tlog/hashing.ts';
import { parseNote } from '../tlog/note.ts';
import { folderKeys } from './keys.ts';
import type { LogSigner } from './port.ts';
import { Publisher } from './publisher.ts';
import type { CheckpointStore, LogReader, Published } from './publisher-ports.ts';
import { openSigner } from './signer.ts';

let folder: string;
let clock: ManualClock;
let signer: LogSigner;
let tree: TestTree;
let days: number[];
let kept: (Published & { readonly kind: string })[];
let refusals: PlumblineError[];
let queue: KeyedQueue;
/** What the database says instead. */
let lies: Partial<LogReader>;

const log: LogReader = {
  head: async () => lies.head?.() ?? { size: tree.size, root: await tree.root() },
  nodes: (size) => lies.nodes?.(size) ?? tree.nodes,
  leafHashes: async (from, to) => lies.leafHashes?.(from, to) ?? tree.leaves.slice(from, to),
  closings: async (after, upTo) =>
    Promise.all(
      days.filter((size) => size > after && size <= upTo).map(async (size) => ({ size, root: await tree.root(size) })),
    ),
};
const store: CheckpointStore = {
  newest: async () => kept.findLast(({ kind }) => kind === 'newest'),
  keep: async (checkpoint) => {
    if (checkpoint.kind === 'daily' && kept.some(({ kind, size }) => kind === 'daily' && size === checkpoint.size))
      return;
    kept.push(checkpoint);
  },
};
const publisher = (more: { log?: LogReader; store?: CheckpointStore; signer?: LogSigner } = {}) =>
  new Publisher({
    db: { exclusive: (name, work) => queue.run(name, work) },
    signer,
    log,
    store,
    clock,
    onRefused: (refusal) => refusals.push(refusal),
    ...more,
  });
const open = () => {
  const files = openStateFolder({ folder, clock });
  return openSigner({ files, ring: folderKeys(files, clock), origin: 'log.example/audit', clock });
};
const become = (other: TestTree): void => {
  tree = other;
};
const sizesOf = (kind: string): readonly number[] => kept.filter((each) => each.kind === kind).map(({ size }) => size);

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'plumbline-publisher-'));
  clock = new ManualClock();
  queue = new KeyedQueue();
  signer = await open();
  tree = testTree();
  days = [];
  kept = [];
  refusals = [];
  lies = {};
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the publisher', () => {
  it('signs the log as it is, and once', async () => {
    tree.grow(7);
    const it = publisher();
    const { size, note } = await it.publish(7);
    expect(parseCheckpoint(parseNote(note).text)).toMatchObject({ size: 7, root: await tree.root() });
    expect(size).toBe(7);
    expect(await it.publish()).toEqual({ size: 7, note, kind: 'newest', signedAt: expect.any(Date) });
    expect(await publisher().publish(3)).toMatchObject({ note });
    expect(sizesOf('newest')).toEqual([7]);
  });

  it('shares a checkpoint among those who wait', async () => {
    const it = publisher();
    tree.grow(1);
    const first = it.publish(1);
    tree.grow(99);
    const others = await Promise.all(Array.from({ length: 50 }, (_, index) => it.publish(index + 50)));
    await first;
    expect(new Set(others.map(({ size }) => size))).toEqual(new Set([100]));
    expect(sizesOf('newest').length).toBeLessThanOrEqual(2);
  });

  it('signs the closed days first, in their order, and keeps each', async () => {
    const it = publisher();
    tree.grow(30);
    days = [10, 20];
    await it.publish();
    expect(sizesOf('daily')).toEqual([10, 20]);
    expect(sizesOf('newest')).toEqual([10, 20, 30]);
    for (const { size, note } of kept) {
      expect(parseCheckpoint(parseNote(note).text)).toMatchObject({ size, root: await tree.root(size) });
    }
    tree.grow(1);
    days.push(31);
    await it.publish();
    await it.publish();
    expect(sizesOf('daily')).toEqual([10, 20, 31]);
    expect(sizesOf('newest')).toEqual([10, 20, 30, 31]);
  });

  it('keeps a day that was signed by a process that died before it could', async () => {
    tree.grow(10);
    days = [10];
    const dying: CheckpointStore = { ...store, keep: () => Promise.reject(new Error('died')) };
    await expect(publisher({ store: dying }).publish()).rejects.toThrow('died');
    tree.grow(5);
    signer = await open();
    await publisher().publish();
    expect(sizesOf('daily')).toEqual([10]);
    expect(sizesOf('newest')).toEqual([10, 15]);
  });

  it('goes on after a fault that is none of integrity', async () => {
    tree.grow(3);
    const it = publisher();
    lies.head = () => Promise.reject(new PlumblineError('upstream', 'db.unavailable', 'away'));
    await expect(it.publish()).rejects.toMatchObject({ code: 'db.unavailable' });
    lies = {};
    expect(await it.publish(3)).toMatchObject({ size: 3 });
    await expect(it.publish(4)).rejects.toMatchObject({ code: 'audit.size_unknown' });
    expect(refusals).toEqual([]);
  });

  const tampered: readonly (readonly [string, () => void, string])[] = [
    ['a log that was put back', () => become(testTree(90)), 'audit.rollback'],
    ['a log that was put back, and grew again', () => become(testTree(150, 90, 'other')), 'audit.root_mismatch'],
    [
      'a past that was changed, with all hashes after it',
      () => become(testTree(150, 0, 'other')),
      'audit.root_mismatch',
    ],
    ['the same size with another root', () => become(testTree(100, 99, 'other')), 'audit.fork'],
    [
      'a leaf that is damaged',
      () => {
        const hashes = tree.leaves.with(120, leafHash('x'));
        lies.leafHashes = async (from, to) => hashes.slice(from, to);
      },
      'audit.root_mismatch',
    ],
    [
      'leaves that were deleted',
      () => {
        lies.leafHashes = async (from, to) => tree.leaves.slice(from, to - 2);
      },
      'audit.leaves_missing',
    ],
    [
      'a root that is not of the leaves',
      () => {
        lies.head = async () => ({ size: 150, root: leafHash('x') });
      },
      'audit.root_mismatch',
    ],
    [
      'a tile that is damaged',
      () => {
        const { nodes } = tree.nodes;
        const damaged: typeof nodes = async (wanted) =>
          (await nodes(wanted)).map((hash, at) => (wanted[at]?.level === 3 ? leafHash('x') : hash));
        lies.nodes = () => ({ nodes: damaged });
      },
      'audit.fork',
    ],
    [
      'a checkpoint that nobody signed',
      () => void kept.push({ kind: 'newest', size: 120, note: FORGED }),
      'audit.checkpoint_damaged',
    ],
    [
      'a checkpoint that is none',
      () => void kept.push({ kind: 'newest', size: 120, note: 'x' }),
      'audit.checkpoint_damaged',
    ],
  ];

  it.each(tampered)('refuses %s, tells it once, and goes on refusing', async (_, tamper, code) => {
    tree.grow(100);
    const it = publisher();
    await it.publish();
    tree.grow(50);
    tamper();
    for (const each of [it, it]) await expect(each.publish()).rejects.toMatchObject({ code, kind: 'integrity' });
    expect(refusals.map((refusal) => refusal.code)).toEqual([code]);
    expect(it.refusal).toMatchObject({ code });
    // The refusal stands, whatever the database says later; a new process looks again.
    lies = {};
    await expect(it.publish()).rejects.toMatchObject({ code });
    expect(await signer.last()).toMatchObject({ size: 100 });
  });

  it('refuses a changed past that a new process meets first', async () => {
    tree.grow(100);
    await publisher().publish();
    become(testTree(150, 50, 'other'));
    await expect(publisher().publish()).rejects.toMatchObject({ code: 'audit.fork' });
  });

  it('refuses when the signer was put back to an older state', async () => {
    tree.grow(10);
    await publisher().publish();
    cpSync(folder, `${folder}-backup`, { recursive: true });
    tree.grow(10);
    await publisher().publish();
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-backup`, folder);
    signer = await open();
    await expect(publisher().publish()).rejects.toMatchObject({ code: 'audit.signer_state_old' });
  });
});

const FORGED = `log.example/audit\n120\n${leafHash('').toString('base64')}\n\n\u2014 log.example/audit AAAAAAAA\n`;
