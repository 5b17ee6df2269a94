/**
 * A circuit breaker: after `failureThreshold` failures in a row it refuses calls for `openMs`, then
 * lets one probe through, whose result closes or opens it again. It is synchronous, so that a refused
 * call costs nothing and nobody waits for somebody else's probe.
 *
 *   closed --failures--> open --openMs--> half-open --probe ok--> closed
 *                          ^                  |
 *                          +--probe failed, or silent past its deadline
 *   forced-open, forced-closed: an operator's word, until reset() or another force().
 *
 * Time is the monotonic clock alone: a step of the wall clock changes nothing. What time changes
 * (open to half-open, an overdue probe to open) is caught up with whenever the breaker is asked or
 * told something, as of the instant at which it was due.
 */
import type { Clock } from '../../kernel/clock.ts';

export interface CircuitBreakerOptions {
  readonly name: string;
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** Milliseconds that it stays open before a probe. */
  readonly openMs: number;
  /** Milliseconds after which a probe that has not reported counts as failed. */
  readonly probeDeadlineMs: number;
  readonly clock: Clock;
  /** Called after each change of the state's kind, with the breaker in its new state. */
  readonly onChange?: (from: BreakerKind, to: BreakerKind) => void;
}

/** Times are monotonic milliseconds. */
export type BreakerState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly since: number; readonly until: number }
  | { readonly kind: 'half-open'; readonly since: number; readonly probeDeadline: number | undefined }
  | { readonly kind: 'forced-open'; readonly since: number }
  | { readonly kind: 'forced-closed'; readonly since: number };

export type BreakerKind = BreakerState['kind'];

/** For display: durations, since a monotonic time means nothing to a reader. */
export interface BreakerSnapshot {
  readonly name: string;
  readonly kind: BreakerKind;
  /** Failures in a row while closed; 0 otherwise. */
  readonly failures: number;
  /** Milliseconds in this state; undefined while closed. */
  readonly forMs: number | undefined;
  /** Milliseconds until a call may be permitted; 0 now; undefined while forced open. */
  readonly retryInMs: number | undefined;
  /** A probe is under way. */
  readonly probing: boolean;
}

export type Acquired =
  | { readonly permitted: true; readonly permit: Permit }
  /** Infinity while forced open: only an operator ends that. */
  | { readonly permitted: false; readonly retryInMs: number };

/** What one permitted call must report, once; further reports are ignored. */
export interface Permit {
  success(): void;
  /** A failure that speaks against the other side. */
  failure(): void;
  /** Says nothing about the other side: it gives a probe's place back and counts nothing. */
  neutral(): void;
}

type Outcome = 'success' | 'failure' | 'neutral';

const CLOSED: BreakerState = { kind: 'closed', failures: 0 };

export class CircuitBreaker {
  readonly name: string;
  readonly #options: CircuitBreakerOptions;
  #state: BreakerState = CLOSED;
  /** Counts changes of state. A permit of an earlier generation reports to nobody. */
  #generation = 0;

  constructor(options: CircuitBreakerOptions) {
    this.name = options.name;
    this.#options = options;
  }

  tryAcquire(): Acquired {
    const kind = this.#state.kind;
    if (kind === 'closed' || kind === 'forced-closed') return this.#permit();
    const retryInMs = this.retryInMs();
    if (retryInMs > 0) return { permitted: false, retryInMs };
    // Half-open, and the probe's place is free: this caller takes it.
    const { clock, probeDeadlineMs } = this.#options;
    const now = clock.monotonic();
    const since = this.#state.kind === 'half-open' ? this.#state.since : now;
    this.#state = { kind: 'half-open', since, probeDeadline: now + probeDeadlineMs };
    this.#generation += 1;
    return this.#permit();
  }

  /** Milliseconds until a call may be permitted; 0 when one would be now; Infinity while forced open. */
  retryInMs(): number {
    this.#catchUp();
    const state = this.#state;
    switch (state.kind) {
      case 'closed':
      case 'forced-closed':
        return 0;
      case 'open':
        return state.until - this.#options.clock.monotonic();
      case 'half-open':
        return state.probeDeadline === undefined ? 0 : state.probeDeadline - this.#options.clock.monotonic();
      case 'forced-open':
        return Number.POSITIVE_INFINITY;
    }
  }

