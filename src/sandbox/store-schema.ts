/**
 * The tables of the reference platform, in the schema `sandbox`, and the dice by which they are filled:
 * every "random" figure is the MD5 of the seed and of what it decides, so PostgreSQL 15, 18 and the
 * embedded database draw the same.
 */
import { type RawBuilder, sql } from 'kysely';
import type { History } from './rules.ts';

/** Stands on the schema: what is not marked is not ours, and is left alone. */
export const MARK = 'Plumbline sandbox: a simulated gateway; safe to drop';

/** The schema exists, marked, with an empty `meta`; one transaction. */
export const createSchema: readonly RawBuilder<unknown>[] = [
  sql`CREATE SCHEMA sandbox`,
  sql`COMMENT ON SCHEMA sandbox IS ${sql.lit(MARK)}`,
  // Its one row is written last: a sandbox without it was left half-filled.
  sql`CREATE TABLE sandbox.meta (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version    integer NOT NULL,
    seed       integer NOT NULL,
    date       date NOT NULL,
    merchants  integer NOT NULL,
    payments   integer NOT NULL,
    audit_logs integer NOT NULL
  )`,
];

const vnd = (column: string): RawBuilder<unknown> =>
  sql`${sql.ref(column)} numeric(20,2) NOT NULL CHECK (${sql.ref(column)} >= 0)`;

