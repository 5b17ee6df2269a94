/**
 * A gateway as three records that know nothing of each other: what its ledger says, what chains and
 * banks really hold, and what is under way between the two. All amounts are minor units: VND has 2
 * decimals, USDT 18. Nothing here decides what happens; life.ts does.
 */
export const WALLETS = ['wallet_tron', 'wallet_ethereum', 'wallet_bsc'] as const;
export const BANKS = ['vnd_pool', 'operating'] as const;
export type Wallet = (typeof WALLETS)[number];
export type Place = Wallet | (typeof BANKS)[number];
export const PLACES: readonly Place[] = [...WALLETS, ...BANKS];

export type Account =
  | Place
  | 'available'
  | 'pending'
  | 'reserved'
  | 'capital'
  | 'fees'
  | 'spread'
  | 'expenses'
  | 'losses'
  /** What the USDT that the ledger holds cost, in VND, and where that came from: a memorandum pair. */
  | 'inventory'
  | 'inventory_cleared';

export const currencyOf = (place: Place): 'USDT' | 'VND' => (place.startsWith('wallet_') ? 'USDT' : 'VND');

/** An entry of one account; a fact of the platform has several. */
export interface Entry {
  readonly account: Account;
  /** Above zero where the account grows. */
  readonly amount: bigint;
  readonly at: number;
  readonly reference: string;
}

/** What a chain or a bank did. */
export interface Movement {
  readonly place: Place;
  readonly amount: bigint;
  readonly at: number;
}

export const TRANSIT = {
  /** The bank has paid, the ledger has not completed. */
  payouts_at_bank: { side: 'asset', of: 'vnd_pool', currency: 'VND' },
  /** The ledger has completed, the bank has not paid. */
  payouts_not_debited: { side: 'liability', of: 'vnd_pool', currency: 'VND' },
  /** The desk has our USDT, and owes us dong that the ledger has already. */
  sales_unsettled: { side: 'asset', of: 'vnd_pool', currency: 'VND' },
  /** The ledger has refunded, the chain has not. */
  refunds_wallet_tron: { side: 'liability', of: 'wallet_tron', currency: 'USDT' },
  refunds_wallet_ethereum: { side: 'liability', of: 'wallet_ethereum', currency: 'USDT' },
  refunds_wallet_bsc: { side: 'liability', of: 'wallet_bsc', currency: 'USDT' },
} as const satisfies Record<string, { side: 'asset' | 'liability'; of: Place; currency: 'USDT' | 'VND' }>;
export type TransitLine = keyof typeof TRANSIT;

export interface Flight {
  readonly id: string;
  readonly line: TransitLine;
  readonly amount: bigint;
  readonly since: number;
}

/** Hears of everything as it happens: a database that is fed, say. */
export interface Witness {
  entry(entry: Entry): void;
  movement(movement: Movement): void;
  departed(flight: Flight): void;
  arrived(id: string, at: number): void;
}

interface Appointment {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
}

export class World {
  readonly ledger = new Map<Account, bigint>();
  readonly outside = new Map<Place, bigint>();
  readonly flights = new Map<string, Flight>();
  readonly #witness: Witness | undefined;
  #agenda: Appointment[] = [];
  #order = 0;
  /** Epoch milliseconds. */
  now: number;

  constructor(start: number, witness?: Witness) {
    this.now = start;
    this.#witness = witness;
  }

  balance(account: Account): bigint {
    return this.ledger.get(account) ?? 0n;
  }

  really(place: Place): bigint {
    return this.outside.get(place) ?? 0n;
  }

  id(kind: string): string {
    this.#order += 1;
    return `${kind}-${this.#order}`;
  }

  /** One fact of the ledger. */
  post(reference: string, amounts: Partial<Record<Account, bigint>>): void {
    for (const account of Object.keys(amounts) as Account[]) {
      const amount = amounts[account] ?? 0n;
      if (amount === 0n) continue;
      this.ledger.set(account, this.balance(account) + amount);
      this.#witness?.entry({ account, amount, at: this.now, reference });
    }
  }

  /** What really happens at a place; the ledger hears nothing of it. */
  move(place: Place, amount: bigint): void {
    this.outside.set(place, this.really(place) + amount);
    this.#witness?.movement({ place, amount, at: this.now });
  }

  depart(id: string, line: TransitLine, amount: bigint): void {
    const flight = { id, line, amount, since: this.now };
    this.flights.set(id, flight);
    this.#witness?.departed(flight);
  }

  arrive(id: string): void {
    this.flights.delete(id);
    this.#witness?.arrived(id, this.now);
  }

  at(at: number, work: () => void): void {
    this.#order += 1;
    this.#agenda.push({ at: Math.floor(at), order: this.#order, work });
  }

  after(ms: number, work: () => void): void {
    this.at(this.now + ms, work);
  }

  /** Everything that happens before the instant, in its order; what it leads to after the instant waits. */
  runUntil(end: number): void {
    for (;;) {
      const due = this.#agenda.filter(({ at }) => at < end).sort((a, b) => a.at - b.at || a.order - b.order);
      const [next] = due;
      if (next === undefined) break;
      this.#agenda = this.#agenda.filter((each) => each !== next);
      this.now = next.at;
      next.work();
    }
    this.now = end;
  }
}
