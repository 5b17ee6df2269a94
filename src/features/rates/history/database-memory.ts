/** What outlives process and cache, kept in the database. */
import type { Clock } from '../../../kernel/clock.ts';
import { parseId } from '../../../kernel/ids.ts';
import { pairName, parseRate } from '../../../kernel/rate.ts';
import type { Db } from '../../../platform/db/port.ts';
import type { PairPolicy } from '../consensus/policy.ts';
import type { ManualRate } from '../fleet/pair-state.ts';
import type { RatesMemory, Remembered } from '../ports.ts';
import * as store from '../store.ts';
import { publishedOf } from './evidence.ts';

export interface DatabaseMemoryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly pairs: readonly PairPolicy[];
}

export function databaseMemory({ db, clock, pairs }: DatabaseMemoryDeps): RatesMemory {
  const remembered = async (policy: PairPolicy, manuals: readonly store.ManualRateRow[]): Promise<Remembered> => {
    const row = await store.lastGoodQuote(db.sql, pairName(policy.pair));
    const manual = manuals.find((each) => each.pair === pairName(policy.pair));
    return {
      pair: policy.pair,
      published: row === undefined ? undefined : publishedOf(row.evidence),
      manual: manual === undefined ? undefined : manualOf(manual, policy),
    };
  };
  return {
    recall: async () => {
      const manuals = await store.activeManualRates(db.sql, new Date(clock.now()));
      return Promise.all(pairs.map((policy) => remembered(policy, manuals)));
    },
    recallSources: async () => {
      const rows = await store.listSources(db.sql);
      return new Map(
        rows.map(({ source, spent_until, hold_until, hold_reason }) => [
          source,
          {
            spentUntil: spent_until.getTime(),
            hold: hold_until === null ? undefined : { until: hold_until.getTime(), reason: hold_reason ?? '' },
          },
        ]),
      );
    },
    rememberSource: (source, { spentUntil, hold }) =>
      store.saveSource(db.sql, {
        source,
        spent_until: new Date(Math.ceil(spentUntil)),
        hold_until: hold === undefined ? null : new Date(Math.ceil(hold.until)),
        hold_reason: hold?.reason ?? null,
        updated_at: new Date(clock.now()),
      }),
  };
}

function manualOf(row: store.ManualRateRow, { pair, halfSpreadBps }: PairPolicy): ManualRate {
  const setAt = row.set_at.getTime();
  return {
    id: row.id,
    reason: row.reason,
    setBy: row.set_by,
    maxDeviationBps: row.max_deviation_bps,
    expiresAt: row.expires_at.getTime(),
    published: {
      quoteId: parseId('quote', row.quote_id),
      mid: parseRate(pair, row.mid),
      ...{ halfSpreadBps, agreement: 'manual', basis: 'manual', figures: [], opinions: [] },
      ...{ ageMs: 0, at: setAt, publishedAt: setAt },
    },
  };
}
