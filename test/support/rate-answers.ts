/** True bodies of every provider, and how an answer is read in earnest. */

import type { SourceName } from '../../src/features/rates/quote.ts';
import { DEFAULT_RATES_SETTINGS, type RatesSettings } from '../../src/features/rates/settings.ts';
import type { Reading } from '../../src/features/rates/sources/source.ts';
import { createSources } from '../../src/features/rates/sources/sources.ts';
import { assertValid } from '../../src/features/rates/validity.ts';
import type { HttpResponse } from '../../src/platform/http-client/port.ts';

export const NOW = Date.parse('2026-09-29T10:00:00Z');
export const SECONDS = NOW / 1000;
export const TODAY = Date.parse('2026-09-29T00:00:00Z') / 1000;

export const settings: RatesSettings = {
  ...DEFAULT_RATES_SETTINGS,
  sources: {
    ...DEFAULT_RATES_SETTINGS.sources,
    cryptocompare: { ...DEFAULT_RATES_SETTINGS.sources.cryptocompare, apiKey: 'k' },
  },
};
export const sources = createSources(settings);

const raw = (symbol: string, price: string, more = ''): string =>
  `"${symbol}":{"TYPE":"5","MARKET":"CCCAGG","FROMSYMBOL":"USDT","TOSYMBOL":"${symbol}","PRICE":${price},"LASTUPDATE":${SECONDS - 20}${more}}`;
export const book = (symbol: string, bid: string, ask: string): string =>
  `{"symbol":"${symbol}","bidPrice":"${bid}","bidQty":"1.00000000","askPrice":"${ask}","askQty":"2.00000000"}`;

export const SUCCESS: Readonly<Record<SourceName, string>> = {
  coingecko: `{"tether":{"vnd":25934.21778743,"usd":0.99947779,"last_updated_at":${SECONDS - 42}}}`,
  binance: `[${book('USDCUSDT', '1.00040000', '1.00050000')},${book('FDUSDUSDT', '1.00050000', '1.00060000')}]`,
  cryptocompare: `{"RAW":{"USDT":{${raw('VND', '25934.2', ',"CONVERSIONTYPE":"multiply","CONVERSIONSYMBOL":"USD"')},${raw('USD', '0.9995', ',"CONVERSIONTYPE":"direct"')}}},"DISPLAY":{}}`,
  'open-er-api': `{"result":"success","provider":"https://www.exchangerate-api.com","time_last_update_unix":${TODAY},"time_next_update_unix":${TODAY + 86_400},"time_eol_unix":0,"base_code":"USD","rates":{"USD":1,"AED":3.6725,"VND":25947.768}}`,
  frankfurter: '{"date":"2026-09-29","base":"USD","quote":"VND","rate":25948}',
};

export const reply = (body: string, status = 200, headers: HttpResponse['headers'] = {}): HttpResponse => ({
  status,
  headers,
  body,
});

/** As a source's answer is read in earnest: parsed, and judged. */
export function read(name: SourceName, response: HttpResponse, now = NOW): Reading {
  const reading = sources[name].parse(response, now);
  assertValid(reading, now, settings.bands, settings.sources[name].maxLagMs);
  return reading;
}
