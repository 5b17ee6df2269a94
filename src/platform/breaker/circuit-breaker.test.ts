import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { CircuitBreaker, type Permit } from './circuit-breaker.ts';

const OPEN_MS = 60_000;
const PROBE_MS = 2_000;

function breakerOn(clock: ManualClock) {
  const changes: string[] = [];
  const breaker = new CircuitBreaker({
    name: 'coingecko',
    failureThreshold: 5,
    openMs: OPEN_MS,
    probeDeadlineMs: PROBE_MS,
    clock,
    onChange: (from, to) => changes.push(`${from} > ${to}`),
  });
  return { breaker, changes };
}

function acquire(breaker: CircuitBreaker): Permit {
  const acquired = breaker.tryAcquire();
  if (!acquired.permitted) throw new Error('expected a permit');
  return acquired.permit;
}

function fail(breaker: CircuitBreaker, times: number): void {
  for (let i = 0; i < times; i += 1) acquire(breaker).failure();
}

describe('circuit breaker', () => {
  it('opens on the fifth failure in a row, for 60 seconds', () => {
    const clock = new ManualClock();
    const { breaker } = breakerOn(clock);
    fail(breaker, 4);
    expect(breaker.state).toEqual({ kind: 'closed', failures: 4 });
    fail(breaker, 1);
    expect(breaker.tryAcquire()).toEqual({ permitted: false, retryInMs: 60_000 });
    clock.advanceSync(59_999);
    expect(breaker.tryAcquire()).toEqual({ permitted: false, retryInMs: 1 });
    clock.advanceSync(1);
    expect(breaker.tryAcquire().permitted).toBe(true);
  });

  it('starts counting again after a success', () => {
    const { breaker } = breakerOn(new ManualClock());
    fail(breaker, 4);
    acquire(breaker).success();
    fail(breaker, 4);
    expect(breaker.state).toEqual({ kind: 'closed', failures: 4 });
  });

  it('does not count a neutral result', () => {
    const { breaker } = breakerOn(new ManualClock());
    fail(breaker, 4);
    acquire(breaker).neutral();
    expect(breaker.state).toEqual({ kind: 'closed', failures: 4 });
  });

  it('lets one probe through when half-open, and refuses the others at once', () => {
    const clock = new ManualClock();
    const { breaker, changes } = breakerOn(clock);
    fail(breaker, 5);
    clock.advanceSync(OPEN_MS);
    const probe = acquire(breaker);
    expect(breaker.tryAcquire()).toEqual({ permitted: false, retryInMs: PROBE_MS });
    probe.success();
    expect(breaker.state).toEqual({ kind: 'closed', failures: 0 });
    expect(changes).toEqual(['closed > open', 'open > half-open', 'half-open > closed']);
  });

  it('opens again for a full period when the probe fails', () => {
    const clock = new ManualClock();
    const { breaker } = breakerOn(clock);
    fail(breaker, 5);
    clock.advanceSync(OPEN_MS + 10);
    acquire(breaker).failure();
    expect(breaker.tryAcquire()).toEqual({ permitted: false, retryInMs: OPEN_MS });
  });

  it('counts a probe that never reports as failed at its deadline, and ignores what it reports later', () => {
    const clock = new ManualClock();
    const { breaker } = breakerOn(clock);
    fail(breaker, 5);
    clock.advanceSync(OPEN_MS);
    const probe = acquire(breaker);
    clock.advanceSync(PROBE_MS + 500);
    probe.success();
    expect(breaker.state.kind).toBe('open');
    expect(breaker.retryInMs()).toBe(OPEN_MS - 500);
  });

  it('gives the place of a neutral probe to the next caller', () => {
    const clock = new ManualClock();
    const { breaker } = breakerOn(clock);
    fail(breaker, 5);
    clock.advanceSync(OPEN_MS);
    acquire(breaker).neutral();
    expect(breaker.snapshot()).toMatchObject({ kind: 'half-open', probing: false, retryInMs: 0 });
    acquire(breaker).success();
    expect(breaker.state.kind).toBe('closed');
  });

  it('ignores results of calls that began before it opened', () => {
    const clock = new ManualClock();
    const { breaker } = breakerOn(clock);
    const early = acquire(breaker);
    const other = acquire(breaker);
    fail(breaker, 5);
    clock.advanceSync(OPEN_MS);
    const probe = acquire(breaker);
    early.success();
    other.failure();
    expect(breaker.snapshot()).toMatchObject({ kind: 'half-open', probing: true });
    probe.success();
    expect(breaker.state.kind).toBe('closed');
  });

  it('counts each permit once', () => {
    const { breaker } = breakerOn(new ManualClock());
    const permit = acquire(breaker);
    permit.failure();
    permit.failure();
    permit.success();
    expect(breaker.state).toEqual({ kind: 'closed', failures: 1 });
  });

  it('is not moved by steps of the wall clock', () => {
    const clock = new ManualClock();
    const { breaker } = breakerOn(clock);
    fail(breaker, 5);
    clock.jump(3_600_000);
    expect(breaker.retryInMs()).toBe(OPEN_MS);
    clock.jump(-7_200_000);
    clock.advanceSync(OPEN_MS);
    expect(breaker.retryInMs()).toBe(0);
  });

  it('stays as an operator forces it, whatever calls report, until it is reset', () => {
    const clock = new ManualClock();
    const { breaker } = breakerOn(clock);
    breaker.force('open');
    clock.advanceSync(10 * OPEN_MS);
    expect(breaker.tryAcquire()).toEqual({ permitted: false, retryInMs: Number.POSITIVE_INFINITY });
    expect(breaker.snapshot()).toMatchObject({ kind: 'forced-open', retryInMs: undefined, forMs: 10 * OPEN_MS });
    breaker.force('closed');
    fail(breaker, 20);
    expect(breaker.tryAcquire().permitted).toBe(true);
    breaker.reset();
    expect(breaker.state).toEqual({ kind: 'closed', failures: 0 });
  });
});
