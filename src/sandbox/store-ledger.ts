/**
 * The ledger: which event moves what from where to where. It is derived from the events alone, as the
 * balances are, so that each can be checked against the other.
 */
import { type RawBuilder, sql } from 'kysely';
import type { BusinessDate } from '../kernel/business-date.ts';
import { CHAINS } from './rules.ts';

const ACCOUNTS = [
  ...CHAINS.map((chain) => [`hot_wallet_${chain}`, `Hot wallet ${chain}`, 'USDT', 'asset'] as const),
  ['usdt_position', 'USDT held, against the hot wallets', 'USDT', 'liability'],
  ['usdt_inventory', 'Unsold USDT at what merchants were credited for it', 'VND', 'asset'],
  ['vnd_pool', "Bank account with the merchants' money", 'VND', 'asset'],
  ['operating_bank', "Bank account with the company's own money", 'VND', 'asset'],
  ['merchant_pending', 'Owed to merchants, USDT not sold yet', 'VND', 'liability'],
  ['merchant_available', 'Owed to merchants, at their disposal', 'VND', 'liability'],
  ['merchant_reserved', 'Owed to merchants, payout under way', 'VND', 'liability'],
  ['fee_revenue', 'Fees, earned when the USDT is sold', 'VND', 'revenue'],
  ['otc_spread', 'OTC proceeds above book value', 'VND', 'revenue'],
  ['expenses', 'Operating expenses', 'VND', 'expense'],
] as const;

interface Posting {
  readonly event: string;
  readonly of: 'payment' | 'payout' | 'refund' | 'otc_conversion' | 'expense';
  /** SQL over the event's row, as are all below. */
  readonly when: string;
  readonly at: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly currency: 'USDT' | 'VND';
}

const HOT_WALLET = "'hot_wallet_' || blockchain";
const AHEAD = 'spread_vnd >= 0';

const paid = { event: 'confirmed', of: 'payment', when: 'confirmed_at IS NOT NULL', at: 'confirmed_at' } as const;
const sold = { event: 'sold', of: 'otc_conversion', when: 'true', at: 'created_at' } as const;
const asked = { event: 'requested', of: 'payout', when: 'true', at: 'created_at' } as const;
const drawn = { event: 'completed', of: 'payout', when: "status = 'completed'", at: 'completed_at' } as const;
const bounced = { event: 'failed', of: 'payout', when: "status = 'failed'", at: 'completed_at' } as const;
const refunded = { event: 'completed', of: 'refund', when: "status = 'completed'", at: 'completed_at' } as const;
const spent = { event: 'paid', of: 'expense', when: 'true', at: 'created_at' } as const;

const of = (account: (typeof ACCOUNTS)[number][0]): string => `'${account}'`;

// biome-ignore format: a table reads best as a table
export const POSTINGS: readonly Posting[] = [
  { ...paid,     debit: HOT_WALLET,               credit: of('usdt_position'),      amount: 'crypto_amount',       currency: 'USDT' },
  { ...paid,     debit: of('usdt_inventory'),     credit: of('merchant_pending'),   amount: 'net_vnd',             currency: 'VND' },
  { ...sold,     debit: of('usdt_position'),      credit: HOT_WALLET,               amount: 'usdt_sold',           currency: 'USDT' },
  { ...sold,     debit: of('merchant_pending'),   credit: of('merchant_available'), amount: 'settled_vnd',         currency: 'VND' },
  { ...sold,     debit: of('vnd_pool'),           credit: of('usdt_inventory'),     amount: 'book_vnd - fees_vnd', currency: 'VND' },
  { ...sold,     debit: of('operating_bank'),     credit: of('fee_revenue'),        amount: 'fees_vnd',            currency: 'VND' },
  { ...sold,     debit: `CASE WHEN ${AHEAD} THEN 'operating_bank' ELSE 'otc_spread' END`,
                 credit: `CASE WHEN ${AHEAD} THEN 'otc_spread' ELSE 'operating_bank' END`,
                                                                                    amount: 'abs(spread_vnd)',     currency: 'VND' },
  { ...asked,    debit: of('merchant_available'), credit: of('merchant_reserved'),  amount: 'amount_vnd',          currency: 'VND' },
  { ...drawn,    debit: of('merchant_reserved'),  credit: of('vnd_pool'),           amount: 'amount_vnd',          currency: 'VND' },
  { ...bounced,  debit: of('merchant_reserved'),  credit: of('merchant_available'), amount: 'amount_vnd',          currency: 'VND' },
  { ...refunded, debit: of('usdt_position'),      credit: HOT_WALLET,               amount: 'crypto_amount',       currency: 'USDT' },
  { ...refunded, debit: of('merchant_available'), credit: of('usdt_inventory'),     amount: 'amount_vnd',          currency: 'VND' },
  { ...spent,    debit: of('expenses'),           credit: of('operating_bank'),     amount: 'amount_vnd',          currency: 'VND' },
];

export const insertAccounts: RawBuilder<unknown> = sql`
  INSERT INTO sandbox.ledger_accounts (code, name, currency, kind)
  VALUES ${sql.join(ACCOUNTS.map((account) => sql`(${sql.join(account)})`))}`;

/** The entries of one posting rule for what began in a page of days. */
export const insertEntries = (
  posting: Posting,
  page: { readonly first: BusinessDate; readonly next: BusinessDate },
): RawBuilder<unknown> => {
  const raw = (text: string) => sql.raw(text);
  return sql`
  INSERT INTO sandbox.ledger_entries (debit_account, credit_account, amount, currency, reference_type, reference_id, transaction_group, created_at)
  SELECT debit, credit, amount, ${posting.currency}, ${posting.of}, id,
    sandbox.entity_id(${`${posting.of}.${posting.event}`}, id::text), at
  FROM (
    SELECT id, ${raw(posting.debit)} AS debit, ${raw(posting.credit)} AS credit, ${raw(posting.amount)} AS amount, ${raw(posting.at)} AS at
    FROM sandbox.${raw(`${posting.of}s`)}
    WHERE business_date >= ${page.first}::date AND business_date < ${page.next}::date AND ${raw(posting.when)}
  ) AS event
  WHERE amount <> 0
  -- The order decides the numbers of the entries.
  ORDER BY at, id`;
};
