/** Every knob of the rates, with its unit. */
import { type Decimal, parseDecimal } from '../../kernel/decimal.ts';
import type { SourceName } from './quote.ts';
import type { Band, MaxAges } from './rules.ts';

export interface SourceSettings {
  /** Without a trailing slash. */
  readonly url: string;
  /** CoinGecko's goes into the demo header, or the pro header where the host says so; CryptoCompare is off without. */
  readonly apiKey?: string | undefined;
  /**
   * Milliseconds for which the source's answer is used again instead of asking anew: its quota, or how
   * often its figures change. For live sources never longer than `freshMs` or 0.9 x `pollMs`.
   */
  readonly minIntervalMs: number;
  /** Milliseconds that a figure may lag behind its receipt; beyond, the feed is frozen. */
  readonly maxLagMs: number;
}

export interface RatesSettings {
  readonly sources: { readonly [Name in SourceName]: SourceSettings };
  /** Age up to which a rate is `fresh`, milliseconds. */
  readonly freshMs: number;
  /** Age up to which it is `aging`, milliseconds; `stale` beyond. */
  readonly agingMs: number;
  /** Age past which a rate is refused, by purpose, milliseconds; undefined: never. */
  readonly maxAgeMs: MaxAges;
  /** Time that a caller waits where memory has nothing, all sources and retries included, milliseconds. */
  readonly deadlineMs: number;
  /** Time that one call of a source may take, milliseconds. */
  readonly attemptTimeoutMs: number;
  /** Further attempts after the first, where the failure is worth one. */
  readonly retries: number;
  /** The first wait before a retry is uniform in [0, this), milliseconds. */
  readonly retryBaseDelayMs: number;
  /** Interval of background polling, milliseconds, +-10 % at random. */
  readonly pollMs: number;
  /** Least time between two refreshes behind an aging rate, milliseconds. */
  readonly refreshGapMs: number;
  /** Consecutive failures that open a source's breaker. */
  readonly breakerFailures: number;
  /** Time that an open breaker stays open, milliseconds. */
  readonly breakerOpenMs: number;
  /** Pause after a 429 that does not say how long, milliseconds. */
  readonly rateLimitedHoldMs: number;
  /** Pause after a refusal (401, 403, 451), milliseconds. */
  readonly refusedHoldMs: number;
  /** Half the distance between bid and ask while fresh, basis points. */
  readonly halfSpreadBps: number;
  /** Time for which a quote may be used after the answer, milliseconds. */
  readonly quoteLifetimeMs: number;
  /** Time for which the shared cache keeps the last known good rate, milliseconds. */
  readonly cacheTtlMs: number;
  /** By pair name; what lies outside cannot be true. */
  readonly bands: { readonly [pair: string]: Band };
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const band = (min: string, max: string): Band => ({ min: constant(min), max: constant(max) });
const constant = (text: string): Decimal => parseDecimal(text) ?? { units: 0n, scale: 0 };

export const DEFAULT_RATES_SETTINGS: RatesSettings = {
  sources: {
    // 10,000 calls a month on the demo plan are one in 268 s (https://docs.coingecko.com/docs/errors-and-rate-limits).
    coingecko: { url: 'https://api.coingecko.com/api/v3', minIntervalMs: 268 * SECOND, maxLagMs: 20 * MINUTE },
    binance: { url: 'https://data-api.binance.vision', minIntervalMs: 5 * SECOND, maxLagMs: MINUTE },
    cryptocompare: { url: 'https://min-api.cryptocompare.com', minIntervalMs: MINUTE, maxLagMs: 20 * MINUTE },
    // Daily figures: more than an hourly call tells nothing new.
    'open-er-api': { url: 'https://open.er-api.com', minIntervalMs: HOUR, maxLagMs: DAY },
    frankfurter: { url: 'https://api.frankfurter.dev', minIntervalMs: HOUR, maxLagMs: DAY },
  },
  freshMs: 5 * MINUTE,
  agingMs: 30 * MINUTE,
  maxAgeMs: { quote: DAY, reconcile: DAY, display: undefined },
  deadlineMs: 2_500,
  attemptTimeoutMs: 1_500,
  retries: 1,
  retryBaseDelayMs: 100,
  pollMs: 5 * MINUTE,
  refreshGapMs: 5 * SECOND,
  breakerFailures: 5,
  breakerOpenMs: MINUTE,
  rateLimitedHoldMs: MINUTE,
  refusedHoldMs: 15 * MINUTE,
  halfSpreadBps: 10,
  quoteLifetimeMs: MINUTE,
  cacheTtlMs: 7 * DAY,
  bands: {
    'USDT/VND': band('10000', '60000'),
    'USDT/USD': band('0.5', '1.5'),
    'USD/VND': band('10000', '60000'),
  },
};
