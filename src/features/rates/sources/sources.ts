/** All sources, as configured. */
import type { SourceName } from '../quote.ts';
import type { RatesSettings } from '../settings.ts';
import { binance } from './binance.ts';
import { coingecko } from './coingecko.ts';
import { cryptocompare } from './cryptocompare.ts';
import { frankfurter } from './frankfurter.ts';
import { openErApi } from './open-er-api.ts';
import type { Source } from './source.ts';

export const createSources = ({ sources }: RatesSettings): { readonly [Name in SourceName]: Source } => ({
  coingecko: coingecko(sources.coingecko),
  binance: binance(sources.binance),
  cryptocompare: cryptocompare(sources.cryptocompare),
  'open-er-api': openErApi(sources['open-er-api']),
  frankfurter: frankfurter(sources.frankfurter),
});
