/** The balances as the gateway keeps them: merchants, hot wallets, bank accounts. From the events, not from the ledger. */
import { type RawBuilder, sql } from 'kysely';
import type { Chain, History } from './rules.ts';
import { instant } from './store-payments.ts';

type Statement = RawBuilder<unknown>;

/** `total_vnd` leaves the reserved amount out, as the reference platform has it. */
export const insertMerchantBalances = ({ from, to }: { readonly from: number; readonly to: number }): Statement => sql`
  WITH these AS MATERIALIZED (
    SELECT sandbox.entity_id('merchant', n::text) AS merchant_id FROM generate_series(${from}::int, ${to}::int) AS n
  ), paid AS MATERIALIZED (
    SELECT merchant_id, count(*) AS payments, max(confirmed_at) AS newest,
      sum(amount_vnd) AS received, sum(fee_vnd) AS fees,
      coalesce(sum(net_vnd) FILTER (WHERE status = 'confirmed'), 0) AS pending,
      coalesce(sum(net_vnd) FILTER (WHERE status = 'completed'), 0) AS settled
    FROM sandbox.payments
    WHERE merchant_id IN (TABLE these) AND confirmed_at IS NOT NULL GROUP BY merchant_id
  ), drawn AS MATERIALIZED (
    SELECT merchant_id, count(*) AS payouts, max(coalesce(completed_at, created_at)) AS newest,
      coalesce(sum(amount_vnd) FILTER (WHERE status = 'completed'), 0) AS paid_out,
      coalesce(sum(amount_vnd) FILTER (WHERE status IN ('requested', 'processing')), 0) AS reserved
    FROM sandbox.payouts WHERE merchant_id IN (TABLE these) GROUP BY merchant_id
  ), refunded AS MATERIALIZED (
    SELECT merchant_id, max(completed_at) AS newest, sum(amount_vnd) AS refunded
    FROM sandbox.refunds
    WHERE merchant_id IN (TABLE these) AND status = 'completed' GROUP BY merchant_id
  ), owed AS MATERIALIZED (
    SELECT merchant_id, coalesce(payments, 0) AS payments, coalesce(payouts, 0) AS payouts,
      coalesce(received, 0) AS received, coalesce(fees, 0) AS fees, coalesce(refunded, 0) AS refunded,
      coalesce(paid_out, 0) AS paid_out, coalesce(pending, 0) AS pending, coalesce(reserved, 0) AS reserved,
      coalesce(settled, 0) - coalesce(paid_out, 0) - coalesce(reserved, 0) - coalesce(refunded, 0) AS available,
      greatest(created_at, paid.newest, drawn.newest, refunded.newest) AS updated_at
    FROM these JOIN sandbox.merchants ON id = merchant_id
    LEFT JOIN paid USING (merchant_id) LEFT JOIN drawn USING (merchant_id) LEFT JOIN refunded USING (merchant_id)
  )
  INSERT INTO sandbox.merchant_balances (id, merchant_id, pending_vnd, available_vnd, reserved_vnd, total_vnd,
    total_received_vnd, total_paid_out_vnd, total_refunded_vnd, total_fees_vnd,
    total_payments_count, total_payouts_count, updated_at, version)
  SELECT sandbox.entity_id('balance', merchant_id::text), merchant_id, pending, available, reserved, pending + available,
    received, paid_out, refunded, fees, payments, payouts, updated_at, 1 + payments + payouts
  FROM owed`;

/** What each chain's height was when the history closed: a known block, and how long each takes. */
const BLOCKS: Readonly<Record<Chain, { readonly height: number; readonly at: string; readonly millis: number }>> = {
  tron: { height: 68_000_000, at: '2025-01-01T00:00:00Z', millis: 3_000 },
  ethereum: { height: 21_525_000, at: '2025-01-01T00:00:00Z', millis: 12_000 },
  bsc: { height: 45_400_000, at: '2025-01-01T00:00:00Z', millis: 3_000 },
};

/** What was paid in, less what was sold and what was refunded. */
export const insertWallet = ({ closing }: History, chain: Chain): Statement => {
  const block = BLOCKS[chain];
  const height = block.height + Math.floor((closing - Date.parse(block.at)) / block.millis);
  return sql`
  INSERT INTO sandbox.treasury_wallets (id, wallet_type, blockchain, address, currency, balance_crypto, block_height, balance_last_updated_at)
  SELECT sandbox.entity_id('wallet', chain), 'hot', chain,
    -- Base58, as TRON writes addresses, has no 0.
    CASE chain WHEN 'tron' THEN 'T' || translate(left(digits, 33), '0', 'z') ELSE '0x' || left(digits, 40) END, 'USDT',
    (SELECT sum(crypto_amount) FROM sandbox.payments WHERE confirmed_at IS NOT NULL AND blockchain = chain)
    - (SELECT sum(usdt_sold) FROM sandbox.otc_conversions WHERE blockchain = chain)
    - (SELECT coalesce(sum(crypto_amount), 0) FROM sandbox.refunds WHERE status = 'completed' AND blockchain = chain),
    ${height}::bigint, ${instant(closing - 1_000)}
  FROM (SELECT ${chain}::text AS chain, md5(${chain}::text || sandbox.entity_id('wallet', ${chain}::text)) || md5(${chain}::text) AS digits) AS wallet`;
};

/** The pool has what sales brought for merchants, less what they drew; the rest is the company's own. */
export const insertBankAccounts: Statement = sql`
  INSERT INTO sandbox.bank_accounts (id, code, bank, balance_vnd)
  SELECT sandbox.entity_id('bank', 'vnd_pool'), 'vnd_pool', 'Vietcombank',
    (SELECT sum(book_vnd - fees_vnd) FROM sandbox.otc_conversions)
    - (SELECT sum(amount_vnd) FROM sandbox.payouts WHERE status = 'completed')
  UNION ALL
  SELECT sandbox.entity_id('bank', 'operating'), 'operating', 'Techcombank',
    (SELECT sum(fees_vnd + spread_vnd) FROM sandbox.otc_conversions) - (SELECT sum(amount_vnd) FROM sandbox.expenses)`;
