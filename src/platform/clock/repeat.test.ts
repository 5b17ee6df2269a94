import { describe, expect, it } from 'vitest';
import { recordLog } from '../../../test/support/log.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { repeat } from './repeat.ts';

function repeated(tasks: readonly ((signal: AbortSignal) => Promise<unknown>)[]) {
  const clock = new ManualClock();
  const { log, lines } = recordLog();
  const loop = repeat({ clock, log, code: 'x.failed', failed: 'it failed', everyMs: 100, maxPauseMs: 300, tasks });
  return { clock, lines, loop };
}

describe('what is repeated', () => {
  it('is done at once, and again after each pause, until it is stopped', async () => {
    let times = 0;
    const { clock, loop } = repeated([async () => (times += 1)]);
    loop.start();
    loop.start(); // changes nothing
    await clock.advance(250);
    expect(times).toBe(3);
    await loop.stop();
    await clock.advance(1_000);
    expect(times).toBe(3);
    expect(clock.pending).toBe(0);
  });

  it('begins again after it was stopped', async () => {
    let times = 0;
    const { clock, loop } = repeated([async () => (times += 1)]);
    loop.start();
    await loop.stop();
    loop.start();
    await clock.advance(0);
    expect(times).toBe(2);
    await loop.stop();
  });

  it('comes later and later while it fails, says so once, and keeps no other task from its turn', async () => {
    const at: number[] = [];
    let others = 0;
    let broken = true;
    const { clock, lines, loop } = repeated([
      async () => {
        at.push(clock.monotonic() - 1_000);
        if (broken) throw new Error('no');
      },
      async () => (others += 1),
    ]);
    loop.start();
    await clock.advance(800);
    expect(at).toEqual([0, 200, 500, 800]); // 100 doubled, then the longest pause
    expect(others).toBe(4);
    expect(lines).toEqual([expect.objectContaining({ level: 'error', message: 'it failed' })]);
    broken = false;
    await clock.advance(300);
    await clock.advance(100);
    expect(at.slice(4)).toEqual([1_100, 1_200]);
    broken = true;
    await clock.advance(100);
    expect(lines).toHaveLength(2);
    await loop.stop();
  });

  it('is told that it is being stopped, and stop waits for its end', async () => {
    let ended = false;
    const { loop } = repeated([
      (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            ended = true;
            resolve(undefined);
          });
        }),
    ]);
    loop.start();
    await loop.stop();
    expect(ended).toBe(true);
  });
});
