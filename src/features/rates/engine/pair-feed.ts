/**
 * One pair as its callers see it.
 *
 *   fresh            answered from memory
 *   aging            answered from memory, while the sources are asked behind
 *   stale or absent  the caller waits for a round of asking, no longer than its deadline; then it gets
 *                    what was found, or the last known good rate with its label, where its purpose
 *                    allows that age, or a refusal that says why
 */
import { PlumblineError } from '../../../kernel/errors.ts';
import { pairName } from '../../../kernel/rate.ts';
import type { Logger } from '../../../platform/telemetry/port.ts';
import type { PairPolicy } from '../consensus/policy.ts';
import type { SharedRecord } from '../fleet/fleet.ts';
import type { PairState, Published } from '../fleet/pair-state.ts';
import type { Urgency } from '../fleet/source-state.ts';
import { waitAtMost } from '../fleet/wait.ts';
import type { Quote } from '../quote.ts';
import { quoteToJson } from '../quote-json.ts';
import { allowedFor, type Purpose } from '../rules.ts';
import { manualOf } from './manual.ts';
import { attemptsOf, quoteOf } from './quote-of.ts';
import { type Grade, Round, type RoundDeps } from './round.ts';
import type { SourceRunner } from './source-runner.ts';

export interface FeedDeps extends Omit<RoundDeps, 'grade'> {
  readonly log: Logger;
  readonly record: SharedRecord<PairState>;
  readonly sources: readonly SourceRunner[];
}

/** A caller whose time reaches this much beyond a round it joined may start its own. */
const WORTH_ANOTHER_ROUND_MS = 50;
const COMPLAINT_INTERVAL_MS = 60_000;

/** The answer given last, given again within the same millisecond. */
interface LastAnswer {
  readonly atMs: number;
  readonly version: number;
  readonly quote: Quote;
  readonly answer: Promise<Quote>;
}

