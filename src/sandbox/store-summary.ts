/** What the sandbox holds now, as only its maker can see it: broken sources and thefts included. */
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../platform/db/port.ts';
import type { Meta } from './store.ts';
import { readBroken, type Source, tableOf } from './store-switches.ts';

const WALLET = z.object({ blockchain: z.string(), address: z.string(), usdt: z.string() });
const ACCOUNT = z.object({ code: z.string(), bank: z.string(), vnd: z.string() });
const OWED = z.object({ available: z.string(), pending: z.string(), reserved: z.string() });
const THEFT = z.object({
  from: z.string(),
  amount: z.string(),
  currency: z.string(),
  stolenAt: z.date(),
});

/** Amounts are decimal strings. */
export interface Summary extends Meta {
  readonly wallets: readonly z.output<typeof WALLET>[];
  readonly bankAccounts: readonly z.output<typeof ACCOUNT>[];
  /** VND of all merchants. */
  readonly owed: z.output<typeof OWED>;
  /** What was stolen and not given back, oldest first. */
  readonly thefts: readonly z.output<typeof THEFT>[];
  readonly broken: readonly Source[];
}

export const readSummary = (db: Db, meta: Meta): Promise<Summary> =>
  db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
    const broken = await readBroken(tx);
    const wallets = await sql`
      SELECT blockchain, address, balance_crypto::text AS usdt FROM ${tableOf('treasury_wallets', broken)} ORDER BY blockchain`.execute(
      tx,
    );
    const accounts = await sql`
      SELECT code, bank, balance_vnd::text AS vnd FROM ${tableOf('bank_accounts', broken)} ORDER BY code DESC`.execute(
      tx,
    );
    const owed = await sql`
      SELECT sum(available_vnd)::text AS available, sum(pending_vnd)::text AS pending, sum(reserved_vnd)::text AS reserved
      FROM ${tableOf('merchant_balances', broken)}`.execute(tx);
    const thefts = await sql`
      SELECT coalesce(bank_code, 'hot wallet ' || blockchain) AS "from", trim_scale(amount)::text AS amount,
        CASE WHEN bank_code IS NULL THEN 'USDT' ELSE 'VND' END AS currency, stolen_at AS "stolenAt"
      FROM sandbox.thefts WHERE returned_at IS NULL ORDER BY id`.execute(tx);
    return {
      ...meta,
      wallets: z.array(WALLET).parse(wallets.rows),
      bankAccounts: z.array(ACCOUNT).parse(accounts.rows),
      owed: OWED.parse(owed.rows[0]),
      thefts: z.array(THEFT).parse(thefts.rows),
      broken,
    };
  });
