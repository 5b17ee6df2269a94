/** The arithmetic of a reconciliation: pure, exact, and nothing else. */

import { addDays, type BusinessDate } from '../../kernel/business-date.ts';
import { add, type Currency, formatMoney, type Money, negate, subtract, zero } from '../../kernel/money.ts';
import { convert, type Pair, pair, type Rate } from '../../kernel/rate.ts';

export type FinalStatus = 'balanced' | 'surplus' | 'deficit';
export type Status = FinalStatus | 'in_progress' | 'error';

/** What one line adds to its side, or why that is not known. */
export type Valued =
  | { readonly kind: 'valued'; readonly value: Money }
  | { readonly kind: 'unknown'; readonly reason: string };

export type Verdict =
  | {
      readonly kind: 'final';
      readonly status: FinalStatus;
      readonly assets: Money;
      readonly liabilities: Money;
      readonly difference: Money;
      readonly solvent: boolean;
    }
  /** At least one amount is unknown, so no sum is known either. */
  | { readonly kind: 'unknown' };

/** Why an amount that is owed cannot be counted; undefined where it can. */
export const belowZero = (owed: Money): string | undefined =>
  owed.minor >= 0n
    ? undefined
    : `${formatMoney(owed)} ${owed.currency.code} is below zero; who owes us is counted apart and never lessens what is owed to others`;

/** |difference| <= tolerance is balanced; the boundary itself belongs to balanced on both sides. */
export function statusOf(difference: Money, tolerance: Money): FinalStatus {
  if (difference.minor < -tolerance.minor) return 'deficit';
  if (difference.minor > tolerance.minor) return 'surplus';
  return 'balanced';
}

/**
 * An amount in the reporting currency, against the house: what is owned rounds down, what is owed
 * rounds up, so that no fraction of a dong makes an insolvent platform look solvent.
 */
export function valueIn(amount: Money, currency: Currency, quote: Rate | undefined, role: 'owned' | 'owed'): Money {
  if (amount.currency.code === currency.code || quote === undefined) return amount;
  return convert(amount, quote, currency, role === 'owned' ? 'floor' : 'ceil');
}

/** Owned is what adds to assets or takes away from liabilities. */
export const roleOf = (side: 'asset' | 'liability', sign: 1 | -1): 'owned' | 'owed' =>
  (side === 'asset') === (sign === 1) ? 'owned' : 'owed';

export const signed = (value: Money, sign: 1 | -1): Money => (sign === 1 ? value : negate(value));

export interface SidedValue {
  readonly side: 'asset' | 'liability';
  readonly sign: 1 | -1;
  readonly valued: Valued;
}

export function verdictOf(lines: readonly SidedValue[], currency: Currency, tolerance: Money): Verdict {
  let assets = zero(currency);
  let liabilities = zero(currency);
  for (const { side, sign, valued } of lines) {
    if (valued.kind === 'unknown') return { kind: 'unknown' };
    if (side === 'asset') assets = add(assets, signed(valued.value, sign));
    else liabilities = add(liabilities, signed(valued.value, sign));
  }
  const difference = subtract(assets, liabilities);
  const status = statusOf(difference, tolerance);
  return { kind: 'final', status, assets, liabilities, difference, solvent: status !== 'deficit' };
}

/** The pairs whose rates a book needs, each once. */
export function pairsOf(lines: readonly { readonly currency: Currency }[], currency: Currency): readonly Pair[] {
  const codes = new Set(lines.map((line) => line.currency.code).filter((code) => code !== currency.code));
  return [...codes].sort().map((code) => pair(code, currency.code));
}

/** The decimals of `total_assets_vnd` and its like in the database and in JSON. */
export const amountText = (value: Money | undefined): string | null =>
  value === undefined ? null : formatMoney(value);

/** How far back missed dates are caught up: a month, after which a person decides. */
export const CATCH_UP_DAYS = 31;

export interface ClosedDate {
  readonly businessDate: BusinessDate;
  /** Whether the report's snapshot was taken after the date was over. */
  readonly observedAfterEnd: boolean;
}

/**
 * The ended dates since `since` (the first that the schedule took up) that have no report taken after
 * their end, oldest first. Before its first slot the schedule owes yesterday alone.
 */
export function dueDates(
  today: BusinessDate,
  reports: readonly ClosedDate[],
  since: BusinessDate = addDays(today, -1),
): readonly BusinessDate[] {
  const closed = new Set(reports.filter((report) => report.observedAfterEnd).map((report) => report.businessDate));
  const due: BusinessDate[] = [];
  for (let back = CATCH_UP_DAYS; back >= 1; back -= 1) {
    const date = addDays(today, -back);
    if (date >= since && !closed.has(date)) due.push(date);
  }
  return due;
}
