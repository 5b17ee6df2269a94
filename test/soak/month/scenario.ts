/** What kind of month a seed has: how the service runs, whom it may ask, and when the month begins. */

import { type RatesSettings, ratesSettings } from '../../../src/features/rates/settings.ts';
import { RECORDED_RATES } from '../../../src/sandbox/data/recorded-rates.ts';
import type { ProviderName } from '../../../src/sandbox/providers/faults.ts';
import { REFERENCE_GRAPH, SIMULATED_URLS } from '../../support/rates.ts';
import { Dice } from './dice.ts';
import type { Plan } from './operations.ts';
import { DAY, SECOND } from './truth.ts';

export interface Scenario {
  readonly seed: number;
  readonly plan: Plan;
  /** CryptoCompare has a key. */
  readonly key: boolean;
  readonly settings: RatesSettings;
  /** Those that may be asked at all. */
  readonly providers: readonly ProviderName[];
  /** Epoch milliseconds. */
  readonly begin: number;
  readonly end: number;
}

export function scenarioOf(seed: number, days: number): Scenario {
  const dice = new Dice(seed, 'scenario');
  const key = seed % 2 === 0;
  const shared = dice.chance(0.4);
  const plan = {
    shared,
    database: !shared || dice.chance(0.6),
    steps: dice.chance(0.2),
    usual: shared ? dice.pick([1, 1, 1, 1, 1, 1, 2, 2, 2, 3]) : 1,
  };
  const begin = Date.parse(`${dice.pick(RECORDED_RATES).date}T00:00:00Z`) + dice.whole(0, 7 * DAY);
  const third: readonly ProviderName[] = key ? ['cryptocompare'] : [];
  return {
    ...{ seed, plan, key, begin, end: begin + days * DAY },
    // As configured, or so rarely that a move is still seen within a minute.
    settings: settingsOf(seed % 5 === 0 ? 15 * SECOND : 45 * SECOND, key),
    providers: ['coingecko', 'binance', ...third, 'vietcombank', 'open-er-api', 'frankfurter'],
  };
}

function settingsOf(binanceMs: number, key: boolean): RatesSettings {
  const sources = REFERENCE_GRAPH.sources.map((each) =>
    each.definition.name === 'binance' ? { ...each, everyMs: binanceMs } : each,
  );
  const access = Object.fromEntries(
    sources.map(({ definition: { name } }) => [
      name,
      { url: SIMULATED_URLS[name], apiKey: key && name === 'cryptocompare' ? 'k' : undefined },
    ]),
  );
  return ratesSettings({ ...REFERENCE_GRAPH, sources }, { access, syncMs: 5 * SECOND });
}
