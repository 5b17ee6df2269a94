import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoudEnough, wants, whenTold } from './preferences/rules.ts';
import { nextWait, SCHEDULES } from './rules.ts';

const ZONE = 'Asia/Ho_Chi_Minh';
const times = { zone: ZONE, quietFrom: null, quietUntil: null, digest: 'off', digestAt: 480 } as const;
const at = (text: string): number => Date.parse(`${text}+07:00`);

describe('the next try', () => {
  it('is within a fifth of the schedule, never before what was asked for, and there is a last one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('page', 'message', 'webhook'),
        fc.integer({ min: 1, max: 15 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 0, max: 1e9 }),
        (urgency, tries, fraction, asked) => {
          const wait = nextWait(urgency as 'page', tries, fraction, asked);
          const base = SCHEDULES[urgency as 'page'][tries - 1];
          if (base === undefined) expect(wait).toBeUndefined();
          else {
            expect(wait).toBeGreaterThanOrEqual(Math.floor(base * 0.8));
            expect(wait).toBeLessThanOrEqual(Math.max(Math.ceil(base * 1.2), 24 * 3_600_000));
          }
        },
      ),
      { numRuns: 200 },
    );
    expect(SCHEDULES.page.reduce((sum, each) => sum + each, 0)).toBe(600_000);
  });
});

describe('preferences', () => {
  it('patterns are names, prefixes or everything', () => {
    expect(
      [['*'], ['payment.*'], ['payment.completed'], ['payment'], ['payments.*'], ['payment.complete']].map((patterns) =>
        wants(patterns, 'payment.completed'),
      ),
    ).toEqual([true, true, true, false, false, false]);
    expect(isLoudEnough('warning', 'critical')).toBe(false);
  });

  it('quiet hours may pass midnight', () => {
    const quiet = { ...times, quietFrom: 22 * 60, quietUntil: 7 * 60 };
    expect(whenTold('info', at('2026-11-23T23:30:00'), quiet).at).toBe(at('2026-11-24T07:00:00'));
    expect(whenTold('info', at('2026-11-24T06:59:00'), quiet).at).toBe(at('2026-11-24T07:00:00'));
    expect(whenTold('info', at('2026-11-24T07:00:00'), quiet).at).toBe(at('2026-11-24T07:00:00'));
    expect(whenTold('critical', at('2026-11-23T23:30:00'), quiet).at).toBe(at('2026-11-23T23:30:00'));
  });

  it('a digest has a window, the same for all of it', () => {
    const daily = { ...times, digest: 'daily' } as const;
    const [one, other] = [
      whenTold('info', at('2026-11-23T08:00:00'), daily),
      whenTold('warning', at('2026-11-24T07:59:59'), daily),
    ];
    expect(one).toEqual(other);
    expect(one.at).toBe(at('2026-11-24T08:00:00'));
    expect(whenTold('info', at('2026-11-23T09:10:00'), { ...times, digest: 'hourly' }).at).toBe(
      at('2026-11-23T10:00:00'),
    );
  });
});
