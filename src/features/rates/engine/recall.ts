/** What outlives both the process and the shared cache: it is put back where the cache knows nothing. */
import type { Clock } from '../../../kernel/clock.ts';
import { pairName } from '../../../kernel/rate.ts';
import type { Fleet, SharedRecord } from '../fleet/fleet.ts';
import type { ManualRate, PairState, Published } from '../fleet/pair-state.ts';
import type { RatesMemory } from '../ports.ts';
import type { SourceRunner } from './source-runner.ts';

export interface RecallDeps {
  readonly memory: RatesMemory;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly runners: ReadonlyMap<string, SourceRunner>;
  readonly records: ReadonlyMap<string, SharedRecord<PairState>>;
}

export async function recall(deps: RecallDeps): Promise<void> {
  const spent = await deps.memory.recallSources();
  for (const [name, state] of spent) await deps.runners.get(name)?.recall(state);
  for (const { pair, published, manual } of await deps.memory.recall()) {
    const record = deps.records.get(pairName(pair));
    if (record === undefined) continue;
    await deps.fleet.update(record, (state, now) => {
      const known = published === undefined ? undefined : atFleetTime(published, now, deps.clock);
      const needed = state.published === undefined && known !== undefined;
      const manualNeeded = state.manual === undefined && manual !== undefined && state.revision === 0;
      if (!needed && !manualNeeded) return undefined;
      return {
        ...state,
        revision: state.revision + 1,
        published: state.published ?? known,
        lastGood: state.lastGood ?? (known === undefined ? undefined : goodOf(known)),
        manual: state.manual ?? (manualNeeded ? manualAtFleetTime(manual, now, deps.clock) : undefined),
      };
    });
  }
}

/** As old now as the wall clock says that it is. */
const atFleetTime = (published: Published, now: number, clock: Clock): Published => ({
  ...published,
  at: now,
  ageMs: published.ageMs + Math.max(0, clock.now() - published.publishedAt),
});

const manualAtFleetTime = (manual: ManualRate, now: number, clock: Clock): ManualRate => ({
  ...manual,
  expiresAt: now + manual.expiresAt - clock.now(),
  published: atFleetTime(manual.published, now, clock),
});

function goodOf(known: Published): PairState['lastGood'] {
  if (known.agreement === 'contested' || known.agreement === 'unverified') return undefined;
  const { mid, ageMs, at, basis, figures } = known;
  return { mid, ageMs, at, basis, figures, trusted: true, stoodSince: at, anchor: mid };
}
