/** Theft and damage in a filled sandbox, and their undoing. */
import { expect, it } from 'vitest';
import { type FilledSandbox, moneyDigestOf } from '../support/sandbox.ts';
import { inDong, readBook, units } from '../support/sandbox-book.ts';

export function switchesSuite(of: () => FilledSandbox): void {
  it('loses exactly what is stolen, and gets all of it back', async () => {
    const { db, sandbox } = of();
    const money = await moneyDigestOf(db);
    const whole = await readBook(db);
    await sandbox.steal({ from: 'bank', amount: '20000000000.01' });
    const robbed = await readBook(db);
    expect(whole.difference - robbed.difference).toBe(units('20000000000.01'));
    expect(robbed.difference).toBeLessThan(0n);

    await sandbox.steal({ from: 'wallet', blockchain: 'tron', amount: '1000' });
    const twice = await readBook(db);
    const tron = (of: typeof robbed): bigint => {
      const reading = of.lines.get('hot_wallet_tron');
      return reading?.kind === 'read' ? reading.amount.minor : 0n;
    };
    expect(tron(robbed) - tron(twice)).toBe(units('1000'));
    expect(robbed.difference - twice.difference).toBe(inDong(tron(robbed)) - inDong(tron(twice)));

    await sandbox.steal({ from: 'wallet', blockchain: 'bsc', amount: '0.000000000000000001' });
    await sandbox.steal({ from: 'bank', account: 'operating', amount: '1' });
    expect(await sandbox.summary()).toMatchObject({
      thefts: [
        { from: 'vnd_pool', amount: '20000000000.01', currency: 'VND' },
        { from: 'hot wallet tron', amount: '1000', currency: 'USDT' },
        { from: 'hot wallet bsc', amount: '0.000000000000000001', currency: 'USDT' },
        { from: 'operating', amount: '1', currency: 'VND' },
      ],
    });
    expect(await sandbox.makeWhole()).toEqual({ theftsUndone: 4, mended: [] });
    expect(await sandbox.makeWhole()).toEqual({ theftsUndone: 0, mended: [] });
    expect(await moneyDigestOf(db)).toBe(money);
    expect(await sandbox.summary()).toMatchObject({ thefts: [] });
  });

  it('refuses to lose more than there is, or nothing, or what is not an amount', async () => {
    const { db, sandbox } = of();
    const money = await moneyDigestOf(db);
    const pool = (await sandbox.summary())?.bankAccounts.find(({ code }) => code === 'vnd_pool');
    const tooMuch = sandbox.steal({ from: 'bank', amount: `${pool?.vnd.slice(0, -1)}1` });
    await expect(tooMuch).rejects.toMatchObject({
      kind: 'invalid',
      code: 'sandbox.not_enough',
      message: expect.stringContaining('is more than the bank account vnd_pool holds; at most'),
    });
    for (const [amount, code] of [
      ['0', 'sandbox.amount_not_positive'],
      ['-5', 'sandbox.amount_not_positive'],
      ['0.0000000000000000001', 'money.excess_precision'],
      ['1e9', 'money.malformed'],
    ] as const) {
      const refused = sandbox.steal({ from: 'wallet', blockchain: 'tron', amount });
      await expect(refused, amount).rejects.toMatchObject({ kind: 'invalid', code });
    }
    expect(await moneyDigestOf(db)).toBe(money);
    expect(await sandbox.summary()).toMatchObject({ thefts: [] });
  });

  it('has sources that break and mend, and are never read as zero', async () => {
    const { db, sandbox } = of();
    const money = await moneyDigestOf(db);
    await sandbox.breakSource('treasury_wallets');
    await sandbox.breakSource('treasury_wallets');
    const { lines } = await readBook(db);
    const unreadable = [...lines].filter(([, { kind }]) => kind === 'unreadable').map(([id]) => id);
    expect(unreadable).toEqual(['hot_wallet_tron', 'hot_wallet_ethereum', 'hot_wallet_bsc']);
    const summary = await sandbox.summary();
    expect(summary).toMatchObject({ broken: ['treasury_wallets'] });
    expect(summary?.wallets).toHaveLength(3);
    await expect(sandbox.steal({ from: 'wallet', blockchain: 'tron', amount: '1' })).rejects.toMatchObject({
      kind: 'conflict',
      code: 'sandbox.source_broken',
    });

    await sandbox.mendSource('treasury_wallets');
    await sandbox.mendSource('treasury_wallets');
    expect((await readBook(db)).lines.get('hot_wallet_tron')).toMatchObject({ kind: 'read' });
    await sandbox.steal({ from: 'wallet', blockchain: 'tron', amount: '1' });
    await sandbox.breakSource('treasury_wallets');
    await sandbox.breakSource('ledger_entries');
    expect(await sandbox.makeWhole()).toEqual({ theftsUndone: 1, mended: ['ledger_entries', 'treasury_wallets'] });
    expect(await moneyDigestOf(db)).toBe(money);
  });
}
