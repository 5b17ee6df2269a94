/** What the switches do to the gateway's tables. A thief leaves no ledger entry; `thefts` is ours, not the gateway's. */
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { formatMoney, type Money } from '../kernel/money.ts';
import type { Sql, Tx } from '../platform/db/port.ts';
import type { BankAccount, Chain } from './rules.ts';

/** Tables from which a book reads, and which can be made unreadable. */
export const SOURCES = ['treasury_wallets', 'bank_accounts', 'merchant_balances', 'ledger_entries'] as const;
export type Source = (typeof SOURCES)[number];

export type Place =
  | { readonly kind: 'bank'; readonly account: BankAccount }
  | { readonly kind: 'wallet'; readonly blockchain: Chain };

const AMOUNT = z.object({ amount: z.string() });
const NAME = z.object({ name: z.enum(SOURCES) });

const hidden = (source: Source): string => `${source}_unreadable`;
const moment = (epochMs: number): RawBuilder<unknown> => sql`${new Date(epochMs).toISOString()}::text::timestamptz`;

/** The table of a source, under whichever name it has now. */
export const tableOf = (source: Source, broken: readonly Source[]): RawBuilder<unknown> =>
  sql.table(`sandbox.${broken.includes(source) ? hidden(source) : source}`);

/** Whoever asks for the table from now on gets "relation does not exist". */
export async function hide(tx: Tx, source: Source): Promise<void> {
  await sql`ALTER TABLE ${sql.table(`sandbox.${source}`)} RENAME TO ${sql.id(hidden(source))}`.execute(tx);
}

export async function unhide(tx: Tx, source: Source): Promise<void> {
  await sql`ALTER TABLE ${sql.table(`sandbox.${hidden(source)}`)} RENAME TO ${sql.id(source)}`.execute(tx);
}

export async function readBroken(db: Sql | Tx): Promise<readonly Source[]> {
  const { rows } = await sql`
    SELECT source AS name FROM (VALUES ${sql.join(SOURCES.map((source) => sql`(${source}::text)`))}) AS sources (source)
    WHERE to_regclass('sandbox.' || source || '_unreadable') IS NOT NULL ORDER BY source`.execute(db);
  return z
    .array(NAME)
    .parse(rows)
    .map(({ name }) => name);
}

const balance = (
  place: Place,
): { readonly table: RawBuilder<unknown>; readonly column: RawBuilder<unknown>; readonly here: RawBuilder<unknown> } =>
  place.kind === 'bank'
    ? { table: sql`sandbox.bank_accounts`, column: sql`balance_vnd`, here: sql`code = ${place.account}` }
    : {
        table: sql`sandbox.treasury_wallets`,
        column: sql`balance_crypto`,
        here: sql`blockchain = ${place.blockchain} AND wallet_type = 'hot' AND currency = 'USDT'`,
      };

/** @returns false where there is less than that; nothing is taken then */
export async function take(tx: Tx, place: Place, amount: Money): Promise<boolean> {
  const { table, column, here } = balance(place);
  const wanted = sql`${formatMoney(amount)}::text::numeric`;
  const { rows } = await sql`
    UPDATE ${table} SET ${column} = ${column} - ${wanted} WHERE ${here} AND ${column} >= ${wanted}
    RETURNING ${column}`.execute(tx);
  return rows.length === 1;
}

/** Decimal text. */
export async function readBalance(tx: Tx, place: Place): Promise<string> {
  const { table, column, here } = balance(place);
  const { rows } = await sql`SELECT ${column}::text AS amount FROM ${table} WHERE ${here}`.execute(tx);
  return AMOUNT.parse(rows[0]).amount;
}

export async function insertTheft(tx: Tx, place: Place, amount: Money, stolenAtMs: number): Promise<void> {
  await sql`
    INSERT INTO sandbox.thefts (bank_code, blockchain, amount, stolen_at)
    VALUES (${place.kind === 'bank' ? place.account : null}::text, ${place.kind === 'wallet' ? place.blockchain : null}::text,
      ${formatMoney(amount)}::text::numeric, ${moment(stolenAtMs)})`.execute(tx);
}

/** Every theft that was not undone yet is. @returns how many */
export async function returnThefts(tx: Tx, returnedAtMs: number): Promise<number> {
  await sql`
    UPDATE sandbox.bank_accounts AS b SET balance_vnd = balance_vnd + stolen.amount
    FROM (SELECT bank_code, sum(amount) AS amount FROM sandbox.thefts WHERE returned_at IS NULL GROUP BY bank_code) AS stolen
    WHERE b.code = stolen.bank_code`.execute(tx);
  await sql`
    UPDATE sandbox.treasury_wallets AS w SET balance_crypto = balance_crypto + stolen.amount
    FROM (SELECT blockchain, sum(amount) AS amount FROM sandbox.thefts WHERE returned_at IS NULL GROUP BY blockchain) AS stolen
    WHERE w.blockchain = stolen.blockchain AND w.wallet_type = 'hot' AND w.currency = 'USDT'`.execute(tx);
  const { rows } = await sql`
    UPDATE sandbox.thefts SET returned_at = ${moment(returnedAtMs)} WHERE returned_at IS NULL RETURNING id`.execute(tx);
  return rows.length;
}