export class PairFeed {
  readonly policy: PairPolicy;
  /** Answers that were given, by level. */
  readonly answered: Record<Quote['level'] | 'refused', number> = {
    fresh: 0,
    aging: 0,
    stale: 0,
    manual: 0,
    refused: 0,
  };
  readonly #deps: FeedDeps;
  readonly #name: string;
  readonly #last: { [P in Purpose]?: LastAnswer } = {};
  #round: Round | undefined;
  /** Monotonic milliseconds. */
  #roundEndedAt = Number.NEGATIVE_INFINITY;
  #askedBehindAt = Number.NEGATIVE_INFINITY;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(policy: PairPolicy, deps: FeedDeps) {
    this.policy = policy;
    this.#deps = deps;
    this.#name = pairName(policy.pair);
  }

  /** At once where memory has the answer. @throws `rates.unavailable` (upstream), as a rejection */
  quote(purpose: Purpose, deadlineMs: number): Promise<Quote> {
    const last = this.#fromMemory(purpose);
    if (last === undefined) return this.#afterWaiting(purpose, deadlineMs);
    this.answered[last.quote.level] += 1;
    return last.answer;
  }

  /** What memory has, whatever its level: no waiting, no counting. */
  known(purpose: Purpose): Quote | undefined {
    return this.#answer(purpose)?.quote;
  }

  #fromMemory(purpose: Purpose): LastAnswer | undefined {
    const last = this.#answer(purpose);
    if (last === undefined || last.quote.level === 'fresh' || last.quote.level === 'manual') return last;
    if (!allowedFor(purpose, last.quote.ageMs, this.#deps.settings.maxAgeMs)) return undefined;
    if (last.quote.level === 'aging') this.#askBehind('due');
    // In dispute: waiting would not settle it sooner.
    else if (last.quote.agreement === 'contested') this.#askBehind('urgent');
    else return undefined;
    return last;
  }

  async #afterWaiting(purpose: Purpose, deadlineMs: number): Promise<Quote> {
    const { clock, settings } = this.#deps;
    const end = clock.monotonic() + deadlineMs;
    const within = (promise: Promise<void>): Promise<void> =>
      waitAtMost(clock, promise, end - clock.monotonic(), () => undefined);
    // A round that has just ended in vain would end so again.
    let round = this.#round ?? (this.#justEnded() ? undefined : this.#startRound());
    while (round !== undefined) {
      for (const signal of [round.enough, round.done]) {
        await within(signal);
        const last = this.#fromMemory(purpose);
        if (last !== undefined) return this.#given(last.quote);
      }
      const endedEarly = clock.monotonic() < round.end;
      if (endedEarly || end - clock.monotonic() < WORTH_ANOTHER_ROUND_MS) break;
      round = this.#round ?? this.#startRound(); // this caller has more time than the round had
    }
    const last = this.#answer(purpose)?.quote;
    if (last !== undefined && allowedFor(purpose, last.ageMs, settings.maxAgeMs)) return this.#given(last);
    this.answered.refused += 1;
    throw this.#unavailable(purpose, last);
  }

  #given(quote: Quote): Quote {
    this.answered[quote.level] += 1;
    return quote;
  }

  #justEnded(): boolean {
    return this.#deps.clock.monotonic() - this.#roundEndedAt < this.#deps.settings.urgentMs;
  }

  /** Asks whoever may be asked, for nobody in particular. */
  #askBehind(urgency: Urgency): void {
    const { clock, sources, settings, afterReading } = this.#deps;
    if (clock.monotonic() - this.#askedBehindAt < settings.urgentMs) return;
    this.#askedBehindAt = clock.monotonic();
    for (const runner of sources) {
      void runner.ask(urgency).then((asked) => (asked.kind === 'read' ? afterReading(runner) : undefined));
    }
  }

  #startRound(): Round {
    const { clock, sources, log, settings } = this.#deps;
    const round = new Round(sources, settings.deadlineMs, { ...this.#deps, grade: () => this.#grade() });
    this.#round = round;
    void round.done
      .catch((error: unknown) => {
        log.error({ code: 'rates.round_failed', err: error }, `${this.#name}: asking for a rate broke off`);
      })
      .finally(() => {
        this.#round = undefined;
        this.#roundEndedAt = clock.monotonic();
        if (this.#grade() === 'none') this.#complain();
      });
    return round;
  }

  #grade(): Grade {
    const quote = this.#answer('display')?.quote;
    if (quote === undefined || quote.level === 'stale') return 'none';
    return quote.agreement === 'unverified' || quote.agreement === 'single' ? 'lone' : 'good';
  }

  /** While nobody answers, every caller asks: the log hears of it once a minute. */
  #complain(): void {
    const { clock, log, sources } = this.#deps;
    if (clock.monotonic() - this.#complainedAt < COMPLAINT_INTERVAL_MS) return;
    this.#complainedAt = clock.monotonic();
    const fields = { code: 'rates.none_found', pair: this.#name, attempts: attemptsOf(sources) };
    log.error(fields, `${this.#name}: no source gave a rate`);
  }

  #answer(purpose: Purpose): LastAnswer | undefined {
    const { clock, fleet } = this.#deps;
    const atMs = Math.floor(clock.monotonic());
    const last = this.#last[purpose];
    if (last !== undefined && last.atMs === atMs && last.version === fleet.version) return last;
    const published = this.serving();
    if (published === undefined) return undefined;
    const quote = quoteOf(this.policy.pair, published, purpose, this.#deps);
    const next = { atMs, version: fleet.version, quote, answer: Promise.resolve(quote) };
    this.#last[purpose] = next;
    return next;
  }

  /** What everybody serves now. */
  serving(): Published | undefined {
    const { record, fleet } = this.#deps;
    return manualOf(record.value, fleet.now())?.published ?? record.value.published;
  }

  #unavailable(purpose: Purpose, last: Quote | undefined): PlumblineError {
    const name = this.#name;
    const maxAgeMs = this.#deps.settings.maxAgeMs[purpose];
    const reasons = attemptsOf(this.#deps.sources).map(({ source, outcome, message }) => ({
      source,
      outcome,
      message: message ?? '',
    }));
    const age =
      last === undefined
        ? 'none was ever known'
        : `the last known good one is ${Math.ceil(last.ageMs / 1000)} s old, and ${Math.floor((maxAgeMs ?? 0) / 1000)} s is the limit`;
    const why = reasons.length === 0 ? 'no source has answered yet' : reasons.map(describe).join('; ');
    return new PlumblineError(
      'upstream',
      'rates.unavailable',
      `${name}: no rate for purpose "${purpose}": ${age}; ${why}`,
      {
        unchanged: true,
        details: {
          pair: name,
          purpose,
          max_age_ms: maxAgeMs,
          last_good: last === undefined ? undefined : quoteToJson(last),
          reasons,
        },
      },
    );
  }
}

const describe = ({ source, outcome, message }: { source: string; outcome: string; message: string }): string =>
  message === '' ? `${source} ${outcome}` : `${source} ${outcome} (${message})`;
