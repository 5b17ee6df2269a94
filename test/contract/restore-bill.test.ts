/** What a restore is quoted at is what a strict S3 bills for it: two reckonings that share no code, and no table. */
import { expect, it, onTestFinished } from 'vitest';
import { quoteRestore } from '../../src/features/archival/restore/quote.ts';
import type { Batch } from '../../src/features/archival/run/batch.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { readPrices } from '../../src/main/archival.ts';
import { REFERENCE_PRICES } from '../../src/main/package.ts';
import type { ColdStore, RestoreTier } from '../../src/platform/objects/cold-port.ts';
import { coldS3Bench } from '../support/cold-stores.ts';

const DAY = 86_400_000;
const HASH = '0'.repeat(64);

/** An archived batch with so many bytes in the store. */
async function stored(
  cold: ColdStore,
  no: number,
  storageClass: 'GLACIER' | 'DEEP_ARCHIVE',
  size: number,
): Promise<Batch> {
  const key = `2023/10/audit_logs/${no}.zst`;
  const bytes = Buffer.alloc(size, no);
  await cold.put(key, { bytes }, { storageClass });
  return {
    ...{ no, id: '', table: 'public.audit_logs', policyVersion: 1, way: 'rows', state: 'sealed', fence: 1n },
    ...{ range: { from: '', to: '' }, partition: null, partitionBound: null, detached: false, claimedAt: new Date(0) },
    object: {
      ...{ bucket: cold.bucket, key, storageClass, codec: 'zstd', rows: 1, rawBytes: size, bytes: size },
      ...{ sha256: sha256Hex(bytes), merkleRoot: HASH, indexSha256: HASH, manifestKey: '', manifestSha256: HASH },
      ...{ previousManifestSha256: null, lo: '', hi: '' },
    },
    ...{ versionId: null, coolingUntil: null, nextSeq: 1, parts: 0, archivedRows: 1, keptRows: 0, committedAt: null },
    ...{ receiptKey: null, receiptSha256: null, abandonedReason: null, stored: undefined },
  };
}

it.each<[RestoreTier, readonly ('GLACIER' | 'DEEP_ARCHIVE')[], number]>([
  ['Expedited', ['GLACIER', 'GLACIER'], 3],
  ['Standard', ['GLACIER', 'DEEP_ARCHIVE', 'DEEP_ARCHIVE'], 30],
  ['Bulk', ['GLACIER', 'DEEP_ARCHIVE'], 365],
])('%s of %j for %d days', async (tier, classes, days) => {
  const bench = await coldS3Bench();
  onTestFinished(() => bench.close());
  const cold = bench.open('archive');
  const batches: Batch[] = [];
  for (const storageClass of classes) {
    batches.push(await stored(cold, batches.length + 1, storageClass, 1_000_003 * (batches.length + 1)));
  }
  const prices = readPrices(REFERENCE_PRICES);
  /** Units of 10^-12 dollars. */
  const quoted = async (for_: number): Promise<bigint> => {
    const deps = { cold, prices, region: 'us-east-1', now: bench.now() };
    const { cost } = await quoteRestore(deps, batches, { table: 'public.audit_logs', tier, days: for_ });
    return cost ?? -1n;
  };
  /** Of what restores alone cost, in the same units: nothing here is stored as STANDARD but copies. */
  const billed = (): bigint =>
    bench.server
      .bill()
      .lines.filter(({ what }) => /^requests: restores |^retrieval |^storage STANDARD/.test(what))
      .reduce((sum, { usd }) => sum + BigInt(usd.replace('.', '')) * 1_000n, 0n);
  const restore = async (for_: number): Promise<void> => {
    for (const { object } of batches) await cold.restore(object?.key ?? '', { days: for_, tier });
  };
  const close = (quote: bigint, bill: bigint): void => {
    const cents = (units: bigint): bigint => units / 10_000_000_000n;
    expect(cents(quote)).toBe(cents(bill));
    // The bill drops what is below a billionth of each of its lines, the quote rounds up.
    expect(quote - bill).toBeGreaterThanOrEqual(0n);
    expect(quote - bill).toBeLessThan(BigInt(3 * classes.length + 3) * 1_000n);
  };

  const first = await quoted(days);
  expect(billed()).toBe(0n);
  await restore(days);
  bench.advance(50 * 3_600_000); // all are there
  // Kept longer, at the price of the days that are added.
  if (days > 3) expect(await quoted(1)).toBe(0n); // they are kept longer than that already
  const second = await quoted(days + 40);
  await restore(days + 40);
  bench.advance((days + 45) * DAY);
  close(first + second, billed());
  expect(await quoted(days)).toBeGreaterThan(0n); // it has expired: everything is paid again
});
