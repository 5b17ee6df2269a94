/** Theft and damage, and their undoing: what a reconciliation is there to notice. */
import type { Clock } from '../kernel/clock.ts';
import { PlumblineError } from '../kernel/errors.ts';
import { DEFAULT_CURRENCIES, displayMoney, type Money, parseMoney } from '../kernel/money.ts';
import type { Db, Tx } from '../platform/db/port.ts';
import type { BankAccount, Chain } from './rules.ts';
import { readState } from './store.ts';
import {
  hide,
  insertTheft,
  type Place,
  readBalance,
  readBroken,
  returnThefts,
  type Source,
  take,
  unhide,
} from './store-switches.ts';

/** `amount` is a plain decimal: VND from a bank account (the pool unless told), USDT from a hot wallet. */
export type Loot =
  | { readonly from: 'bank'; readonly account?: BankAccount; readonly amount: string }
  | { readonly from: 'wallet'; readonly blockchain: Chain; readonly amount: string };

export interface Switches {
  /**
   * Money leaves, and nothing that the gateway wrote says so.
   * @throws `sandbox.not_enough`, `sandbox.amount_not_positive`, `money.malformed`, `money.excess_precision` (invalid)
   * @throws `sandbox.missing` (missing); `sandbox.source_broken` (conflict)
   */
  steal(loot: Loot): Promise<void>;
  /** From now on nobody can read the table; doing it twice is doing it once. @throws `sandbox.missing` (missing) */
  breakSource(source: Source): Promise<void>;
  /** @throws `sandbox.missing` (missing) */
  mendSource(source: Source): Promise<void>;
  /** Mends every source and gives back all that was stolen. @throws `sandbox.missing` (missing) */
  makeWhole(): Promise<{ readonly theftsUndone: number; readonly mended: readonly Source[] }>;
}

export function createSwitches({ db, clock }: { readonly db: Db; readonly clock: Clock }): Switches {
  const inSandbox = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    db.transaction({}, async (tx) => {
      if ((await readState(tx)).kind !== 'filled') throw noSandbox();
      return await work(tx);
    });

  return {
    steal: (loot) =>
      inSandbox(async (tx) => {
        const place: Place =
          loot.from === 'bank'
            ? { kind: 'bank', account: loot.account ?? 'vnd_pool' }
            : { kind: 'wallet', blockchain: loot.blockchain };
        const amount = parseMoney(DEFAULT_CURRENCIES.get(place.kind === 'bank' ? 'VND' : 'USDT'), loot.amount);
        if (amount.minor <= 0n) throw notPositive(loot.amount);
        const source: Source = place.kind === 'bank' ? 'bank_accounts' : 'treasury_wallets';
        if ((await readBroken(tx)).includes(source)) throw sourceBroken(source);
        if (!(await take(tx, place, amount))) throw notEnough(place, amount, await readBalance(tx, place));
        await insertTheft(tx, place, amount, clock.now());
      }),

    breakSource: (source) =>
      inSandbox(async (tx) => {
        if (!(await readBroken(tx)).includes(source)) await hide(tx, source);
      }),

    mendSource: (source) =>
      inSandbox(async (tx) => {
        if ((await readBroken(tx)).includes(source)) await unhide(tx, source);
      }),

    makeWhole: () =>
      inSandbox(async (tx) => {
        const mended = await readBroken(tx);
        for (const source of mended) await unhide(tx, source);
        return { theftsUndone: await returnThefts(tx, clock.now()), mended };
      }),
  };
}

const noSandbox = (): PlumblineError =>
  new PlumblineError(
    'missing',
    'sandbox.missing',
    'this database has no sandbox; fill one first: plumbline sandbox start',
  );

const notPositive = (amount: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'sandbox.amount_not_positive',
    `amount: ${amount} is not above zero; nothing would be stolen`,
  );

const sourceBroken = (source: Source): PlumblineError =>
  new PlumblineError(
    'conflict',
    'sandbox.source_broken',
    `${source} is switched off, so nothing can be taken from it; mend it first`,
    {
      details: { source },
    },
  );

function notEnough(place: Place, amount: Money, balance: string): PlumblineError {
  const { code } = amount.currency;
  const held = displayMoney(parseMoney(amount.currency, balance));
  const where = place.kind === 'bank' ? `bank account ${place.account}` : `hot wallet ${place.blockchain}`;
  return new PlumblineError(
    'invalid',
    'sandbox.not_enough',
    `amount: ${displayMoney(amount)} ${code} is more than the ${where} holds; at most ${held} ${code}`,
    { details: { place, balance } },
  );
}
