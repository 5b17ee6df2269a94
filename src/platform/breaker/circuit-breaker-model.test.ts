/** The breaker against a reference of another build. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { CircuitBreaker, type Permit } from './circuit-breaker.ts';

const OPEN_MS = 60_000;
const PROBE_MS = 2_000;
const THRESHOLD = 3;

/**
 * The reference: eager where the breaker is lazy. It is told of every millisecond that passes, and
 * keeps its facts in plain variables.
 */
class Model {
  mode: 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed' = 'closed';
  inRow = 0;
  openFor = 0;
  probe: { id: number; left: number } | undefined;
  readonly live = new Set<number>();
  readonly changes: string[] = [];
  readonly #threshold: number;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  pass(ms: number): void {
    let rest = ms;
    while (rest > 0) {
      if (this.mode === 'open') {
        const step = Math.min(rest, OPEN_MS - this.openFor);
        this.openFor += step;
        rest -= step;
        if (this.openFor === OPEN_MS) this.#go('half-open');
      } else if (this.mode === 'half-open' && this.probe !== undefined) {
        const step = Math.min(rest, this.probe.left);
        this.probe.left -= step;
        rest -= step;
        if (this.probe.left === 0) this.#go('open');
      } else rest = 0;
    }
  }

  acquire(id: number): boolean {
    if (this.mode === 'open' || this.mode === 'forced-open') return false;
    if (this.mode === 'half-open') {
      if (this.probe !== undefined) return false;
      this.probe = { id, left: PROBE_MS };
    }
    this.live.add(id);
    return true;
  }

  report(id: number, outcome: 'success' | 'failure' | 'neutral'): void {
    if (!this.live.delete(id)) return;
    if (this.mode === 'closed') {
      if (outcome === 'success') this.inRow = 0;
      if (outcome === 'failure') this.inRow += 1;
      if (this.inRow === this.#threshold) this.#go('open');
    } else if (this.mode === 'half-open') {
      if (outcome === 'success') this.#go('closed');
      if (outcome === 'failure') this.#go('open');
      if (outcome === 'neutral') this.probe = undefined;
    }
  }

  force(to: 'open' | 'closed'): void {
    if (this.mode !== `forced-${to}`) this.#go(`forced-${to}`);
  }

  reset(): void {
    this.#go('closed');
  }

  get retryIn(): number {
    if (this.mode === 'open') return OPEN_MS - this.openFor;
    if (this.mode === 'forced-open') return Number.POSITIVE_INFINITY;
    return this.mode === 'half-open' ? (this.probe?.left ?? 0) : 0;
  }

  #go(mode: Model['mode']): void {
    if (mode !== this.mode) this.changes.push(`${this.mode} > ${mode}`);
    this.mode = mode;
    this.inRow = 0;
    this.openFor = 0;
    this.probe = undefined;
    this.live.clear(); // whoever is still under way belongs to the past
  }
}

type Step =
  | { kind: 'acquire' }
  | { kind: 'report'; which: number; outcome: 'success' | 'failure' | 'neutral' }
  | { kind: 'pass'; ms: number }
  | { kind: 'jump'; ms: number }
  | { kind: 'force'; to: 'open' | 'closed' }
  | { kind: 'reset' };

const outcome = fc.constantFrom('failure' as const, 'failure' as const, 'success' as const, 'neutral' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.constant({ kind: 'acquire' as const }) },
  { weight: 30, arbitrary: fc.record({ kind: fc.constant('report' as const), which: fc.nat(7), outcome }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 500, 1_999, 2_000, 2_001, 30_000, 59_999, 60_000, 61_999, 62_000, 200_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('jump' as const), ms: fc.constantFrom(-3_600_000, 3_600_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('force' as const),
      to: fc.constantFrom('open' as const, 'closed' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'reset' as const }) },
);

describe('circuit breaker against its model', () => {
  it('agrees over 1,000,000 steps with late results, forced states and clock jumps', () => {
    let steps = 0;
    const visited = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 225, maxLength: 280, size: 'max' }), (script) => {
        const clock = new ManualClock();
        const changes: string[] = [];
        const breaker = new CircuitBreaker({
          name: 'coingecko',
          failureThreshold: THRESHOLD,
          openMs: OPEN_MS,
          probeDeadlineMs: PROBE_MS,
          clock,
          onChange: (from, to) => changes.push(`${from} > ${to}`),
        });
        const model = new Model(THRESHOLD);
        const permits: Permit[] = [];
        for (const each of script) {
          steps += 1;
          if (each.kind === 'acquire') {
            const expected = model.acquire(permits.length);
            const acquired = breaker.tryAcquire();
            expect(acquired.permitted).toBe(expected);
            if (acquired.permitted) permits.push(acquired.permit);
          } else if (each.kind === 'report') {
            const id = permits.length - 1 - each.which; // recent ones, some of them reported already
            permits[id]?.[each.outcome]();
            model.report(id, each.outcome);
          } else if (each.kind === 'pass') {
            clock.advanceSync(each.ms);
            model.pass(each.ms);
          } else if (each.kind === 'jump') clock.jump(each.ms);
          else if (each.kind === 'force') {
            breaker.force(each.to);
            model.force(each.to);
          } else {
            breaker.reset();
            model.reset();
          }
          visited.add(model.mode);
          if (steps % 3 !== 0) continue; // the breaker must catch up with more than one change at a time
          const snapshot = breaker.snapshot();
          if (
            snapshot.kind !== model.mode ||
            snapshot.failures !== model.inRow ||
            breaker.retryInMs() !== model.retryIn
          ) {
            expect({ ...snapshot, retryIn: breaker.retryInMs() }).toEqual(model);
          }
        }
        expect(breaker.snapshot().kind).toBe(model.mode);
        expect(changes).toEqual(model.changes);
      }),
      { numRuns: 4_100 },
    );
    expect(steps).toBeGreaterThanOrEqual(1_000_000);
    expect([...visited].sort()).toEqual(['closed', 'forced-closed', 'forced-open', 'half-open', 'open']);
  });
});
