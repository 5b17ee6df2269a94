/**
 * A rehearsal on the simulated providers: what a caller gets while they hang, fail, die and recover.
 * It runs on a rate service of its own, with short times, so that a minute's story takes seconds.
 */
import type { Quote } from '../features/rates/quote.ts';
import { ExchangeRateService } from '../features/rates/service.ts';
import type { RatesSettings } from '../features/rates/settings.ts';
import { messageOf } from '../kernel/errors.ts';
import { formatRate, pair } from '../kernel/rate.ts';
import { createMemoryCache } from '../platform/cache/memory.ts';
import { table } from '../platform/command-line/table.ts';
import type { Config } from '../platform/config/config.ts';
import type { Fault } from '../sandbox/providers/faults.ts';
import { PROVIDERS } from '../sandbox/providers/faults.ts';
import type { Providers } from '../sandbox/providers/providers.ts';
import type { App } from './compose.ts';
import { sandboxRates } from './sandbox-settings.ts';

const USDT_VND = pair('USDT', 'VND');
/** In the service itself 60 s, or BREAKER_OPEN_MS. */
const OPEN_MS = 1_000;

export async function rehearseRates(
  app: App,
  providers: Providers,
  config: Config,
  print: (text: string) => void,
): Promise<void> {
  const { clock, random, http, log } = app;
  const settings = sandboxRates(config, providers);
  const rates = new ExchangeRateService({
    ...{ clock, random, http, log: log.child({ rehearsal: true }), cache: createMemoryCache({ clock }) },
    settings: {
      ...settings,
      sources: askedEachTime(settings.sources),
      freshMs: 1,
      agingMs: 1,
      breakerOpenMs: OPEN_MS,
      attemptTimeoutMs: 400,
      retries: 0,
    },
  });
  const rows: string[][] = [];
  const ask = async (story: string): Promise<void> => {
    await clock.sleep(20); // past `fresh`, so that the providers are asked again
    const from = clock.monotonic();
    const answer = await rates
      .getQuote(USDT_VND, { purpose: 'display' })
      .then(describe, (error: unknown) => [messageOf(error), '', '']);
    rows.push([story, ...answer, `${Math.round(clock.monotonic() - from)} ms`]);
  };
  const set = (fault: Fault, ...names: readonly (typeof PROVIDERS)[number][]): void => {
    for (const name of names) providers.setFault(name, fault);
  };

  try {
    await ask('every provider is well');
    set({ kind: 'hang' }, 'coingecko');
    await ask('CoinGecko hangs: one byte a second');
    set({ kind: 'error-under-200' }, 'coingecko');
    for (let failure = 2; failure <= 5; failure += 1)
      await ask(`CoinGecko: an error under HTTP 200 (failure ${failure})`);
    await ask('its breaker is open: it is not even asked');
    set({ kind: 'dead' }, ...PROVIDERS);
    await ask('every provider is dead');
    set({ kind: 'none' }, ...PROVIDERS);
    await clock.sleep(OPEN_MS + 50);
    await ask('all recover: one probe closes the breaker');
  } finally {
    set({ kind: 'none' }, ...PROVIDERS);
    await rates.stop();
  }
  const columns = [
    { title: 'what happens' },
    { title: 'USDT/VND', align: 'right' as const },
    { title: 'from' },
    { title: 'label' },
    { title: 'answer in', align: 'right' as const },
  ];
  print(
    `${table(columns, rows)
      .map((line) => `  ${line}`)
      .join('\n')}\n`,
  );
  print(
    `\n  (The rehearsal opens a breaker for ${OPEN_MS / 1000} s; the service itself for ${config.values.BREAKER_OPEN_MS / 1000} s.)\n`,
  );
}

const askedEachTime = ({
  coingecko,
  binance,
  cryptocompare,
  ...fx
}: RatesSettings['sources']): RatesSettings['sources'] => ({
  coingecko: { ...coingecko, minIntervalMs: 0 },
  binance: { ...binance, minIntervalMs: 0 },
  cryptocompare: { ...cryptocompare, minIntervalMs: 0 },
  'open-er-api': { ...fx['open-er-api'], minIntervalMs: 0 },
  frankfurter: { ...fx.frankfurter, minIntervalMs: 0 },
});

function describe(quote: Quote): string[] {
  const from = quote.sources.map(({ source }) => source).join(' x ');
  const stale = quote.level === 'stale' && quote.attempts.every(({ outcome }) => outcome !== 'ok');
  return [
    formatRate(quote.mid),
    stale ? `${from} (last known good)` : from,
    stale ? `stale, ${(quote.ageMs / 1000).toFixed(1)} s old` : quote.level,
  ];
}
