/** Pay-in: merchants, what their customers paid, what was refunded, and how the USDT became dong. */
import { type RawBuilder, sql } from 'kysely';
import {
  CONVERSION_AT,
  EXPIRY_MINUTES,
  EXPORTER_PAYMENT,
  HISTORY_DAYS,
  type History,
  PAYMENT_SIZES,
  PAYMENTS,
  REFUND_DAYS,
  REFUNDABLE_BELOW_USDT,
  REFUNDS_AT,
  SETTLEMENT_DAYS,
  TRADING_MERCHANTS,
} from './rules.ts';

type Statement = RawBuilder<unknown>;
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Each payment has a slot of the history to itself, so that payments come evenly and in order. */
const HISTORY_SECONDS = HISTORY_DAYS * 86_400;
const SLOT_SECONDS = Math.floor(HISTORY_SECONDS / PAYMENTS);

const list = (words: readonly string[]): Statement => sql`(ARRAY[${sql.join(words.map((word) => sql.lit(word)))}])`;
const TRADES = list(['Cà phê', 'Nhà hàng', 'Khách sạn', 'Tiệm bánh', 'Thời trang', 'Điện máy', 'Nhà sách', 'Du lịch']);
const NAMES = list(['Hoa Sen', 'Sông Hương', 'Ánh Dương', 'Bến Thành', 'Hạ Long', 'Phù Sa', 'Trúc Xanh', 'Mây Trắng']);

export const insertRates = ({ rates }: History): Statement => sql`
  INSERT INTO sandbox.exchange_rates (date, usdt_vnd)
  SELECT date, usdt_vnd FROM jsonb_to_recordset(${JSON.stringify(rates)}::text::jsonb) AS r(date date, usdt_vnd numeric)`;

export const insertMerchants = ({ first }: History, { from, to }: Range): Statement => sql`
  INSERT INTO sandbox.merchants (id, name, status, created_at)
  SELECT sandbox.entity_id('merchant', n::text),
    ${TRADES}[1 + sandbox.dice('trade', n::text, 8)] || ' ' || ${NAMES}[1 + sandbox.dice('name', n::text, 8)] || ' ' || lpad(n::text, 5, '0'),
    CASE WHEN n <= ${TRADING_MERCHANTS}::int THEN 'active' WHEN n % 5 = 0 THEN 'suspended' ELSE 'pending_kyc' END,
    sandbox.at(${first}::date - 1 - sandbox.dice('joined', n::text, 500)::int, sandbox.dice('joined at', n::text, 86400))
  FROM generate_series(${from}::int, ${to}::int) AS n`;

/**
 * A payment is `pending` until the chain confirms it (within 26 minutes), then `confirmed`; with the
 * sale of its USDT it is `completed`. One in 25 is never paid and expires. The merchant is owed the
 * day's rate, rounded down to the dong, less 1 %, rounded up.
 */
