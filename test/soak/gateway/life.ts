/**
 * What happens at a gateway: customers pay and chains take back, dong are bought and paid out, some of
 * it fails, and now and then somebody steals. Every honest fact reaches the ledger in the end; what has
 * not reached it by midnight is under way, and is named.
 */
import type { Dice } from '../month/dice.ts';
import { type Place, type TransitLine, WALLETS, type Wallet, type World } from './world.ts';

export const HOUR = 3_600_000;
const UNIT = 10n ** 18n;
/** Everything that is under way comes to its end within this. */
export const LONGEST_FLIGHT = 40 * HOUR;

/** A rate as a count of 10^-6 VND for one USDT. */
export const RATE_SCALE = 6;
const inDong = (usdt: bigint, rate: bigint): bigint => (usdt * rate) / (UNIT * 10n ** 4n);

export class Life {
  readonly #world: World;
  readonly #dice: Dice;
  /** The middle of the market now. */
  rate = 26_000n * 10n ** 6n;
  /** What has happened how often. */
  readonly counts = new Map<string, number>();

  constructor(world: World, dice: Dice) {
    this.#world = world;
    this.#dice = dice;
  }

  /** The owners put in what the company begins with. */
  found(): void {
    this.#capital('vnd_pool', 60_000_000_00n);
    this.#capital('operating', 40_000_000_00n);
  }

