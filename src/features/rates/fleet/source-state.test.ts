/** One source as the fleet sees it: turns, holds, the breaker, and what becomes of time gone wrong. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { USDT_VND } from '../../../../test/support/rate-graph.ts';
import { parseRate } from '../../../kernel/rate.ts';
import type { HeldReading } from './reading.ts';
import {
  afterHearing,
  afterReport,
  controlled,
  hastened,
  leased,
  mergedSource,
  type Report,
  type SourceRules,
  type SourceState,
  settledSource,
  UNASKED,
  waitFor,
} from './source-state.ts';

const RULES: SourceRules = {
  everyMs: 60_000,
  leaseMs: 2_500,
  breaker: { failureThreshold: 5, openMs: 60_000 },
  pace: undefined,
  rateLimitedHoldMs: 60_000,
  refusedHoldMs: 900_000,
  retryMs: 250,
  urgentMs: 5_000,
};
const T = 1_800_000_000_000;

const reading = (at: number): HeldReading => ({
  at,
  figures: [
    {
      pair: USDT_VND,
      rate: parseRate(USDT_VND, '26000'),
      basis: 'spot_aggregate',
      publishedAt: at,
      standsUntil: at,
      sameSince: at,
      past: [],
    },
  ],
});
const ok = (at: number): Report => ({ kind: 'read', reading: reading(at), ms: 10 });
const failed = (failure: Extract<Report, { kind: 'failed' }>['failure'], holdMs?: number): Report => ({
  kind: 'failed',
  failure,
  message: 'm',
  holdMs,
  ms: 10,
});

/** One whole call at `now`, where it is permitted. */
function call(state: SourceState, now: number, report: Report, rules = RULES): SourceState {
  const settled = settledSource(state, now, rules);
  expect(waitFor(settled, now, rules, 'urgent')).toBeUndefined();
  return afterReport(leased(settled, now, rules, 'me'), report, now + 10, rules, 'me', 1);
}
const why = (state: SourceState, now: number, urgency: 'due' | 'urgent' = 'due', rules = RULES) =>
  waitFor(settledSource(state, now, rules), now, rules, urgency)?.why;

describe('a turn', () => {
  it("is one process's until it reports, or is silent for too long", () => {
    const taken = leased(UNASKED, T, RULES, 'me');
    expect(why(taken, T + 2_499)).toBe('leased');
    expect(why(taken, T + 2_500)).toBeUndefined();
    const done = afterReport(taken, ok(T), T + 100, RULES, 'me', 1);
    expect(done.lease).toBeUndefined();
    expect(done.reading?.at).toBe(T);
  });

  it('that was lost changes nothing but the reading, where that is newer', () => {
    const other = leased(UNASKED, T, RULES, 'another');
    expect(afterReport(other, failed('timeout'), T, RULES, 'me', 1)).toEqual(other);
    const late = afterReport({ ...other, reading: reading(T - 5) }, ok(T - 1), T, RULES, 'me', 1);
    expect(late).toMatchObject({ lease: other.lease, dueAt: other.dueAt, reading: { at: T - 1 } });
    expect(afterReport({ ...other, reading: reading(T) }, ok(T - 1), T, RULES, 'me', 1).reading?.at).toBe(T);
  });

  it('comes again after the interval, or after five seconds where it is urgent', () => {
    const state = call(UNASKED, T, ok(T));
    expect(why(state, T + 60_009)).toBe('not-due');
    expect(why(state, T + 60_010)).toBeUndefined();
    expect(why(state, T + 5_009, 'urgent')).toBe('not-due');
    expect(why(state, T + 5_010, 'urgent')).toBeUndefined();
    expect(why(hastened(state, RULES), T + 5_010)).toBeUndefined();
  });

  it('comes again soon after a failure, and later with each', () => {
    let state = call(UNASKED, T, failed('transport'));
    expect(state.dueAt).toBe(T + 10 + 250);
    state = call(state, state.dueAt, failed('transport'));
    state = call(state, state.dueAt, failed('transport'));
    expect(state.dueAt - (state.last?.at ?? 0)).toBe(1_000);
  });
});

