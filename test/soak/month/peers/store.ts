/**
 * As BTCPay Server does (btcpayserver/btcpayserver@03345c2): one provider, asked once a minute, whose
 * figure is valid for five minutes and then "has expired"; then the store's fallback rule, if it has one.
 */
import { MINUTE, SECOND } from '../truth.ts';
import { type Figure, type Peer, type PeerDeps, Readers } from './peer.ts';

const REFRESHED_MS = MINUTE;
const VALID_MS = 5 * MINUTE;
const TIMEOUT_MS = 10 * SECOND;

class Fetcher {
  readonly #now: () => number;
  readonly #read: () => Promise<Figure>;
  #triedAt = Number.NEGATIVE_INFINITY;
  #known: { readonly figure: Figure; readonly at: number } | undefined;

  constructor(now: () => number, read: () => Promise<Figure>) {
    this.#now = now;
    this.#read = read;
  }

  async valid(): Promise<Figure | undefined> {
    if (this.#now() - this.#triedAt >= REFRESHED_MS) {
      this.#triedAt = this.#now();
      const figure = await this.#read().catch(() => undefined);
      if (figure !== undefined) this.#known = { figure, at: this.#now() };
    }
    return this.#known !== undefined && this.#now() - this.#known.at < VALID_MS ? this.#known.figure : undefined;
  }
}

export class Store implements Peer {
  readonly name = 'payment server';
  readonly boundMs = VALID_MS;
  readonly #primary: Fetcher;
  readonly #fallback: Fetcher;

  constructor(deps: PeerDeps) {
    const readers = new Readers(deps, TIMEOUT_MS);
    const now = (): number => deps.clock.monotonic();
    this.#primary = new Fetcher(now, () => readers.gecko());
    this.#fallback = new Fetcher(now, () => readers.crossed());
  }

  async ask(): Promise<Figure | undefined> {
    return (await this.#primary.valid()) ?? (await this.#fallback.valid());
  }
}
