/** Records that several processes share, while what they share is whole, away, slow or lost. */
import { describe, expect, it } from 'vitest';
import { recordLog } from '../../../../test/support/log.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { seededRandom } from '../../../../test/support/rates.ts';
import { createMemoryCache } from '../../../platform/cache/memory.ts';
import type { Cache } from '../../../platform/cache/port.ts';
import { Fleet, type RecordType } from './fleet.ts';

interface Tally {
  readonly revision: number;
  /** Who added how much. */
  readonly counts: { readonly [who: string]: number };
}

/** Each member's own count only grows, so that two histories are joined by the larger of each. */
const TALLY: RecordType<Tally> = {
  key: 'tally',
  empty: { revision: 0, counts: {} },
  encode: (value) => JSON.stringify(value),
  decode: (text) => {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('counts' in value)) throw new Error('no tally');
    return value as Tally;
  },
  merge: (mine, theirs) => ({
    revision: Math.max(mine.revision, theirs.revision),
    counts: Object.fromEntries(
      [...new Set([...Object.keys(mine.counts), ...Object.keys(theirs.counts)])].map((who) => [
        who,
        Math.max(mine.counts[who] ?? 0, theirs.counts[who] ?? 0),
      ]),
    ),
  }),
};

/** A shared cache that does what it is told: works, refuses, hangs, forgets. */
function moody(clock: ManualClock) {
  const memory = createMemoryCache({ clock });
  const state: { mood: 'well' | 'dead' | 'hung' } = { mood: 'well' };
  let life = 1;
  const now = (key: string): string => `${life}:${key}`;
  const guarded = <T>(work: () => Promise<T>): Promise<T> => {
    if (state.mood === 'dead') return Promise.reject(new Error('connection refused'));
    return state.mood === 'hung' ? new Promise(() => undefined) : work();
  };
  const cache: Cache = {
    kind: 'redis',
    read: (keys) => guarded(() => memory.read(keys.map(now))),
    swap: (key, ...swap) => guarded(() => memory.swap(now(key), ...swap)),
    census: (...census) => guarded(() => memory.census(...census)),
    ping: () => guarded(() => memory.ping()),
    close: () => Promise.resolve(),
  };
  const forget = (): void => {
    life += 1;
  };
  return { cache, state, forget };
}

function members(count: number, cache: Cache, clock: ManualClock) {
  const { log, lines } = recordLog();
  const fleets = Array.from({ length: count }, (_, index) => {
    const fleet = new Fleet({ cache, clock, log, member: `m${index}`, assumedProcesses: 8, ttlMs: 86_400_000 });
    const record = fleet.share(TALLY);
    const add = (): Promise<Tally | undefined> =>
      fleet.update(record, ({ revision, counts }) => ({
        revision: revision + 1,
        counts: { ...counts, [`m${index}`]: (counts[`m${index}`] ?? 0) + 1 },
      }));
    return { fleet, record, add };
  });
  const at = (index: number) => {
    const found = fleets[index];
    if (found === undefined) throw new Error('no such member');
    return found;
  };
  return { fleets, at, lines };
}

const sum = ({ counts }: Tally): number => Object.values(counts).reduce((total, each) => total + each, 0);

describe('a shared record', () => {
  it('counts every change of members who change it at once', async () => {
    const clock = new ManualClock();
    const { fleets } = members(5, moody(clock).cache, clock);
    await clock.run(Promise.all(fleets.flatMap(({ add }) => [add(), add(), add()])));
    await clock.run(Promise.all(fleets.map(({ fleet }) => fleet.sync())));
    for (const { record } of fleets) expect(sum(record.value)).toBe(15);
  });

  it('comes to those who look, and they are told', async () => {
    const clock = new ManualClock();
    const { at } = members(2, moody(clock).cache, clock);
    let told = 0;
    at(1).fleet.onChange(() => {
      told += 1;
    });
    await clock.run(at(0).add());
    expect(sum(at(1).record.value)).toBe(0);
    await clock.run(at(1).fleet.sync());
    expect([sum(at(1).record.value), told]).toEqual([1, 1]);
    await clock.run(at(1).fleet.sync());
    expect(told).toBe(1);
  });

  it('is left alone by a change that changes nothing', async () => {
    const clock = new ManualClock();
    const { at } = members(1, moody(clock).cache, clock);
    await clock.run(at(0).add());
    const tag = at(0).record.tag;
    expect(await clock.run(at(0).fleet.update(at(0).record, () => undefined))).toBeUndefined();
    expect(at(0).record.tag).toBe(tag);
  });

  it('that somebody spoiled is not believed, and is mended by the next change', async () => {
    const clock = new ManualClock();
    const { cache } = moody(clock);
    const { at, lines } = members(2, cache, clock);
    await clock.run(at(0).add());
    await cache.swap('tally', at(0).record.tag, '<html>', 1_000_000);
    await clock.run(at(1).fleet.sync());
    expect(lines.map(({ fields }) => fields.code)).toContain('rates.cache_rejected');
    await clock.run(at(0).add());
    await clock.run(at(1).fleet.sync());
    expect(at(1).record.value.counts).toEqual({ m0: 2 });
  });
});

