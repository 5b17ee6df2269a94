import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Random } from '../../kernel/clock.ts';
import { retry } from './retry.ts';

const dice = (fraction: number): Random => ({ fraction: () => fraction, bytes: (length) => new Uint8Array(length) });

describe('retry', () => {
  it('never takes longer than its budget, starts no attempt without time, and gives each what is left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          budgetMs: fc.integer({ min: 20, max: 5_000 }),
          attempts: fc.integer({ min: 1, max: 6 }),
          attemptTimeoutMs: fc.integer({ min: 20, max: 2_000 }),
          baseDelayMs: fc.integer({ min: 1, max: 1_000 }),
        }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 6, maxLength: 6 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (options, durations, fraction) => {
          const clock = new ManualClock();
          const began = clock.monotonic();
          const starts: number[] = [];
          const attempt = async ({ number, timeoutMs }: { number: number; timeoutMs: number }): Promise<never> => {
            const at = clock.monotonic() - began;
            starts.push(at);
            expect(timeoutMs).toBeGreaterThanOrEqual(20);
            expect(timeoutMs).toBeLessThanOrEqual(options.attemptTimeoutMs);
            expect(at + timeoutMs).toBeLessThanOrEqual(options.budgetMs + 1e-6);
            await clock.sleep(Math.min(durations[number - 1] ?? 0, timeoutMs));
            throw new Error(`attempt ${number}`);
          };
          const result = retry({ clock, random: dice(fraction), ...options }, attempt, () => true);
          const error: unknown = await clock.run(result).catch((thrown: unknown) => thrown);
          expect(error).toEqual(new Error(`attempt ${starts.length}`));
          expect(clock.monotonic() - began).toBeLessThanOrEqual(options.budgetMs + 1e-6);
          expect(starts.length).toBeLessThanOrEqual(options.attempts);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('waits with full jitter that grows exponentially', async () => {
    const clock = new ManualClock();
    const starts: number[] = [];
    const attempt = (): Promise<never> => {
      starts.push(clock.monotonic());
      return Promise.reject(new Error('down'));
    };
    const options = {
      clock,
      random: dice(0.5),
      budgetMs: 60_000,
      attempts: 4,
      attemptTimeoutMs: 1_000,
      baseDelayMs: 100,
    };
    await expect(clock.run(retry(options, attempt, () => true))).rejects.toThrow('down');
    expect(starts.slice(1).map((at, index) => at - (starts[index] ?? 0))).toEqual([50, 100, 200]);
  });

  it('stops at what is not worth a retry, and at success', async () => {
    const clock = new ManualClock();
    const options = { clock, random: dice(0), budgetMs: 1_000, attempts: 5, attemptTimeoutMs: 100, baseDelayMs: 10 };
    let calls = 0;
    const refused = retry(
      options,
      () => Promise.reject(new Error(`refused ${++calls}`)),
      () => false,
    );
    await expect(clock.run(refused)).rejects.toThrow('refused 1');
    const second = retry(
      options,
      ({ number }) => (number < 2 ? Promise.reject(new Error('down')) : Promise.resolve(number)),
      () => true,
    );
    expect(await clock.run(second)).toBe(2);
  });

  it('does not start at all without time', async () => {
    const options = {
      clock: new ManualClock(),
      random: dice(0),
      budgetMs: 19,
      attempts: 5,
      attemptTimeoutMs: 100,
      baseDelayMs: 10,
    };
    let calls = 0;
    const attempt = (): Promise<number> => Promise.resolve(++calls);
    await expect(retry(options, attempt, () => true)).rejects.toMatchObject({ code: 'retry.no_time' });
    expect(calls).toBe(0);
  });
});
