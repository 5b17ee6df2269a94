/**
 * A circuit breaker: after `failureThreshold` failures in a row it refuses calls for `openMs`, then
 * lets one probe through, whose result closes or opens it again (./breaker-state.ts has the picture).
 * It is synchronous, so that a refused call costs nothing and nobody waits for somebody else's probe.
 *
 * Time is the monotonic clock alone: a step of the wall clock changes nothing.
 */
import type { Clock } from '../../kernel/clock.ts';
import {
  type BreakerKind,
  type BreakerRules,
  type BreakerState,
  CLOSED,
  forced,
  type Outcome,
  opened,
  reported,
  settled,
  waitOf,
} from './breaker-state.ts';

export interface CircuitBreakerOptions extends BreakerRules {
  readonly name: string;
  /** Milliseconds after which a probe that has not reported counts as failed. */
  readonly probeDeadlineMs: number;
  readonly clock: Clock;
  /** Called after each change of the state's kind, with the breaker in its new state. */
  readonly onChange?: (from: BreakerKind, to: BreakerKind) => void;
}

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
    return state.kind === 'closed' ? 0 : waitOf(state, this.#options.clock.monotonic());
  }

  /** An operator's word: it holds, whatever calls report, until `reset()` or another `force()`. */
  force(to: 'open' | 'closed'): void {
    this.#catchUp();
    if (this.#state.kind !== `forced-${to}`) this.#change(forced(to, this.#options.clock.monotonic()));
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
    if (state.kind === 'closed' && outcome === 'success' && state.failures === 0) return; // nearly every call
    this.#catchUp(); // a probe that reports past its deadline is already counted as failed
    if (generation !== this.#generation) return;
    const before = this.#state;
    const after = reported(before, outcome, this.#options.clock.monotonic(), this.#options);
    if (after.kind !== before.kind) this.#change(after);
    else {
      this.#state = after;
      if (after.kind === 'half-open') this.#generation += 1; // its place is free: whoever held it is the past
    }
  };

  /** Applies what time alone has changed since somebody last asked. */
  #catchUp(): void {
    const state = this.#state;
    if (state.kind !== 'open' && state.kind !== 'half-open') return;
    const now = this.#options.clock.monotonic();
    // Step by step, so that each change of kind is told.
    if (state.kind === 'half-open' && state.probeDeadline !== undefined && now >= state.probeDeadline) {
      this.#change(opened(state.probeDeadline, this.#options));
    }
    const after = settled(this.#state, now, this.#options);
    if (after !== this.#state) this.#change(after);
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
