/** The simulated gateway: the same everywhere, right to the last dong, and honest about what was taken from it. */
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseBook } from '../../src/features/reconciliation/book.ts';
import { beginSnapshot, readLine } from '../../src/features/reconciliation/store.ts';
import { addDays } from '../../src/kernel/business-date.ts';
import { divide, parseDecimal, pow10 } from '../../src/kernel/decimal.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { describeEachDb } from '../support/databases.ts';
import { describeFilledSandbox, digestOf, SANDBOX_DATE } from '../support/sandbox.ts';

/** Of seed 42 on 2026-11-23. Where other rows are meant, count GENERATOR_VERSION up with it. */
const DIGEST = 'c0c55ae40643004be8d3e8048de9833e6700f072c59cc6bc46984f810ae63140';

const ROW = z.record(z.string(), z.string().nullable());
type Row = Readonly<Record<string, string>>;

/** All columns as text; NULL is the empty text. */
async function select(db: Db, query: string): Promise<readonly Row[]> {
  const { rows } =
    await sql`SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each_text(to_jsonb(t))) AS row FROM (${sql.raw(query)}) AS t`.execute(
      db.sql,
    );
  return z
    .array(z.object({ row: ROW }))
    .parse(rows)
    .map(({ row }) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value ?? ''])));
}

async function only(db: Db, query: string): Promise<Row> {
  const [row, ...more] = await select(db, query);
  if (row === undefined || more.length > 0) throw new Error(`not one row: ${query}`);
  return row;
}

/** A decimal text times 10^18: exact, and made without the database's arithmetic. */
function units(text: string | undefined): bigint {
  const value = parseDecimal(text ?? '');
  if (value === undefined || value.scale > 18) throw new Error(`not an amount: ${text}`);
  return value.units * pow10(18 - value.scale);
}
const DONG = pow10(18);
const dong = (amount: bigint): string => `${divide(amount, DONG / 100n, 'down')}`.replace(/(\d\d)$/, '.$1');

const tally = () => new Map<string, bigint>();
const put = (sums: Map<string, bigint>, key: string | undefined, amount: bigint): void => {
  sums.set(key ?? '', (sums.get(key ?? '') ?? 0n) + amount);
};

