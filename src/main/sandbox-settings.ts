/** Rates settings of the sandbox: the simulated providers, all of them switched on. */
import type { RatesSettings } from '../features/rates/settings.ts';
import type { Config } from '../platform/config/config.ts';
import type { Providers } from '../sandbox/providers/providers.ts';
import { ratesSettings } from './settings.ts';

export function sandboxRates(config: Config, { urls }: Pick<Providers, 'urls'>): RatesSettings {
  const settings = ratesSettings(config);
  const { sources } = settings;
  return {
    ...settings,
    sources: {
      coingecko: { ...sources.coingecko, url: urls.coingecko, apiKey: undefined },
      binance: { ...sources.binance, url: urls.binance },
      cryptocompare: { ...sources.cryptocompare, url: urls.cryptocompare, apiKey: 'sandbox' },
      'open-er-api': { ...sources['open-er-api'], url: urls['open-er-api'] },
      frankfurter: { ...sources.frankfurter, url: urls.frankfurter },
    },
  };
}
