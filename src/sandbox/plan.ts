/** The fill as a list of short statements, in the order in which one builds on another. */
import type { RawBuilder } from 'kysely';
import {
  CHAINS,
  HISTORY_DAYS,
  type History,
  LOGINS,
  MERCHANTS,
  PAYMENTS,
  PAYOUT_CYCLE_DAYS,
  pages,
  ROWS_PER_STATEMENT,
  ranges,
} from './rules.ts';
import { AUDITED, insertAudited, insertLogins } from './store-audit.ts';
import { insertBankAccounts, insertMerchantBalances, insertWallet } from './store-balances.ts';
import { insertAccounts, insertEntries, POSTINGS } from './store-ledger.ts';
import { insertConversions, insertMerchants, insertPayments, insertRates, insertRefunds } from './store-payments.ts';
import { insertExpenses, insertPayouts } from './store-payouts.ts';
import { createIndexes, createTables } from './store-schema.ts';

export interface Step {
  /** For people: `payments`. */
  readonly name: string;
  readonly statement: RawBuilder<unknown>;
}

export function plan(seed: number, history: History): readonly Step[] {
  const step = (name: string, ...statements: readonly RawBuilder<unknown>[]): readonly Step[] =>
    statements.map((statement) => ({ name, statement }));
  const cut = (count: number) => ranges(count, ROWS_PER_STATEMENT);
  const days = pages(history);
  const cycles = Array.from({ length: Math.ceil(HISTORY_DAYS / PAYOUT_CYCLE_DAYS) + 1 }, (_, cycle) => cycle);

  return [
    ...step('tables', ...createTables(seed, history)),
    ...step('rates', insertRates(history)),
    ...step('merchants', ...cut(MERCHANTS).map((range) => insertMerchants(history, range))),
    ...step('payments', ...cut(PAYMENTS).map((range) => insertPayments(history, range))),
    ...step('refunds', insertRefunds(history)),
    ...step('conversions', insertConversions),
    ...step('payouts', ...cycles.map((cycle) => insertPayouts(history, cycle))),
    ...step('expenses', insertExpenses(history)),
    ...step('balances', ...cut(MERCHANTS).map(insertMerchantBalances)),
    ...step('balances', ...CHAINS.map((chain) => insertWallet(history, chain)), insertBankAccounts),
    ...step('ledger', insertAccounts),
    ...step('ledger', ...POSTINGS.flatMap((posting) => days.map((page) => insertEntries(posting, page)))),
    ...step('audit', ...AUDITED.flatMap((audited) => days.map((page) => insertAudited(audited, page)))),
    ...step('audit', ...cut(LOGINS).map((range) => insertLogins(history, range))),
    ...step('indexes', ...createIndexes),
  ];
}
