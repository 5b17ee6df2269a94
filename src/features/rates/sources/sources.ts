/** All sources that are known, in the order of the specification: it decides ties. */
import { binance } from './binance.ts';
import { binanceP2p } from './binance-p2p.ts';
import { coingecko } from './coingecko.ts';
import { cryptocompare } from './cryptocompare.ts';
import { frankfurter } from './frankfurter.ts';
import { openErApi } from './open-er-api.ts';
import type { SourceDefinition } from './source.ts';
import { vietcombank } from './vietcombank.ts';

export const SOURCES: readonly SourceDefinition[] = [
  coingecko,
  binance,
  cryptocompare,
  vietcombank,
  openErApi,
  frankfurter,
  binanceP2p,
];
