/** From the environment's names to what each part asks for. */
import { readFileSync } from 'node:fs';
import type { RatesSettings } from '../features/rates/settings.ts';
import { DEFAULT_RATES_SETTINGS } from '../features/rates/settings.ts';
import { type Book, type BookOverrides, parseBook } from '../features/reconciliation/book.ts';
import { messageOf, PlumblineError } from '../kernel/errors.ts';
import type { Config } from '../platform/config/config.ts';
import { REFERENCE_BOOK } from './package.ts';

export function ratesSettings({ values }: Config): RatesSettings {
  const { sources } = DEFAULT_RATES_SETTINGS;
  const url = (text: string): string => text.replace(/\/+$/, '');
  return {
    ...DEFAULT_RATES_SETTINGS,
    sources: {
      coingecko: { ...sources.coingecko, url: url(values.COINGECKO_API_URL), apiKey: values.COINGECKO_API_KEY },
      binance: { ...sources.binance, url: url(values.BINANCE_API_URL) },
      cryptocompare: {
        ...sources.cryptocompare,
        url: url(values.CRYPTOCOMPARE_API_URL),
        apiKey: values.CRYPTOCOMPARE_API_KEY,
      },
      'open-er-api': { ...sources['open-er-api'], url: url(values.OPEN_ER_API_URL) },
      frankfurter: { ...sources.frankfurter, url: url(values.FRANKFURTER_API_URL) },
    },
    freshMs: values.RATES_FRESH_MS,
    agingMs: values.RATES_AGING_MS,
    maxAgeMs: {
      quote: values.RATES_MAX_AGE_QUOTE_MS,
      reconcile: values.RATES_MAX_AGE_RECONCILE_MS,
      display: undefined,
    },
    pollMs: values.RATES_POLL_MS,
    deadlineMs: values.RATES_DEADLINE_MS,
    halfSpreadBps: values.RATES_HALF_SPREAD_BPS,
    breakerFailures: values.BREAKER_FAILURES,
    breakerOpenMs: values.BREAKER_OPEN_MS,
  };
}

/** @throws `book.unreadable`, `book.invalid` (invalid) */
export function loadBook(path: string | undefined, overrides: BookOverrides): Book {
  const file = path ?? REFERENCE_BOOK;
  return parseBook(readBook(file), file, overrides);
}

export const bookOverrides = ({ values }: Config): BookOverrides =>
  values.RECONCILIATION_TOLERANCE === undefined ? {} : { tolerance: values.RECONCILIATION_TOLERANCE };

function readBook(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PlumblineError(
      'invalid',
      'book.unreadable',
      `RECONCILIATION_BOOK: ${file} cannot be read (${messageOf(error)})`,
      {
        faults: [{ pointer: 'RECONCILIATION_BOOK', message: `${file} cannot be read (${messageOf(error)})` }],
        cause: error,
      },
    );
  }
}