describe('while the cache is away', () => {
  it.each(['dead', 'hung'] as const)(
    '%s: everybody goes on alone, and what happened is joined afterwards',
    async (mood) => {
      const clock = new ManualClock();
      const { cache, state } = moody(clock);
      const { fleets, at, lines } = members(3, cache, clock);
      for (const { add } of fleets) await clock.run(add());
      await clock.run(Promise.all(fleets.map(({ fleet }) => fleet.sync())));
      for (let look = 0; look < 7; look += 1) {
        await clock.advance(5_000);
        await clock.run(Promise.all(fleets.map(({ fleet }) => fleet.sync())));
      }
      expect(at(0).fleet.alone).toBeUndefined();
      state.mood = mood;
      for (const { add } of fleets) await clock.run(Promise.all([add(), add()]));
      expect(at(0).fleet.alone).toMatchObject({ processes: 3 });
      expect(at(0).record.value.counts).toEqual({ m0: 3, m1: 1, m2: 1 });
      state.mood = 'well';
      await clock.advance(1_000);
      for (let look = 0; look < 2; look += 1) for (const { fleet } of fleets) await clock.run(fleet.sync());
      for (const { record, fleet } of fleets) {
        expect(record.value.counts).toEqual({ m0: 3, m1: 3, m2: 3 });
        expect(fleet.alone).toBeUndefined();
      }
      const codes = lines.map(({ fields }) => fields.code);
      expect(codes.filter((code) => code === 'rates.cache_unreachable')).toHaveLength(3);
      expect(codes).toContain('rates.cache_back');
    },
  );

  it('a hung one costs one wait, and the next call none', async () => {
    const clock = new ManualClock();
    const { cache, state } = moody(clock);
    const { at } = members(1, cache, clock);
    await clock.run(at(0).add());
    state.mood = 'hung';
    const before = clock.monotonic();
    await clock.run(at(0).add());
    expect(clock.monotonic() - before).toBe(500);
    for (let call = 0; call < 50; call += 1) await clock.run(at(0).add());
    expect(clock.monotonic() - before).toBe(500);
  });

  it('a process that has never seen it takes itself for one of several', () => {
    const clock = new ManualClock();
    const { cache, state } = moody(clock);
    state.mood = 'dead';
    const { at } = members(1, cache, clock);
    expect(at(0).fleet.alone).toMatchObject({ processes: 8, since: clock.now() });
  });
});

describe('a cache that has forgotten', () => {
  it('gets back what its users know, and the latest of it', async () => {
    const clock = new ManualClock();
    const { cache, forget } = moody(clock);
    const { fleets, at } = members(3, cache, clock);
    await clock.run(at(0).add());
    await clock.run(at(1).fleet.sync());
    await clock.run(at(0).add()); // member 1 has not seen this one
    forget();
    await clock.run(at(1).fleet.sync());
    await clock.run(at(0).fleet.sync());
    await clock.run(at(2).fleet.sync());
    for (const { fleet } of fleets) await clock.run(fleet.sync());
    for (const { record } of fleets) expect(record.value.counts).toEqual({ m0: 2 });
  });
});

describe('whatever happens', () => {
  it('nothing that a living member did is lost, and all come to one record', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const dice = seededRandom(seed);
      const clock = new ManualClock();
      const { cache, state, forget } = moody(clock);
      const { fleets, at } = members(4, cache, clock);
      const added = [0, 0, 0, 0];
      for (let step = 0; step < 120; step += 1) {
        const what = dice.fraction();
        const who = Math.floor(dice.fraction() * 4);
        if (what < 0.05) state.mood = (['well', 'dead', 'hung'] as const)[Math.floor(dice.fraction() * 3)] ?? 'well';
        else if (what < 0.07) forget();
        else if (what < 0.3) await clock.run(at(who).fleet.sync());
        else {
          await clock.run(at(who).add());
          added[who] = (added[who] ?? 0) + 1;
        }
        if (what > 0.9) await clock.advance(dice.fraction() * 2_000);
      }
      state.mood = 'well';
      for (let look = 0; look < 3; look += 1) {
        await clock.advance(1_000);
        for (const { fleet } of fleets) await clock.run(fleet.sync());
      }
      const expected = Object.fromEntries(added.flatMap((count, who) => (count > 0 ? [[`m${who}`, count]] : [])));
      for (const { record } of fleets)
        expect({ seed, counts: record.value.counts }).toEqual({ seed, counts: expected });
    }
  });
});
