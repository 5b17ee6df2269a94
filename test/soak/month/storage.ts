/** What outlives a process: the shared cache and the database, each of which may be away, and the cache forget. */

import type { SourceState } from '../../../src/features/rates/fleet/source-state.ts';
import type { QuoteForRecord, QuoteSink, RatesMemory, Remembered } from '../../../src/features/rates/ports.ts';
import { pairName } from '../../../src/kernel/rate.ts';
import { createMemoryCache } from '../../../src/platform/cache/memory.ts';
import type { Cache } from '../../../src/platform/cache/port.ts';
import { ProcessClock, type Timeline } from '../../support/timeline.ts';

export type CacheState = 'up' | 'down' | 'hung';

/** A cache on a machine of its own. */
export class SharedCache implements Cache {
  readonly kind = 'redis';
  state: CacheState = 'up';
  readonly #clock: ProcessClock;
  #memory: Cache;

  constructor(time: Timeline) {
    this.#clock = new ProcessClock(time);
    this.#memory = createMemoryCache({ clock: this.#clock });
  }

  forget(): void {
    this.#memory = createMemoryCache({ clock: this.#clock });
  }

  read: Cache['read'] = (keys) => this.#ask(() => this.#memory.read(keys));
  swap: Cache['swap'] = (...change) => this.#ask(() => this.#memory.swap(...change));
  census: Cache['census'] = (...asked) => this.#ask(() => this.#memory.census(...asked));
  ping = (): Promise<void> => this.#ask(() => this.#memory.ping());
  close = (): Promise<void> => Promise.resolve();

  #ask<A>(command: () => Promise<A>): Promise<A> {
    if (this.state === 'up') return command();
    if (this.state === 'down') return Promise.reject(new Error('the cache is down'));
    return new Promise(() => undefined);
  }
}

/** Memory and sink in one, as the database is. */
export class Database implements RatesMemory, QuoteSink {
  up = true;
  readonly #lastGood = new Map<string, QuoteForRecord>();
  readonly #sources = new Map<string, Pick<SourceState, 'spentUntil' | 'hold'>>();

  publish(quote: QuoteForRecord): void {
    if (!this.up) return;
    const { agreement } = quote.published;
    if (agreement === 'contested' || agreement === 'unverified') return;
    this.#lastGood.set(pairName(quote.pair), quote);
  }

  recall(): Promise<readonly Remembered[]> {
    const found = [...this.#lastGood.values()].map(({ pair, published }) => ({ pair, published, manual: undefined }));
    return this.#answer(found);
  }

  recallSources(): Promise<ReadonlyMap<string, Pick<SourceState, 'spentUntil' | 'hold'>>> {
    return this.#answer(new Map(this.#sources));
  }

  rememberSource(source: string, { spentUntil, hold }: Pick<SourceState, 'spentUntil' | 'hold'>): Promise<void> {
    if (this.up) this.#sources.set(source, { spentUntil, hold });
    return this.#answer(undefined);
  }

  #answer<A>(answer: A): Promise<A> {
    return this.up ? Promise.resolve(answer) : Promise.reject(new Error('the database is down'));
  }
}
