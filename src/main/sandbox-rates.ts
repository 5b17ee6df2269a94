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
import type { App } from './parts.ts';
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
    settings: sandboxRates(config, providers, { freshMs: FRESH_MS, agingMs: FRESH_MS, retries: 0 }),
  });
  const rows: (readonly string[])[] = [];
  const tell = async (story: string, afterMs = STEP_MS): Promise<void> => {
    clock.skip(afterMs);
    const from = clock.monotonic();
    const refusal = await rates.getQuote(USDT_VND).then(() => undefined, messageOf);
    const tookMs = Math.round(clock.monotonic() - from);
    await rates.warm(); // whoever was slow is part of the line, and the next one begins anew
    const quote = rates.knownQuote(USDT_VND);
    const said = quote === undefined || refusal !== undefined ? [refusal ?? '', '', ''] : describe(quote);
    rows.push([formatInZone(clock.now(), ZONE).slice(11, 19), story, ...said, `${tookMs} ms`]);
  };
  const set = (fault: Fault, ...names: readonly ProviderName[]): void => {
    for (const name of names) providers.setFault(name, fault);
  };

  try {
    await rates.warm();
    await tell('every provider is well', 0);
    set({ kind: 'hang' }, 'coingecko');
    await tell('CoinGecko hangs: one byte a second');
    set({ kind: 'error-under-200' }, 'coingecko');
    await tell('CoinGecko: an error under HTTP 200');
    set({ kind: 'html' }, 'coingecko');
    await tell('CoinGecko: HTML instead of JSON');
    await tell('CoinGecko: the same again');
    await tell('CoinGecko: its fifth failure in a row');
    await tell('its circuit breaker is open: it is not asked');
    set({ kind: 'lying', factorPercent: 103 }, 'coingecko');
    await tell('one probe closes it; now CoinGecko lies by 3 %');
    set({ kind: 'none' }, ...PROVIDERS);
    providers.setDepeg(96);
    await tell('USDT falls by 4 % everywhere: followed');
    providers.setDepeg(100);
    await tell('and recovers');
    set({ kind: 'dead' }, ...PROVIDERS);
    await tell('every provider is dead', 31 * 60 * SECOND);
    set({ kind: 'none' }, ...PROVIDERS);
    await tell('they recover', 70 * SECOND);
  } finally {
    await rates.stop();
    await providers.close();
  }
  return table(COLUMNS, rows);
}

const USDT_VND = pair('USDT', 'VND');

function describe({ mid, sources, witnesses, attempts, level, agreement, ageMs }: Quote): readonly string[] {
  const from = sources.map(({ source }) => source).join(' x ');
  const against = witnesses.filter(({ verdict }) => verdict === 'rejected').map(({ route }) => `${route} rejected`);
  const failed = attempts
    .filter(({ outcome }) => outcome !== 'ok' && outcome !== 'disabled')
    .map(({ source, outcome }) => `${source} ${outcome}`);
  const aside = level === 'stale' ? 'last known good' : (against[0] ?? failed[0]);
  const label = level === 'fresh' ? `fresh, ${agreement}` : `${level}, ${Math.round(ageMs / SECOND)} s old`;
  return [formatRate(mid), aside === undefined ? from : `${from} (${aside})`, label];
}
