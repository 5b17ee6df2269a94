/** What moved an observed line between two reports, and what of it no entry explains: pure. */
import { PlumblineError } from '../../../kernel/errors.ts';
import { add, type Currency, formatMoney, type Money, parseMoney, subtract, zero } from '../../../kernel/money.ts';
import type { TotalRow } from './store.ts';

export interface CounterAccount {
  readonly account: string;
  readonly currency: string;
  readonly entries: number;
  /** What the entries with it added to the line's account; decimal text, below zero where they took from it. */
  readonly amount: string;
}

/** Amounts are decimal text in the line's currency; null where a report does not say. */
export interface Movement {
  readonly observed: { readonly before: string | null; readonly after: string | null; readonly change: string | null };
  readonly ledger: { readonly before: string | null; readonly after: string | null; readonly change: string | null };
  /** What the entries between the two instants add up to. */
  readonly entries: { readonly count: number; readonly amount: string };
  /** Observed change less the entries: what moved, and no entry says so. */
  readonly unexplained: string | null;
  /** The ledger's change less the entries: what was written into the past, or taken out of it, since. */
  readonly rewritten: string | null;
  readonly counterAccounts: readonly CounterAccount[];
  /** Entries on the account in another currency than the line's: no part of the sums. */
  readonly otherCurrencies: readonly CounterAccount[];
}

/** An observed line as a report has it. */
export interface ObservedAmounts {
  readonly amount: string | null;
  readonly ledger_amount: string | null;
}

/** Types of column `amount` that PostgreSQL counts exactly. */
const EXACT = new Set(['numeric', 'bigint', 'integer', 'smallint']);

/**
 * @param before undefined: there is no report before, so what is observed and what the ledger says began at nothing
 * @throws `reconciliation.entries_unreadable` (upstream): amounts that are not exact
 */
export function movementOf(
  currency: Currency,
  before: ObservedAmounts | undefined,
  after: ObservedAmounts,
  totals: readonly TotalRow[],
): Movement {
  const inexact = totals.flatMap(({ types }) => types).find((type) => !EXACT.has(type));
  if (inexact !== undefined)
    throw new PlumblineError(
      'upstream',
      'reconciliation.entries_unreadable',
      `column "amount" of the book's entries is ${inexact}, which is not exact; cast it to numeric where it comes from`,
    );
  const own = totals.filter((total) => total.currency === currency.code);
  const sum = own.reduce((all, { amount }) => add(all, parseMoney(currency, amount)), zero(currency));
  const observed = changeOf(currency, before?.amount, after.amount);
  const ledger = changeOf(currency, before?.ledger_amount, after.ledger_amount);
  const less = (change: Money | undefined): string | null =>
    change === undefined ? null : formatMoney(subtract(change, sum));
  return {
    observed: observed.text,
    ledger: ledger.text,
    entries: { count: own.reduce((count, { entries }) => count + Number(entries), 0), amount: formatMoney(sum) },
    unexplained: less(observed.change),
    rewritten: less(ledger.change),
    counterAccounts: own.map((total) => ({
      ...counter(total),
      amount: formatMoney(parseMoney(currency, total.amount)),
    })),
    otherCurrencies: totals.filter((total) => total.currency !== currency.code).map(counter),
  };
}

const counter = ({ counter_account: account, currency, entries, amount }: TotalRow): CounterAccount => ({
  ...{ account, currency, amount },
  entries: Number(entries),
});

function changeOf(currency: Currency, before: string | null | undefined, after: string | null) {
  const change =
    before === null || after === null
      ? undefined
      : subtract(parseMoney(currency, after), before === undefined ? zero(currency) : parseMoney(currency, before));
  return { change, text: { before: before ?? null, after, change: change === undefined ? null : formatMoney(change) } };
}
