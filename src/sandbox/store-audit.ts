/** Who did what: an audit entry for each event of the gateway, and for each merchant's login. */
import { type RawBuilder, sql } from 'kysely';
import type { BusinessDate } from '../kernel/business-date.ts';
import { EXPIRY_MINUTES, HISTORY_DAYS, type History, TRADING_MERCHANTS } from './rules.ts';

interface Audited {
  readonly of: 'payment' | 'payout' | 'refund';
  /** The status before, where there was one, and after. */
  readonly from?: string;
  readonly to: string;
  /** SQL over the event's row, as are all below. */
  readonly when: string;
  readonly at: string;
  readonly actor: string;
  /** What is written down besides the status. */
  readonly and: string;
}

const MERCHANT = "'merchant:' || merchant_id";
const WATCHER = "'system:watcher-' || blockchain";
const MADE = { at: 'created_at', actor: MERCHANT } as const;
const DONE = { at: 'completed_at' } as const;
const EXPIRED_AT = `created_at + interval '${EXPIRY_MINUTES} minutes'`;
const RECEIPT = "'crypto_amount', crypto_amount::text, 'amount_vnd', amount_vnd::text, 'tx_hash', tx_hash";
const TRANSFER = "'amount_vnd', amount_vnd::text, 'bank_account', bank_account";
const REFUND = "'crypto_amount', crypto_amount::text, 'payment_id', payment_id";

// biome-ignore format: a table reads best as a table
export const AUDITED: readonly Audited[] = [
  { of: 'payment', from: 'pending',    to: 'confirmed', when: 'confirmed_at IS NOT NULL', at: 'confirmed_at', actor: WATCHER, and: RECEIPT },
  { of: 'payment', from: 'pending',    to: 'expired',   when: "status = 'expired'",       at: EXPIRED_AT, actor: "'system:expiry'", and: "'amount_vnd', amount_vnd::text" },
  { of: 'payout',                      to: 'requested', when: 'true',                     ...MADE, and: TRANSFER },
  { of: 'payout',  from: 'processing', to: 'completed', when: "status = 'completed'",     ...DONE, actor: "'system:napas'", and: TRANSFER },
  { of: 'payout',  from: 'processing', to: 'failed',    when: "status = 'failed'",        ...DONE, actor: "'system:napas'", and: TRANSFER },
  { of: 'refund',                      to: 'pending',   when: 'true',                     ...MADE, and: REFUND },
  { of: 'refund',  from: 'pending',    to: 'completed', when: "status = 'completed'",     ...DONE, actor: "'staff:treasury'", and: REFUND },
];

/** The entries of one change for what began in a page of days. Addresses are those for documentation (RFC 5737). */
export const insertAudited = (
  { of, from, to, when, at, actor, and }: Audited,
  page: { readonly first: BusinessDate; readonly next: BusinessDate },
): RawBuilder<unknown> => sql`
  INSERT INTO sandbox.audit_logs (id, actor, action, entity_type, entity_id, before, after, ip, created_at)
  SELECT sandbox.entity_id(${`audit.${of}.${to}`}, id::text), actor, ${`${of}.${to}`}, ${of}, id,
    ${from === undefined ? null : JSON.stringify({ status: from })}::text::jsonb, after,
    CASE WHEN actor LIKE 'merchant:%' THEN ('203.0.113.' || sandbox.dice('ip', actor, 256))::inet ELSE '192.0.2.10' END, at
  FROM (
    SELECT id, ${sql.raw(actor)} AS actor, jsonb_build_object('status', ${to}::text, ${sql.raw(and)}) AS after, ${sql.raw(at)} AS at
    FROM sandbox.${sql.raw(`${of}s`)}
    WHERE business_date >= ${page.first}::date AND business_date < ${page.next}::date AND ${sql.raw(when)}
  ) AS event`;

export const insertLogins = (
  { first }: History,
  { from, to }: { readonly from: number; readonly to: number },
): RawBuilder<unknown> => sql`
  INSERT INTO sandbox.audit_logs (id, actor, action, entity_type, entity_id, before, after, ip, created_at)
  SELECT sandbox.entity_id('merchant.login', n::text), 'merchant:' || merchant_id, 'merchant.login', 'merchant', merchant_id,
    NULL, '{"result": "success"}', ('198.51.100.' || sandbox.dice('ip', merchant_id::text, 256))::inet,
    sandbox.at(${first}::date + sandbox.dice('login day', n::text, ${HISTORY_DAYS}::int)::int, sandbox.dice('login second', n::text, 86400))
  FROM (
    SELECT n, sandbox.entity_id('merchant', (1 + sandbox.dice('login', n::text, ${TRADING_MERCHANTS}::int))::text) AS merchant_id
    FROM generate_series(${from}::int, ${to}::int) AS n
  ) AS login`;