export const insertPayments = ({ first, last, closing }: History, { from, to }: Range): Statement => sql`
  WITH drawn AS MATERIALIZED (
    SELECT n::text AS n, n % ${EXPORTER_PAYMENT.every}::int = ${EXPORTER_PAYMENT.at}::int AS from_exporter,
      (n - 1) * ${HISTORY_SECONDS}::bigint / ${PAYMENTS}::int + sandbox.dice('second', n::text, ${SLOT_SECONDS}::int) AS second,
      60 + sandbox.dice('confirmation', n::text, 1500) AS confirmed_after,
      sandbox.dice('merchant', n::text, ${TRADING_MERCHANTS}::int) AS popularity,
      (ARRAY['tron','tron','tron','ethereum','bsc'])[1 + sandbox.dice('chain', n::text, 5)] AS blockchain,
      sandbox.dice('size', n::text, 100) AS size
    FROM generate_series(${from}::int, ${to}::int) AS n
  ), placed AS MATERIALIZED (
    SELECT drawn.*, sandbox.entity_id('payment', n) AS id, ${first}::date + (second / 86400)::int AS business_date,
      -- The square makes the first merchants the busiest.
      sandbox.entity_id('merchant', (CASE WHEN from_exporter THEN 1 ELSE 1 + popularity * popularity / ${TRADING_MERCHANTS}::int END)::text) AS merchant_id,
      least * 1.000000 + sandbox.dice('amount', n, (most - least) * 1000000) * 0.000001
        -- BNB Smart Chain counts USDT in 18 decimals, the others in 6.
        + CASE blockchain WHEN 'bsc' THEN sandbox.dice('wei', n, 1000000000000) * 0.000000000000000001 ELSE 0 END AS crypto_amount
    FROM drawn JOIN (VALUES
      (true, 0, 99, ${EXPORTER_PAYMENT.least}::bigint, ${EXPORTER_PAYMENT.most}::bigint),
      ${sql.join(PAYMENT_SIZES.map((s) => sql`(false, ${s.from}::int, ${s.to}::int, ${s.least}::bigint, ${s.most}::bigint)`))}
    ) AS sizes (exporter, size_from, size_to, least, most)
      ON from_exporter = exporter AND size BETWEEN size_from AND size_to
  ), priced AS MATERIALIZED (
    SELECT placed.*, usdt_vnd, floor(crypto_amount * usdt_vnd) AS amount_vnd,
      sandbox.at(business_date, second % 86400) AS created_at,
      sandbox.at(business_date, second % 86400 + confirmed_after) AS confirmed_at
    FROM placed JOIN sandbox.exchange_rates ON date = business_date
  ), judged AS MATERIALIZED (
    SELECT priced.*, ceil(amount_vnd * 0.01) AS fee_vnd, CASE
      WHEN sandbox.dice('expired', n, 25) = 0 AND created_at + ${EXPIRY_MINUTES}::int * interval '1 minute' < ${instant(closing)} THEN 'expired'
      WHEN sandbox.dice('expired', n, 25) = 0 OR confirmed_at >= ${instant(closing)} THEN 'pending'
      WHEN business_date + ${SETTLEMENT_DAYS}::int > ${last}::date THEN 'confirmed'
      ELSE 'completed' END AS status
    FROM priced
  )
  INSERT INTO sandbox.payments (id, merchant_id, business_date, blockchain, crypto_currency, crypto_amount,
    exchange_rate, amount_vnd, fee_vnd, net_vnd, status, tx_hash, created_at, confirmed_at, otc_batch_id)
  SELECT id, merchant_id, business_date, blockchain, 'USDT', crypto_amount,
    usdt_vnd, amount_vnd, fee_vnd, amount_vnd - fee_vnd, status,
    CASE WHEN status IN ('confirmed', 'completed') THEN
      CASE blockchain WHEN 'tron' THEN '' ELSE '0x' END || md5('tx:' || id) || md5('hash:' || id) END,
    created_at,
    CASE WHEN status IN ('confirmed', 'completed') THEN confirmed_at END,
    CASE WHEN status = 'completed' THEN ${batchId(sql`business_date + ${SETTLEMENT_DAYS}::int`, sql`blockchain`)} END
  FROM judged`;

/** One in 70 consumer payments is refunded. Payouts leave these aside, so that the merchant can bear it. */
export const isRefunded = (payment: string): Statement => {
  const of = (column: string) => sql.ref(`${payment}.${column}`);
  return sql`(${of('crypto_amount')} < ${REFUNDABLE_BELOW_USDT}::int AND sandbox.dice('refund', ${of('id')}::text, 70) = 0)`;
};

/**
 * The payer gets a quarter, half or three quarters of the USDT back, out of the hot wallet, three
 * evenings after the merchant asked; the merchant bears that day's value, rounded up to the dong.
 */
