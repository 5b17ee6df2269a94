/**
 * Who could have told the truth, and how late: what a policy may be blamed for. A provider counts while
 * it answers honestly, is not under a pause that it asked for itself, and has been so for long enough
 * that everybody who keeps to its quota must have asked it.
 */
import type { Pair } from '../../../src/kernel/rate.ts';
import type { ProviderName } from '../../../src/sandbox/providers/faults.ts';
import type { Timeline } from '../../support/timeline.ts';
import { DAY, HOUR, MINUTE, SECOND } from './truth.ts';
import type { Weather } from './weather.ts';

interface Habit {
  /** Longest time until it has been asked again after it has become honest. */
  readonly settleMs: number;
  /** How old what is known of it may be, of USDT and of the dong. */
  readonly usdtLagMs: number;
  readonly vndLagMs: number;
}

/** CoinGecko's month of calls allows one in five minutes, and its server keeps an answer for one. */
const HABITS: Readonly<Partial<Record<ProviderName, Habit>>> = {
  coingecko: { settleMs: 7 * MINUTE, usdtLagMs: 400 * SECOND, vndLagMs: HOUR + 400 * SECOND },
  binance: { settleMs: 150 * SECOND, usdtLagMs: 60 * SECOND, vndLagMs: Number.POSITIVE_INFINITY },
  cryptocompare: { settleMs: 180 * SECOND, usdtLagMs: 110 * SECOND, vndLagMs: HOUR + 110 * SECOND },
  // The bank writes its table anew five times a day, the others once.
  vietcombank: { settleMs: 7 * MINUTE, usdtLagMs: Number.POSITIVE_INFINITY, vndLagMs: 4 * HOUR },
  'open-er-api': { settleMs: 75 * MINUTE, usdtLagMs: Number.POSITIVE_INFINITY, vndLagMs: 27 * HOUR },
  frankfurter: { settleMs: 75 * MINUTE, usdtLagMs: Number.POSITIVE_INFINITY, vndLagMs: 4 * DAY },
};

const VND_SOURCES: readonly ProviderName[] = ['vietcombank', 'open-er-api', 'frankfurter'];
const WHOLE_SOURCES: readonly ProviderName[] = ['coingecko', 'cryptocompare'];

interface Spell {
  /** Undefined: it is not honest now. */
  since: number | undefined;
  heldUntil: number;
  /** The end of the last spell that was long enough. */
  ended: number;
}

export class Honesty {
  readonly #time: Timeline;
  readonly #weather: Weather;
  readonly #spells: ReadonlyMap<ProviderName, Spell>;
  /** Providers that nobody of ours can ask. */
  #unreachable: (provider: ProviderName) => boolean = () => false;

  /** @param providers those that may be asked at all */
  constructor(time: Timeline, weather: Weather, providers: readonly ProviderName[]) {
    this.#time = time;
    this.#weather = weather;
    this.#spells = new Map(
      providers.map((each) => [each, { since: time.now, heldUntil: time.now, ended: time.now - 30 * DAY }]),
    );
    weather.onChange((provider) => this.#look(provider));
  }

  /** Its own pause: nobody may ask it before. */
  held(provider: ProviderName, untilMs: number): void {
    const spell = this.#spells.get(provider);
    if (spell === undefined || untilMs <= spell.heldUntil) return;
    spell.heldUntil = untilMs;
    this.#look(provider);
    this.#time.at(untilMs, () => this.#look(provider));
  }

  /** Changes on our own side: which providers cannot be asked for now. */
  setUnreachable(unreachable: (provider: ProviderName) => boolean): void {
    this.#unreachable = unreachable;
    for (const provider of this.#spells.keys()) this.#look(provider);
  }

  /** The providers have honestly answered whoever asked, for this long: a route of the pair among them. */
  routeExists(pair: Pair, forMs: number): boolean {
    return this.#hasRoute(pair, (provider) => this.#honestMs(provider) >= forMs);
  }

  /** An honest route of the pair has been there for so long that it must have been heard. */
  mustBeHeard(pair: Pair): boolean {
    return this.#hasRoute(pair, (provider) => this.#honestMs(provider) >= settleOf(provider));
  }

  /** CoinGecko and Binance have both been honest for this long. */
  bothFor(ms: number): boolean {
    return this.#honestMs('coingecko') >= ms && this.#honestMs('binance') >= ms;
  }

  /** The time of the USDT/USD, and of the USD/VND, that must be known by now. */
  knowable(): { readonly usdt: number; readonly vnd: number } {
    let [usdt, vnd] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [provider, { since, ended }] of this.#spells) {
      const habit = HABITS[provider];
      if (habit === undefined) continue;
      const now = this.#time.now;
      const settled = since !== undefined && now - since >= habit.settleMs;
      const last = settled ? now : ended;
      usdt = Math.max(usdt, last - habit.usdtLagMs);
      vnd = Math.max(vnd, last - habit.vndLagMs);
    }
    return { usdt, vnd };
  }

  #hasRoute({ base, quote }: Pair, is: (provider: ProviderName) => boolean): boolean {
    const hasVnd = VND_SOURCES.some(is);
    if (base === 'USD') return hasVnd;
    return WHOLE_SOURCES.some(is) || (is('binance') && (quote === 'USD' || hasVnd));
  }

  #honestMs(provider: ProviderName): number {
    const since = this.#spells.get(provider)?.since;
    return since === undefined ? -1 : this.#time.now - since;
  }

  #look(provider: ProviderName): void {
    const spell = this.#spells.get(provider);
    if (spell === undefined) return;
    const now = this.#time.now;
    const honest = this.#weather.conditionOf(provider).honest && now >= spell.heldUntil && !this.#unreachable(provider);
    if (honest) spell.since ??= now;
    else if (spell.since !== undefined) {
      if (now - spell.since >= settleOf(provider)) spell.ended = now;
      spell.since = undefined;
    }
  }
}

const settleOf = (provider: ProviderName): number => HABITS[provider]?.settleMs ?? Number.POSITIVE_INFINITY;
