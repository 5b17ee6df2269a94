/**
 * One source as the whole fleet sees it: whose turn it is to ask, when it may be asked again, how its
 * breaker stands, and what it last said. A state machine on plain data: whoever holds the record
 * (./fleet.ts) applies these functions by compare-and-swap, so that of any number of processes one asks.
 *
 * All times are milliseconds on the fleet's clock, which does not go back far: what lies further ahead
 * than it can is cut to that (`clamped`).
 */
import {
  type BreakerRules,
  type BreakerState,
  CLOSED,
  forced,
  opened,
  reported,
  settled,
  waitOf,
} from '../../../platform/breaker/breaker-state.ts';
import { countsForBreaker, type FailureClass } from '../sources/classes.ts';
import { MAX_HOLD_MS } from '../sources/retry-after.ts';
import { type Alone, clampedPace, type Pace, paced, paceWait } from './pace.ts';
import type { HeldReading } from './reading.ts';

export interface Lease {
  readonly owner: string;
  readonly until: number;
}

export interface Hold {
  readonly until: number;
  readonly reason: string;
}

export interface LastAttempt {
  readonly at: number;
  readonly outcome: 'ok' | FailureClass;
  readonly message: string | undefined;
  /** Whole milliseconds that it took. */
  readonly ms: number;
}

export interface SourceState {
  /** Counts the changes. */
  readonly revision: number;
  /** The call whose turn it is. */
  readonly lease: Lease | undefined;
  /** When the next call is due. */
  readonly dueAt: number;
  /** Up to when the calls of the quota are spent; ./pace.ts. */
  readonly spentUntil: number;
  /** It asked to be left alone, or refused us. */
  readonly hold: Hold | undefined;
  readonly breaker: BreakerState;
  readonly reading: HeldReading | undefined;
  readonly last: LastAttempt | undefined;
  readonly lastSuccessAt: number | undefined;
  /** Attempts that failed since the last one that did not, whatever their class. */
  readonly failures: number;
  /** Readings in a row that the other sources proved wrong. */
  readonly disputed: number;
  /** The reading that was counted last as proved wrong, by its time. */
  readonly disputedAt: number;
}

export const UNASKED: SourceState = {
  revision: 0,
  lease: undefined,
  dueAt: 0,
  spentUntil: 0,
  hold: undefined,
  breaker: CLOSED,
  reading: undefined,
  last: undefined,
  lastSuccessAt: undefined,
  failures: 0,
  disputed: 0,
  disputedAt: 0,
};

/** What a source is asked by. */
export interface SourceRules {
  /** Least milliseconds between two calls. */
  readonly everyMs: number;
  /** Milliseconds that a call may take, its report included: a lease that is older was abandoned. */
  readonly leaseMs: number;
  readonly breaker: BreakerRules;
  /** Undefined: it is not counted by the month. */
  readonly pace: Pace | undefined;
  /** Pause after a 429 that does not say how long, milliseconds. */
  readonly rateLimitedHoldMs: number;
  /** Pause after a refusal (401, 403, 451), milliseconds. */
  readonly refusedHoldMs: number;
  /** The pause after the first failure in a row; it doubles with each, up to `everyMs`. Milliseconds. */
  readonly retryMs: number;
  /** Least milliseconds between two calls, however urgent. */
  readonly urgentMs: number;
}

/** Why it is not asked now. */
export type Wait = {
  readonly why: 'hold' | 'open' | 'leased' | 'quota' | 'not-due';
  /** Fleet time; Infinity: until an operator says otherwise. */
  readonly until: number;
  readonly message: string;
};

/** `due` waits for its turn; `urgent` does not, but keeps to the quota, the holds and the breaker. */
export type Urgency = 'due' | 'urgent';

/** Why the source would not be asked now, or undefined. Of a settled state. */
export function waitFor(
  state: SourceState,
  now: number,
  rules: SourceRules,
  urgency: Urgency,
  alone?: Alone,
): Wait | undefined {
  if (state.hold !== undefined && now < state.hold.until) {
    return { why: 'hold', until: state.hold.until, message: state.hold.reason };
  }
  if (state.lease !== undefined) return { why: 'leased', until: state.lease.until, message: 'it is being asked' };
  const openMs = waitOf(state.breaker, now);
  if (openMs > 0) return { why: 'open', until: now + openMs, message: openMessage(state.breaker) };
  const earliest = urgency === 'due' ? state.dueAt : Math.min(state.dueAt, urgentAt(state, rules));
  if (now < earliest) return { why: 'not-due', until: earliest, message: 'it was asked a moment ago' };
  const spentMs = paceWait(state.spentUntil, now, rules.pace, alone);
  if (spentMs > 0) return { why: 'quota', until: now + spentMs, message: "its month's calls are spent so far" };
  return undefined;
}

const openMessage = ({ kind }: BreakerState): string =>
  kind === 'forced-open' ? 'its breaker is forced open' : 'its circuit breaker is open';

const urgentAt = ({ last, failures }: SourceState, rules: SourceRules): number =>
  last === undefined ? 0 : last.at + (failures > 0 ? backOff(failures, rules) : rules.urgentMs);

const backOff = (failures: number, { retryMs, everyMs }: SourceRules): number =>
  Math.min(retryMs * 2 ** Math.min(failures - 1, 20), Math.max(everyMs, retryMs));

/** The state with everything that time alone has changed, and nothing further ahead than it can be. */
export function settledSource(state: SourceState, now: number, rules: SourceRules): SourceState {
  const lease = state.lease !== undefined && now >= state.lease.until ? undefined : state.lease;
  return clamped({ ...state, lease, breaker: settled(state.breaker, now, rules.breaker) }, now, rules);
}