describeFilledSandbox('a sandbox', (of) => {
  it('is whole after its first maker was killed, and the same on every engine, digit for digit', async () => {
    const { db, filled, killedAt } = of();
    expect(killedAt).toBe('payouts');
    expect(filled).toMatchObject({ created: true, seed: 42, date: SANDBOX_DATE, merchants: 10_000, payments: 60_000 });
    expect(await digestOf(db)).toBe(DIGEST);
  });

  it('is left alone by a second fill, whatever that asks for', async () => {
    const { db, sandbox, filled } = of();
    const steps: string[] = [];
    const again = await sandbox.fill({
      seed: 7,
      date: addDays(SANDBOX_DATE, 1),
      onProgress: (step) => steps.push(step),
    });
    expect(again).toEqual({ ...filled, created: false });
    expect(steps).toEqual([]);
    expect(await digestOf(db)).toBe(DIGEST);
  });

  it('has 13 months of everything, and nothing that is still to come', async () => {
    const { db, filled } = of();
    expect(filled.auditLogs).toBeGreaterThan(115_000);
    expect(filled.auditLogs).toBeLessThan(125_000);
    const months = await select(
      db,
      `SELECT to_char(created_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM') AS month, count(*) AS entries FROM sandbox.audit_logs GROUP BY 1`,
    );
    expect(months.filter(({ entries }) => Number(entries) > 8_000)).toHaveLength(12); // the other two are the halves at either end
    expect(months).toHaveLength(14);
    for (const [table, column] of [
      ['audit_logs', 'created_at'],
      ['payments', 'confirmed_at'],
      ['payouts', 'completed_at'],
      ['ledger_entries', 'created_at'],
      ['merchant_balances', 'updated_at'],
      ['treasury_wallets', 'balance_last_updated_at'],
    ]) {
      const late = await only(
        db,
        `SELECT count(*) AS n FROM sandbox.${table} WHERE ${column} >= '2026-11-22T17:00:00Z'`,
      );
      expect(late, table).toEqual({ n: '0' });
    }
    const states = await only(
      db,
      `SELECT
      (SELECT count(DISTINCT status) FROM sandbox.payments) AS payments, (SELECT count(DISTINCT status) FROM sandbox.payouts) AS payouts,
      (SELECT count(DISTINCT status) FROM sandbox.refunds) AS refunds, (SELECT count(DISTINCT category) FROM sandbox.expenses) AS costs,
      (SELECT count(*) FROM sandbox.otc_conversions) AS conversions, (SELECT count(*) FROM sandbox.expenses) AS expenses`,
    );
    expect(states).toEqual({
      payments: '4',
      payouts: '4',
      refunds: '2',
      costs: '5',
      conversions: '1185',
      expenses: '60',
    });
  });

  it('was written by statements of 5,000 rows at the most', async () => {
    const { db } = of();
    for (const table of [
      'merchants',
      'merchant_balances',
      'payments',
      'payouts',
      'refunds',
      'otc_conversions',
      'ledger_entries',
      'audit_logs',
    ]) {
      const { rows } = await only(
        db,
        `SELECT max(n) AS rows FROM (SELECT count(*) AS n FROM sandbox.${table} GROUP BY xmin::text) AS by_transaction`,
      );
      expect(Number(rows), table).toBeLessThanOrEqual(5_000);
    }
  });

  it('pays the rate of the day, rounded down, less one per cent, rounded up', async () => {
    const { db } = of();
    const rates = new Map(
      (await select(db, 'SELECT date, usdt_vnd FROM sandbox.exchange_rates')).map((row) => [
        row['date'],
        row['usdt_vnd'],
      ]),
    );
    expect(rates.get('2026-09-28')).toBe('25925.92072696');
    expect(rates.get('2026-11-22')).toBe(rates.get('2026-09-29')); // held, not guessed
    const payments = await select(
      db,
      'SELECT business_date, crypto_amount, exchange_rate, amount_vnd, fee_vnd, net_vnd FROM sandbox.payments',
    );
    const wrong = payments.filter((p) => {
      const amount = divide(units(p['crypto_amount']) * units(p['exchange_rate']), DONG * DONG, 'floor') * DONG;
      const fee = divide(amount / DONG, 100n, 'ceil') * DONG;
      return (
        p['exchange_rate'] !== rates.get(p['business_date']) ||
        units(p['amount_vnd']) !== amount ||
        units(p['fee_vnd']) !== fee ||
        units(p['net_vnd']) !== amount - fee
      );
    });
    expect(payments).toHaveLength(60_000);
    expect(wrong).toEqual([]);
  });

  it('holds for each merchant, wallet and account what a recount of the events gives', async () => {
    const { db } = of();
    const pending = tally();
    const available = tally();
    const reserved = tally();
    const wallets = tally();
    const banks = new Map([
      ['vnd_pool', 0n],
      ['operating', 0n],
    ]);
    for (const p of await select(db, `SELECT * FROM sandbox.payments WHERE status IN ('confirmed', 'completed')`)) {
      put(p['status'] === 'completed' ? available : pending, p['merchant_id'], units(p['net_vnd']));
      put(wallets, p['blockchain'], units(p['crypto_amount']));
    }
    for (const p of await select(db, `SELECT * FROM sandbox.payouts WHERE status <> 'failed'`)) {
      put(available, p['merchant_id'], -units(p['amount_vnd']));
      if (p['status'] === 'completed') put(banks, 'vnd_pool', -units(p['amount_vnd']));
      else put(reserved, p['merchant_id'], units(p['amount_vnd']));
    }
    for (const r of await select(db, `SELECT * FROM sandbox.refunds WHERE status = 'completed'`)) {
      put(available, r['merchant_id'], -units(r['amount_vnd']));
      put(wallets, r['blockchain'], -units(r['crypto_amount']));
    }
    for (const c of await select(db, 'SELECT * FROM sandbox.otc_conversions')) {
      put(wallets, c['blockchain'], -units(c['usdt_sold']));
      put(banks, 'vnd_pool', units(c['book_vnd']) - units(c['fees_vnd']));
      put(banks, 'operating', units(c['fees_vnd']) + units(c['received_vnd']) - units(c['book_vnd']));
    }
    for (const e of await select(db, 'SELECT * FROM sandbox.expenses'))
      put(banks, 'operating', -units(e['amount_vnd']));

    const balances = await select(db, 'SELECT * FROM sandbox.merchant_balances');
    const wrong = balances.filter((b) => {
      const [p, a, r] = [pending, available, reserved].map((sums) => sums.get(b['merchant_id'] ?? '') ?? 0n);
      const owed =
        units(b['total_received_vnd']) -
        units(b['total_fees_vnd']) -
        units(b['total_paid_out_vnd']) -
        units(b['total_refunded_vnd']);
      return (
        units(b['pending_vnd']) !== p ||
        units(b['available_vnd']) !== a ||
        units(b['reserved_vnd']) !== r ||
        units(b['total_vnd']) + (r ?? 0n) !== owed
      );
    });
    expect(balances).toHaveLength(10_000);
    expect(wrong).toEqual([]);
    expect(balances.filter((b) => units(b['total_vnd']) === 0n).length).toBeGreaterThan(1_500);
    expect(balances.filter((b) => units(b['total_vnd']) > 10n ** 11n * DONG)).toHaveLength(1);
    expect(balances.filter((b) => b['pending_vnd']?.startsWith('-') || b['available_vnd']?.startsWith('-'))).toEqual(
      [],
    );
    for (const w of await select(db, 'SELECT * FROM sandbox.treasury_wallets'))
      expect(units(w['balance_crypto']), w['blockchain']).toBe(wallets.get(w['blockchain'] ?? ''));
    for (const b of await select(db, 'SELECT * FROM sandbox.bank_accounts'))
      expect(units(b['balance_vnd']), b['code']).toBe(banks.get(b['code'] ?? ''));
  });

  it('never owed a merchant less than nothing, nor held less, at any moment of its history', async () => {
    const { db } = of();
    const least = await select(
      db,
      `
      SELECT code, min(balance) AS least FROM (
        SELECT code, sum(moved) OVER (PARTITION BY code ORDER BY created_at, id) AS balance FROM (
          SELECT id, created_at, debit_account AS code, CASE WHEN kind IN ('asset', 'expense') THEN amount ELSE -amount END AS moved
          FROM sandbox.ledger_entries JOIN sandbox.ledger_accounts ON code = debit_account
          UNION ALL
          SELECT id, created_at, credit_account, CASE WHEN kind IN ('asset', 'expense') THEN -amount ELSE amount END
          FROM sandbox.ledger_entries JOIN sandbox.ledger_accounts ON code = credit_account
        ) AS legs) AS running GROUP BY code`,
    );
    expect(least).toHaveLength(13);
    expect(least.filter((row) => row['least']?.startsWith('-'))).toEqual([]);
    const merchants = await only(
      db,
      `
      SELECT min(available) AS least FROM (
        SELECT sum(moved) OVER (PARTITION BY merchant_id ORDER BY at) AS available FROM (
          SELECT merchant_id, net_vnd AS moved, c.created_at AS at FROM sandbox.payments AS p JOIN sandbox.otc_conversions AS c ON c.id = otc_batch_id
          UNION ALL SELECT merchant_id, -amount_vnd, created_at FROM sandbox.payouts
          UNION ALL SELECT merchant_id, amount_vnd, completed_at FROM sandbox.payouts WHERE status = 'failed'
          UNION ALL SELECT merchant_id, -amount_vnd, completed_at FROM sandbox.refunds WHERE status = 'completed'
        ) AS moves) AS running`,
    );
    expect(units(merchants['least'])).toBeGreaterThanOrEqual(0n);
  });

  it('says the same in its ledger as in its balances', async () => {
    const { db } = of();
    const ledger = await select(
      db,
      `
      SELECT code, coalesce(sum(CASE WHEN (debit_account = code) = (kind IN ('asset', 'expense')) THEN amount ELSE -amount END), 0) AS balance
      FROM sandbox.ledger_accounts AS a LEFT JOIN sandbox.ledger_entries AS e ON code IN (debit_account, credit_account) AND e.currency = a.currency
      GROUP BY code`,
    );
    const balance = (code: string): bigint => units(ledger.find((row) => row['code'] === code)?.['balance']);
    const kept = await only(
      db,
      `
      SELECT (SELECT sum(pending_vnd) FROM sandbox.merchant_balances) AS merchant_pending,
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
    for (const [code, amount] of Object.entries(kept)) expect(balance(code), code).toBe(units(amount));
    expect(ledger).toHaveLength(Object.keys(kept).length);
    const strays = await only(
      db,
      `
      SELECT count(*) AS n FROM sandbox.ledger_entries AS e
      LEFT JOIN sandbox.ledger_accounts AS d ON d.code = debit_account LEFT JOIN sandbox.ledger_accounts AS c ON c.code = credit_account
      WHERE d.currency IS DISTINCT FROM e.currency OR c.currency IS DISTINCT FROM e.currency`,
    );
    expect(strays).toEqual({ n: '0' });
  });

  it("is solvent by the default book: its own money and the unsold USDT's rise, to the dong", async () => {
    const { db } = of();
    const { lines, difference } = await readBook(db);
    expect(Object.values(lines).every(({ kind }) => kind === 'read')).toBe(true);
    const own = await only(
      db,
      `
      SELECT (SELECT balance_vnd FROM sandbox.bank_accounts WHERE code = 'operating') AS operating,
        (SELECT sum(floor(balance_crypto * 25934.21778743)) FROM sandbox.treasury_wallets) AS unsold,
        (SELECT sum(pending_vnd) FROM sandbox.merchant_balances) AS credited`,
    );
    expect(difference).toBe(units(own['operating']) + units(own['unsold']) - units(own['credited']));
    const owed = await only(db, 'SELECT sum(total_vnd + reserved_vnd) AS owed FROM sandbox.merchant_balances');
    expect(difference * 100n).toBeGreaterThan(units(owed['owed'])); // a surplus of more than 1 %,
    expect(difference * 20n).toBeLessThan(units(owed['owed'])); //    and less than 5 %
  });

  it('loses exactly what is stolen, and gets all of it back', async () => {
    const { db, sandbox } = of();
    const before = await readBook(db);
    await sandbox.steal({ from: 'bank', amount: '20000000000.01' });
    const robbed = await readBook(db);
    expect(dong(before.difference - robbed.difference)).toBe('20000000000.01');
    await sandbox.steal({ from: 'wallet', blockchain: 'bsc', amount: '0.000000000000000001' });
    await sandbox.steal({ from: 'wallet', blockchain: 'tron', amount: '1000' });
    await sandbox.steal({ from: 'bank', account: 'operating', amount: '1' });
    expect(await sandbox.summary()).toMatchObject({
      thefts: [
        { from: 'vnd_pool', amount: '20000000000.01', currency: 'VND' },
        { from: 'hot wallet bsc', amount: '0.000000000000000001', currency: 'USDT' },
        { from: 'hot wallet tron', amount: '1000', currency: 'USDT' },
        { from: 'operating', amount: '1', currency: 'VND' },
      ],
    });
    const { difference } = await readBook(db);
    expect(dong(robbed.difference - difference)).toBe('25934217.00');
    expect(await sandbox.makeWhole()).toEqual({ theftsUndone: 4, mended: [] });
    expect(await sandbox.makeWhole()).toEqual({ theftsUndone: 0, mended: [] });
    expect(await digestOf(db)).toBe(DIGEST);
    expect((await sandbox.summary())?.thefts).toEqual([]);
  });

  it('refuses to lose more than there is, or nothing', async () => {
    const { db, sandbox } = of();
    const held = (await sandbox.summary())?.bankAccounts.find(({ code }) => code === 'vnd_pool')?.vnd ?? '';
    const tooMuch = sandbox.steal({ from: 'bank', amount: held.replace('.00', '.01') });
    await expect(tooMuch).rejects.toMatchObject({
      kind: 'invalid',
      code: 'sandbox.not_enough',
      message: expect.stringContaining('vnd_pool holds; at most'),
    });
    await expect(sandbox.steal({ from: 'wallet', blockchain: 'tron', amount: '0' })).rejects.toMatchObject({
      code: 'sandbox.amount_not_positive',
    });
    await expect(sandbox.steal({ from: 'wallet', blockchain: 'tron', amount: '-5' })).rejects.toMatchObject({
      code: 'sandbox.amount_not_positive',
    });
    await expect(sandbox.steal({ from: 'bank', amount: '0.001' })).rejects.toMatchObject({
      code: 'money.excess_precision',
    });
    await expect(sandbox.steal({ from: 'bank', amount: '1e9' })).rejects.toMatchObject({ code: 'money.malformed' });
    expect(await digestOf(db)).toBe(DIGEST);
  });

  it('has sources that break and mend, and are never read as zero', async () => {
    const { db, sandbox } = of();
    await sandbox.breakSource('treasury_wallets');
    await sandbox.breakSource('treasury_wallets');
    const { lines } = await readBook(db);
    expect(
      Object.entries(lines)
        .filter(([, { kind }]) => kind === 'unreadable')
        .map(([id]) => id),
    ).toEqual(['hot_wallet_tron', 'hot_wallet_ethereum', 'hot_wallet_bsc']);
    expect(await sandbox.summary()).toMatchObject({
      broken: ['treasury_wallets'],
      wallets: [{ blockchain: 'bsc' }, { blockchain: 'ethereum' }, { blockchain: 'tron' }],
    });
    await expect(sandbox.steal({ from: 'wallet', blockchain: 'tron', amount: '1' })).rejects.toMatchObject({
      kind: 'conflict',
      code: 'sandbox.source_broken',
    });
    await sandbox.mendSource('treasury_wallets');
    await sandbox.mendSource('treasury_wallets');
    await sandbox.breakSource('ledger_entries');
    expect(await sandbox.makeWhole()).toEqual({ theftsUndone: 0, mended: ['ledger_entries'] });
    expect(await digestOf(db)).toBe(DIGEST);
  });

  it('has no amount for a source that was emptied', async () => {
    const { db } = of();
    for (const table of ['treasury_wallets', 'bank_accounts', 'merchant_balances', 'ledger_entries', 'expenses']) {
      const { lines } = await readBook(db, `DELETE FROM sandbox.${table}`);
      const unknown = Object.values(lines).filter((line) => line.kind === 'unreadable' && line.reason.includes('NULL'));
      expect(unknown.length, table).toBe({ treasury_wallets: 3, merchant_balances: 3, ledger_entries: 2 }[table] ?? 1);
    }
    expect(await digestOf(db)).toBe(DIGEST);
  });
});

const book = parseBook(readFileSync('books/reference.yaml', 'utf8'), 'reference.yaml', { schema: 'sandbox' });

/** All lines in one transaction, which is undone; the difference times 10^18, USDT at the last rate that was recorded. */
async function readBook(db: Db, first?: string) {
  const undone = new Error('undone');
  const lines: Record<string, Awaited<ReturnType<typeof readLine>>> = {};
  const work = db.transaction({ isolation: 'repeatable read' }, async (tx) => {
    if (first !== undefined) await sql.raw(first).execute(tx);
    await beginSnapshot(tx, book.schema, 60_000);
    for (const line of book.lines) lines[line.id] = await readLine(tx, line);
    throw undone;
  });
  await expect(work).rejects.toBe(undone);
  let difference = 0n;
  for (const { id, side, sign, currency } of book.lines) {
    const reading = lines[id];
    if (reading?.kind !== 'read') continue;
    const amount = reading.amount.minor * pow10(18 - currency.decimals);
    const inDong =
      currency.code === 'VND' ? amount : divide(amount * units('25934.21778743'), DONG * DONG, 'floor') * DONG;
    difference += (side === 'asset' ? 1n : -1n) * BigInt(sign) * inDong;
  }
  return { lines, difference };
}

describeEachDb('a database without a sandbox', (open) => {
  it('keeps a schema of that name which is not ours', async () => {
    const db = await open({ schema: 'empty' });
    await sql`CREATE SCHEMA sandbox`.execute(db.sql);
    await sql`CREATE TABLE sandbox.meta AS SELECT 1 AS precious`.execute(db.sql);
    const sandbox = createSandbox({ db, clock: systemClock });
    const refusal = { kind: 'conflict', code: 'sandbox.foreign_schema' };
    await expect(sandbox.fill({ date: SANDBOX_DATE })).rejects.toMatchObject(refusal);
    await expect(sandbox.summary()).rejects.toMatchObject(refusal);
    await expect(sandbox.drop()).rejects.toMatchObject(refusal);
    expect(await only(db, 'SELECT * FROM sandbox.meta')).toEqual({ precious: '1' });
  });

  it('has nothing to show, to rob or to drop', async () => {
    const sandbox = createSandbox({ db: await open({ schema: 'empty' }), clock: systemClock });
    expect(await sandbox.summary()).toBeUndefined();
    expect(await sandbox.drop()).toBe(false);
    await expect(sandbox.steal({ from: 'bank', amount: '1' })).rejects.toMatchObject({
      kind: 'missing',
      code: 'sandbox.missing',
    });
    await expect(sandbox.makeWhole()).rejects.toMatchObject({ code: 'sandbox.missing' });
  });

  it('takes a seed and a date that it can work with', async () => {
    const sandbox = createSandbox({ db: await open({ schema: 'empty' }), clock: systemClock });
    await expect(sandbox.fill({ date: SANDBOX_DATE, seed: 1.5 })).rejects.toMatchObject({
      code: 'sandbox.seed_out_of_range',
    });
    await expect(sandbox.fill({ date: addDays(SANDBOX_DATE, -1000) })).rejects.toMatchObject({
      code: 'sandbox.date_out_of_range',
    });
    expect(await sandbox.summary()).toBeUndefined();
  });

  it('shows a sandbox only when all of it is there, and drops what is half there', async () => {
    const db = await open({ schema: 'empty' });
    const sandbox = createSandbox({ db, clock: systemClock });
    const stop = new Error('stop');
    const onProgress = (_: string, done: number): void => {
      if (done === 25) throw stop;
    };
    await expect(sandbox.fill({ date: SANDBOX_DATE, onProgress })).rejects.toBe(stop);
    expect(await sandbox.summary()).toBeUndefined();
    await expect(sandbox.breakSource('bank_accounts')).rejects.toMatchObject({ code: 'sandbox.missing' });
    expect(await sandbox.drop()).toBe(true);
    expect(await only(db, `SELECT to_regnamespace('sandbox') IS NULL AS gone`)).toEqual({ gone: 'true' });
  });
});
