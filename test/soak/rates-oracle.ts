/** What must hold of rates whatever happens, checked against the truth that only a simulation knows. */

import type { Purpose, Quote } from '../../src/features/rates/quote.ts';
import type { RatesEvent } from '../../src/features/rates/service.ts';
import type { RatesSettings } from '../../src/features/rates/settings.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { parseDecimal } from '../../src/kernel/decimal.ts';
import { isPlumblineError } from '../../src/kernel/errors.ts';
import { type Pair, pairName, type Rate } from '../../src/kernel/rate.ts';
import type { RecordedRates } from '../../src/sandbox/data/recorded-rates.ts';
import type { Fault, ProviderName } from '../../src/sandbox/providers/faults.ts';

const DAY_MS = 86_400_000;
/** Both of the daily sources' figures may be of the day before. */
const DAILY_LAG_MS = 26 * 3_600_000;

export interface World {
  readonly clock: Clock;
  /** Epoch milliseconds, whatever the service's wall clock says. */
  readonly trueNow: () => number;
  readonly ratesAt: (epochMs: number) => RecordedRates;
  readonly faultOf: (provider: ProviderName) => Fault;
  readonly story: 'well' | 'steps' | 'restarts';
}

export interface Asked {
  readonly pair: Pair;
  readonly purpose: Purpose;
  readonly deadlineMs: number;
  readonly at: number;
}

/** The breaker as its description says, kept apart from the real one. */
interface Watched {
  inRow: number;
  openUntil: number;
  /** Open once, and not closed since. */
  tripped: boolean;
  inFlight: number;
  heldUntil: number;
}

export class RatesOracle {
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #watched = new Map<ProviderName, Watched>();
  readonly #liars = new Set<ProviderName>();
  /** When each quote was first given, true time. */
  readonly #firstGiven = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  lied(provider: ProviderName): void {
    this.#liars.add(provider);
  }

  restarted(): void {
    this.#watched.clear();
  }

  called(provider: ProviderName): void {
    const watched = this.#of(provider);
    const now = this.#world.clock.monotonic();
    if (now < watched.openUntil) this.#violation(`${provider} is called while its breaker is open`);
    if (watched.tripped && watched.inFlight > 0) this.#violation(`${provider}: a second call while half-open`);
    if (now < watched.heldUntil) this.#violation(`${provider} is called before the time it asked for`);
    watched.inFlight += 1;
  }

  answered(provider: ProviderName, status: number): void {
    const fault = this.#world.faultOf(provider);
    if (status !== 429 || fault.kind !== 'rate-limited') return;
    this.#of(provider).heldUntil = this.#world.clock.monotonic() + fault.retryAfterSeconds * 1_000;
  }

  happened(event: RatesEvent): void {
    if (event.kind !== 'attempt') return;
    const watched = this.#of(event.source);
    watched.inFlight -= 1;
    if (event.outcome === 'refused') return;
    if (event.outcome === 'ok') {
      watched.inRow = 0;
      watched.tripped = false;
      return;
    }
    watched.inRow += 1;
    if (!watched.tripped && watched.inRow < 5) return;
    watched.tripped = true;
    watched.inRow = 0;
    watched.openUntil = this.#world.clock.monotonic() + 60_000;
  }

  gave(asked: Asked, quote: Quote, settings: RatesSettings): void {
    const what = `${pairName(asked.pair)} for ${asked.purpose}, ${quote.level}, ${quote.ageMs} ms old`;
    this.#inTime(asked, what);
    const maxAgeMs = settings.maxAgeMs[asked.purpose];
    if (maxAgeMs !== undefined && quote.ageMs > maxAgeMs) this.#violation(`${what}: older than its bound`);
    const trueAgeMs = this.#trueAge(quote);
    if (trueAgeMs > quote.ageMs + 1_001) this.#violation(`${what}: its true age is ${trueAgeMs} ms`);
    const level = quote.ageMs <= settings.freshMs ? 'fresh' : quote.ageMs <= settings.agingMs ? 'aging' : 'stale';
    if (quote.level !== level) this.#violation(`${what}: labelled wrongly`);
    if (!this.#isTrue(quote))
      this.#violation(`${what}: ${quote.mid.value.units} e-${quote.mid.value.scale} is not true`);
    const hurried = asked.deadlineMs < settings.deadlineMs; // may have to take what is in memory
    if (this.#world.story === 'well' && quote.level === 'stale' && !hurried)
      this.#violation(`${what}: though every provider is well`);
  }

  refused(asked: Asked, error: unknown): void {
    const what = `${pairName(asked.pair)} for ${asked.purpose}`;
    this.#inTime(asked, what);
    if (!isPlumblineError(error) || error.code !== 'rates.unavailable') this.#violation(`${what}: ${String(error)}`);
    // A hurried first caller may come before the first answer.
    else if (this.#world.story === 'well' && asked.deadlineMs > 2_500) this.#violation(`${what}: ${error.message}`);
  }

  #inTime({ at, deadlineMs }: Asked, what: string): void {
    const tookMs = this.#world.clock.monotonic() - at;
    if (tookMs > deadlineMs + 1) this.#violation(`${what}: answered after ${tookMs} ms of ${deadlineMs}`);
  }

  /** At least this old: since it was first given; where our wall clock is right, since it was made. */
  #trueAge(quote: Quote): number {
    const now = this.#world.trueNow();
    const first = this.#firstGiven.get(quote.quoteId) ?? now;
    this.#firstGiven.set(quote.quoteId, first);
    if (this.#world.story === 'steps') return now - first;
    const live = quote.sources.filter(({ source }) => source === 'coingecko' || source === 'cryptocompare');
    return now - Math.min(first, quote.asOf, ...live.map(({ publishedAt }) => publishedAt));
  }

  /** Within 1 % of what was true at its time, or the day before where a daily figure is part of it. */
  #isTrue(quote: Quote): boolean {
    if (quote.sources.some(({ source }) => this.#liars.has(source))) return true;
    const now = this.#world.trueNow();
    const made = now - quote.ageMs;
    const candidates = [made, made - DAILY_LAG_MS, Math.min(made + DAY_MS / 12, now)];
    return candidates.some((at) => isNear(quote.mid, truthOf(quote.pair, this.#world.ratesAt(at))));
  }

  #of(provider: ProviderName): Watched {
    const known = this.#watched.get(provider);
    if (known !== undefined) return known;
    const fresh = { inRow: 0, openUntil: 0, tripped: false, inFlight: 0, heldUntil: 0 };
    this.#watched.set(provider, fresh);
    return fresh;
  }

  #violation(what: string): void {
    if (this.violations.length < 20)
      this.violations.push(`at ${new Date(this.#world.trueNow()).toISOString()}: ${what}`);
  }
}

function truthOf(pair: Pair, rates: RecordedRates): string {
  if (pair.base === 'USD') return rates.usdVnd;
  return pair.quote === 'USD' ? rates.usdtUsd : rates.usdtVnd;
}

function isNear(rate: Rate, text: string): boolean {
  const truth = parseDecimal(text);
  if (truth === undefined) return false;
  const told = rate.value.units * 10n ** BigInt(truth.scale);
  const real = truth.units * 10n ** BigInt(rate.value.scale);
  const distance = told > real ? told - real : real - told;
  return distance * 100n <= real;
}
