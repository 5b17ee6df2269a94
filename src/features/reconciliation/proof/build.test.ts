import { describe, expect, it } from 'vitest';
import { type Balance, buildTree, copyOf, merchantOf } from '../../../../test/support/liability.ts';
import { type Minor, readBalances } from './balances.ts';
import { type Entry, entryBytes, leafEntry, nodeEntry, padEntry, saltOf, sumOf } from './format.ts';
import { HEAD, placesOf } from './leaf-file.ts';
import { splitAmounts } from './split.ts';

const RUN = { tag: Buffer.alloc(8, 5), asset: 'VND' };
const KEY = Buffer.alloc(32, 3);

const balancesOf = (count: number): readonly Balance[] =>
  Array.from({ length: count }, (_, n) => ({
    merchant: merchantOf(n),
    available: BigInt(n) * 7_919n,
    pending: BigInt(n % 3),
    reserved: n === 1 ? 2n ** 64n - 1n : BigInt(n % 5) * 10n ** 15n,
  }));

/** As the definition says it, with node:crypto. */
function plainRoot(leaves: readonly Entry[]): Entry {
  let level = [...leaves].sort((a, b) => Buffer.compare(a.hash, b.hash));
  if (level.length === 0) return padEntry(RUN, 0);
  for (let height = 0; level.length > 1; height += 1) {
    if (level.length % 2 === 1) level.push(padEntry(RUN, height));
    const below = level;
    const pad = padEntry(RUN, height);
    level = Array.from({ length: below.length / 2 }, (_, n) =>
      nodeEntry(RUN, height + 1, below[2 * n] ?? pad, below[2 * n + 1] ?? pad),
    );
  }
  return level[0] ?? padEntry(RUN, 0);
}

describe('the tree', () => {
  it.each([0, 1, 2, 3, 255, 256, 257, 513, 2_000])('of %i leaves is what its definition says', async (count) => {
    const balances = balancesOf(count);
    const { leaves, root, file } = await buildTree(balances);
    const entries = balances.map((each) => leafEntry(RUN, { ...each, part: 0 }, saltOf(KEY, each.merchant)));
    expect(entryBytes(root).toString('hex')).toBe(entryBytes(plainRoot(entries)).toString('hex'));
    expect([leaves.count, leaves.merchants]).toEqual([count, count]);
    expect(leaves.total).toBe(balances.reduce((sum, each) => sum + sumOf(each), 0n));
    expect(file.length).toBe(placesOf(count).size);
  });

  it('goes through several stages when it is large', async () => {
    const balances = balancesOf(70_000);
    const { leaves, root, file } = await buildTree(balances);
    expect(root.sum).toBe(leaves.total);
    expect(file.length).toBe(placesOf(70_000).size);
    const hashes = Array.from({ length: 70_000 }, (_, n) => file.toString('latin1', HEAD + n * 48, HEAD + n * 48 + 32));
    expect(hashes.every((hash, n) => n === 0 || hash > (hashes[n - 1] ?? ''))).toBe(true);
  });

  it('is the same in whatever order the database answers', async () => {
    const balances = balancesOf(1_000);
    const [one, other] = [await buildTree(balances), await buildTree([...balances].reverse())];
    expect(other.file.equals(one.file)).toBe(true);
  });

  it('splits balances in parts that add up, the same in each run', async () => {
    const balances = balancesOf(100);
    const { leaves, root } = await buildTree(balances, { split: 3 });
    expect([leaves.count, leaves.merchants]).toEqual([300, 100]);
    expect(root.sum).toBe(balances.reduce((sum, each) => sum + sumOf(each), 0n));
    for (const each of balances) {
      const parts = splitAmounts(each, 4, KEY, Buffer.from(each.merchant));
      expect(parts.reduce((sum, part) => sum + part.reserved, 0n)).toBe(each.reserved);
      expect(
        parts.every(({ available, pending, reserved }) => available >= 0n && pending >= 0n && reserved >= 0n),
      ).toBe(true);
    }
  });

  it('has no leaf below zero: who owes is listed, and lessens nothing', async () => {
    const [first, second] = [merchantOf(1), merchantOf(2)];
    const { leaves, root } = await buildTree([
      { merchant: first, available: -95n, pending: 20n, reserved: -5n },
      { merchant: second, available: 100n, pending: 0n, reserved: 0n },
    ]);
    expect(root.sum).toBe(120n);
    expect(leaves.negatives).toEqual({
      ...{ count: 2, merchants: 1, total: -100n },
      listed: [
        { merchant: first, part: 'available', minor: -95n },
        { merchant: first, part: 'reserved', minor: -5n },
      ],
    });
  });

  it('refuses one leaf for two', async () => {
    const [one] = balancesOf(1);
    await expect(buildTree(one ? [one, one] : [])).rejects.toMatchObject({ code: 'proof.duplicate_merchant' });
  });
});

describe('balances of a copy', () => {
  it('are the same however the bytes are cut', async () => {
    const balances = balancesOf(20);
    for (const piece of [1, 7, 64, 10_000]) {
      const read: Minor[][] = [];
      await readBalances(
        copyOf(balances, piece),
        { code: 'VND', decimals: 0 },
        (_bytes, _at, ...amounts) => read.push(amounts),
        async () => undefined,
      );
      expect(read.map((row) => row.map(BigInt))).toEqual(
        balances.map(({ available, pending, reserved }) => [available, pending, reserved]),
      );
    }
  });

  it('are refused where the copy is cut off, or is none', async () => {
    const read = (pieces: readonly Uint8Array[]) =>
      readBalances(
        (async function* () {
          yield* pieces;
        })(),
        { code: 'VND', decimals: 0 },
        () => undefined,
        async () => undefined,
      );
    const whole: Uint8Array[] = [];
    for await (const piece of copyOf(balancesOf(3), 10_000)) whole.push(piece);
    const [all = new Uint8Array(0)] = whole;
    for (const cut of [[], [all.subarray(0, 10)], [all.subarray(0, 40)], [all.subarray(0, -2)], [Buffer.alloc(60)]]) {
      await expect(read(cut)).rejects.toMatchObject({ code: 'proof.copy_malformed' });
    }
  });
});
