/** Prices of storage: a dated table with its sources, read from a file. Amounts are exact, in 10^-12 of the currency. */
import { z } from 'zod';
import { divide, formatDecimal, parseDecimal, pow10, rescale } from '../../../kernel/decimal.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { RestoreTier, StorageClass } from '../../../platform/objects/cold-port.ts';

const SCALE = 12;
const PRICE = z
  .string()
  .refine((text) => !text.startsWith('-') && parseDecimal(text) !== undefined, 'must be a decimal of zero or more')
  .transform((text) => rescale(parseDecimal(text) ?? { units: 0n, scale: 0 }, SCALE, 'up').units);

const RETRIEVAL = z.strictObject({ gb: PRICE, request_1000: PRICE });
const CLASS = z.strictObject({
  gb_month: PRICE,
  put_1000: PRICE,
  minimum_days: z.int().min(0),
  retrieval: z.strictObject({
    Expedited: RETRIEVAL.optional(),
    Standard: RETRIEVAL.optional(),
    Bulk: RETRIEVAL.optional(),
  }),
});

const PRICES = z.strictObject({
  dated: z.iso.date(),
  currency: z.string(),
  sources: z.array(z.url()).min(1),
  note: z.string(),
  database_gb_month: PRICE,
  regions: z.record(z.string(), z.strictObject({ STANDARD: CLASS, GLACIER: CLASS, DEEP_ARCHIVE: CLASS })),
});

export type Prices = z.output<typeof PRICES>;

/** @param file its name, for the message. @throws `archive.prices_invalid` (invalid) */
export function parsePrices(text: string, file: string): Prices {
  try {
    return PRICES.parse(JSON.parse(text));
  } catch (cause) {
    throw new PlumblineError(
      'invalid',
      'archive.prices_invalid',
      `${file} is no table of prices: see books/cold-prices.json for its form`,
      { cause },
    );
  }
}

const GIB = 2n ** 30n;
/** What an archived object takes beside its bytes: of its own class, and of STANDARD. */
const OWN_OVERHEAD = 32n * 1024n;
const STANDARD_OVERHEAD = 8n * 1024n;

/** Units of 10^-12. */
export interface Cost {
  /** Once, for the upload. */
  readonly upload: bigint;
  /** Each month. */
  readonly month: bigint;
  /** What is paid even when all is deleted tomorrow. */
  readonly minimum: bigint;
  readonly minimumDays: number;
  readonly retrieval: readonly { readonly tier: RestoreTier; readonly cost: bigint }[];
}

const TIERS: readonly RestoreTier[] = ['Expedited', 'Standard', 'Bulk'];

/** @returns undefined where the table has no such region */
export function costOf(
  prices: Prices,
  region: string,
  storageClass: StorageClass,
  { bytes, objects }: { readonly bytes: bigint; readonly objects: number },
): Cost | undefined {
  const classes = prices.regions[region];
  if (classes === undefined) return undefined;
  const own = classes[storageClass];
  const count = BigInt(objects);
  const cold = storageClass !== 'STANDARD';
  const stored = bytes + (cold ? count * OWN_OVERHEAD : 0n);
  const month =
    divide(stored * own.gb_month, GIB, 'up') +
    (cold ? divide(count * STANDARD_OVERHEAD * classes.STANDARD.gb_month, GIB, 'up') : 0n);
  // The manifest and the receipt are objects of class STANDARD.
  const upload = divide(count * own.put_1000 + 2n * count * classes.STANDARD.put_1000, 1_000n, 'up');
  const retrieval = TIERS.flatMap((tier) => {
    const price = own.retrieval[tier];
    if (price === undefined) return [];
    return [{ tier, cost: divide(bytes * price.gb, GIB, 'up') + divide(count * price.request_1000, 1_000n, 'up') }];
  });
  return {
    upload,
    month,
    minimum: divide(month * BigInt(own.minimum_days), 30n, 'up'),
    minimumDays: own.minimum_days,
    retrieval,
  };
}

export const databaseMonth = (prices: Prices, bytes: bigint): bigint =>
  divide(bytes * prices.database_gb_month, GIB, 'up');

/** As a decimal with six digits: an archive of a year costs cents. */
export const amountText = (units: bigint): string =>
  formatDecimal({ units: divide(units, pow10(SCALE - 6), 'up'), scale: 6 });
