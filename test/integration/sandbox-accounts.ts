/** The accounts of a filled sandbox: what the events say, the balances, the ledger and the book say too. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { divide } from '../../src/kernel/decimal.ts';
import type { FilledSandbox } from '../support/sandbox.ts';
import { inDong, LAST_RATE, only, readBook, select, UNIT, units } from '../support/sandbox-book.ts';

const put = (sums: Map<string, bigint>, key: string | undefined, amount: bigint): void => {
  sums.set(key ?? '', (sums.get(key ?? '') ?? 0n) + amount);
};

export function accountsSuite(of: () => FilledSandbox): void {
  it('pays the rate of the day, rounded down, less one per cent, rounded up', async () => {
    const { db } = of();
    const days = await select(db, 'SELECT date, usdt_vnd FROM sandbox.exchange_rates');
    const rates = new Map(days.map(({ date, usdt_vnd }) => [date, usdt_vnd]));
    expect(rates.get('2026-09-28')).toBe('25925.92072696');
    expect(rates.get('2026-11-22')).toBe(LAST_RATE); // the last observation holds, none is guessed
    const payments = await select(
      db,
      'SELECT business_date, crypto_amount, exchange_rate, amount_vnd, fee_vnd, net_vnd FROM sandbox.payments',
    );
    const wrong = payments.filter((p) => {
      const amount = divide(units(p.crypto_amount) * units(p.exchange_rate), UNIT * UNIT, 'floor') * UNIT;
      const fee = divide(amount / UNIT, 100n, 'ceil') * UNIT;
      const right = { amount_vnd: amount, fee_vnd: fee, net_vnd: amount - fee };
      return (
        p.exchange_rate !== rates.get(p.business_date) ||
        Object.entries(right).some(([column, expected]) => units(p[column]) !== expected)
      );
    });
    expect(payments).toHaveLength(60_000);
    expect(wrong).toEqual([]);
  });

  it('holds for each merchant, wallet and bank account what a recount of the events gives', async () => {
    const { db } = of();
    const recount = await recountEvents(db);
    const balances = await select(db, 'SELECT * FROM sandbox.merchant_balances');
    const wrong = balances.filter((b) => {
      const count = (kind: 'pending' | 'available' | 'reserved') => recount[kind].get(b.merchant_id ?? '') ?? 0n;
      const gone = units(b.total_fees_vnd) + units(b.total_paid_out_vnd) + units(b.total_refunded_vnd);
      return (
        units(b.pending_vnd) !== count('pending') ||
        units(b.available_vnd) !== count('available') ||
        units(b.reserved_vnd) !== count('reserved') ||
        units(b.total_vnd) !== count('pending') + count('available') || // without what is reserved
        units(b.total_received_vnd) - gone !== units(b.total_vnd) + units(b.reserved_vnd)
      );
    });
    expect(balances).toHaveLength(10_000);
    expect(wrong).toEqual([]);
    const owed = balances.map((b) => units(b.total_vnd) + units(b.reserved_vnd));
    expect(owed.filter((amount) => amount < 0n)).toEqual([]);
    expect(owed.filter((amount) => amount === 0n).length).toBeGreaterThan(1_500);
    expect(owed.filter((amount) => amount > 50_000_000_000n * UNIT)).toHaveLength(1);

    const wallets = await select(
      db,
      'SELECT blockchain AS place, balance_crypto AS held FROM sandbox.treasury_wallets',
    );
    const accounts = await select(db, 'SELECT code AS place, balance_vnd AS held FROM sandbox.bank_accounts');
    expect(wallets.map(({ place }) => place).sort()).toEqual(['bsc', 'ethereum', 'tron']);
    expect(accounts.map(({ place }) => place).sort()).toEqual(['operating', 'vnd_pool']);
    for (const { place, held } of [...wallets, ...accounts]) {
      expect(units(held), place).toBeGreaterThan(0n);
      expect(units(held), place).toBe(recount.held.get(place ?? ''));
    }
  });

  it('never held less than nothing in any account, nor owed a merchant less, at any moment', async () => {
    const { db } = of();
    const accounts = await select(
      db,
      `SELECT code, min(balance) AS least FROM (
         SELECT code, sum(moved) OVER (PARTITION BY code ORDER BY created_at, id) AS balance FROM (
           SELECT id, created_at, code, CASE WHEN (debit_account = code) = (kind IN ('asset', 'expense')) THEN amount ELSE -amount END AS moved
           FROM sandbox.ledger_entries JOIN sandbox.ledger_accounts ON code IN (debit_account, credit_account)
         ) AS legs
       ) AS running GROUP BY code`,
    );
    expect(accounts).toHaveLength(13);
    expect(accounts.filter(({ least }) => units(least) < 0n)).toEqual([]);
    const merchants = await only(
      db,
      `SELECT min(available) AS least FROM (
         SELECT sum(moved) OVER (PARTITION BY merchant_id ORDER BY at) AS available FROM (
           SELECT merchant_id, net_vnd AS moved, c.created_at AS at FROM sandbox.payments JOIN sandbox.otc_conversions AS c ON c.id = otc_batch_id
           UNION ALL SELECT merchant_id, -amount_vnd, created_at FROM sandbox.payouts
           UNION ALL SELECT merchant_id, amount_vnd, completed_at FROM sandbox.payouts WHERE status = 'failed'
           UNION ALL SELECT merchant_id, -amount_vnd, completed_at FROM sandbox.refunds WHERE status = 'completed'
         ) AS moves
       ) AS running`,
    );
    expect(units(merchants.least)).toBeGreaterThanOrEqual(0n);
  });

  it('says the same in its ledger as in its balances', async () => {
    const { db } = of();
    const ledger = await select(
      db,
      `SELECT code, coalesce(sum(CASE WHEN (debit_account = code) = (kind IN ('asset', 'expense')) THEN amount ELSE -amount END), 0) AS balance
       FROM sandbox.ledger_accounts AS a LEFT JOIN sandbox.ledger_entries AS e ON code IN (debit_account, credit_account) AND e.currency = a.currency
       GROUP BY code`,
    );
    const kept = await only(
      db,
      `SELECT (SELECT sum(pending_vnd) FROM sandbox.merchant_balances) AS merchant_pending,
         (SELECT sum(available_vnd) FROM sandbox.merchant_balances) AS merchant_available,
         (SELECT sum(reserved_vnd) FROM sandbox.merchant_balances) AS merchant_reserved,
         (SELECT balance_vnd FROM sandbox.bank_accounts WHERE code = 'vnd_pool') AS vnd_pool,
         (SELECT balance_vnd FROM sandbox.bank_accounts WHERE code = 'operating') AS operating_bank,
         (SELECT balance_crypto FROM sandbox.treasury_wallets WHERE blockchain = 'tron') AS hot_wallet_tron,
         (SELECT balance_crypto FROM sandbox.treasury_wallets WHERE blockchain = 'ethereum') AS hot_wallet_ethereum,
         (SELECT balance_crypto FROM sandbox.treasury_wallets WHERE blockchain = 'bsc') AS hot_wallet_bsc,
         (SELECT sum(balance_crypto) FROM sandbox.treasury_wallets) AS usdt_position,
         (SELECT sum(net_vnd) FROM sandbox.payments WHERE status = 'confirmed') AS usdt_inventory,
         (SELECT sum(fees_vnd) FROM sandbox.otc_conversions) AS fee_revenue,
         (SELECT sum(spread_vnd) FROM sandbox.otc_conversions) AS otc_spread,
         (SELECT sum(amount_vnd) FROM sandbox.expenses) AS expenses`,
    );
    const exact = (entries: readonly (readonly [string | undefined, string | undefined])[]) =>
      Object.fromEntries(entries.map(([code, amount]) => [code, units(amount)]));
    expect(exact(ledger.map(({ code, balance }) => [code, balance]))).toEqual(exact(Object.entries(kept)));
    const strays = await only(
      db,
      `SELECT count(*) AS n FROM sandbox.ledger_entries AS e
       LEFT JOIN sandbox.ledger_accounts AS d ON d.code = debit_account LEFT JOIN sandbox.ledger_accounts AS c ON c.code = credit_account
       WHERE d.currency IS DISTINCT FROM e.currency OR c.currency IS DISTINCT FROM e.currency`,
    );
    expect(strays.n).toBe('0');
  });

  it('is solvent by the default book: its own money, and what the unsold USDT gained, to the dong', async () => {
    const { db } = of();
    const { lines, difference } = await readBook(db);
    expect([...lines].filter(([, { kind }]) => kind !== 'read')).toEqual([]);
    const kept = await only(
      db,
      `SELECT (SELECT balance_vnd FROM sandbox.bank_accounts WHERE code = 'operating') AS own,
         sum(pending_vnd) AS credited, sum(total_vnd + reserved_vnd) AS owed FROM sandbox.merchant_balances`,
    );
    const wallets = await select(db, 'SELECT balance_crypto FROM sandbox.treasury_wallets');
    const unsold = wallets.reduce((sum, wallet) => sum + inDong(units(wallet.balance_crypto)), 0n);
    expect(difference).toBe(units(kept.own) + unsold - units(kept.credited));
    expect(difference * 100n).toBeGreaterThan(units(kept.owed)); // a surplus above 1 % of what is owed
    expect(difference * 20n).toBeLessThan(units(kept.owed)); // and below 5 %
  });

  it('has no amount, rather than zero, where a source was emptied', async () => {
    const { db } = of();
    const linesOf = { treasury_wallets: 3, bank_accounts: 1, ledger_entries: 2, expenses: 1, merchant_balances: 3 };
    for (const [table, count] of Object.entries(linesOf)) {
      const { lines } = await readBook(db, sql`TRUNCATE ${sql.table(`sandbox.${table}`)}`);
      const unknown = [...lines.values()].filter(
        (line) => line.kind === 'unreadable' && /NULL|no row/.test(line.reason),
      );
      expect(unknown.length, table).toBe(count);
    }
  });
}

/** What everything comes to, event by event. */
async function recountEvents(db: FilledSandbox['db']) {
  const sums = () => new Map<string, bigint>();
  const [pending, available, reserved, held] = [sums(), sums(), sums(), sums()];
  for (const p of await select(db, `SELECT * FROM sandbox.payments WHERE status IN ('confirmed', 'completed')`)) {
    put(p.status === 'completed' ? available : pending, p.merchant_id, units(p.net_vnd));
    put(held, p.blockchain, units(p.crypto_amount));
  }
  for (const p of await select(db, `SELECT * FROM sandbox.payouts WHERE status <> 'failed'`)) {
    put(available, p.merchant_id, -units(p.amount_vnd));
    if (p.status === 'completed') put(held, 'vnd_pool', -units(p.amount_vnd));
    else put(reserved, p.merchant_id, units(p.amount_vnd));
  }
  for (const r of await select(db, `SELECT * FROM sandbox.refunds WHERE status = 'completed'`)) {
    put(available, r.merchant_id, -units(r.amount_vnd));
    put(held, r.blockchain, -units(r.crypto_amount));
  }
  for (const c of await select(db, 'SELECT * FROM sandbox.otc_conversions')) {
    put(held, c.blockchain, -units(c.usdt_sold));
    put(held, 'vnd_pool', units(c.book_vnd) - units(c.fees_vnd));
    put(held, 'operating', units(c.fees_vnd) + units(c.received_vnd) - units(c.book_vnd));
  }
  for (const e of await select(db, 'SELECT * FROM sandbox.expenses')) put(held, 'operating', -units(e.amount_vnd));
  return { pending, available, reserved, held };
}
