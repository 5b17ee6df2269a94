/**
 * What lasts: a pair whose rate has grown stale, a provider behind an open breaker. Each process that serves rates
 * looks at what it serves, says when it begins, again while it lasts, and when it is over; whoever hears of it makes
 * one incident of what many say.
 */
import type { Json } from '../../../kernel/canonical.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { pairName } from '../../../kernel/rate.ts';
import type { ExchangeRateService, ProviderStatus } from '../service.ts';
import { breakerClosed, breakerOpen, type RateNotice, rateRenewed, rateStale } from './notices.ts';

export interface StandingAlarms {
  raise(notice: RateNotice): Promise<void>;
  /** Whether an incident of it is there that has not ended. */
  isOpen(event: RateNotice['event'], payload: Json): Promise<boolean>;
}

export interface StandingDeps {
  readonly clock: Clock;
  readonly rates: Pick<ExchangeRateService, 'pairs' | 'knownQuote' | 'providers'>;
  readonly alarms: StandingAlarms;
  /** Age from which a rate is stale, milliseconds. */
  readonly staleMs: number;
}

/** What lasts is said again after this long, milliseconds: an incident that nobody speaks of ends by itself. */
const AGAIN_MS = 600_000;
/** So long after its start a process may know no rate yet, milliseconds. */
const GRACE_MS = 300_000;

type Condition = { readonly name: string } & (
  | { readonly bad: RateNotice }
  | { readonly ends: RateNotice['event']; readonly good: RateNotice }
);

export class Standing {
  readonly #deps: StandingDeps;
  readonly #since: number;
  /** When each was last said to be bad, on the monotonic clock; undefined: it was well. Absent: not looked at yet. */
  readonly #said = new Map<string, number | undefined>();

  constructor(deps: StandingDeps) {
    this.#deps = deps;
    this.#since = deps.clock.monotonic();
  }

  /** One look. @throws where it cannot be written down: it is then said at the next look */
  async look(): Promise<void> {
    for (const condition of [...this.#pairs(), ...this.#providers()]) {
      if ('bad' in condition) await this.#isBad(condition.name, condition.bad);
      else await this.#isGood(condition.name, condition.ends, condition.good);
    }
  }

  async #isBad(name: string, notice: RateNotice): Promise<void> {
    const now = this.#deps.clock.monotonic();
    const said = this.#said.get(name);
    if (said !== undefined && now - said < AGAIN_MS) return;
    await this.#deps.alarms.raise(notice);
    this.#said.set(name, now);
  }

  async #isGood(name: string, ends: RateNotice['event'], notice: RateNotice): Promise<void> {
    const { alarms } = this.#deps;
    const first = !this.#said.has(name);
    if (!first && this.#said.get(name) === undefined) return;
    // What a process that is gone has raised ends with the first look of the one after it.
    if (!first || (await alarms.isOpen(ends, notice.payload))) await alarms.raise(notice);
    this.#said.set(name, undefined);
  }

  #pairs(): readonly Condition[] {
    const { rates, clock, staleMs } = this.#deps;
    return rates.pairs.flatMap((pair): readonly Condition[] => {
      const name = `rate ${pairName(pair)}`;
      const quote = rates.knownQuote(pair);
      if (quote === undefined) {
        return clock.monotonic() - this.#since < GRACE_MS ? [] : [{ name, bad: rateStale(pair, undefined) }];
      }
      // One in dispute is served as stale, too: that has an incident of its own.
      if (quote.level !== 'manual' && quote.ageMs >= staleMs) return [{ name, bad: rateStale(pair, quote) }];
      return [{ name, ends: 'rates.stale', good: rateRenewed(pair, quote) }];
    });
  }

  #providers(): readonly Condition[] {
    const asked = this.#deps.rates.providers().filter(({ enabled }) => enabled);
    return asked.map(ofBreaker).filter((condition) => condition !== undefined);
  }
}

/** Undefined while it is being tried. */
function ofBreaker({ name: source, breaker, lastMessage }: ProviderStatus): Condition | undefined {
  const name = `breaker ${source}`;
  switch (breaker.kind) {
    case 'closed':
    case 'forced-closed':
      return { name, ends: 'breaker.open', good: breakerClosed(source) };
    case 'half-open':
      return undefined;
    case 'open':
    case 'forced-open':
      return { name, bad: breakerOpen(source, breaker.kind, lastMessage) };
  }
}