describe('the breaker of the fleet', () => {
  const down = (): SourceState => {
    let state = UNASKED;
    for (let failure = 0; failure < 5; failure += 1) state = call(state, T + failure * 10_000, failed('timeout'));
    return state;
  };

  it('opens after five failures in a row, for a minute, then lets one probe through', () => {
    const open = down();
    expect(open.breaker.kind).toBe('open');
    const opened = T + 40_010;
    expect(why(open, opened + 59_999, 'urgent')).toBe('open');
    const probing = leased(settledSource(open, opened + 60_000, RULES), opened + 60_000, RULES, 'me');
    expect(probing.breaker.kind).toBe('half-open');
    expect(why(probing, opened + 60_001, 'urgent')).toBe('leased');
    expect(afterReport(probing, ok(opened), opened + 60_100, RULES, 'me', 1).breaker.kind).toBe('closed');
    expect(afterReport(probing, failed('timeout'), opened + 60_100, RULES, 'me', 1).breaker.kind).toBe('open');
    // the process died with the probe
    expect(why(probing, opened + 62_501, 'urgent')).toBe('open');
  });

  it('does not count a refusal, nor what comes before a success', () => {
    let state = UNASKED;
    for (let round = 0; round < 9; round += 1) {
      state = call({ ...state, hold: undefined }, T + round * 70_000, failed('refused'));
    }
    expect(state.breaker).toEqual({ kind: 'closed', failures: 0 });
    for (let round = 0; round < 20; round += 1) {
      state = call(
        { ...state, hold: undefined },
        T + 900_000 + round * 70_000,
        round % 5 === 4 ? ok(T) : failed('transport'),
      );
    }
    expect(state.breaker.kind).toBe('closed');
  });

  it('obeys an operator until the reset', () => {
    const open = controlled(UNASKED, 'open', T);
    expect(why(open, T + 10 * 86_400_000, 'urgent')).toBe('open');
    const closed = controlled(down(), 'close', T + 50_000);
    expect(why(closed, T + 60_000, 'urgent')).toBeUndefined();
    expect(controlled(open, 'reset', T).breaker).toEqual({ kind: 'closed', failures: 0 });
  });

  it('opens for a source whose figures are proved wrong five times in a row', () => {
    let state = call(UNASKED, T, ok(T));
    const wrong = (at: number): SourceState => afterHearing({ ...state, reading: reading(at) }, true, T, RULES);
    for (let round = 1; round <= 4; round += 1) state = wrong(T + round);
    expect(state).toMatchObject({ disputed: 4, breaker: { kind: 'closed' } });
    expect(wrong(T + 4)).toMatchObject({ disputed: 4 }); // the same reading is wrong once
    expect(wrong(T + 5).breaker.kind).toBe('open');
    state = afterHearing(state, false, T, RULES);
    expect(wrong(T + 5)).toMatchObject({ disputed: 1, breaker: { kind: 'closed' } });
  });
});

describe('a hold', () => {
  it('is as long as the provider asked, or as usual', () => {
    expect(why(call(UNASKED, T, failed('rate-limited', 90_000)), T + 90_009, 'urgent')).toBe('hold');
    expect(why(call(UNASKED, T, failed('rate-limited', 90_000)), T + 90_010, 'urgent')).toBeUndefined();
    expect(why(call(UNASKED, T, failed('rate-limited')), T + 60_009, 'urgent')).toBe('hold');
    expect(why(call(UNASKED, T, failed('refused')), T + 900_009, 'urgent')).toBe('hold');
  });

  it('outlives the loss of the record that had it, and the merge with one that had not', () => {
    const held = call(UNASKED, T, failed('rate-limited', 600_000));
    const other = { ...call(UNASKED, T, ok(T)), revision: 9 };
    for (const merged of [mergedSource(held, other), mergedSource(other, held)]) {
      expect(merged.hold?.until).toBe(held.hold?.until);
      expect(merged.reading?.at).toBe(T);
    }
  });
});

describe('a clock that was set back by hours', () => {
  it('stops a source for no longer than what was meant', () => {
    const script = fc.array(fc.constantFrom('ok', 'timeout', 'rate-limited'), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(script, fc.integer({ min: 1, max: 48 }), (outcomes, hours) => {
        let state = UNASKED;
        let now = T;
        for (const outcome of outcomes) {
          now += 120_000;
          if (why(state, now, 'urgent') !== undefined) continue;
          state = call(
            state,
            now,
            outcome === 'ok' ? ok(now) : failed(outcome === 'timeout' ? 'timeout' : 'rate-limited', 30_000),
          );
        }
        const back = now - hours * 3_600_000;
        const longest = state.hold === undefined ? 90_000 : 3 * 86_400_000;
        const wait = waitFor(settledSource(state, back, RULES), back, RULES, 'due');
        expect((wait?.until ?? back) - back).toBeLessThanOrEqual(longest);
      }),
    );
  });
});
