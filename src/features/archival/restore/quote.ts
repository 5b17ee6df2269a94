/** What a restore would cost and how long it would take, before anything is asked of the store. */
import { divide, parseDecimal, rescale } from '../../../kernel/decimal.ts';
import { type Fault, PlumblineError } from '../../../kernel/errors.ts';
import type { ColdListed, ColdStore, RestoreTier } from '../../../platform/objects/cold-port.ts';
import { expiryAfter, restoreWaitMs } from '../../../platform/objects/cold-rules.ts';
import { costOf, type Prices } from '../plan/prices.ts';
import type { Batch, BatchObject } from '../run/batch.ts';

export interface QuotedObject {
  readonly batch: Batch;
  readonly object: BatchObject;
  readonly readability: ColdListed['readability'];
}

export interface Quote {
  readonly table: string;
  readonly objects: readonly QuotedObject[];
  /** Rows that may come back, at the most. */
  readonly rows: number;
  /** As they are stored. */
  readonly bytes: bigint;
  /** Objects that can be read already, for which nothing is paid but more days. */
  readonly readable: number;
  /** Units of 10^-12 of the currency: retrieval, and the copies for their days; undefined without prices of the region. */
  readonly cost: bigint | undefined;
  /** The slow end of what S3 states. Milliseconds. */
  readonly waitMs: number;
}

const GIB = 2n ** 30n;
/** As AWS reckons a month of a price: 730 hours. */
const MONTH_MS = 730n * 3_600_000n;

/**
 * What the store says of these objects, by one listing for each folder that they are in.
 * @throws `archive.object_missing` (integrity) where one is not in the store
 */
export async function readabilities(
  cold: Pick<ColdStore, 'list'>,
  keys: Iterable<string>,
): Promise<ReadonlyMap<string, ColdListed['readability']>> {
  const wanted = new Set(keys);
  const found = new Map<string, ColdListed['readability']>();
  const folders = new Set([...wanted].map((key) => key.slice(0, key.lastIndexOf('/') + 1)));
  for (const folder of folders) {
    for await (const { key, readability } of cold.list(folder)) if (wanted.has(key)) found.set(key, readability);
  }
  return found;
}

export interface QuoteDeps {
  readonly cold: Pick<ColdStore, 'list'>;
  readonly prices: Prices;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** @throws `archive.object_missing` (integrity); `archive.tier_refused` (invalid) for a tier that a class does not have */
export async function quoteRestore(
  { cold, prices, region, now }: QuoteDeps,
  batches: readonly Batch[],
  asked: { readonly table: string; readonly tier: RestoreTier; readonly days: number; readonly rows?: number },
): Promise<Quote> {
  const named = batches.flatMap((batch) => (batch.object === undefined ? [] : [{ batch, object: batch.object }]));
  const seen = await readabilities(
    cold,
    named.map(({ object }) => object.key),
  );
  const objects = named.map(({ batch, object }): QuotedObject => {
    const readability = seen.get(object.key);
    if (readability !== undefined) return { batch, object, readability };
    throw new PlumblineError(
      'integrity',
      'archive.object_missing',
      `batch ${batch.no} names ${object.key}, and the store does not have it; see: plumbline archive reconcile`,
      { details: { batch: batch.no, key: object.key } },
    );
  });
  assertTier(objects, asked.tier);
  const rows = asked.rows ?? objects.reduce((sum, { batch }) => sum + batch.archivedRows, 0);
  const bytes = objects.reduce((sum, each) => sum + storedBytes(each), 0n);
  const asleep = objects.filter(({ readability: { state } }) => state === 'archived' || state === 'restoring');
  return {
    ...{ table: asked.table, objects, rows, bytes, readable: objects.length - asleep.length },
    cost: costOfAll({ prices, region, now }, objects, asked),
    waitMs: Math.max(0, ...asleep.map(({ object }) => waitOf(object, asked.tier) ?? 0)),
  };
}

const waitOf = ({ storageClass }: BatchObject, tier: RestoreTier): number | undefined =>
  storageClass === 'STANDARD' ? 0 : restoreWaitMs(storageClass, tier);

function assertTier(objects: readonly QuotedObject[], tier: RestoreTier): void {
  const faults = objects
    .filter(({ object }) => waitOf(object, tier) === undefined)
    .map(
      ({ object }): Fault => ({
        pointer: '/tier',
        message: `${object.key} is in ${object.storageClass}, which has no ${tier}`,
      }),
    );
  if (faults.length === 0) return;
  throw new PlumblineError(
    'invalid',
    'archive.tier_refused',
    `${faults.length} of ${objects.length} objects are of a class without ${tier}, such as ${faults[0]?.message ?? ''}; ask for Standard (12 hours) or Bulk (48 hours)`,
    { faults: faults.slice(0, 20) },
  );
}

/** Retrieval by class, and the copies, which are billed as STANDARD from when they are there to the midnight of their end. */
function costOfAll(
  { prices, region, now }: Omit<QuoteDeps, 'cold'>,
  objects: readonly QuotedObject[],
  { tier, days }: { readonly tier: RestoreTier; readonly days: number },
): bigint | undefined {
  const standard = prices.regions[region]?.STANDARD;
  if (standard === undefined) return undefined;
  let total = 0n;
  let byteMs = 0n;
  for (const storageClass of ['GLACIER', 'DEEP_ARCHIVE'] as const) {
    const own = objects.filter(({ object }) => object.storageClass === storageClass);
    const asleep = own.filter(({ readability: { state } }) => state === 'archived');
    const bytes = asleep.reduce((sum, each) => sum + storedBytes(each), 0n);
    const retrieval = costOf(prices, region, storageClass, { bytes, objects: asleep.length })?.retrieval;
    total += retrieval?.find((each) => each.tier === tier)?.cost ?? 0n;
    const ready = now + (restoreWaitMs(storageClass, tier) ?? 0);
    for (const each of own) {
      // A copy that is there is kept longer, from when it would have gone.
      const { readability } = each;
      const [from, to] =
        readability.state === 'restored'
          ? [readability.until.getTime(), expiryAfter(now, days)]
          : [ready, expiryAfter(ready, days)];
      byteMs += storedBytes(each) * BigInt(Math.max(0, to - from));
    }
  }
  return total + divide(byteMs * standard.gb_month, MONTH_MS * GIB, 'up');
}

const storedBytes = ({ batch, object }: QuotedObject): bigint => BigInt(batch.stored?.bytes ?? object.bytes);

/** Units of 10^-12; undefined where it is no decimal. Rounded down: who says a bound means it. */
export function amountUnits(decimal: string): bigint | undefined {
  const parsed = parseDecimal(decimal);
  return parsed && rescale(parsed, 12, 'down').units;
}
