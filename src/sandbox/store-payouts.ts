/** Pay-out and cost: what merchants drew, and what the company spent. */
import { type RawBuilder, sql } from 'kysely';
import { addDays } from '../kernel/business-date.ts';
import { EXPENSES, EXPENSES_AT, type History, LEAST_PAYOUT_VND, PAYOUT_CYCLE_DAYS, SETTLEMENT_DAYS } from './rules.ts';
import { isRefunded } from './store-payments.ts';

type Statement = RawBuilder<unknown>;

/**
 * Once in 30 days a merchant draws what was completed since, but for a share that it keeps (one merchant
 * in ten keeps everything, half of them nothing) and unless it is less than 2 million dong. A payout is `requested` on its day, `processing` on
 * the next, and `completed` on the one after; one in 100 is sent back by the bank and has `failed`.
 */
export const insertPayouts = ({ first, last }: History, cycle: number): Statement => sql`
  WITH completed AS MATERIALIZED (
    SELECT p.id, merchant_id, net_vnd, business_date + ${SETTLEMENT_DAYS}::int - ${first}::date AS day,
      sandbox.dice('payout day', merchant_id::text, ${PAYOUT_CYCLE_DAYS}::int)::int AS payout_day,
      (ARRAY[100, 40, 25, 10, 5, 0, 0, 0, 0, 0])[1 + sandbox.dice('keeps', merchant_id::text, 10)] AS keeps
    FROM sandbox.payments AS p
    WHERE business_date >= ${addDays(first, (cycle - 1) * PAYOUT_CYCLE_DAYS)}::date - ${SETTLEMENT_DAYS}::int
      AND business_date < ${addDays(first, (cycle + 1) * PAYOUT_CYCLE_DAYS)}::date
      AND status = 'completed' AND NOT ${isRefunded('p')}
  ), drawn AS MATERIALIZED (
    SELECT sandbox.entity_id('payout', merchant_id || ':' || ${cycle}::int) AS id, merchant_id, sum(net_vnd) AS amount_vnd,
      ${first}::date + ${(cycle + 1) * PAYOUT_CYCLE_DAYS}::int - payout_day AS asked_on
    FROM completed
    WHERE (day + payout_day) / ${PAYOUT_CYCLE_DAYS}::int = ${cycle}::int AND sandbox.dice('kept', id::text, 100) >= keeps
    GROUP BY merchant_id, payout_day HAVING sum(net_vnd) >= ${LEAST_PAYOUT_VND}::int
  ), judged AS MATERIALIZED (
    SELECT drawn.*, 32400 + sandbox.dice('payout second', id::text, 28800) AS second, CASE ${last}::date - asked_on
      WHEN 0 THEN 'requested'
      WHEN 1 THEN 'processing'
      ELSE CASE sandbox.dice('failed', id::text, 100) WHEN 0 THEN 'failed' ELSE 'completed' END END AS status
    FROM drawn WHERE asked_on <= ${last}::date
  )
  INSERT INTO sandbox.payouts (id, merchant_id, business_date, amount_vnd, status, bank_name, bank_account, created_at, completed_at)
  SELECT id, merchant_id, asked_on, amount_vnd, status,
    (ARRAY['Vietcombank', 'BIDV', 'VietinBank', 'Techcombank', 'ACB'])[1 + sandbox.dice('bank', merchant_id::text, 5)],
    'xxxxxx' || lpad(sandbox.dice('account', merchant_id::text, 10000)::text, 4, '0'),
    sandbox.at(asked_on, second),
    CASE WHEN status IN ('completed', 'failed') THEN sandbox.at(asked_on + 2, second) END
  FROM judged`;

export const insertExpenses = ({ first }: History): Statement => sql`
  INSERT INTO sandbox.expenses (id, category, business_date, amount_vnd, created_at)
  SELECT sandbox.entity_id('expense', category || ':' || date), category, date,
    base / 100 * (90 + sandbox.dice('expense', category || ':' || date, 21)), sandbox.at(date, ${EXPENSES_AT}::int)
  FROM sandbox.exchange_rates, (VALUES ${sql.join(
    EXPENSES.map(({ category, base }) => sql`(${category}::text, ${base}::bigint)`),
  )}) AS costs (category, base)
  WHERE extract(day FROM date + 1) = 1 AND date_trunc('month', date::timestamp)::date >= ${first}::date`;
