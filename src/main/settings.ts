/** From the environment's names to what each part asks for. */
import { readFileSync } from 'node:fs';
import { type Catalogue, parseCatalogue } from '../features/incidents/catalogue.ts';
import { type Graph, parseGraph } from '../features/rates/graph.ts';
import { type RatesOptions, type RatesSettings, ratesSettings, type SourceAccess } from '../features/rates/settings.ts';
import { type Book, type BookOverrides, parseBook } from '../features/reconciliation/book.ts';
import { messageOf, PlumblineError } from '../kernel/errors.ts';
import type { Pair } from '../kernel/rate.ts';
import type { Config } from '../platform/config/config.ts';
import type { SettingName } from '../platform/config/settings.ts';
import { REFERENCE_BOOK, REFERENCE_CATALOGUE, REFERENCE_GRAPH } from './package.ts';

/** @throws `rates.graph_unreadable`, `rates.graph_invalid` (invalid) */
export const loadRates = (config: Config, more: Partial<RatesOptions> = {}): RatesSettings =>
  ratesSettings(loadGraph(config.values.RATES_GRAPH), { ...ratesOptions(config), ...more });

export const servedPairs = ({ policy }: RatesSettings): readonly Pair[] => policy.pairs.map((each) => each.pair);

function loadGraph(path: string | undefined): Graph {
  const file = path ?? REFERENCE_GRAPH;
  return parseGraph(readConfigured('RATES_GRAPH', 'rates.graph_unreadable', file), file);
}

function ratesOptions({ values, origin }: Config): Partial<RatesOptions> {
  // A default of ours must not hide what the graph says.
  const url = (name: SettingName, text: string): string | undefined => (origin[name] === 'default' ? undefined : text);
  const access: Readonly<Record<string, SourceAccess>> = {
    coingecko: {
      url: url('COINGECKO_API_URL', values.COINGECKO_API_URL),
      apiKey: values.COINGECKO_API_KEY,
      monthlyCalls: values.COINGECKO_MONTHLY_CALLS,
    },
    binance: { url: url('BINANCE_API_URL', values.BINANCE_API_URL) },
    cryptocompare: {
      url: url('CRYPTOCOMPARE_API_URL', values.CRYPTOCOMPARE_API_URL),
      apiKey: values.CRYPTOCOMPARE_API_KEY,
    },
    vietcombank: { url: url('VIETCOMBANK_API_URL', values.VIETCOMBANK_API_URL) },
    'open-er-api': { url: url('OPEN_ER_API_URL', values.OPEN_ER_API_URL) },
    frankfurter: { url: url('FRANKFURTER_API_URL', values.FRANKFURTER_API_URL) },
    'binance-p2p': { url: url('BINANCE_P2P_API_URL', values.BINANCE_P2P_API_URL) },
  };
  return {
    access,
    freshMs: values.RATES_FRESH_MS,
    agingMs: values.RATES_AGING_MS,
    maxAgeMs: {
      quote: values.RATES_MAX_AGE_QUOTE_MS,
      reconcile: values.RATES_MAX_AGE_RECONCILE_MS,
      display: undefined,
    },
    deadlineMs: values.RATES_DEADLINE_MS,
    halfSpreadBps: values.RATES_HALF_SPREAD_BPS,
    breaker: { failureThreshold: values.BREAKER_FAILURES, openMs: values.BREAKER_OPEN_MS },
  };
}

/** @throws `incidents.catalogue_unreadable`, `incidents.catalogue_invalid` (invalid) */
export function loadCatalogue({ values }: Config): Catalogue {
  const file = values.INCIDENTS_CATALOGUE ?? REFERENCE_CATALOGUE;
  return parseCatalogue(readConfigured('INCIDENTS_CATALOGUE', 'incidents.catalogue_unreadable', file), file);
}

/** @throws `book.unreadable`, `book.invalid` (invalid) */
export function loadBook(path: string | undefined, overrides: BookOverrides): Book {
  const file = path ?? REFERENCE_BOOK;
  return parseBook(readConfigured('RECONCILIATION_BOOK', 'book.unreadable', file), file, overrides);
}

export const bookOverrides = ({ values }: Config): BookOverrides =>
  values.RECONCILIATION_TOLERANCE === undefined ? {} : { tolerance: values.RECONCILIATION_TOLERANCE };

function readConfigured(setting: SettingName, code: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `${file} cannot be read (${messageOf(error)})`;
    throw new PlumblineError('invalid', code, `${setting}: ${message}`, {
      faults: [{ pointer: setting, message }],
      cause: error,
    });
  }
}
