/**
 * What no process may do to a provider: call it before the second that it named, while the fleet's
 * breaker is open, twice at once, or more often than the month includes. A process is blamed for what
 * it could know: what it was told itself, what the shared cache holds, what the database gave it back.
 */
import type { ProviderName } from '../../../src/sandbox/providers/faults.ts';
import type { Timeline } from '../../support/timeline.ts';
import { MINUTE, SECOND } from './truth.ts';

/** Where something is known: a process by its number, and what outlives it. */
type Place = number | 'cache' | 'database';

interface Fact {
  readonly until: number;
  readonly knownTo: Set<Place>;
}

interface Watched {
  held: Fact;
  open: Fact;
  readonly inFlight: Set<number>;
  calls: number;
}

const MONTHLY_CALLS = 10_000;
/** A process that knows more than the cache has written it back by then. */
const WRITTEN_BACK_MS = 7 * SECOND;
/** A lease is given up after this time. */
const never = (): Fact => ({ until: 0, knownTo: new Set() });

export interface Storage {
  cacheUp(): boolean;
  databaseUp(): boolean;
}

export class Laws {
  readonly violations: string[] = [];
  readonly #time: Timeline;
  readonly #storage: Storage;
  readonly #alive = new Set<number>();
  readonly #watched = new Map<ProviderName, Watched>();
  /** Since when the cache has served everybody without a break. */
  #sharedSince: number;

  constructor(time: Timeline, storage: Storage) {
    this.#time = time;
    this.#storage = storage;
    this.#sharedSince = time.now;
  }

  callsOf(provider: ProviderName): number {
    return this.#of(provider).calls;
  }

  started(process: number): void {
    this.#alive.add(process);
    for (const { held, open } of this.#watched.values()) {
      const known = this.#storage.databaseUp() && held.knownTo.has('database');
      if (known || (this.#storage.cacheUp() && held.knownTo.has('cache'))) held.knownTo.add(process);
      if (this.#storage.cacheUp() && open.knownTo.has('cache')) open.knownTo.add(process);
    }
  }

  killed(process: number): void {
    this.#alive.delete(process);
    for (const { held, open, inFlight } of this.#watched.values()) {
      held.knownTo.delete(process);
      open.knownTo.delete(process);
      inFlight.delete(process);
    }
  }

  /** The shared cache went away, or came back, or forgot everything. */
  cacheChanged(forgot: boolean): void {
    this.#sharedSince = this.#time.now;
    if (forgot)
      for (const { held, open } of this.#watched.values())
        for (const fact of [held, open]) fact.knownTo.delete('cache');
    this.#time.at(this.#time.now + WRITTEN_BACK_MS, () => {
      if (!this.#storage.cacheUp() || this.#time.now - this.#sharedSince < WRITTEN_BACK_MS) return;
      for (const { held, open } of this.#watched.values()) {
        for (const fact of [held, open]) if (this.#isAliveAmong(fact)) fact.knownTo.add('cache');
      }
    });
  }

  called(process: number, provider: ProviderName): void {
    const watched = this.#of(provider);
    const now = this.#time.now;
    watched.calls += 1;
    if (provider === 'coingecko' && watched.calls === MONTHLY_CALLS + 1)
      this.#violation('coingecko: more calls than the month includes');
    if (this.#knows(process, watched.held))
      this.#violation(`${provider} is called ${seconds(watched.held.until - now)} before the time it asked for`);
    if (this.#knows(process, watched.open))
      this.#violation(
        `${provider} is called ${seconds(watched.open.until - now)} before its open breaker lets a probe through`,
      );
    const others = [...watched.inFlight].filter((each) => each !== process);
    const shared = this.#storage.cacheUp() && now - this.#sharedSince > WRITTEN_BACK_MS;
    if (shared && others.length > 0) this.#violation(`${provider} is called by two processes at once`);
    if (watched.inFlight.has(process)) this.#violation(`${provider} is called by one process twice at once`);
    watched.inFlight.add(process);
  }

  answered(process: number, provider: ProviderName): void {
    this.#of(provider).inFlight.delete(process);
  }

  /** It asked to be left alone. */
  told(process: number, provider: ProviderName, untilMs: number): void {
    this.#of(provider).held = this.#fact(process, untilMs, true);
  }

  breaker(process: number, provider: string, to: string): void {
    const watched = [...this.#watched].find(([name]) => name === provider)?.[1];
    if (watched === undefined) return;
    watched.open = to === 'open' ? this.#fact(process, this.#time.now + MINUTE, false) : never();
  }

  #fact(process: number, until: number, lasting: boolean): Fact {
    const knownTo = new Set<Place>([process]);
    if (this.#storage.cacheUp()) knownTo.add('cache');
    if (lasting && this.#storage.databaseUp()) knownTo.add('database');
    return { until, knownTo };
  }

  #knows(process: number, { until, knownTo }: Fact): boolean {
    // Whole milliseconds on both sides, and an answer is on its way for a while.
    if (this.#time.now >= until - 2) return false;
    return knownTo.has(process) || (this.#storage.cacheUp() && knownTo.has('cache'));
  }

  #isAliveAmong({ knownTo }: Fact): boolean {
    return [...this.#alive].some((each) => knownTo.has(each));
  }

  #of(provider: ProviderName): Watched {
    const known = this.#watched.get(provider);
    if (known !== undefined) return known;
    const watched = { held: never(), open: never(), inFlight: new Set<number>(), calls: 0 };
    this.#watched.set(provider, watched);
    return watched;
  }

  #violation(what: string): void {
    this.violations.push(`at ${new Date(this.#time.now).toISOString()}: ${what}`);
  }
}

const seconds = (ms: number): string => `${(ms / SECOND).toFixed(1)} s`;
