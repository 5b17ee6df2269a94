/**
 * The simulated gateway's rules, in numbers: a Vietnamese company whose merchants are paid in dong by
 * customers who pay USDT. The stores write these rules as SQL; nothing in it is left to chance.
 */
import { addDays, type BusinessDate, startOfDay } from '../kernel/business-date.ts';
import { PlumblineError } from '../kernel/errors.ts';

/** Counts up whenever the same seed and date give other rows: a sandbox of another version is rebuilt. */
export const GENERATOR_VERSION = 1;

/** Without daylight saving since 1975, so a local day is always 86,400 s. */
export const ZONE = 'Asia/Ho_Chi_Minh';

/** Any 13 months in a row have at most this many days. */
export const HISTORY_DAYS = 397;

export const MERCHANTS = 10_000;
/** The first of them trade; the others wait for approval or are suspended, and have nothing. */
export const TRADING_MERCHANTS = 8_500;
export const PAYMENTS = 60_000;
/** For the audit log, which has some 120,000 entries with them. */
export const LOGINS = 9_000;

/** The embedded database shares its thread with the service: short statements, and never above 5,000 rows. */
export const ROWS_PER_STATEMENT = 2_500;
/** About 151 payments a day, so 4,530 a page. */
export const DAYS_PER_PAGE = 30;

export const CHAINS = ['tron', 'ethereum', 'bsc'] as const;
export type Chain = (typeof CHAINS)[number];

export const BANK_ACCOUNTS = ['vnd_pool', 'operating'] as const;
export type BankAccount = (typeof BANK_ACCOUNTS)[number];

/** A payment that the chain has not confirmed by then is void. */
export const EXPIRY_MINUTES = 30;
/** A payment's USDT are sold this many days later, in the evening, one batch a chain. */
export const SETTLEMENT_DAYS = 2;
/** A refund is paid this many days after the merchant asked for it. */
export const REFUND_DAYS = 3;
/** A merchant draws its money once in so many days, each on its own day, unless that is too little. */
export const PAYOUT_CYCLE_DAYS = 30;
export const LEAST_PAYOUT_VND = 2_000_000;

/** What happens when, in seconds after local midnight. */
export const REFUNDS_AT = 22 * 3600;
export const CONVERSION_AT = 23 * 3600;
export const EXPENSES_AT = 15 * 3600;

/** How much customers pay: of each 100 payments, those numbered `from` to `to` are `least` to `most` USDT. */
export const PAYMENT_SIZES = [
  { from: 0, to: 69, least: 5, most: 200 },
  { from: 70, to: 94, least: 200, most: 3_000 },
  { from: 95, to: 98, least: 3_000, most: 20_000 },
  { from: 99, to: 99, least: 20_000, most: 100_000 },
] as const;
/** One payment in a thousand goes to merchant 1, an exporter, and is as large as this. */
export const EXPORTER_PAYMENT = { every: 1_000, at: 500, least: 200_000, most: 1_000_000 } as const;
/** Only what a consumer paid is refunded, and never more than three quarters: the merchant can always bear it. */
export const REFUNDABLE_BELOW_USDT = 3_000;

/** VND a month, give or take a tenth, paid on the last day of each whole month. */
export const EXPENSES = [
  { category: 'payroll', base: 1_150_000_000 },
  { category: 'cloud', base: 180_000_000 },
  { category: 'licences', base: 150_000_000 },
  { category: 'office', base: 120_000_000 },
  { category: 'bank_fees', base: 60_000_000 },
] as const;

/** One row of the recorded rates: decimal strings. */
export interface RecordedRate {
  readonly date: string;
  readonly usdtVnd: string;
}

/** 13 months of days, the last of them yesterday: a sandbox holds nothing that is still to come. */
export interface History {
  readonly first: BusinessDate;
  readonly last: BusinessDate;
  /** Epoch milliseconds: the first instant, and the first after the last. */
  readonly opening: number;
  readonly closing: number;
  /** VND for one USDT on each day: the newest observation that was known by then, never a guess between two. */
  readonly rates: readonly { readonly date: BusinessDate; readonly usdt_vnd: string }[];
}

/** @throws `sandbox.date_out_of_range` (invalid): no rate was recorded 13 months before */
export function historyBefore(today: BusinessDate, recorded: readonly RecordedRate[]): History {
  const first = addDays(today, -HISTORY_DAYS);
  const ascending = [...recorded].sort((a, b) => (a.date < b.date ? -1 : 1));
  const rates = Array.from({ length: HISTORY_DAYS }, (_, day) => {
    const date = addDays(first, day);
    const known = ascending.findLast((each) => each.date <= date);
    if (known === undefined) {
      throw new PlumblineError(
        'invalid',
        'sandbox.date_out_of_range',
        `date: a sandbox of ${today} needs a rate of ${date} or before, and the first that was recorded is of ${ascending[0]?.date ?? 'no day'}; choose a later date`,
        { details: { date: today } },
      );
    }
    return { date, usdt_vnd: known.usdtVnd };
  });
  return { first, last: addDays(today, -1), opening: startOfDay(first, ZONE), closing: startOfDay(today, ZONE), rates };
}

/** The inclusive ranges that cover 1 to `count`, each of `size` at the most. */
export const ranges = (count: number, size: number): readonly { readonly from: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil(count / size) }, (_, index) => ({
    from: index * size + 1,
    to: Math.min((index + 1) * size, count),
  }));

/** The history in pages of days. */
export const pages = (history: History): readonly { readonly first: BusinessDate; readonly next: BusinessDate }[] =>
  ranges(HISTORY_DAYS, DAYS_PER_PAGE).map(({ from, to }) => ({
    first: addDays(history.first, from - 1),
    next: addDays(history.first, to),
  }));
