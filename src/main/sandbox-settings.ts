/** Rates settings of the sandbox: the simulated providers, all of them switched on. */
import type { RatesOptions, RatesSettings } from '../features/rates/settings.ts';
import type { Config } from '../platform/config/config.ts';
import type { Providers } from '../sandbox/providers/providers.ts';
import { loadRates } from './settings.ts';

export function sandboxRates(
  config: Config,
  { urls }: Pick<Providers, 'urls'>,
  more: Partial<RatesOptions> = {},
): RatesSettings {
  const access = Object.fromEntries(
    Object.entries(urls).map(([name, url]) => [
      name,
      { url, apiKey: name === 'cryptocompare' ? 'sandbox' : undefined },
    ]),
  );
  return loadRates(config, { access, ...more });
}
