/**
 * What goes wrong with the providers in a month, decided beforehand: each has its own bad times, and now
 * and then all of them are out of reach, or all but one or two. At any time one of them at the most says
 * what is believable and not true, until it has been well for long enough to be heard again.
 */
import type { Fault, ProviderName } from '../../../src/sandbox/providers/faults.ts';
import type { Dice } from './dice.ts';
import type { Bent } from './providers.ts';
import { DAY, HOUR, MINUTE, type Move, SECOND } from './truth.ts';

export interface Episode {
  readonly provider: ProviderName;
  readonly from: number;
  readonly until: number;
  readonly fault: Fault;
  /** It says what can be believed and is not true. */
  readonly untrue: boolean;
  /** How it lies at an instant; absent: it does not. */
  readonly bentAt?: (at: number) => Bent;
}

export interface Outage {
  readonly from: number;
  readonly until: number;
  readonly providers: readonly ProviderName[];
  readonly fault: Fault;
}

export interface Trouble {
  readonly episodes: readonly Episode[];
  readonly outages: readonly Outage[];
}

interface Span {
  readonly from: number;
  readonly until: number;
}

const LIVE_ASKED_MS = 12 * MINUTE;
const DAILY_ASKED_MS = 2.5 * HOUR;
/** After this time without a fault everybody has heard from it again. */
const heardAfter = (provider: ProviderName): number =>
  provider === 'open-er-api' || provider === 'frankfurter' ? DAILY_ASKED_MS : LIVE_ASKED_MS;

/** @param moves of the truth: when the market is upset, providers are */
export function troubleOf(
  dice: Dice,
  providers: readonly ProviderName[],
  moves: readonly Move[],
  begin: number,
  end: number,
): Trouble {
  const outages = outagesOf(dice, providers, begin, end);
  const usual = dice.pick([3 * HOUR, 10 * HOUR, DAY, 3 * DAY]);
  const spans = providers.flatMap((provider) => {
    const upset = moves.flatMap(({ from }) => (dice.chance(0.3) ? [upsetBy(dice, from)] : []));
    const own = spansOf(dice, usual * dice.scaled(0.4, 2.5), begin, end);
    return apart([...own, ...upset]).map((span) => ({ ...span, provider }));
  });
  spans.sort((a, b) => a.from - b.from);
  let untrueUntil = begin;
  const episodes = spans.map((span): Episode => {
    if (span.from < untrueUntil || !dice.chance(0.3)) return { ...span, untrue: false, fault: plainFault(dice) };
    const own = spans.filter(({ provider }) => provider === span.provider);
    const gone = outages.filter(({ providers: hit }) => hit.includes(span.provider));
    untrueUntil = wellAgain(span.until, [...own, ...gone], heardAfter(span.provider));
    return { ...span, untrue: true, ...untruth(dice, span) };
  });
  return { episodes, outages };
}

/** The end of the first time of `wellMs` after `at` without trouble. */
function wellAgain(at: number, troubles: readonly Span[], wellMs: number): number {
  const next = troubles
    .filter(({ from, until }) => until > at && from < at + wellMs)
    .reduce((latest, { until }) => Math.max(latest, until), at);
  return next === at ? at + wellMs : wellAgain(next, troubles, wellMs);
}

function spansOf(dice: Dice, mean: number, begin: number, end: number): readonly Span[] {
  const spans: Span[] = [];
  for (let from = begin + dice.until(mean); from < end; ) {
    const until = from + dice.scaled(5 * SECOND, dice.chance(0.1) ? 3 * DAY : 6 * HOUR);
    spans.push({ from, until });
    from = until + MINUTE + dice.until(mean);
  }
  return spans;
}

function upsetBy(dice: Dice, at: number): Span {
  const from = at + dice.between(-2 * MINUTE, 2 * MINUTE);
  return { from, until: from + dice.scaled(20 * SECOND, HOUR) };
}

/** Those that begin while another is under way, or has just ended, are left out. */
function apart(spans: readonly Span[]): readonly Span[] {
  let free = 0;
  return [...spans]
    .sort((a, b) => a.from - b.from)
    .filter(({ from, until }) => {
      if (from < free) return false;
      free = until + 5 * SECOND;
      return true;
    });
}

function outagesOf(dice: Dice, providers: readonly ProviderName[], begin: number, end: number): readonly Outage[] {
  const outages: Outage[] = [];
  const mean = dice.pick([3 * DAY, 12 * DAY]);
  for (let from = begin + HOUR + dice.until(mean); from < end; ) {
    const until = from + dice.scaled(MINUTE, 2 * DAY);
    const spared = dice.chance(0.5) ? [] : [dice.pick(providers), dice.pick(providers)].slice(0, dice.whole(1, 2));
    outages.push({
      ...{ from, until },
      providers: providers.filter((each) => !spared.includes(each)),
      fault: dice.pick<Fault>([{ kind: 'dead' }, { kind: 'hang' }, { kind: 'status', status: 503 }]),
    });
    from = until + HOUR + dice.until(mean);
  }
  return outages;
}

/** Whatever cannot be believed. */
const plainFault = (dice: Dice): Fault =>
  dice.weighed<() => Fault>([
    [10, () => ({ kind: 'dead' })],
    [8, () => ({ kind: 'hang' })],
    [8, () => ({ kind: 'slow', ms: dice.whole(200, 4_000) })],
    [12, () => ({ kind: 'status', status: dice.pick([500, 502, 503, 504, 520]) })],
    [6, () => ({ kind: 'status', status: dice.pick([400, 401, 403, 404, 418, 451, 301]) })],
    [4, () => ({ kind: 'html' })],
    [4, () => ({ kind: 'empty-object' })],
    [6, () => ({ kind: 'error-under-200' })],
    [12, () => ({ kind: 'rate-limited', retryAfterSeconds: Math.round(dice.scaled(1, 300)) })],
    [3, () => ({ kind: 'rate-limited', retryAfterSeconds: Math.round(dice.scaled(300, 6 * 3_600)) })],
    [4, () => ({ kind: 'zero' })],
    [3, () => ({ kind: 'huge' })],
    [3, () => ({ kind: 'string-with-commas' })],
    [5, () => ({ kind: 'lying', factorPercent: dice.pick([1, 10, 1_000, 10_000]) })],
    [3, () => ({ kind: 'inverted' })],
  ])();

/** Frozen, a lie at once, or one that grows for hours. */
function untruth(dice: Dice, { from, until }: Span): Pick<Episode, 'fault' | 'bentAt'> {
  if (dice.chance(0.35)) return { fault: { kind: 'frozen' } };
  const size = dice.scaled(1.5, 30) / 100;
  const log = Math.log(1 + (dice.chance(0.5) ? size : -size));
  const [ofUsdt, ofVnd] = dice.pick([
    [1, 1],
    [1, 0],
    [0, 1],
  ]);
  const growsMs = dice.chance(0.3) ? Math.max(1, dice.between(0.2, 1) * (until - from)) : 1;
  return {
    fault: { kind: 'none' },
    bentAt: (at) => {
      const grown = log * Math.min(1, (at - from) / growsMs);
      return { usdtUsd: Math.exp(grown * ofUsdt), usdVnd: Math.exp(grown * ofVnd) };
    },
  };
}
