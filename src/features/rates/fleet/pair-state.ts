/**
 * One pair as the whole fleet sees it: the rate that everybody serves, what is remembered to judge the
 * next one by, and an operator's own rate. Plain data; ../engine/publisher.ts changes it by compare-and-swap.
 * Times are fleet time, milliseconds, unless they say otherwise.
 */
import type { QuoteId } from '../../../kernel/ids.ts';
import type { Pair, Rate } from '../../../kernel/rate.ts';
import type { Agreed, Agreement, Opinion } from '../consensus/agreement.ts';
import type { Consensus } from '../consensus/consensus.ts';
import { halfSpreadOf } from '../consensus/evaluate.ts';
import type { Figure, Memory } from '../consensus/inputs.ts';
import type { PairPolicy } from '../consensus/policy.ts';
import { bpsBetween, gateAt } from '../rules.ts';

/** A rate that was published, as it was at that instant. */
export interface Published {
  readonly quoteId: QuoteId;
  readonly mid: Rate;
  /** Half of the distance between bid and ask while fresh, basis points. */
  readonly halfSpreadBps: number;
  readonly agreement: Agreement | 'manual';
  readonly basis: string;
  readonly figures: readonly Figure[];
  readonly opinions: readonly Opinion[];
  /** Milliseconds, when it was published. */
  readonly ageMs: number;
  readonly at: number;
  /** Epoch milliseconds by the publisher's wall clock: for display. */
  readonly publishedAt: number;
}

export interface KnownGood {
  readonly mid: Rate;
  /** At `at`. */
  readonly ageMs: number;
  readonly at: number;
  readonly basis: string;
  readonly figures: readonly Figure[];
  readonly trusted: boolean;
  /** Since when a lone witness has said about this. */
  readonly stoodSince: number;
  /** The last that more than one witness agreed on. */
  readonly anchor: Rate;
}

export interface StandingDissent {
  readonly route: string;
  readonly rate: Rate;
  readonly since: number;
}

export interface ManualRate {
  readonly id: string;
  readonly published: Published;
  readonly reason: string;
  readonly setBy: string;
  /** The market may be this far away before it ends the manual rate, basis points. */
  readonly maxDeviationBps: number;
  readonly expiresAt: number;
}

export interface PairState {
  readonly revision: number;
  readonly published: Published | undefined;
  readonly lastGood: KnownGood | undefined;
  readonly dissents: readonly StandingDissent[];
  readonly manual: ManualRate | undefined;
  /** The time of each source's reading that the last evaluation saw. */
  readonly seen: { readonly [source: string]: number };
}

export const UNKNOWN: PairState = {
  revision: 0,
  published: undefined,
  lastGood: undefined,
  dissents: [],
  manual: undefined,
  seen: {},
};

/** Somebody has evaluated newer readings than these. What lies in the future was seen by a clock that was wrong. */
export const isOutdated = (seen: PairState['seen'], mine: PairState['seen'], now: number): boolean =>
  Object.entries(seen).some(([source, at]) => at <= now && at > (mine[source] ?? Number.NEGATIVE_INFINITY));

/** When a rate that has hardly changed is published again. */
export interface PublishRules {
  readonly moveBps: number;
  readonly heartbeatMs: number;
}

export const ageAt = ({ ageMs, at }: { readonly ageMs: number; readonly at: number }, now: number): number =>
  ageMs + Math.max(0, Math.ceil(now - at));

const older = (figures: readonly Figure[], ms: number): readonly Figure[] =>
  figures.map((each) => ({ ...each, ageMs: each.ageMs + ms, publishedAgoMs: each.publishedAgoMs + ms }));

/** What an evaluation remembers of the pair. */
export function memoryOf({ lastGood, dissents }: PairState, now: number): Memory {
  const since = (at: number): number => Math.max(0, Math.ceil(now - at));
  return {
    lastGood:
      lastGood === undefined
        ? undefined
        : {
            mid: lastGood.mid,
            ageMs: ageAt(lastGood, now),
            basis: lastGood.basis,
            figures: older(lastGood.figures, since(lastGood.at)),
            trusted: lastGood.trusted,
            stoodMs: since(lastGood.stoodSince),
            anchor: lastGood.anchor,
          },
    dissents: dissents.map(({ route, rate, since: at }) => ({ route, rate, forMs: since(at) })),
  };
}

/** What an evaluation leaves behind. `identity` is asked for where a quote is published. */
export function afterEvaluation(
  state: PairState,
  pair: PairPolicy,
  { agreed, opinions, dissents }: Consensus,
  seen: PairState['seen'],
  now: number,
  rules: PublishRules,
  identity: () => { readonly quoteId: QuoteId; readonly publishedAt: number },
): PairState {
  if (agreed === undefined) return { ...state, revision: state.revision + 1, seen };
  const halfSpreadBps = halfSpreadOf(pair, agreed);
  const published = worthPublishing(state.published, agreed, opinions, halfSpreadBps, now, rules)
    ? { ...identity(), ...described(agreed), halfSpreadBps, opinions, at: now }
    : state.published;
  return {
    ...state,
    revision: state.revision + 1,
    published,
    lastGood: agreed.agreement === 'contested' ? state.lastGood : knownGood(state.lastGood, agreed, pair, now),
    dissents: dissents.map(({ route, rate, forMs }) => ({ route, rate, since: now - forMs })),
    seen,
  };
}

