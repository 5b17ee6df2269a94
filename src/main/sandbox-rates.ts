/**
 * A rehearsal on simulated providers of its own: what a caller gets while they hang, fail, die and
 * recover. Its clock skips ahead between the lines, so that the service's real times pass in a second.
 */
import type { Quote } from '../features/rates/quote.ts';
import { ExchangeRateService } from '../features/rates/service.ts';
import { type BusinessDate, formatInZone } from '../kernel/business-date.ts';
import { messageOf } from '../kernel/errors.ts';
import { formatRate, pair } from '../kernel/rate.ts';
import { createMemoryCache } from '../platform/cache/memory.ts';
import { table } from '../platform/command-line/table.ts';
import { type Fault, PROVIDERS, type ProviderName } from '../sandbox/providers/faults.ts';
import { startProviders } from '../sandbox/providers/providers.ts';
import { ZONE } from '../sandbox/rules.ts';
import { skippingClock } from '../sandbox/skipping-clock.ts';
import type { App } from './compose.ts';
import { sandboxRates } from './sandbox-settings.ts';

const SECOND = 1_000;
/** Fresh for less than the steps of the story, so that each line asks the providers anew. */
const FRESH_MS = 30 * SECOND;
const STEP_MS = 40 * SECOND;

const COLUMNS = [
  { title: 'at' },
  { title: 'what happens' },
  { title: 'USDT/VND', align: 'right' },
  { title: 'from' },
  { title: 'label' },
  { title: 'answered in', align: 'right' },
] as const;

/** @returns the story as a table */
export async function rehearseRates(
  { config, random, http, log, clock: real }: App,
  date: BusinessDate,
): Promise<readonly string[]> {
  const clock = skippingClock(real);
  const providers = await startProviders({ clock, date: () => date });
  const rates = new ExchangeRateService({
    ...{ clock, random, http, log: log.child({ rehearsal: true }), cache: createMemoryCache({ clock }) },
    settings: { ...sandboxRates(config, providers), freshMs: FRESH_MS, agingMs: FRESH_MS },
  });
  const rows: (readonly string[])[] = [];
  const ask = async (story: string, afterMs = STEP_MS): Promise<void> => {
    clock.skip(afterMs);
    const from = clock.monotonic();
    const answer = await rates
      .getQuote(pair('USDT', 'VND'))
      .then(describe, (error: unknown) => [messageOf(error), '', '']);
    const tookMs = Math.round(clock.monotonic() - from);
    rows.push([formatInZone(clock.now(), ZONE).slice(11, 19), story, ...answer, `${tookMs} ms`]);
  };
  const set = (fault: Fault, ...names: readonly ProviderName[]): void => {
    for (const name of names) providers.setFault(name, fault);
  };

  try {
    await ask('every provider is well', 0);
    set({ kind: 'hang' }, 'coingecko');
    await ask('CoinGecko hangs: one byte a second');
    set({ kind: 'error-under-200' }, 'coingecko');
    await ask('CoinGecko: an error under HTTP 200');
    set({ kind: 'html' }, 'coingecko');
    await ask('CoinGecko: HTML instead of JSON');
    await ask('CoinGecko: the same again');
    await ask('CoinGecko: its fifth failure in a row');
    await ask('its circuit breaker is open: it is not asked');
    set({ kind: 'dead' }, ...PROVIDERS);
    await ask('every provider is dead', 31 * 60 * SECOND);
    set({ kind: 'none' }, ...PROVIDERS);
    await ask('they recover: one probe closes each breaker', 70 * SECOND);
  } finally {
    await rates.stop();
    await providers.close();
  }
  return table(COLUMNS, rows);
}

function describe({ mid, sources, attempts, level, ageMs }: Quote): readonly string[] {
  const from = sources.map(({ source }) => source).join(' x ');
  const label = level === 'fresh' ? level : `${level}, ${Math.round(ageMs / SECOND)} s old`;
  const failed = attempts
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ source, outcome }) => `${source} ${outcome}`);
  const known = level === 'stale' ? ' (last known good)' : failed[0] === undefined ? '' : ` (${failed[0]})`;
  return [formatRate(mid), `${from}${known}`, label];
}
