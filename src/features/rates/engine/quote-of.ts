/** From what was published and how old it is now to the quote that a caller gets. */
import type { Clock } from '../../../kernel/clock.ts';
import type { Pair } from '../../../kernel/rate.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { ageAt, type Published } from '../fleet/pair-state.ts';
import type { Quote, QuoteAttempt } from '../quote.ts';
import { bidAsk, expiryOf, halfSpreadAt, type Level, levelOf, type Purpose } from '../rules.ts';
import type { RatesSettings } from '../settings.ts';
import type { SourceRunner } from './source-runner.ts';

interface QuoteDeps {
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly settings: RatesSettings;
  readonly sources: readonly SourceRunner[];
}

export function quoteOf(pair: Pair, published: Published, purpose: Purpose, deps: QuoteDeps): Quote {
  const { clock, fleet, settings, sources } = deps;
  const { quoteId, mid, agreement, basis, figures, opinions, publishedAt } = published;
  const ageMs = ageAt(published, fleet.now());
  const level = levelOfPublished(published, ageMs, settings);
  const spreadAgeMs = level === 'manual' ? 0 : ageMs;
  const { bid, ask } = bidAsk(mid, halfSpreadAt(spreadAgeMs, published.halfSpreadBps, settings.freshMs));
  const maxAgeMs = level === 'manual' ? undefined : settings.maxAgeMs[purpose];
  return Object.freeze({
    ...{ quoteId, pair, bid, mid, ask },
    asOf: publishedAt - published.ageMs,
    ...{ ageMs, level, agreement },
    sources: figures.map((each) => ({
      ...{ source: each.source, route: each.route, pair: each.pair, rate: each.rate },
      asOf: publishedAt - each.ageMs,
      publishedAt: publishedAt - each.publishedAgoMs,
    })),
    witnesses: opinions,
    attempts: attemptsOf(sources),
    basis,
    expiresAt: expiryOf(clock.now(), ageMs, settings.quoteLifetimeMs, maxAgeMs),
  });
}

/** A rate in dispute is the last known good one, whatever its age. */
export function levelOfPublished({ agreement }: Published, ageMs: number, settings: RatesSettings): Level {
  if (agreement === 'manual') return 'manual';
  return agreement === 'contested' ? 'stale' : levelOf(ageMs, settings.policy);
}

/** How each source fared last, in their order; who was never asked is left out. */
export const attemptsOf = (sources: readonly SourceRunner[]): readonly QuoteAttempt[] =>
  sources.map(attemptOf).filter((each) => each !== undefined);

function attemptOf(runner: SourceRunner): QuoteAttempt | undefined {
  const { name: source } = runner;
  const { disabled } = runner.source;
  if (disabled !== undefined) return { source, outcome: 'disabled', message: disabled, ms: 0 };
  const { last } = runner.record.value;
  const wait = runner.wait('urgent');
  const ms = last?.ms ?? 0;
  if (wait?.why === 'open') return { source, outcome: 'skipped-open', message: wait.message, ms };
  if (wait?.why === 'hold') return { source, outcome: 'skipped-hold', message: wait.message, ms };
  if (last === undefined) return undefined;
  return last.message === undefined
    ? { source, outcome: last.outcome, ms }
    : { source, outcome: last.outcome, message: last.message, ms };
}
