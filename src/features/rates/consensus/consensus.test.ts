/** From what witnesses say to one rate: honest, confused and hostile ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directPolicy, inputs, LETTERS, lastGood, says, USDT_VND } from '../../../../test/support/rate-graph.ts';
import { compareRate, formatRate, parseRate, type Rate, rate } from '../../../kernel/rate.ts';
import { bpsBetween } from '../rules.ts';
import type { Consensus } from './consensus.ts';
import { evaluate } from './evaluate.ts';
import type { InputReading, Memory } from './inputs.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const POLICY = directPolicy(LETTERS.length);

function hear(readings: readonly InputReading[], memory?: Memory, policy = POLICY): Consensus {
  const result = evaluate(policy, inputs(readings, memory)).get('USDT/VND');
  if (result === undefined) throw new Error('the pair was not evaluated');
  return result;
}
const shown = ({ agreed, opinions }: Consensus) => ({
  mid: agreed === undefined ? undefined : formatRate(agreed.mid),
  agreement: agreed?.agreement,
  verdicts: opinions
    .filter(({ verdict }) => verdict !== 'silent')
    .map(({ route, verdict }) => `${route} ${verdict}`)
    .join(', '),
});
const at = (source: string, figure: string, ageMs = 0) => says(source, USDT_VND, figure, ageMs);
const known = (figure: string, more = {}): Memory => ({ lastGood: lastGood(figure, more), dissents: [] });

describe('witnesses who agree', () => {
  it('of three the middle one is the rate', () => {
    expect(shown(hear([at('a', '26010'), at('b', '26000'), at('c', '26020')]))).toEqual({
      mid: '26010',
      agreement: 'corroborated',
      verdicts: 'a chosen, b supports, c supports',
    });
  });

  it('the middle one is no older than two others who bear it out, once its own time is over', () => {
    const daily = (ageMs: number) => directPolicy(3, '', { freshMs: MINUTE, agingMs: ageMs });
    const readings = [at('a', '26010', 4 * MINUTE), at('b', '26000', 2 * MINUTE), at('c', '26020', MINUTE)];
    expect(hear(readings, undefined, daily(5 * MINUTE)).agreed?.ageMs).toBe(4 * MINUTE);
    expect(hear(readings, undefined, daily(3 * MINUTE)).agreed?.ageMs).toBe(2 * MINUTE);
    expect(hear(readings.slice(0, 2), undefined, daily(3 * MINUTE)).agreed?.ageMs).toBe(2 * MINUTE);
  });

  it('of two the one that stands first in the order', () => {
    expect(shown(hear([at('b', '26000'), at('a', '26010')])).mid).toBe('26010');
  });

  it('of two the fresher one, where the first is no longer fresh', () => {
    const result = hear([at('a', '26010', 6 * MINUTE), at('b', '26000')]);
    expect(shown(result)).toMatchObject({ mid: '26000', agreement: 'corroborated' });
    expect(result.agreed?.ageMs).toBe(0);
  });

  it('are uncertain by as much as they differ', () => {
    expect(hear([at('a', '26000'), at('b', '26026')]).agreed?.uncertaintyBps).toBe(10);
    expect(hear([at('a', '26000'), at('b', '26000')]).agreed?.uncertaintyBps).toBe(0);
  });

  it('are too few for a pair that wants more', () => {
    const two = directPolicy(LETTERS.length, ', min_sources: 2');
    expect(hear([at('a', '26000')], undefined, two).agreed).toBeUndefined();
    expect(hear([at('a', '26000'), at('b', '26000')], undefined, two).agreed).toBeDefined();
  });
});

describe('a lone witness', () => {
  it('is not verified where nothing is known', () => {
    expect(shown(hear([at('a', '26000')]))).toMatchObject({ mid: '26000', agreement: 'unverified' });
  });

  it('is believed where it agrees with the last good rate; further away it is served, and nobody bears it out', () => {
    expect(shown(hear([at('a', '26130')], known('26000')))).toMatchObject({ mid: '26130', agreement: 'single' });
    expect(shown(hear([at('a', '26200')], known('26000')))).toMatchObject({ mid: '26200', agreement: 'unverified' });
    expect(shown(hear([at('a', '26300')], known('26000')))).toMatchObject({ mid: '26000', agreement: 'contested' });
    // 100 + 100 x sqrt(4 h) = 300 basis points
    const old = { ageMs: 4 * 60 * MINUTE };
    expect(shown(hear([at('a', '26300')], known('26000', old))).agreement).toBe('unverified');
  });

  it('is served in place of a last good rate that is too old to be given to anybody', () => {
    const old = (hours: number) => known('26000', { ageMs: hours * 60 * MINUTE });
    expect(shown(hear([at('a', '23000')], old(24)))).toMatchObject({ mid: '26000', agreement: 'contested' });
    expect(shown(hear([at('a', '23000')], old(25)))).toMatchObject({ mid: '23000', agreement: 'unverified' });
    const two = [at('a', '23000'), at('b', '24000')];
    expect(shown(hear(two, old(24)))).toMatchObject({ mid: '26000', agreement: 'contested' });
    expect(shown(hear(two, old(25)))).toMatchObject({ mid: '23000', agreement: 'contested' });
  });

  it('comes no further by small steps than it would at once', () => {
    const drifted = known('26120', { anchor: parseRate(USDT_VND, '26000') });
    expect(shown(hear([at('a', '26125')], drifted)).agreement).toBe('single');
    expect(shown(hear([at('a', '26135')], drifted))).toMatchObject({ mid: '26135', agreement: 'unverified' });
  });

  it('that nobody could verify is trusted once it has stood its time', () => {
    const standing = (stoodMs: number) => known('26000', { trusted: false, stoodMs });
    expect(shown(hear([at('a', '26010')], standing(9 * MINUTE))).agreement).toBe('unverified');
    expect(shown(hear([at('a', '26010')], standing(10 * MINUTE))).agreement).toBe('single');
    expect(shown(hear([at('a', '26900')], standing(10 * MINUTE))).agreement).toBe('unverified');
  });

  it('far from what is known is in dispute: the last good rate is served, and the spread reaches to both', () => {
    const result = hear([at('a', '24960')], known('26000'));
    expect(shown(result)).toMatchObject({ mid: '26000', agreement: 'contested' });
    expect(result.agreed?.uncertaintyBps).toBe(417);
    expect(result.unsettled).toBe(true);
  });
});

describe('two who contradict each other', () => {
  it('and nobody knows more: in dispute, whoever stands first is served', () => {
    expect(shown(hear([at('a', '26000'), at('b', '27000')]))).toMatchObject({ mid: '26000', agreement: 'contested' });
  });

  it('stay in dispute, and what was known decides who is served: that one may stand still, the other one lie', () => {
    const first = hear([at('a', '24960'), at('b', '26000', 3 * MINUTE)], known('26000'));
    expect(shown(first)).toEqual({ mid: '26000', agreement: 'contested', verdicts: 'a rejected, b chosen' });
    expect(first.dissents).toMatchObject([
      { route: 'a', forMs: 0 },
      { route: 'b', forMs: 3 * MINUTE },
    ]);
    const dissents = [{ route: 'a', rate: parseRate(USDT_VND, '24960'), forMs: 4 * SECOND }];
    const looked = hear([at('a', '24970'), at('b', '26000', SECOND)], { lastGood: lastGood('26000'), dissents });
    expect(shown(looked)).toEqual(shown(first));
    expect(looked.dismissed).toEqual([]);
    expect(looked.agreed?.uncertaintyBps).toBe(413);
  });

  it('are asked again soon, until each has had its chance to take it back', () => {
    const memory = (forMs: number): Memory => ({
      lastGood: lastGood('26000'),
      dissents: [
        { route: 'a', rate: parseRate(USDT_VND, '24960'), forMs },
        { route: 'b', rate: parseRate(USDT_VND, '26000'), forMs: 3 * MINUTE },
      ],
    });
    expect(hear([at('a', '24960', SECOND), at('b', '26000', SECOND)], known('26000')).unsettled).toBe(true);
    expect(hear([at('a', '24960'), at('b', '26000', 5 * SECOND)], memory(5 * SECOND)).unsettled).toBe(true);
    expect(hear([at('a', '24960'), at('b', '26000', 4 * SECOND)], memory(5 * SECOND)).unsettled).toBe(false);
    // Whoever is served: that may change with what is remembered, and is no new dispute. A new word is.
    const other = { ...memory(5 * SECOND), lastGood: lastGood('24960') };
    expect(hear([at('a', '24960'), at('b', '26000', 4 * SECOND)], other)).toMatchObject({ unsettled: false });
    expect(hear([at('a', '23000'), at('b', '26000', 4 * SECOND)], memory(5 * SECOND)).unsettled).toBe(true);
  });

  it('and agree at last: followed, however far it is', () => {
    expect(shown(hear([at('a', '24950'), at('b', '24960')], known('26000')))).toMatchObject({
      mid: '24950',
      agreement: 'corroborated',
    });
  });

  it('and the last good rate as well: that is served on', () => {
    expect(shown(hear([at('a', '24000'), at('b', '28000')], known('26000')))).toMatchObject({
      mid: '26000',
      agreement: 'contested',
    });
  });
});

describe('a majority', () => {
  it('of those who have all looked outvotes the others', () => {
    const result = hear([at('a', '27000', SECOND), at('b', '26000', SECOND), at('c', '26010', SECOND)]);
    expect(shown(result)).toEqual({
      mid: '26010',
      agreement: 'corroborated',
      verdicts: 'a rejected, b supports, c chosen',
    });
    expect(result.dismissed).toEqual(['a']);
  });

  it('that has not looked since is not certain any more', () => {
    const readings = [at('a', '26000', MINUTE), at('b', '26010', 2 * MINUTE), at('c', '24960')];
    expect(shown(hear(readings, known('26000')))).toMatchObject({ mid: '26000', agreement: 'contested' });
  });

  it('of whom one alone has looked since is not certain either: that one may be the liar', () => {
    const dissents = [{ route: 'c', rate: parseRate(USDT_VND, '24960'), forMs: 10 * SECOND }];
    const memory = { lastGood: lastGood('26000'), dissents };
    const readings = (seenMs: number) => [at('a', '26000', seenMs), at('b', '26010'), at('c', '24960')];
    expect(shown(hear(readings(2 * MINUTE), memory)).agreement).toBe('contested');
    expect(shown(hear(readings(5 * SECOND), memory))).toMatchObject({ mid: '26000', agreement: 'corroborated' });
  });

  it('that looked first does not call the one wrong who has not yet', () => {
    const result = hear([at('a', '26000', 3 * MINUTE), at('b', '24960'), at('c', '24970')], known('26000'));
    expect(shown(result)).toMatchObject({ mid: '24970', agreement: 'corroborated' });
    expect(result.dismissed).toEqual([]);
    expect(result.unsettled).toBe(true);
  });

  it('that does not exist leaves the middle, in dispute', () => {
    expect(shown(hear([at('a', '25000'), at('b', '26000'), at('c', '27000')]))).toMatchObject({
      mid: '26000',
      agreement: 'contested',
    });
  });
});

describe('hostile witnesses fewer than half', () => {
  const figure = (from: number, to: number): fc.Arbitrary<Rate> =>
    fc
      .bigInt({ min: BigInt(from) * 100_000_000n, max: BigInt(to) * 100_000_000n })
      .map((units) => rate(USDT_VND, { units, scale: 8 }));
  const age = fc.integer({ min: 0, max: 4 * MINUTE });
  const witness = (of: fc.Arbitrary<Rate>) => fc.record({ rate: of, ageMs: age });
  const memory = fc.option(
    fc.record({ mid: figure(10_000, 60_000), ageMs: fc.integer({ min: 0, max: 86_400_000 }), trusted: fc.boolean() }),
    { nil: undefined },
  );

  it.each([
    [3, 1],
    [5, 2],
    [5, 1],
    [4, 1],
  ])('of %d routes %d: the rate lies between honest figures', (routes, hostile) => {
    const honest = fc
      .tuple(fc.integer({ min: 11_000, max: 55_000 }), fc.integer({ min: 1, max: 1_200 }))
      .chain(([base, spread]) =>
        fc.array(witness(figure(base, base + spread)), { minLength: routes - hostile, maxLength: routes - hostile }),
      );
    const liars = fc.array(witness(figure(10_000, 60_000)), { minLength: hostile, maxLength: hostile });
    const order = fc.shuffledSubarray([...LETTERS.slice(0, routes)], { minLength: routes, maxLength: routes });
    fc.assert(
      fc.property(honest, liars, order, memory, (good, bad, names, remembered) => {
        const readings = [...good, ...bad].map((each, index) =>
          says(names[index] ?? '', USDT_VND, each.rate, each.ageMs),
        );
        const lastOne = remembered === undefined ? undefined : lastGood(remembered.mid, remembered);
        const { agreed } = hear(readings, { lastGood: lastOne, dissents: [] });
        const sorted = good.map((each) => each.rate).sort(compareRate);
        const [low, high] = [sorted[0], sorted.at(-1)];
        if (agreed === undefined || low === undefined || high === undefined) throw new Error('no rate');
        expect(compareRate(agreed.mid, low)).toBeGreaterThanOrEqual(0);
        expect(compareRate(agreed.mid, high)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 3_000 },
    );
  });

  it('of two make no rate that is called anything but contested', () => {
    fc.assert(
      fc.property(witness(figure(26_000, 26_100)), witness(figure(10_000, 60_000)), memory, (good, bad, remembered) => {
        const lastOne = remembered?.trusted === true ? lastGood(remembered.mid, remembered) : undefined;
        const { agreed } = hear(
          [says('a', USDT_VND, bad.rate, bad.ageMs), says('b', USDT_VND, good.rate, good.ageMs)],
          {
            lastGood: lastOne,
            dissents: [],
          },
        );
        if (agreed === undefined) throw new Error('no rate');
        // One liar of two: what is served as agreed is near the honest one, whatever memory says.
        if (agreed.agreement !== 'contested') expect(bpsBetween(agreed.mid, good.rate)).toBeLessThanOrEqual(100);
      }),
      { numRuns: 3_000 },
    );
  });
});
