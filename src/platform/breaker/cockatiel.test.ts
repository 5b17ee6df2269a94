/** The same calls through another's breaker: cockatiel's, with its ConsecutiveBreaker. */
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { BreakerKind } from './breaker-state.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

type Call = { readonly kind: 'call'; readonly fails: boolean } | { readonly kind: 'pass'; readonly ms: number };

const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('call' as const), fails: fc.boolean() }) },
  { weight: 6, arbitrary: fc.constant({ kind: 'call' as const, fails: true }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 30_000, 59_999, 60_000, 90_000),
    }),
  },
);

const KINDS: Readonly<Record<CircuitState, BreakerKind>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'forced-open',
};

describe('circuit breaker beside cockatiel', () => {
  // cockatiel reads Date.now()
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('permits and refuses the same calls, one after another', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 60, maxLength: 120, size: 'max' }), async (script) => {
        const clock = new ManualClock();
        const ours = new CircuitBreaker({
          name: 'ours',
          failureThreshold: 5,
          openMs: 60_000,
          probeDeadlineMs: 1_000_000,
          clock,
        });
        const theirs = circuitBreaker(handleAll, { halfOpenAfter: 60_000, breaker: new ConsecutiveBreaker(5) });
        vi.setSystemTime(clock.now());
        for (const each of script) {
          if (each.kind === 'pass') {
            clock.advanceSync(each.ms);
            vi.setSystemTime(clock.now());
            continue;
          }
          const permitted = await theirs
            .execute(() => (each.fails ? Promise.reject(new Error('down')) : Promise.resolve()))
            .then(
              () => true,
              (error: unknown) => !(error instanceof BrokenCircuitError),
            );
          const acquired = ours.tryAcquire();
          expect(acquired.permitted).toBe(permitted);
          if (!acquired.permitted) refused += 1;
          else if (each.fails) acquired.permit.failure();
          else acquired.permit.success();
          expect(ours.state.kind).toBe(KINDS[theirs.state]);
        }
      }),
      { numRuns: 60 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