/** Without foreign keys, which cost 18 us a row on the embedded database; the rows refer to one another all the same. */
export const createTables = (seed: number, history: History): readonly RawBuilder<unknown>[] => [
  // 0 .. sides-1, decided by the seed, by what is drawn and for which row.
  sql`CREATE FUNCTION sandbox.dice(what text, key text, sides bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('x' || left(md5(${sql.lit(`${seed}:`)} || what || ':' || key), 12))::bit(48)::bigint % sides $$`,
  // A version 8 UUID (RFC 9562 5.8: custom).
  sql`CREATE FUNCTION sandbox.entity_id(what text, key text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT overlay(overlay(md5(${sql.lit(`${seed}:id:`)} || what || ':' || key) placing '8' from 13) placing '8' from 17)::uuid $$`,
  // The instant so many seconds after the local day began.
  sql`CREATE FUNCTION sandbox.at(day date, second bigint) RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT timestamptz ${sql.lit(new Date(history.opening).toISOString())}
         + ((day - date ${sql.lit(history.first)}) * 86400 + second) * interval '1 second' $$`,

  sql`CREATE TABLE sandbox.exchange_rates (
    date     date PRIMARY KEY,
    usdt_vnd numeric(20,8) NOT NULL CHECK (usdt_vnd > 0)
  )`,
  sql`CREATE TABLE sandbox.merchants (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    status     text NOT NULL CHECK (status IN ('active', 'pending_kyc', 'suspended')),
    created_at timestamptz NOT NULL
  )`,
  sql`CREATE TABLE sandbox.merchant_balances (
    id                   uuid PRIMARY KEY,
    merchant_id          uuid NOT NULL UNIQUE,
    ${vnd('pending_vnd')},
    ${vnd('available_vnd')},
    ${vnd('reserved_vnd')},
    total_vnd            numeric(20,2) NOT NULL CHECK (total_vnd = pending_vnd + available_vnd),
    ${vnd('total_received_vnd')},
    ${vnd('total_paid_out_vnd')},
    ${vnd('total_refunded_vnd')},
    ${vnd('total_fees_vnd')},
    total_payments_count integer NOT NULL,
    total_payouts_count  integer NOT NULL,
    updated_at           timestamptz NOT NULL,
    version              integer NOT NULL
  )`,
  sql`CREATE TABLE sandbox.payments (
    id              uuid PRIMARY KEY,
    merchant_id     uuid NOT NULL,
    business_date   date NOT NULL,
    blockchain      text NOT NULL,
    crypto_currency text NOT NULL,
    crypto_amount   numeric(30,18) NOT NULL CHECK (crypto_amount > 0),
    exchange_rate   numeric(20,8) NOT NULL,
    ${vnd('amount_vnd')},
    ${vnd('fee_vnd')},
    net_vnd         numeric(20,2) NOT NULL CHECK (net_vnd = amount_vnd - fee_vnd),
    status          text NOT NULL CHECK (status IN ('pending', 'confirmed', 'completed', 'expired')),
    tx_hash         text,
    created_at      timestamptz NOT NULL,
    confirmed_at    timestamptz,
    otc_batch_id    uuid CHECK ((status = 'completed') = (otc_batch_id IS NOT NULL))
  )`,
  sql`CREATE TABLE sandbox.refunds (
    id            uuid PRIMARY KEY,
    payment_id    uuid NOT NULL,
    merchant_id   uuid NOT NULL,
    business_date date NOT NULL,
    blockchain    text NOT NULL,
    crypto_amount numeric(30,18) NOT NULL CHECK (crypto_amount > 0),
    ${vnd('amount_vnd')},
    status        text NOT NULL CHECK (status IN ('pending', 'completed')),
    created_at    timestamptz NOT NULL,
    completed_at  timestamptz CHECK ((status = 'completed') = (completed_at IS NOT NULL))
  )`,
  sql`CREATE TABLE sandbox.otc_conversions (
    id            uuid PRIMARY KEY,
    business_date date NOT NULL,
    blockchain    text NOT NULL,
    usdt_sold     numeric(30,18) NOT NULL CHECK (usdt_sold > 0),
    ${vnd('settled_vnd')},
    ${vnd('book_vnd')},
    ${vnd('fees_vnd')},
    ${vnd('received_vnd')},
    spread_vnd    numeric(20,2) NOT NULL CHECK (spread_vnd = received_vnd - book_vnd),
    created_at    timestamptz NOT NULL
  )`,
  sql`CREATE TABLE sandbox.payouts (
    id            uuid PRIMARY KEY,
    merchant_id   uuid NOT NULL,
    business_date date NOT NULL,
    ${vnd('amount_vnd')},
    status        text NOT NULL CHECK (status IN ('requested', 'processing', 'completed', 'failed')),
    bank_name     text NOT NULL,
    bank_account  text NOT NULL,
    created_at    timestamptz NOT NULL,
    completed_at  timestamptz
  )`,
  sql`CREATE TABLE sandbox.expenses (
    id            uuid PRIMARY KEY,
    category      text NOT NULL,
    business_date date NOT NULL,
    ${vnd('amount_vnd')},
    created_at    timestamptz NOT NULL
  )`,
  sql`CREATE TABLE sandbox.treasury_wallets (
    id                      uuid PRIMARY KEY,
    wallet_type             text NOT NULL CHECK (wallet_type IN ('hot', 'cold')),
    blockchain              text NOT NULL,
    address                 text NOT NULL UNIQUE,
    currency                text NOT NULL,
    balance_crypto          numeric(30,18) NOT NULL CHECK (balance_crypto >= 0),
    block_height            bigint NOT NULL,
    balance_last_updated_at timestamptz NOT NULL
  )`,
  sql`CREATE TABLE sandbox.bank_accounts (
    id   uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    bank text NOT NULL,
    ${vnd('balance_vnd')}
  )`,
  sql`CREATE TABLE sandbox.ledger_accounts (
    code     text PRIMARY KEY,
    name     text NOT NULL,
    currency text NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('asset', 'liability', 'revenue', 'expense'))
  )`,
  // One row is a pair: the debit and the credit are always equal.
  sql`CREATE TABLE sandbox.ledger_entries (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    debit_account     text COLLATE "C" NOT NULL,
    credit_account    text COLLATE "C" NOT NULL CHECK (credit_account <> debit_account),
    amount            numeric(38,18) NOT NULL CHECK (amount > 0),
    currency          text NOT NULL,
    reference_type    text NOT NULL,
    reference_id      uuid NOT NULL,
    transaction_group uuid NOT NULL,
    created_at        timestamptz NOT NULL
  )`,
  sql`CREATE TABLE sandbox.audit_logs (
    id          uuid PRIMARY KEY,
    actor       text NOT NULL,
    action      text NOT NULL,
    entity_type text NOT NULL,
    entity_id   uuid NOT NULL,
    before      jsonb,
    after       jsonb,
    ip          inet,
    created_at  timestamptz NOT NULL
  )`,
  // What the switches took, so that all of it can be given back.
  sql`CREATE TABLE sandbox.thefts (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank_code   text,
    blockchain  text CHECK ((bank_code IS NULL) <> (blockchain IS NULL)),
    amount      numeric(38,18) NOT NULL CHECK (amount > 0),
    stolen_at   timestamptz NOT NULL,
    returned_at timestamptz
  )`,
];

/** After the rows, which is faster, and on what the books, the archive and a drill-down look for. */
export const createIndexes: readonly RawBuilder<unknown>[] = [
  sql`CREATE INDEX ledger_entries_credit ON sandbox.ledger_entries (credit_account)`,
  sql`CREATE INDEX ledger_entries_debit ON sandbox.ledger_entries (debit_account)`,
  sql`CREATE INDEX ledger_entries_created ON sandbox.ledger_entries (created_at)`,
  sql`CREATE INDEX payments_merchant ON sandbox.payments (merchant_id)`,
  sql`CREATE INDEX payouts_merchant ON sandbox.payouts (merchant_id)`,
  sql`CREATE INDEX audit_logs_created ON sandbox.audit_logs (created_at, id)`,
];
