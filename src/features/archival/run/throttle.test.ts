/** The throttle: when it waits, how long it rests, and what a chunk comes to. */
import { describe, expect, it } from 'vitest';
import { policyOf } from '../../../../test/support/archival-policy.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { inWindow } from '../policies/policy.ts';
import { type Load, MAX_CHUNK, StopRun, Throttle } from './throttle.ts';

const throttled = (
  more: { load?: Partial<Load>; paused?: () => Promise<boolean>; busy?: number; wal?: number } = {},
) => {
  const clock = new ManualClock();
  const said: (string | undefined)[] = [];
  const throttle = new Throttle({
    clock,
    load: { lagMs: () => Promise.resolve(undefined), walBytes: () => Promise.resolve(0n), ...more.load },
    limits: {
      ...policyOf().throttle,
      busy_percent: more.busy ?? 100,
      max_statement_ms: 500,
      max_wal_kb_per_second: more.wal ?? null,
    },
    paused: more.paused ?? (() => Promise.resolve(false)),
    onWait: (why) => said.push(why),
  });
  return { clock, throttle, said };
};

describe('the throttle', () => {
  it('waits while a replica is behind, and goes on within half a second of its return', async () => {
    let lag = 4_000;
    const { clock, throttle, said } = throttled({ load: { lagMs: () => Promise.resolve(lag) } });
    let turns = 0;
    const going = (async () => {
      for (;;) {
        await throttle.turn(async () => {
          turns += 1;
          await clock.sleep(10);
        });
      }
    })();
    void going.catch(() => undefined);
    await clock.advance(3_000);
    expect([turns, said[0]]).toEqual([0, 'a replica is 4000 ms behind']);
    lag = 200;
    await clock.advance(600);
    expect(turns).toBeGreaterThan(5);
    lag = 1_500;
    await clock.advance(600); // one look later nothing is begun any more
    const before = turns;
    await clock.advance(2_000);
    expect(turns).toBe(before);
  });

  it('rests as long as the share says, makes chunks smaller where they take too long, and larger again', async () => {
    const { clock, throttle } = throttled({ busy: 25 });
    const turn = (ms: number) => clock.run(throttle.turn(() => clock.sleep(ms)));
    const began = clock.monotonic();
    await turn(100);
    expect(clock.monotonic() - began).toBe(400);
    expect(throttle.chunk).toBe(MAX_CHUNK);
    await turn(501);
    await turn(501);
    expect(throttle.chunk).toBe(MAX_CHUNK / 4);
    await turn(300);
    expect(throttle.chunk).toBe(MAX_CHUNK / 4);
    for (let n = 0; n < 20; n += 1) await turn(10);
    expect(throttle.chunk).toBe(MAX_CHUNK);
    for (let n = 0; n < 20; n += 1) await turn(2_000);
    expect(throttle.chunk).toBe(100);
  });

  it('waits until the write-ahead log has come back to its pace', async () => {
    let bytes = 0n;
    const { clock, throttle, said } = throttled({ wal: 100, load: { walBytes: () => Promise.resolve(bytes) } });
    await clock.run(throttle.gate());
    bytes = 300n * 1024n;
    const began = clock.monotonic();
    await clock.advance(500);
    await clock.run(throttle.gate());
    expect(clock.monotonic() - began).toBe(3_000);
    expect(said).toContain('the write-ahead log grows too fast');
  });

  it('waits where somebody paused it, and ends where somebody stops it', async () => {
    let wanted: 'pause' | 'run' | 'stop' = 'pause';
    const { clock, throttle } = throttled({
      paused: () => (wanted === 'stop' ? Promise.reject(new StopRun('stopped')) : Promise.resolve(wanted === 'pause')),
    });
    const turn = throttle.turn(() => Promise.resolve('done'));
    await clock.advance(10_000);
    wanted = 'run';
    expect(await clock.run(turn)).toBe('done');
    wanted = 'stop';
    await clock.advance(600);
    await expect(throttle.turn(() => Promise.resolve('done'))).rejects.toThrow(StopRun);
  });
});

describe('a window', () => {
  const at = (time: string) => Date.parse(`2026-11-23T${time}:00Z`);
  it('may go over midnight', () => {
    const day = policyOf({ window: { from: '01:00', to: '05:00' } });
    expect(['00:59', '01:00', '04:59', '05:00'].map((time) => inWindow(day, at(time)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    const night = policyOf({ window: { from: '22:00', to: '02:00' } });
    expect(['21:59', '22:00', '00:30', '02:00'].map((time) => inWindow(night, at(time)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(inWindow(policyOf(), at('12:00'))).toBe(true);
  });
});