  /** An operator's word: it holds, whatever calls report, until `reset()` or another `force()`. */
  force(to: 'open' | 'closed'): void {
    this.#catchUp();
    const kind = to === 'open' ? 'forced-open' : 'forced-closed';
    if (this.#state.kind !== kind) this.#change({ kind, since: this.#options.clock.monotonic() });
  }

  /** Closed, with no failure counted. */
  reset(): void {
    this.#catchUp();
    this.#change(CLOSED);
  }

  get state(): BreakerState {
    this.#catchUp();
    return this.#state;
  }

  snapshot(): BreakerSnapshot {
    const state = this.state;
    const retryInMs = this.retryInMs();
    return {
      name: this.name,
      kind: state.kind,
      failures: state.kind === 'closed' ? state.failures : 0,
      forMs: state.kind === 'closed' ? undefined : this.#options.clock.monotonic() - state.since,
      retryInMs: retryInMs === Number.POSITIVE_INFINITY ? undefined : retryInMs,
      probing: state.kind === 'half-open' && state.probeDeadline !== undefined,
    };
  }

  #permit(): IssuedPermit {
    return new IssuedPermit(this.#report, this.#generation);
  }

  /** One function for all permits, so that a permit is the only thing a call allocates. */
  readonly #report = (generation: number, outcome: Outcome): void => {
    const state = this.#state;
    if (state.kind === 'closed') {
      if (generation !== this.#generation) return;
      if (outcome === 'failure') this.#countFailure(state.failures + 1);
      else if (outcome === 'success' && state.failures > 0) this.#state = CLOSED;
      return;
    }
    this.#catchUp(); // a probe that reports past its deadline is already counted as failed
    if (generation !== this.#generation || this.#state.kind !== 'half-open') return;
    if (outcome === 'success') this.#change(CLOSED);
    else if (outcome === 'failure') this.#open(this.#options.clock.monotonic());
    else this.#freeProbe();
  };

  #countFailure(failures: number): void {
    if (failures >= this.#options.failureThreshold) this.#open(this.#options.clock.monotonic());
    else this.#state = { kind: 'closed', failures };
  }

  #open(since: number): void {
    this.#change({ kind: 'open', since, until: since + this.#options.openMs });
  }

  #freeProbe(): void {
    if (this.#state.kind !== 'half-open') return;
    this.#state = { ...this.#state, probeDeadline: undefined };
    this.#generation += 1;
  }

  /** Applies what time alone has changed since somebody last asked. */
  #catchUp(): void {
    const state = this.#state;
    if (state.kind !== 'open' && state.kind !== 'half-open') return;
    const now = this.#options.clock.monotonic();
    if (state.kind === 'half-open' && state.probeDeadline !== undefined && now >= state.probeDeadline) {
      this.#open(state.probeDeadline);
    }
    const after = this.#state;
    if (after.kind === 'open' && now >= after.until) {
      this.#change({ kind: 'half-open', since: after.until, probeDeadline: undefined });
    }
  }

  #change(to: BreakerState): void {
    const from = this.#state.kind;
    this.#state = to;
    this.#generation += 1;
    if (from !== to.kind) this.#options.onChange?.(from, to.kind);
  }
}

/** Is its own answer to `tryAcquire`, so that a permitted call allocates one object. */
class IssuedPermit implements Permit {
  readonly permitted = true;
  readonly #report: (generation: number, outcome: Outcome) => void;
  readonly #generation: number;
  #reported = false;

  constructor(report: (generation: number, outcome: Outcome) => void, generation: number) {
    this.#report = report;
    this.#generation = generation;
  }

  get permit(): Permit {
    return this;
  }

  success(): void {
    this.#once('success');
  }

  failure(): void {
    this.#once('failure');
  }

  neutral(): void {
    this.#once('neutral');
  }

  #once(outcome: Outcome): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#report(this.#generation, outcome);
  }
}
