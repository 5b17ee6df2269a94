/**
 * A small platform of its own tables: accounts that somebody holds for it, entries that say what moved
 * them, and a book over both, as of any instant.
 */
import { sql } from 'kysely';
import type { Db } from '../../src/platform/db/port.ts';

const rewound = (account: string): string => `
  SELECT balance - (SELECT coalesce(sum(CASE WHEN debit_account = '${account}' THEN amount ELSE -amount END), 0)
    FROM entries WHERE created_at >= :cut AND '${account}' IN (debit_account, credit_account)) AS amount
  FROM held WHERE code = '${account}'`;
const ledger = (account: string): string => `
  SELECT coalesce(sum(CASE WHEN debit_account = '${account}' THEN amount ELSE -amount END), 0) AS amount
  FROM entries WHERE created_at < :cut AND '${account}' IN (debit_account, credit_account)`;

/** Pool in dong, bank under another account's name, wallet in USDT; all of it owed to merchants but the fees. */
export const LEDGERED_BOOK = JSON.stringify({
  book: 'test',
  version: 1,
  currency: 'VND',
  zone: 'Asia/Ho_Chi_Minh',
  tolerance: '1000.00',
  tolerances: { VND: '0' },
  assets: [{ id: 'pool', title: 'Pool', currency: 'VND', sql: rewound('pool') }],
  liabilities: [
    {
      id: 'merchants',
      title: 'Merchants',
      currency: 'VND',
      sql: ledger('merchants').replace('amount ELSE -amount', '-amount ELSE amount'),
    },
  ],
  observed: [
    { id: 'pool', title: 'Pool', currency: 'VND', sql: rewound('pool'), ledger: ledger('pool') },
    {
      id: 'bank',
      title: 'Bank',
      currency: 'VND',
      account: 'operating',
      sql: rewound('operating'),
      ledger: ledger('operating'),
    },
    { id: 'wallet', title: 'Wallet', currency: 'USDT', sql: rewound('wallet'), ledger: ledger('wallet') },
  ],
  explained_by: [
    { id: 'fees', title: 'Fees', sql: ledger('fees').replace('amount ELSE -amount', '-amount ELSE amount') },
    { id: 'revaluation', title: 'Revaluation', revalues: 'USDT', cost: ledger('inventory') },
  ],
  entries: { sql: 'SELECT id, debit_account, credit_account, amount, currency, reference, created_at FROM entries' },
});

export interface Platform {
  /** Money moves, and the ledger says so. */
  move(entry: { debit: string; credit: string; amount: string; at: string; currency?: string }): Promise<void>;
  /** What somebody holds changes, and no entry says so; below zero where it goes. */
  take(account: string, amount: string): Promise<void>;
}

export async function openPlatform(db: Db): Promise<Platform> {
  await sql`CREATE TABLE held (code text PRIMARY KEY, balance numeric(38,18) NOT NULL)`.execute(db.sql);
  await sql`CREATE TABLE entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit_account text NOT NULL, credit_account text NOT NULL,
    amount numeric(38,18) NOT NULL, currency text NOT NULL, reference text NOT NULL, created_at timestamptz NOT NULL)`.execute(
    db.sql,
  );
  await sql`INSERT INTO held VALUES ('pool', 0), ('operating', 0), ('wallet', 0)`.execute(db.sql);
  const change = async (account: string, amount: string): Promise<void> => {
    await sql`UPDATE held SET balance = balance + ${amount}::numeric WHERE code = ${account}`.execute(db.sql);
  };
  return {
    move: async ({ debit, credit, amount, at, currency = 'VND' }) => {
      await sql`INSERT INTO entries (debit_account, credit_account, amount, currency, reference, created_at)
        VALUES (${debit}, ${credit}, ${amount}::numeric, ${currency}, 'payment of ' || ${credit}::text, ${at}::timestamptz)`.execute(
        db.sql,
      );
      await change(debit, amount);
      await change(credit, `-${amount}`);
    },
    take: change,
  };
}
