/** Who is asked for rates, how long an answer counts, when a breaker opens. */
import { HTTP, integer, milliseconds, text, url } from '../kinds.ts';

export const RATES = {
  RATES_GRAPH: text({
    about: 'File of the graph of rates: sources, quotas, pairs and routes. Absent: the reference graph.',
    example: '/etc/plumbline/rates.yaml',
  }),
  COINGECKO_API_URL: url(HTTP, {
    about: 'CoinGecko, the primary source of USDT/VND.',
    example: 'https://pro-api.coingecko.com/api/v3',
    fallback: 'https://api.coingecko.com/api/v3',
  }),
  COINGECKO_API_KEY: text({ about: 'CoinGecko key (demo or pro, by host).', example: 'CG-...', secret: true }),
  COINGECKO_MONTHLY_CALLS: integer(
    { min: 1, max: 1_000_000_000, unit: 'calls' },
    {
      about:
        "Calls a month that the CoinGecko plan includes; all processes together keep to it. Absent: the graph's own, 10,000 for the demo plan.",
      example: '500000',
    },
  ),
  BINANCE_API_URL: url(HTTP, {
    about: 'Binance spot market data, the secondary source: USDT/USD by two stable pairs, crossed with USD/VND.',
    example: 'https://api.binance.com',
    fallback: 'https://data-api.binance.vision',
  }),
  CRYPTOCOMPARE_API_URL: url(HTTP, {
    about: 'CryptoCompare, the tertiary source of USDT/VND. Used only with CRYPTOCOMPARE_API_KEY.',
    example: 'https://min-api.cryptocompare.com',
    fallback: 'https://min-api.cryptocompare.com',
  }),
  CRYPTOCOMPARE_API_KEY: text({
    about: 'CryptoCompare key; its free tier ended on 2026-05-21, so without a key the source is off.',
    example: '0123abcd...',
    secret: true,
  }),
  VIETCOMBANK_API_URL: url(HTTP, {
    about: "Vietcombank's website, first source of USD/VND.",
    example: 'https://www.vietcombank.com.vn',
    fallback: 'https://www.vietcombank.com.vn',
  }),
  OPEN_ER_API_URL: url(HTTP, {
    about: 'open.er-api.com, second source of USD/VND.',
    example: 'https://open.er-api.com',
    fallback: 'https://open.er-api.com',
  }),
  FRANKFURTER_API_URL: url(HTTP, {
    about: 'Frankfurter v2, third source of USD/VND.',
    example: 'https://api.frankfurter.dev',
    fallback: 'https://api.frankfurter.dev',
  }),
  BINANCE_P2P_API_URL: url(HTTP, {
    about: 'Binance P2P, the street price of USDT/VND: shown beside the rate where the graph enables it.',
    example: 'https://p2p.binance.com',
    fallback: 'https://p2p.binance.com',
  }),
  RATES_FRESH_MS: integer(milliseconds(1_000, 86_400_000), {
    about: 'Age up to which a rate is `fresh`.',
    example: '300000',
    fallback: '300000',
  }),
  RATES_AGING_MS: integer(milliseconds(1_000, 86_400_000), {
    about: 'Age up to which a rate is `aging`; past it, it is `stale`.',
    example: '1800000',
    fallback: '1800000',
  }),
  RATES_MAX_AGE_QUOTE_MS: integer(milliseconds(1_000, 2_592_000_000), {
    about: 'Age past which a rate is refused for purpose `quote`.',
    example: '1800000',
    fallback: '86400000',
  }),
  RATES_MAX_AGE_RECONCILE_MS: integer(milliseconds(1_000, 2_592_000_000), {
    about: 'Age past which a rate is refused for purpose `reconcile`.',
    example: '86400000',
    fallback: '86400000',
  }),
  RATES_DEADLINE_MS: integer(milliseconds(100, 60_000), {
    about: 'Time that a caller waits for a rate when none is in memory, all providers and retries included.',
    example: '2500',
    fallback: '2500',
  }),
  RATES_HALF_SPREAD_BPS: integer(
    { min: 0, max: 1_000, unit: 'basis points' },
    {
      about: "Least half of the distance between bid and ask, for every pair. Absent: the graph's own, pair by pair.",
      example: '15',
    },
  ),
  BREAKER_FAILURES: integer(
    { min: 1, max: 1_000, unit: 'failures' },
    { about: "Consecutive failures that open a provider's circuit breaker.", example: '5', fallback: '5' },
  ),
  BREAKER_OPEN_MS: integer(milliseconds(100, 3_600_000), {
    about: 'Time that an open breaker stays open before one probe.',
    example: '60000',
    fallback: '60000',
  }),
} as const;
