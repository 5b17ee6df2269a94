/**
 * The gateway that this service replaces (its `exchange_rate.go`, as read): CoinGecko, then Binance by a
 * symbol that does not exist, then what it knew within two hours, said like a fresh one. A breaker counts
 * chains of four tries, and after its minute lets everybody through.
 */
import { MINUTE, SECOND } from '../truth.ts';
import { type Figure, type Peer, type PeerDeps, Readers } from './peer.ts';

const FRESH_MS = 5 * MINUTE;
const STALE_MS = 24 * FRESH_MS;
const TIMEOUT_MS = 10 * SECOND;
const WAITS_MS = [SECOND, 2 * SECOND, 4 * SECOND];
const CHAINS = 5;
const OPEN_MS = MINUTE;

interface Breaker {
  failures: number;
  openUntil: number;
}

export class Gateway implements Peer {
  readonly name = 'original gateway';
  readonly boundMs = FRESH_MS;
  readonly #deps: PeerDeps;
  readonly #readers: Readers;
  readonly #gecko: Breaker = { failures: 0, openUntil: 0 };
  readonly #binance: Breaker = { failures: 0, openUntil: 0 };
  #known: { readonly figure: Figure; readonly at: number } | undefined;

  constructor(deps: PeerDeps) {
    this.#deps = deps;
    this.#readers = new Readers(deps, TIMEOUT_MS);
  }

  async ask(): Promise<Figure | undefined> {
    if (this.#ageMs() < FRESH_MS) return this.#known?.figure;
    const figure =
      (await this.#chain(this.#gecko, () => this.#readers.gecko())) ??
      (await this.#chain(this.#binance, () => this.#readers.nowhere()));
    if (figure !== undefined) this.#known = { figure, at: this.#deps.clock.monotonic() };
    return this.#ageMs() < STALE_MS ? this.#known?.figure : undefined;
  }

  #ageMs(): number {
    return this.#known === undefined ? Number.POSITIVE_INFINITY : this.#deps.clock.monotonic() - this.#known.at;
  }

  async #chain(breaker: Breaker, read: () => Promise<Figure>): Promise<Figure | undefined> {
    const { clock } = this.#deps;
    if (clock.monotonic() < breaker.openUntil) return undefined;
    for (const waitMs of [...WAITS_MS, undefined]) {
      const figure = await read().catch(() => undefined);
      if (figure !== undefined) {
        breaker.failures = 0;
        return figure;
      }
      if (waitMs !== undefined) await clock.sleep(waitMs);
    }
    breaker.failures += 1;
    if (breaker.failures >= CHAINS) breaker.openUntil = clock.monotonic() + OPEN_MS;
    return undefined;
  }
}
