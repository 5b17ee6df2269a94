/** What each provider answers, with a fault or without. */

import { bodyOf, type Knowledge } from './bodies.ts';
import { type ErrorBody, errorUnder200, NOT_FOUND, RATE_LIMITED, UNAUTHORIZED } from './error-bodies.ts';
import type { Fault, ProviderName } from './faults.ts';

export interface Asked {
  /** Below the provider's prefix, with the query: `/simple/price?ids=tether`. */
  readonly path: string;
  /** Absent: the one that the provider wants. */
  readonly method?: string | undefined;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
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
  vietcombank: '/api/exchangerates',
  'open-er-api': '/v6/latest/USD',
  frankfurter: '/v2/rate/USD/VND',
  'binance-p2p': '/bapi/c2c/v2/friendly/c2c/adv/search',
};

const HTML =
  '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>';

export function answerOf(provider: ProviderName, asked: Asked, knowledge: Knowledge, fault: Fault): Answer {
  const { pathname, searchParams } = new URL(asked.path, 'http://provider');
  const method = provider === 'binance-p2p' ? 'POST' : 'GET';
  const date = searchParams.get('date') ?? '';
  const isThere = pathname === PATHS[provider] && (asked.method ?? method) === method;
  if (!isThere || (provider === 'vietcombank' && !DATE.test(date))) return reply(404, NOT_FOUND[provider]);
  if (provider === 'cryptocompare' && asked.headers.authorization === undefined) return reply(401, UNAUTHORIZED);
  const body = (): ErrorBody => ({ text: bodyOf(provider, knowledge, fault, date) });
  switch (fault.kind) {
    case 'dead':
      return { kind: 'reset' };
    case 'slow':
      return { ...reply(200, body()), delayMs: fault.ms };
    case 'hang':
      return { ...reply(200, body()), drips: true };
    case 'status':
      return reply(fault.status, { text: fault.body ?? '' });
    case 'html':
      return reply(200, { text: HTML });
    case 'empty-object':
      return reply(200, { text: '{}' });
    case 'error-under-200':
      return reply(200, errorUnder200(provider));
    case 'rate-limited': {
      const limited = reply(429, RATE_LIMITED[provider]);
      return { ...limited, headers: { ...limited.headers, 'retry-after': String(fault.retryAfterSeconds) } };
    }
    default:
      return reply(200, body());
  }
}

/** Vietcombank has no rates of no day. */
const DATE = /^\d{4}-\d{2}-\d{2}$/;

const reply = (status: number, { text }: ErrorBody): Extract<Answer, { readonly kind: 'reply' }> => ({
  kind: 'reply',
  status,
  headers: { 'content-type': `${text.startsWith('<') ? 'text/html' : 'application/json'}; charset=utf-8` },
  body: text,
  delayMs: 0,
  drips: false,
});
