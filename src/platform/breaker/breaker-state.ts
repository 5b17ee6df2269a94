/**
 * The state of a circuit breaker as data, and what changes it. Whoever holds it decides where: a field
 * of one process (./circuit-breaker.ts), or a record that a fleet shares.
 *
 *   closed --failures--> open --openMs--> half-open --probe ok--> closed
 *                          ^                  |
 *                          +--probe failed, or silent past its deadline
 *   forced-open, forced-closed: an operator's word, until a reset or another force.
 *
 * Times are milliseconds on the holder's clock, one that does not go back. What time alone changes
 * (open to half-open, an overdue probe to open) is caught up with by `settled`, as of the instant at
 * which it was due.
 */
export type BreakerState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly since: number; readonly until: number }
  | { readonly kind: 'half-open'; readonly since: number; readonly probeDeadline: number | undefined }
  | { readonly kind: 'forced-open'; readonly since: number }
  | { readonly kind: 'forced-closed'; readonly since: number };

export type BreakerKind = BreakerState['kind'];

export interface BreakerRules {
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** Milliseconds that it stays open before a probe. */
  readonly openMs: number;
}

export const CLOSED: BreakerState = { kind: 'closed', failures: 0 };

export const opened = (since: number, { openMs }: BreakerRules): BreakerState => ({
  kind: 'open',
  since,
  until: since + openMs,
});

export const forced = (to: 'open' | 'closed', now: number): BreakerState => ({
  kind: to === 'open' ? 'forced-open' : 'forced-closed',
  since: now,
});

/** With everything that time alone has changed by `now`. */
export function settled(state: BreakerState, now: number, rules: BreakerRules): BreakerState {
  if (state.kind === 'half-open' && state.probeDeadline !== undefined && now >= state.probeDeadline) {
    return settled(opened(state.probeDeadline, rules), now, rules);
  }
  if (state.kind === 'open' && now >= state.until) {
    return { kind: 'half-open', since: state.until, probeDeadline: undefined };
  }
  return state;
}

/** Milliseconds until a call may be permitted; 0 when one would be now; Infinity while forced open. Of a settled state. */
export function waitOf(state: BreakerState, now: number): number {
  switch (state.kind) {
    case 'closed':
    case 'forced-closed':
      return 0;
    case 'open':
      return state.until - now;
    case 'half-open':
      return state.probeDeadline === undefined ? 0 : state.probeDeadline - now;
    case 'forced-open':
      return Number.POSITIVE_INFINITY;
  }
}

export type Outcome = 'success' | 'failure' | 'neutral';

/** After the call that was permitted in this very state has reported. Of a settled state. */
export function reported(state: BreakerState, outcome: Outcome, now: number, rules: BreakerRules): BreakerState {
  if (state.kind === 'closed') {
    if (outcome === 'success') return CLOSED;
    if (outcome === 'neutral') return state;
    const failures = state.failures + 1;
    return failures >= rules.failureThreshold ? opened(now, rules) : { kind: 'closed', failures };
  }
  if (state.kind !== 'half-open') return state;
  if (outcome === 'success') return CLOSED;
  return outcome === 'failure' ? opened(now, rules) : { ...state, probeDeadline: undefined };
}
