/** What must hold of every answer, whatever happens. */
import type { Purpose, Quote } from '../../../src/features/rates/quote.ts';
import type { RatesSettings } from '../../../src/features/rates/settings.ts';
import { isPlumblineError } from '../../../src/kernel/errors.ts';
import { type Pair, pairName, type Rate } from '../../../src/kernel/rate.ts';
import type { ProviderName } from '../../../src/sandbox/providers/faults.ts';
import type { Timeline } from '../../support/timeline.ts';
import type { Honesty } from './honesty.ts';
import type { Judge } from './judge.ts';
import { MINUTE, SECOND } from './truth.ts';
import type { Delivered } from './wire.ts';

export interface OracleDeps {
  readonly time: Timeline;
  readonly judge: Judge;
  readonly honesty: Honesty;
  readonly settings: RatesSettings;
  /** Wall clocks are set: a provider's stamp says nothing. */
  readonly steps: boolean;
}

export interface Counts {
  answers: number;
  unlabelled: number;
  /** Unlabelled and more than 1 % wrong: a violation. */
  wrong: number;
  /** The same where the only route that spoke was the liar's: nobody can promise anything then. */
  beyond: number;
  /** Older than the bound of its purpose: a violation. */
  old: number;
  /** Labelled, and the truth lies outside of its spread. */
  outside: number;
  labelled: number;
  refused: number;
}

/** Both whole milliseconds, and an answer may be on its way. */
const TOLERANCE_MS = 2 * SECOND;

export const isUnlabelled = ({ level, agreement }: Quote): boolean =>
  (level === 'fresh' || level === 'aging') && (agreement === 'corroborated' || agreement === 'single');

export const numberOf = ({ value }: Rate): number => Number(value.units) / 10 ** value.scale;

export class Oracle {
  readonly violations: string[] = [];
  /** What would be one if an honest route had been there to be heard. */
  readonly excused: string[] = [];
  readonly counts: Counts = {
    ...{ answers: 0, unlabelled: 0, wrong: 0, beyond: 0, old: 0, outside: 0, labelled: 0, refused: 0 },
  };
  readonly #deps: OracleDeps;
  /** Providers whose word that was heard last was believable and not true. */
  readonly #untrue = new Set<string>();
  /** The latest instant that each can have spoken of. */
  readonly #spokenOf = new Map<string, number>();

  constructor(deps: OracleDeps) {
    this.#deps = deps;
  }

  /** Whose last word was believable and not true. */
  get liars(): readonly string[] {
    return [...this.#untrue];
  }

  heard(provider: ProviderName, { status, condition, knownAt }: Delivered): void {
    if (status !== 200 || !condition.legible) return;
    if (condition.untrue) this.#untrue.add(provider);
    else this.#untrue.delete(provider);
    const stamped = provider === 'coingecko' || provider === 'cryptocompare';
    const of = stamped && !this.#deps.steps ? knownAt : this.#deps.time.now;
    this.#spokenOf.set(provider, Math.max(of, this.#spokenOf.get(provider) ?? 0));
  }

  gave(pair: Pair, purpose: Purpose, quote: Quote): void {
    const { counts } = this;
    const { judge, settings } = this.#deps;
    const mid = numberOf(quote.mid);
    const what = (): string => this.#describe(pair, purpose, quote);
    counts.answers += 1;
    const maxAgeMs = settings.maxAgeMs[purpose];
    if (maxAgeMs !== undefined && quote.ageMs > maxAgeMs) {
      counts.old += 1;
      this.#violation(`${what()}: older than its bound`);
    }
    const byAge = quote.ageMs <= settings.freshMs ? 'fresh' : quote.ageMs <= settings.agingMs ? 'aging' : 'stale';
    const level = quote.agreement === 'contested' ? 'stale' : byAge;
    if (quote.level !== level) this.#violation(`${what()}: labelled wrongly`);
    const younger = this.#youngerThanItCanBe(quote);
    if (younger !== undefined) this.#violation(`${what()}: ${younger}`);
    if (isUnlabelled(quote)) {
      counts.unlabelled += 1;
      if (judge.isWrong(pair, mid)) this.#wrong(pair, what());
    } else {
      counts.labelled += 1;
      const truth = judge.truthOf(pair);
      if (truth < numberOf(quote.bid) || truth > numberOf(quote.ask)) counts.outside += 1;
    }
  }

  /** @param known what memory held then */
  refused(pair: Pair, purpose: Purpose, error: unknown, known: Quote | undefined): void {
    this.counts.refused += 1;
    const what = `${pairName(pair)} for ${purpose}`;
    if (!isPlumblineError(error) || error.code !== 'rates.unavailable') {
      this.#violation(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return;
    }
    const maxAgeMs = this.#deps.settings.maxAgeMs[purpose];
    if (known === undefined || (maxAgeMs !== undefined && known.ageMs > maxAgeMs)) return;
    this.#violation(`${what} is refused, and memory holds a rate ${known.ageMs} ms old`);
  }

  #wrong(pair: Pair, what: string): void {
    const { liars } = this;
    if (liars.length > 0 && !this.#deps.honesty.mustBeHeard(pair)) {
      this.counts.beyond += 1;
      this.excused.push(`at ${this.#instant()}: ${what}, while ${liars.join(', ')} lies`);
      return;
    }
    this.counts.wrong += 1;
    this.#violation(`${what}: unlabelled and wrong${liars.length > 0 ? `, while ${liars.join(', ')} lies` : ''}`);
  }

  #youngerThanItCanBe({ sources, ageMs }: Quote): string | undefined {
    const { time, steps } = this.#deps;
    for (const { source } of sources) {
      const at = this.#spokenOf.get(source);
      const daily = source === 'open-er-api' || source === 'frankfurter';
      if (daily || at === undefined) continue;
      const realMs = time.now - at;
      if (realMs > ageMs + TOLERANCE_MS + (steps ? MINUTE : 0)) return `${source} spoke ${realMs} ms ago`;
    }
    return undefined;
  }

  #describe(pair: Pair, purpose: Purpose, quote: Quote): string {
    const { judge } = this.#deps;
    const said = quote.witnesses.map(
      ({ route, rate, verdict }) => `${route} ${rate ? numberOf(rate) : '-'} ${verdict}`,
    );
    return `${pairName(pair)} for ${purpose}, ${quote.level} ${quote.agreement} ${quote.ageMs} ms old, ${numberOf(quote.mid)}, truth ${judge.truthOf(pair)} [${said.join('; ')}]`;
  }

  #violation(what: string): void {
    this.violations.push(`at ${this.#instant()}: ${what}`);
  }

  #instant(): string {
    return new Date(this.#deps.time.now).toISOString();
  }
}
