/** What a pair remembers of one evaluation for the next. */
import { describe, expect, it } from 'vitest';
import { directPolicy, USDT_VND } from '../../../../test/support/rate-graph.ts';
import { parseId } from '../../../kernel/ids.ts';
import { formatRate, parseRate } from '../../../kernel/rate.ts';
import type { Agreement } from '../consensus/agreement.ts';
import { afterEvaluation, type PairState, UNKNOWN } from './pair-state.ts';

const T = 1_790_000_000_000;
const [PAIR] = directPolicy(2).pairs;

function evaluated(state: PairState, mid: string, agreement: Agreement, at: number): PairState {
  if (PAIR === undefined) throw new Error('no such pair');
  const agreed = {
    ...{ mid: parseRate(USDT_VND, mid), ageMs: 0, uncertaintyBps: 0, agreement },
    ...{ basis: 'spot_aggregate', figures: [] },
  };
  const consensus = { agreed, opinions: [], dissents: [], dismissed: [], borneOut: [], unsettled: false };
  const identity = () => ({ quoteId: parseId('quote', '019a0000-0000-7000-8000-000000000001'), publishedAt: at });
  return afterEvaluation(state, PAIR, consensus, {}, at, { moveBps: 1, heartbeatMs: 60_000 }, identity);
}
const remembered = ({ lastGood }: PairState) =>
  lastGood && [formatRate(lastGood.mid), lastGood.trusted, lastGood.at - T];

describe('the last good rate', () => {
  it('is what was agreed on last', () => {
    const state = evaluated(evaluated(UNKNOWN, '26000', 'corroborated', T), '26010', 'single', T + 1);
    expect(remembered(state)).toEqual(['26010', true, 1]);
    expect(state.lastGood && formatRate(state.lastGood.anchor)).toBe('26000'); // on which more than one agreed
  });

  it('stays where one witness alone says something else: nobody bore that out', () => {
    const state = evaluated(evaluated(UNKNOWN, '26000', 'corroborated', T), '26200', 'unverified', T + 1);
    expect(remembered(state)).toEqual(['26000', true, 0]);
    expect(state.published && formatRate(state.published.mid)).toBe('26200');
  });

  it('is not trusted where there was nothing to compare it to', () => {
    const state = evaluated(evaluated(UNKNOWN, '26000', 'unverified', T), '26010', 'unverified', T + 1);
    expect(remembered(state)).toEqual(['26010', false, 1]);
    expect(state.lastGood?.stoodSince).toBe(T);
  });
});