/** A clock that was set back leaves no time behind that lies beyond what was ever meant. */
function clamped(state: SourceState, now: number, rules: SourceRules): SourceState {
  const { lease, hold, breaker, reading } = state;
  return {
    ...state,
    reading: reading === undefined || reading.at <= now ? reading : { ...reading, at: now },
    lease: lease === undefined ? undefined : { ...lease, until: Math.min(lease.until, now + rules.leaseMs) },
    hold: hold === undefined ? undefined : { ...hold, until: Math.min(hold.until, now + MAX_HOLD_MS) },
    dueAt: Math.min(state.dueAt, now + Math.max(rules.everyMs * 1.5, rules.retryMs)),
    spentUntil: clampedPace(state.spentUntil, now, rules.pace),
    breaker:
      breaker.kind === 'open' ? { ...breaker, until: Math.min(breaker.until, now + rules.breaker.openMs) } : breaker,
  };
}

/** Takes the turn to ask. */
export function leased(state: SourceState, now: number, rules: SourceRules, owner: string, alone?: Alone): SourceState {
  const until = now + rules.leaseMs;
  const probing = state.breaker.kind === 'half-open';
  return {
    ...state,
    lease: { owner, until },
    spentUntil: paced(state.spentUntil, now, rules.pace, alone),
    breaker: probing ? { ...state.breaker, probeDeadline: until } : state.breaker,
  };
}

export type Report =
  | { readonly kind: 'read'; readonly reading: HeldReading; readonly ms: number }
  | {
      readonly kind: 'failed';
      readonly failure: FailureClass;
      readonly message: string;
      readonly holdMs: number | undefined;
      readonly ms: number;
    };

/** @param spread in [0.9, 1.1): fleets that fell into step fall out of it */
export function afterReport(
  before: SourceState,
  report: Report,
  now: number,
  rules: SourceRules,
  owner: string,
  spread: number,
): SourceState {
  // Whoever lost its turn speaks of the past: its reading may still be the newest, and nothing else counts.
  const mine = before.lease?.owner === owner;
  const state = mine ? { ...before, lease: undefined } : before;
  if (report.kind === 'read') {
    const older = state.reading !== undefined && state.reading.at > report.reading.at;
    const reading = older ? state.reading : report.reading;
    if (!mine) return { ...state, reading };
    return {
      ...state,
      reading,
      breaker: reported(state.breaker, 'success', now, rules.breaker),
      hold: undefined,
      dueAt: now + rules.everyMs * spread,
      last: { at: now, outcome: 'ok', message: undefined, ms: report.ms },
      lastSuccessAt: now,
      failures: 0,
    };
  }
  if (!mine) return state;
  const { failure, message, ms } = report;
  const failures = state.failures + 1;
  const outcome = countsForBreaker(failure) ? 'failure' : 'neutral';
  return {
    ...state,
    breaker: reported(state.breaker, outcome, now, rules.breaker),
    hold: holdAfter(report, now, rules) ?? state.hold,
    dueAt: now + backOff(failures, rules) * spread,
    last: { at: now, outcome: failure, message, ms },
    failures,
  };
}

function holdAfter(
  { failure, message, holdMs }: Extract<Report, { kind: 'failed' }>,
  now: number,
  rules: SourceRules,
): Hold | undefined {
  const usual = { 'rate-limited': rules.rateLimitedHoldMs, refused: rules.refusedHoldMs };
  if (failure !== 'rate-limited' && failure !== 'refused') return undefined;
  return { until: now + (holdMs ?? usual[failure]), reason: `${failure}: ${message}` };
}

/** Due as soon as it may be: somebody has to look again. */
export const hastened = (state: SourceState, rules: SourceRules): SourceState => ({
  ...state,
  dueAt: Math.min(state.dueAt, urgentAt(state, rules)),
});

/** The others proved its figure wrong, or bore it out. A figure that is wrong time and again is a failure. */
export function afterHearing(state: SourceState, dismissed: boolean, now: number, rules: SourceRules): SourceState {
  if (!dismissed) return state.disputed === 0 ? state : { ...state, disputed: 0 };
  const disputedAt = state.reading?.at ?? now;
  if (disputedAt === state.disputedAt) return state; // each reading is wrong once
  const disputed = state.disputed + 1;
  const opens = disputed >= rules.breaker.failureThreshold && state.breaker.kind === 'closed';
  return { ...state, disputed, disputedAt, breaker: opens ? opened(now, rules.breaker) : state.breaker };
}

/** An operator's word about the breaker. */
export const controlled = (state: SourceState, action: 'open' | 'close' | 'reset', now: number): SourceState =>
  action === 'reset'
    ? { ...state, breaker: CLOSED, failures: 0, disputed: 0, dueAt: Math.min(state.dueAt, now) }
    : { ...state, breaker: forced(action === 'open' ? 'open' : 'closed', now) };

/**
 * Two histories of one source become one: after the shared memory was lost or out of reach. The later
 * one goes on; what was spent is spent, whoever spent it, and who asked to be left alone is.
 */
export function mergedSource(a: SourceState, b: SourceState): SourceState {
  const [later, earlier] = a.revision >= b.revision ? [a, b] : [b, a];
  const holds = [later.hold, earlier.hold].filter((hold) => hold !== undefined);
  const readings = [later.reading, earlier.reading].filter((reading) => reading !== undefined);
  return {
    ...later,
    spentUntil: Math.max(a.spentUntil, b.spentUntil),
    hold: holds.sort((x, y) => y.until - x.until)[0],
    reading: readings.sort((x, y) => y.at - x.at)[0],
    lastSuccessAt: Math.max(a.lastSuccessAt ?? 0, b.lastSuccessAt ?? 0) || undefined,
  };
}
