/**
 * How hard the database is worked: shares of time, size of chunks, replicas that fall behind, write-ahead log.
 * It is asked between two pieces of work; while it waits, nothing is done.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { Policy } from '../policies/policy.ts';

/** What the database says of itself. */
export interface Load {
  /** Of the replica that is furthest behind; undefined where there is none. Milliseconds. */
  lagMs(): Promise<number | undefined>;
  /** Bytes of write-ahead log ever written. */
  walBytes(): Promise<bigint>;
}

/** Somebody, or the end of the window, wants the run to end at the next good place. */
export class StopRun extends Error {
  override readonly name = 'StopRun';
}

export const MAX_CHUNK = 5_000;
const MIN_CHUNK = 100;
/** How often a lag is looked at, and a pause: "stops within 2 s". */
const LOOK_MS = 500;
const LONGEST_REST_MS = 5_000;

export interface ThrottleDeps {
  readonly clock: Clock;
  readonly load: Load;
  readonly limits: Policy['throttle'];
  /** @throws `StopRun`; resolves to true while work is paused */
  readonly paused: () => Promise<boolean>;
  /** Told why nothing is done, and when that is over. */
  readonly onWait?: (why: string | undefined) => void;
}

export class Throttle {
  readonly #deps: ThrottleDeps;
  #chunk = MAX_CHUNK;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #wal: { readonly bytes: bigint; readonly at: number } | undefined;

  constructor(deps: ThrottleDeps) {
    this.#deps = deps;
  }

  /** Rows that the next statement may take. */
  get chunk(): number {
    return this.#chunk;
  }

  /** Whether others are left a share of the time. */
  get rests(): boolean {
    return this.#deps.limits.busy_percent < 100;
  }

  /** Does the work when the database has room for it, and lets it rest afterwards. */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    await this.gate();
    const began = this.#deps.clock.monotonic();
    const result = await work();
    const took = this.#deps.clock.monotonic() - began;
    this.#fit(took);
    await this.rest(took);
    return result;
  }

  /** Waits while a replica is behind, the log grows too fast, or somebody paused the run. @throws `StopRun` */
  async gate(): Promise<void> {
    const { clock, onWait } = this.#deps;
    const now = clock.monotonic();
    if (now - this.#lookedAt < LOOK_MS) return;
    for (let waited = false; ; waited = true) {
      const why = await this.#obstacle();
      this.#lookedAt = clock.monotonic();
      if (why === undefined) {
        if (waited) onWait?.(undefined);
        return;
      }
      onWait?.(why);
      await clock.sleep(LOOK_MS);
    }
  }

  /** @param worked milliseconds in which the database was busy for us */
  async rest(worked: number): Promise<void> {
    const { busy_percent: busy } = this.#deps.limits;
    const rest = Math.min(LONGEST_REST_MS, (worked * (100 - busy)) / busy);
    if (rest >= 1) await this.#deps.clock.sleep(rest);
  }

  async #obstacle(): Promise<string | undefined> {
    const { clock, load, limits, paused } = this.#deps;
    if (await paused()) return 'paused';
    const lag = await load.lagMs();
    if (lag !== undefined && lag > limits.max_lag_ms) return `a replica is ${Math.round(lag)} ms behind`;
    if (limits.max_wal_kb_per_second === null) return undefined;
    const [bytes, at] = [await load.walBytes(), clock.monotonic()];
    const before = this.#wal;
    if (before === undefined) {
      this.#wal = { bytes, at };
      return undefined;
    }
    const due = before.bytes + BigInt(Math.floor(((at - before.at) * limits.max_wal_kb_per_second * 1024) / 1000));
    if (bytes > due) return 'the write-ahead log grows too fast';
    this.#wal = { bytes, at };
    return undefined;
  }

  #fit(took: number): void {
    const { max_statement_ms: most } = this.#deps.limits;
    if (took > most) this.#chunk = Math.max(MIN_CHUNK, Math.floor(this.#chunk / 2));
    else if (took < most / 2) this.#chunk = Math.min(MAX_CHUNK, Math.ceil(this.#chunk * 1.25));
  }
}
