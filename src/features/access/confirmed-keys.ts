/**
 * API keys as the database last confirmed them, so that not every request asks it.
 *
 *   confirmed within 2 s     used from memory
 *   later, or unknown        looked up; who asks for the same key meanwhile shares the answer
 *   the database is silent   a key confirmed within 5 minutes still reads, and does nothing else
 *
 * Only keys that were found and are not revoked are kept: guessing fills no memory. A key's age counts
 * from before its lookup began, so a revocation by another process is heeded within those 2 s.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { ApiKeyId } from '../../kernel/ids.ts';
import { isAway } from '../../platform/db/unavailable.ts';
import { type AddressList, parseAddresses } from './addresses.ts';
import type { Principal } from './principal.ts';
import { mayHave } from './roles.ts';
import type { ApiKeyRow } from './store.ts';

const FRESH_MS = 2_000;
const READS_MS = 5 * 60_000;
/** A reader whose key is remembered waits this long for the database; nobody joins an older lookup. */
const PATIENCE_MS = 1_000;
/** After it was silent, readers are answered first and the database is asked behind them. */
const SILENCE_MS = 2_000;
const CAPACITY = 10_000;

export interface KnownKey {
  readonly row: ApiKeyRow;
  readonly principal: Principal;
  /** Absent: from anywhere. */
  readonly addresses: AddressList | undefined;
}

type Answer = KnownKey | undefined;

interface Confirmed {
  readonly key: KnownKey;
  readonly wallMs: number;
  readonly monoMs: number;
}

interface Lookup {
  readonly monoMs: number;
  readonly answer: Promise<Answer>;
}

export class ConfirmedKeys {
  readonly #clock: Clock;
  readonly #find: (hash: string) => Promise<ApiKeyRow | undefined>;
  readonly #capacity: number;
  /** By hash, in the order of confirmation. */
  readonly #confirmed = new Map<string, Confirmed>();
  readonly #lookups = new Map<string, Lookup>();
  #silentAt = Number.NEGATIVE_INFINITY;

  constructor(deps: {
    readonly clock: Clock;
    readonly find: (hash: string) => Promise<ApiKeyRow | undefined>;
    readonly capacity?: number;
  }) {
    this.#clock = deps.clock;
    this.#find = deps.find;
    this.#capacity = deps.capacity ?? CAPACITY;
  }

  /**
   * The key with this hash, revoked or expired ones among them; undefined where there is none.
   * @param reads whether the key is to be used for nothing but reading
   */
  get(hash: string, reads: boolean): Answer | Promise<Answer> {
    const confirmed = this.#confirmed.get(hash);
    if (confirmed === undefined) return this.#lookUp(hash);
    const ageMs = this.#ageOf(confirmed);
    if (ageMs < FRESH_MS) return confirmed.key;
    const answer = this.#lookUp(hash);
    return reads && ageMs < READS_MS ? this.#unlessSilent(answer, confirmed.key) : answer;
  }

  /** The key is about to change, or has: what is known of it, or being asked, holds no longer. */
  forget(id: ApiKeyId): void {
    for (const [hash, { key }] of this.#confirmed) if (key.row.id === id) this.#confirmed.delete(hash);
    this.#lookups.clear();
  }

  /** By both clocks, as a rate's: one may step back, the other stand still while the machine sleeps. */
  #ageOf({ wallMs, monoMs }: Confirmed): number {
    return Math.max(this.#clock.monotonic() - monoMs, this.#clock.now() - wallMs);
  }

  #lookUp(hash: string): Promise<Answer> {
    const wallMs = this.#clock.now();
    const monoMs = this.#clock.monotonic();
    const running = this.#lookups.get(hash);
    if (running !== undefined && monoMs - running.monoMs < PATIENCE_MS) return running.answer;
    const settle = (key?: KnownKey): void => {
      if (this.#lookups.get(hash) !== lookup) return; // forgotten, or a later one runs: its word counts
      this.#lookups.delete(hash);
      this.#confirmed.delete(hash);
      if (key !== undefined && key.row.revoked_at === null) this.#keep(hash, { key, wallMs, monoMs });
    };
    const answer = this.#find(hash).then(
      (row) => {
        const key = row === undefined ? undefined : known(row);
        this.#silentAt = Number.NEGATIVE_INFINITY;
        settle(key);
        return key;
      },
      (error: unknown) => {
        if (this.#lookups.get(hash) === lookup) this.#lookups.delete(hash);
        if (isAway(error)) this.#silentAt = this.#clock.monotonic();
        throw error;
      },
    );
    const lookup: Lookup = { monoMs, answer };
    this.#lookups.set(hash, lookup);
    return answer;
  }

  #keep(hash: string, confirmed: Confirmed): void {
    this.#confirmed.set(hash, confirmed);
    const [oldest] = this.#confirmed.keys();
    if (this.#confirmed.size > this.#capacity && oldest !== undefined) this.#confirmed.delete(oldest);
  }

  async #unlessSilent(answer: Promise<Answer>, remembered: KnownKey): Promise<Answer> {
    answer.catch(() => undefined); // heard below, or by nobody
    if (this.#clock.monotonic() - this.#silentAt < SILENCE_MS) return remembered;
    const patience = new AbortController();
    const late = this.#clock.sleep(PATIENCE_MS, patience.signal).then(() => {
      this.#silentAt = this.#clock.monotonic();
      return remembered;
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      if (isAway(error)) return remembered;
      throw error;
    } finally {
      patience.abort();
    }
  }
}

function known(row: ApiKeyRow): KnownKey {
  const { id, name, role, owner, scopes, addresses } = row;
  const via = `key:${id}`;
  // A person's key is the person: with two of them they are still one.
  const subject = owner ?? via;
  const allowed = new Set(scopes.filter((scope) => mayHave(role, scope)));
  return {
    row,
    principal: { subject, via, name, role, scopes: allowed },
    addresses: addresses.length === 0 ? undefined : parseAddresses(addresses),
  };
}