export const insertRefunds = ({ last }: History): Statement => sql`
  WITH asked AS MATERIALIZED (
    SELECT p.id AS payment_id, merchant_id, blockchain,
      trunc(crypto_amount * 0.25 * (1 + sandbox.dice('refund share', p.id::text, 3)), 6) AS crypto_amount,
      business_date + ${SETTLEMENT_DAYS + 1}::int + sandbox.dice('refund day', p.id::text, 10)::int AS asked_on
    FROM sandbox.payments AS p WHERE status = 'completed' AND ${isRefunded('p')}
  )
  INSERT INTO sandbox.refunds (id, payment_id, merchant_id, business_date, blockchain, crypto_amount, amount_vnd,
    status, created_at, completed_at)
  SELECT sandbox.entity_id('refund', payment_id::text), payment_id, merchant_id, asked_on, blockchain,
    crypto_amount, ceil(crypto_amount * usdt_vnd),
    CASE WHEN paid_on <= ${last}::date THEN 'completed' ELSE 'pending' END,
    sandbox.at(asked_on, 32400 + sandbox.dice('refund second', payment_id::text, 36000)),
    CASE WHEN paid_on <= ${last}::date THEN sandbox.at(paid_on, ${REFUNDS_AT}::int) END
  FROM (SELECT *, asked_on + ${REFUND_DAYS}::int AS paid_on FROM asked) AS refund
  JOIN sandbox.exchange_rates ON date = least(paid_on, ${last}::date)
  WHERE asked_on <= ${last}::date`;

/**
 * Each evening each chain's payments of two days before are sold, less the USDT that refunds took. The
 * desk pays the day's rate and 5 to 25 basis points. What is above or below the book value, at which
 * the merchants were credited, is the spread: after a fall of the rate it is a loss.
 */
export const insertConversions: Statement = sql`
  WITH sold AS (
    SELECT otc_batch_id AS id, blockchain, business_date + ${SETTLEMENT_DAYS}::int AS business_date,
      sum(crypto_amount) AS usdt, sum(amount_vnd) AS vnd, sum(fee_vnd) AS fees_vnd
    FROM sandbox.payments WHERE status = 'completed' GROUP BY otc_batch_id, blockchain, business_date
  ), refunded AS (
    SELECT blockchain, business_date + ${REFUND_DAYS}::int AS business_date, sum(crypto_amount) AS usdt, sum(amount_vnd) AS vnd
    FROM sandbox.refunds WHERE status = 'completed' GROUP BY blockchain, business_date
  ), batch AS MATERIALIZED (
    SELECT id, blockchain, business_date, fees_vnd, sold.vnd - fees_vnd AS settled_vnd,
      sold.usdt - coalesce(refunded.usdt, 0) AS usdt_sold, sold.vnd - coalesce(refunded.vnd, 0) AS book_vnd
    FROM sold LEFT JOIN refunded USING (blockchain, business_date)
  ), priced AS MATERIALIZED (
    SELECT batch.*, floor(usdt_sold * usdt_vnd * (1 + 0.0001 * (5 + sandbox.dice('desk', id::text, 21)))) AS received_vnd
    FROM batch JOIN sandbox.exchange_rates ON date = business_date
  )
  INSERT INTO sandbox.otc_conversions (id, business_date, blockchain, usdt_sold, settled_vnd, book_vnd, fees_vnd, received_vnd, spread_vnd, created_at)
  SELECT id, business_date, blockchain, usdt_sold, settled_vnd, book_vnd, fees_vnd, received_vnd, received_vnd - book_vnd,
    sandbox.at(business_date, ${CONVERSION_AT}::int)
  FROM priced`;

function batchId(day: Statement, blockchain: Statement): Statement {
  return sql`sandbox.entity_id('otc', to_char(${day}, 'YYYY-MM-DD') || ':' || ${blockchain})`;
}

export function instant(epochMs: number): Statement {
  return sql`${new Date(epochMs).toISOString()}::text::timestamptz`;
}
