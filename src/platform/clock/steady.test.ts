import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { steadyTime } from './steady.ts';

describe('steady time', () => {
  it('is the wall clock, as long as nobody sets it', () => {
    const clock = new ManualClock();
    const time = steadyTime(clock);
    expect(time()).toBe(clock.now());
    clock.advanceSync(61_000);
    expect(time()).toBe(clock.now());
  });

  it('goes on where the wall clock is set back', () => {
    const clock = new ManualClock();
    const time = steadyTime(clock);
    const before = time();
    clock.jump(-3_600_000);
    expect(time()).toBe(before);
    clock.advanceSync(5);
    expect(time()).toBe(before + 5);
  });

  it('follows the wall clock ahead, once however often it is set to and fro', () => {
    const clock = new ManualClock();
    const time = steadyTime(clock);
    const before = time();
    for (let round = 0; round < 10; round += 1) {
      clock.jump(3_600_000);
      time();
      clock.jump(-3_600_000);
    }
    expect(time()).toBe(before + 3_600_000);
  });
});
