/** A month's calls, however they are spent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callsLeft, clampedPace, monthlyPace, paced, paceWait } from './pace.ts';

const DAY = 86_400_000;
const MONTH = 31 * DAY;

/** Calls as often as the pace allows and `wants` asks, and says when. */
function spend(calls: number, wants: (now: number) => number, days = 62): readonly number[] {
  const pace = monthlyPace(calls);
  const at: number[] = [];
  let spentUntil = 0;
  for (let now = 0; now < days * DAY; ) {
    const wait = paceWait(spentUntil, now, pace);
    if (wait > 0) {
      now += Math.max(1, wait);
      continue;
    }
    spentUntil = paced(spentUntil, now, pace);
    at.push(now);
    now += Math.max(1, wants(now));
  }
  return at;
}

/** The most calls in any 31 days. */
function busiest(at: readonly number[]): number {
  let most = 0;
  let from = 0;
  for (const [to, time] of at.entries()) {
    while (time - (at[from] ?? 0) >= MONTH) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

describe('a pace', () => {
  it.each([1, 2, 10, 99, 1_000, 10_000])(
    'of %d calls a month is never exceeded by whoever asks all the time',
    (calls) => {
      const at = spend(calls, () => 1);
      expect(busiest(at)).toBeLessThanOrEqual(calls);
      expect(busiest(at)).toBeGreaterThanOrEqual(Math.floor(calls * 0.95));
    },
  );

  it('is not exceeded in any 31 days by storms and silences either', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 * DAY }), { minLength: 1, maxLength: 40 }), (silences) => {
        let step = 0;
        const wants = (): number => {
          step += 1;
          return step % 50 === 0 ? (silences[(step / 50) % silences.length] ?? 1) : 1;
        };
        expect(busiest(spend(500, wants))).toBeLessThanOrEqual(500);
      }),
      { numRuns: 50 },
    );
  });

  it('leaves a burst to who has been silent, and says how much is left', () => {
    const pace = monthlyPace(10_000);
    expect(callsLeft(0, MONTH, pace)).toBeGreaterThan(400);
    let spentUntil = 0;
    let calls = 0;
    while (paceWait(spentUntil, MONTH, pace) === 0) {
      spentUntil = paced(spentUntil, MONTH, pace);
      calls += 1;
    }
    expect([400, 401]).toContain(calls);
    expect(callsLeft(spentUntil, MONTH, pace)).toBe(0);
  });

  it('does not concern a source that is not counted', () => {
    expect(paceWait(0, 5, undefined)).toBe(0);
    expect(paced(7, 5, undefined)).toBe(7);
  });

  it('forgives a clock that was wrong', () => {
    const pace = monthlyPace(10_000);
    const cut = clampedPace(Number.MAX_SAFE_INTEGER, 1_000, pace);
    expect(paceWait(cut, 1_000, pace)).toBeLessThanOrEqual(64 * pace.callMs);
  });
});

describe('processes that cannot see one another', () => {
  it.each([1, 2, 8])('%d of them together keep to the pace, however often they lose sight', (processes) => {
    const calls = 2_000;
    const pace = monthlyPace(calls);
    const at: number[] = [];
    let shared = 0;
    let together = true;
    for (let now = 0; now < 45 * DAY; ) {
      together = !together;
      const end = now + (together ? 6 : 9) * 3_600_000;
      const alone = together ? undefined : { processes, since: now };
      const states = Array.from({ length: together ? 1 : processes }, () => shared);
      for (; now < end; now += 60_000) {
        for (const [index, spentUntil] of states.entries()) {
          if (paceWait(spentUntil, now, pace, alone) > 0) continue;
          states[index] = paced(spentUntil, now, pace, alone);
          at.push(now);
        }
      }
      shared = Math.max(...states);
    }
    expect(busiest(at)).toBeLessThanOrEqual(calls);
  });
});
