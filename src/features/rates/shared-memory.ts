/** The last known good rate of a pair in the shared cache, which may be gone or wrong at any time. */
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { type Pair, pairName } from '../../kernel/rate.ts';
import type { Cache } from '../../platform/cache/port.ts';
import type { Logger } from '../../platform/telemetry/port.ts';
import { decodeKnown, encodeKnown, type KnownRate } from './known-rate.ts';
import type { RatesSettings } from './settings.ts';
import { waitAtMost } from './wait.ts';

/** The cache keeps its own bound of some 50 ms; this one holds where it does not. */
const READ_LIMIT_MS = 150;

export interface SharedMemoryDeps {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: RatesSettings;
}

export class SharedMemory {
  readonly #deps: SharedMemoryDeps;
  readonly #pair: Pair;
  readonly #key: string;

  constructor(deps: SharedMemoryDeps, pair: Pair) {
    this.#deps = deps;
    this.#pair = pair;
    this.#key = `rates:v1:${pairName(pair)}`;
  }

  /** Never rejects: a cache that fails is an empty one. */
  async read(): Promise<KnownRate | undefined> {
    const { cache, clock, log, settings } = this.#deps;
    try {
      const text = await waitAtMost(clock, cache.get(this.#key), READ_LIMIT_MS, () => undefined);
      if (text === undefined) return undefined;
      const decoded = decodeKnown(text, this.#pair, clock.now(), settings.bands);
      if (decoded.kind === 'known') return decoded.known;
      log.warn({ code: 'rates.cache_rejected', key: this.#key }, `the cached rate is ignored: ${decoded.reason}`);
    } catch (error) {
      this.#unreachable(error);
    }
    return undefined;
  }

  /** Never rejects. */
  async write(known: KnownRate): Promise<void> {
    const { cache, settings } = this.#deps;
    try {
      await cache.setIfNewer(this.#key, encodeKnown(known), known.asOf, settings.cacheTtlMs);
    } catch (error) {
      this.#unreachable(error);
    }
  }

  #unreachable(error: unknown): void {
    const fields = { code: 'rates.cache_unreachable', key: this.#key };
    this.#deps.log.warn(fields, `the shared cache did not answer: ${messageOf(error)}`);
  }
}