  /** Plans what happens in [start, end) of its own accord. */
  day(start: number, end: number): void {
    const dice = this.#dice;
    const times = (least: number, most: number, work: () => void): void => {
      for (let left = dice.whole(least, most); left > 0; left -= 1) this.#world.at(dice.between(start, end), work);
    };
    times(6, 12, () => this.#drift());
    times(8, 16, () => this.#payment());
    times(1, 3, () => this.#sale());
    times(2, 6, () => this.#payout());
    times(0, 1, () => this.#refund());
    times(0, 1, () => this.#expense());
    times(0, 1, () => this.#sweep());
    if (dice.chance(0.01))
      times(1, 1, () =>
        this.#capital(dice.pick(['vnd_pool', 'operating'] as const), this.#dong(1_000_000, 50_000_000)),
      );
  }

  /** Somebody takes it, and no entry says so. */
  steal(place: Place, amount: bigint): void {
    this.#world.move(place, -amount);
  }

  /** Somebody's money that nobody asked for: no entry says so either. */
  find(place: Place, amount: bigint): void {
    this.#world.move(place, amount);
  }

  /** What was found missing (above zero) or too much is written off, so that the books say what is there. */
  writeOff(place: Place, missing: bigint): void {
    const value = this.worth(place, missing);
    this.#world.post(this.#world.id('write-off'), {
      [place]: -missing,
      ...(place.startsWith('wallet_') ? { inventory: -value, inventory_cleared: -value } : {}),
      losses: value,
    });
  }

  /** The owners make good what is missing. */
  rescue(dong: bigint): void {
    this.#capital('operating', dong);
  }

  worth = (place: Place, amount: bigint): bigint => (place.startsWith('wallet_') ? inDong(amount, this.rate) : amount);

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #dong(low: number, high: number): bigint {
    return BigInt(Math.round(this.#dice.scaled(low, high))) * 100n;
  }

  #drift(): void {
    this.rate += (this.rate * BigInt(Math.round(this.#dice.normal() * 300))) / 1_000_000n;
    // A walk that nothing pulls back would leave every market behind in three years.
    this.rate += (26_000n * 10n ** 6n - this.rate) / 200n;
  }

  #capital(bank: 'vnd_pool' | 'operating', dong: bigint): void {
    this.#count('capital');
    this.#world.move(bank, dong);
    this.#world.post(this.#world.id('capital'), { [bank]: dong, capital: dong });
  }

  /** Seen on the chain, final some minutes later, unless the chain thinks better of it before. */
  #payment(): void {
    const world = this.#world;
    const dice = this.#dice;
    const wallet = dice.pick(WALLETS);
    const usdt = BigInt(Math.round(dice.scaled(1, 3_000) * 1e6)) * 10n ** 12n;
    const id = world.id('payment');
    this.#count('payments');
    if (dice.chance(0.04)) {
      this.#count('reorgs before finality'); // it was never there, for us
      return;
    }
    world.after(dice.between(20_000, 1.5 * HOUR), () => {
      const value = inDong(usdt, this.rate);
      const fee = value / 100n;
      const facts = { [wallet]: usdt, inventory: value, inventory_cleared: value, pending: value - fee, fees: fee };
      world.move(wallet, usdt);
      world.post(id, facts);
      if (dice.chance(0.01)) this.#reorg(id, wallet, usdt, facts);
      else world.after(dice.between(HOUR, 30 * HOUR), () => this.#mature(id, value - fee));
    });
  }

  /** The chain takes back what it had called final; the watcher undoes it in the block that says so. */
  #reorg(id: string, wallet: Wallet, usdt: bigint, facts: Partial<Record<string, bigint>>): void {
    this.#world.after(this.#dice.between(60_000, 5 * HOUR), () => {
      const net = facts.pending ?? 0n;
      if (this.#world.really(wallet) < usdt || this.#world.balance('pending') < net) return; // sold meanwhile: the desk's loss
      this.#count('reorgs after finality');
      this.#world.move(wallet, -usdt);
      this.#world.post(
        `${id} reorg`,
        Object.fromEntries(Object.entries(facts).map(([name, amount]) => [name, -(amount ?? 0n)])),
      );
    });
  }

  #mature(id: string, net: bigint): void {
    const free = this.#world.balance('pending') < net ? this.#world.balance('pending') : net;
    this.#world.post(`${id} mature`, { pending: -free, available: free });
  }

  /** A desk takes USDT at its rate; the dong come at once or later. */
  #sale(): void {
    const world = this.#world;
    const dice = this.#dice;
    const wallet = dice.pick(WALLETS);
    const there = world.really(wallet) < world.balance(wallet) ? world.really(wallet) : world.balance(wallet);
    const usdt = ((there * BigInt(dice.whole(20, 95))) / 100n / 10n ** 12n) * 10n ** 12n;
    const held = WALLETS.reduce((sum, each) => sum + world.balance(each), 0n);
    if (usdt <= 0n || held <= 0n) return;
    const proceeds = inDong(usdt, this.rate + (this.rate * BigInt(dice.whole(-15, 25))) / 10_000n);
    if (proceeds <= 0n) return;
    const cost = (world.balance('inventory') * usdt) / held;
    const id = world.id('sale');
    this.#count('sales');
    world.move(wallet, -usdt);
    world.post(id, {
      ...{ [wallet]: -usdt, inventory: -cost, inventory_cleared: -cost },
      ...{ vnd_pool: proceeds, spread: proceeds - cost },
    });
    if (dice.chance(0.5)) world.move('vnd_pool', proceeds);
    else this.#fly(id, 'sales_unsettled', proceeds, () => world.move('vnd_pool', proceeds));
  }

  #payout(): void {
    const world = this.#world;
    const dice = this.#dice;
    const dong = (world.balance('available') * BigInt(dice.whole(5, 60))) / 100n;
    if (dong <= 0n || world.really('vnd_pool') < dong) return;
    const id = world.id('payout');
    world.post(id, { available: -dong, reserved: dong });
    const pay = (): void => world.move('vnd_pool', -dong);
    const complete = (): void => world.post(`${id} done`, { reserved: -dong, vnd_pool: -dong });
    const fail = (): void => world.post(`${id} failed`, { reserved: -dong, available: dong });
    const ends: readonly (readonly [number, string, () => void])[] = [
      [4, 'at once', () => [pay(), complete()]],
      [3, 'bank first', () => [pay(), this.#fly(id, 'payouts_at_bank', dong, complete)]],
      [3, 'ledger first', () => [complete(), this.#fly(id, 'payouts_not_debited', dong, pay)]],
      [
        1,
        'given back',
        () => [pay(), this.#fly(id, 'payouts_at_bank', dong, () => [world.move('vnd_pool', dong), fail()])],
      ],
      [1, 'failed', fail],
    ];
    world.after(dice.between(1_000, 2 * HOUR), () => {
      const [how, end] = dice.weighed(ends.map(([weight, name, work]) => [weight, [name, work] as const]));
      this.#count(`payouts ${how}`);
      end();
    });
  }

  /** A merchant gives a customer USDT back, out of what the merchant may draw. */
  #refund(): void {
    const world = this.#world;
    const dice = this.#dice;
    const wallet = dice.pick(WALLETS);
    const usdt = BigInt(Math.round(dice.scaled(1, 200) * 1e6)) * 10n ** 12n;
    const value = inDong(usdt, this.rate);
    if (world.balance(wallet) < usdt || world.really(wallet) < usdt || world.balance('available') < value) return;
    const id = world.id('refund');
    this.#count('refunds');
    world.post(id, { [wallet]: -usdt, inventory: -value, inventory_cleared: -value, available: -value });
    if (dice.chance(0.5)) world.move(wallet, -usdt);
    else this.#fly(id, `refunds_${wallet}`, usdt, () => world.move(wallet, -usdt));
  }

  #expense(): void {
    const dong = this.#dong(100_000, 3_000_000);
    if (this.#world.really('operating') < dong) return;
    this.#count('expenses');
    this.#world.move('operating', -dong);
    this.#world.post(this.#world.id('expense'), { operating: -dong, expenses: dong });
  }

  /** Fees earned go from the pool to the operating account. */
  #sweep(): void {
    const dong = this.#dong(100_000, 2_000_000);
    if (this.#world.really('vnd_pool') < dong) return;
    this.#count('sweeps');
    this.#world.move('vnd_pool', -dong);
    this.#world.move('operating', dong);
    this.#world.post(this.#world.id('sweep'), { vnd_pool: -dong, operating: dong });
  }

  #fly(id: string, line: TransitLine, amount: bigint, then: () => void): void {
    this.#count(`in flight: ${line.replace(/_wallet_.*/, '')}`);
    this.#world.depart(id, line, amount);
    this.#world.after(this.#dice.between(60_000, LONGEST_FLIGHT), () => {
      this.#world.arrive(id);
      then();
    });
  }
}
