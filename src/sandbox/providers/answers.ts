/** What each provider answers, in its own JSON, from the recorded rates, with a fault or without. */
import { type Decimal, divide, formatDecimal, parseDecimal, pow10 } from '../../kernel/decimal.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import type { RecordedRates } from '../data/recorded-rates.ts';
import { type ErrorBody, errorUnder200, NOT_FOUND, RATE_LIMITED, UNAUTHORIZED } from './error-bodies.ts';
import type { Fault, ProviderName } from './faults.ts';

export interface Asked {
  /** Below the provider's prefix, with the query: `/simple/price?ids=tether`. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** What the provider knows: `rates` as of `now`, epoch milliseconds. */
export interface Knowledge {
  readonly now: number;
  readonly rates: RecordedRates;
}

export type Answer =
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers: { readonly [name: string]: string };
      readonly body: string;
      /** Milliseconds before the first byte. */
      readonly delayMs: number;
      /** One byte a second. */
      readonly drips: boolean;
    }
  | { readonly kind: 'reset' };

/** Where each provider has its rates, without the query. */
const PATHS: Readonly<Record<ProviderName, string>> = {
  coingecko: '/simple/price',
  binance: '/api/v3/ticker/bookTicker',
  cryptocompare: '/data/pricemultifull',
  'open-er-api': '/v6/latest/USD',
  frankfurter: '/v2/rate/USD/VND',
};

const HTML =
  '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>';

export function answerOf(provider: ProviderName, asked: Asked, knowledge: Knowledge, fault: Fault): Answer {
  if (asked.path.split('?')[0] !== PATHS[provider]) return reply(404, NOT_FOUND[provider]);
  if (provider === 'cryptocompare' && asked.headers.authorization === undefined) return reply(401, UNAUTHORIZED);
  switch (fault.kind) {
    case 'dead':
      return { kind: 'reset' };
    case 'slow':
      return { ...reply(200, bodyOf(provider, knowledge, fault)), delayMs: fault.ms };
    case 'hang':
      return { ...reply(200, bodyOf(provider, knowledge, fault)), drips: true };
    case 'status':
      return reply(fault.status, { text: fault.body ?? '' });
    case 'html':
      return { ...reply(200, { text: HTML }), headers: { 'content-type': 'text/html; charset=utf-8' } };
    case 'empty-object':
      return reply(200, { text: '{}' });
    case 'error-under-200':
      return reply(200, errorUnder200(provider));
    case 'rate-limited': {
      const limited = reply(429, RATE_LIMITED[provider]);
      return { ...limited, headers: { ...limited.headers, 'retry-after': String(fault.retryAfterSeconds) } };
    }
    default:
      return reply(200, bodyOf(provider, knowledge, fault));
  }
}

const reply = (status: number, { text }: ErrorBody): Extract<Answer, { readonly kind: 'reply' }> => ({
  kind: 'reply',
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: text,
  delayMs: 0,
  drips: false,
});

/** A figure as the provider writes it: a JSON number, or inside a JSON string. */
type Write = (value: Decimal) => string;

function bodyOf(provider: ProviderName, { now, rates }: Knowledge, fault: Fault): ErrorBody {
  const number: Write = (value) => figure(value, fault);
  const usdtVnd = number(decimal(rates.usdtVnd));
  const usdtUsd = number(decimal(rates.usdtUsd));
  const usdVnd = number(decimal(rates.usdVnd));
  const seconds = Math.floor(now / 1000);
  const today = Math.floor(seconds / 86_400) * 86_400;
  switch (provider) {
    case 'coingecko':
      return { text: `{"tether":{"vnd":${usdtVnd},"usd":${usdtUsd},"last_updated_at":${seconds}}}` };
    case 'binance': {
      const usdc = quotient(decimal(rates.usdcVnd), decimal(rates.usdtVnd));
      const fdusd = quotient({ units: 1n, scale: 0 }, decimal(rates.usdtUsd));
      return { text: `[${ticker('USDCUSDT', usdc, fault)},${ticker('FDUSDUSDT', fdusd, fault)}]` };
    }
    case 'cryptocompare': {
      const raw = (symbol: string, price: string): string =>
        `"${symbol}":{"TYPE":"5","MARKET":"CCCAGG","FROMSYMBOL":"USDT","TOSYMBOL":"${symbol}","FLAGS":"2049","PRICE":${price},"LASTUPDATE":${seconds},"CONVERSIONTYPE":"${symbol === 'USD' ? 'direct' : 'multiply'}","CONVERSIONSYMBOL":"${symbol === 'USD' ? '' : 'USD'}"}`;
      return { text: `{"RAW":{"USDT":{${raw('VND', usdtVnd)},${raw('USD', usdtUsd)}}},"DISPLAY":{"USDT":{}}}` };
    }
    case 'open-er-api':
      return {
        text: `{"result":"success","provider":"https://www.exchangerate-api.com","time_last_update_unix":${today},"time_next_update_unix":${today + 86_400},"time_eol_unix":0,"base_code":"USD","rates":{"USD":1,"VND":${usdVnd}}}`,
      };
    case 'frankfurter': {
      const whole = number({
        units: divide(decimal(rates.usdVnd).units, pow10(decimal(rates.usdVnd).scale), 'half-even'),
        scale: 0,
      });
      return {
        text: `{"date":"${new Date(now).toISOString().slice(0, 10)}","base":"USD","quote":"VND","rate":${whole}}`,
      };
    }
  }
}

function figure(value: Decimal, fault: Fault): string {
  switch (fault.kind) {
    case 'zero':
      return '0';
    case 'huge':
      return '1e30';
    case 'string-with-commas':
      return '"26,105.00"';
    case 'lying':
      return formatDecimal({ units: value.units * BigInt(fault.factorPercent), scale: value.scale + 2 });
    default:
      return formatDecimal(value);
  }
}

/** One tick of 0.0001 to either side of the price. Prices are strings. */
function ticker(symbol: string, price: Decimal, fault: Fault): string {
  const at = (offset: bigint): string =>
    `"${figure({ ...price, units: price.units + offset }, fault).replaceAll('"', '')}"`;
  return `{"symbol":"${symbol}","bidPrice":${at(-10_000n)},"bidQty":"1582340.00000000","askPrice":${at(10_000n)},"askQty":"932001.00000000"}`;
}

/** a / b to 8 digits. */
const quotient = (a: Decimal, b: Decimal): Decimal => ({
  units: divide(a.units * pow10(b.scale + 8), b.units * pow10(a.scale), 'half-even'),
  scale: 8,
});

function decimal(text: string): Decimal {
  const value = parseDecimal(text);
  if (value === undefined) throw new PlumblineError('internal', 'sandbox.rate_malformed', `recorded rate "${text}"`);
  return value;
}