const described = ({ mid, ageMs, agreement, basis, figures }: Agreed) => ({ mid, ageMs, agreement, basis, figures });

function knownGood(before: KnownGood | undefined, agreed: Agreed, pair: PairPolicy, now: number): KnownGood {
  const trusted = agreed.agreement !== 'unverified';
  // What could be compared to it, and was too far away, is no better known.
  if (!trusted && before?.trusted === true) return before;
  const goesOn = before !== undefined && !before.trusted && bpsBetween(before.mid, agreed.mid) <= pair.gateBps;
  const { mid, ageMs, basis, figures } = agreed;
  const stoodSince = !trusted && goesOn ? before.stoodSince : now;
  const anchor = agreed.agreement === 'single' && before?.trusted === true ? before.anchor : mid;
  return { mid, ageMs, at: now, basis, figures, trusted, stoodSince, anchor };
}

function worthPublishing(
  before: Published | undefined,
  agreed: Agreed,
  opinions: readonly Opinion[],
  halfSpreadBps: number,
  now: number,
  { moveBps, heartbeatMs }: PublishRules,
): boolean {
  if (before === undefined) return true;
  if (now - before.at >= heartbeatMs || now < before.at) return true;
  if (agreed.agreement !== before.agreement) return true;
  if (before.figures[0]?.route !== agreed.figures[0]?.route || votes(before.opinions) !== votes(opinions)) return true;
  // A spread that has become too narrow for what is uncertain is mended at once; one too wide, with the heartbeat.
  return bpsBetween(before.mid, agreed.mid) >= moveBps || halfSpreadBps > before.halfSpreadBps;
}

/** Who is for it, who against, who silent. */
const votes = (opinions: readonly Opinion[]): string =>
  opinions.map(({ route, verdict }) => `${route} ${verdict === 'chosen' ? 'supports' : verdict}`).join();

/** What somebody has to be told after a change. */
export type Alarm =
  | { readonly kind: 'moved'; readonly pair: Pair; readonly bps: number; readonly from: Rate; readonly to: Rate }
  | { readonly kind: 'contested'; readonly pair: Pair; readonly opinions: readonly Opinion[]; readonly serving: Rate }
  | { readonly kind: 'settled'; readonly pair: Pair; readonly rate: Rate }
  | { readonly kind: 'off-peg'; readonly pair: Pair; readonly bps: number; readonly rate: Rate }
  | { readonly kind: 'manual-ended'; readonly pair: Pair; readonly reason: string };

export function alarmsOf(pair: PairPolicy, before: PairState, after: PairState): readonly Alarm[] {
  const [old, published] = [before.published, after.published];
  if (published === undefined || published === old) return [];
  const alarms: Alarm[] = [];
  const contested = published.agreement === 'contested';
  if (contested && old?.agreement !== 'contested') {
    alarms.push({ kind: 'contested', pair: pair.pair, opinions: published.opinions, serving: published.mid });
  }
  if (!contested && old?.agreement === 'contested') {
    alarms.push({ kind: 'settled', pair: pair.pair, rate: published.mid });
  }
  const known = before.lastGood;
  if (!contested && known?.trusted === true) {
    const bps = bpsBetween(known.mid, published.mid);
    const gate = gateAt(ageAt(known, published.at), pair.gateBps, pair.gatePerRootHourBps);
    if (bps > gate) alarms.push({ kind: 'moved', pair: pair.pair, bps, from: known.mid, to: published.mid });
  }
  const off = offPeg(pair, published.mid);
  if (off !== undefined && (old === undefined || offPeg(pair, old.mid) === undefined)) {
    alarms.push({ kind: 'off-peg', pair: pair.pair, bps: off, rate: published.mid });
  }
  return alarms;
}

/** Basis points from 1, where that is further than a pair of peers may be. */
export function offPeg({ pair, pegBps }: PairPolicy, mid: Rate): number | undefined {
  if (pegBps === undefined) return undefined;
  const bps = bpsBetween(mid, { pair, value: { units: 1n, scale: 0 } });
  return bps > pegBps ? bps : undefined;
}

/** Two histories of one pair: the later one goes on, with the newer of what was published. */
export function mergedPair(a: PairState, b: PairState): PairState {
  const later = a.revision >= b.revision ? a : b;
  const newest = <T extends { readonly at: number }>(x: T | undefined, y: T | undefined): T | undefined =>
    x === undefined || (y !== undefined && y.at > x.at) ? y : x;
  return {
    ...later,
    revision: Math.max(a.revision, b.revision),
    published: newest(a.published, b.published),
    lastGood: newest(a.lastGood, b.lastGood),
    seen: {}, // what either of them saw, the next evaluation sees anew
  };
}
