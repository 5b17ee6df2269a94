/**
 * CoinGecko, `simple/price`: USDT in VND and in USD, one call for both. Its VND is its own USD price
 * by its own table of currencies, not a market of its own.
 * https://docs.coingecko.com/reference/simple-price
 */
import { z } from 'zod';
import { decimalNumber, type ExactJson, integerNumber, JsonNumber } from '../../../platform/http-client/exact-json.ts';
import { isInFuture, liveStamp } from '../rules.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import type { FailureClass } from './classes.ts';
import { positiveRate, type Samples, type SourceDefinition, USDT_USD, USDT_VND } from './source.ts';

const QUERY = 'ids=tether&vs_currencies=vnd,usd&include_last_updated_at=true&precision=full';

/** An unknown coin or currency is a 200 with the member missing. */
const PRICE = z.object({
  tether: z.object({
    vnd: decimalNumber,
    usd: decimalNumber,
    /** Seconds. */
    last_updated_at: integerNumber,
  }),
});

/** `{"status":{"error_code":429,"error_message":"..."}}`, also inside `error`, also `{"error":"..."}`. */
function errorShape(document: ExactJson): ErrorShape | undefined {
  const error = member(document, 'error');
  const status = member(document, 'status') ?? member(error, 'status');
  const code = member(status, 'error_code');
  if (code instanceof JsonNumber) {
    const message = textOf(member(status, 'error_message'), 'no message');
    return { message: `error ${code.source}: ${message}`, class: classOfCode(code.source) };
  }
  return error === undefined ? undefined : { message: textOf(error, 'an error without a message') };
}

function classOfCode(code: string): FailureClass | undefined {
  switch (code) {
    case '429':
      return 'rate-limited';
    case '401':
    case '403':
    case '1020': // refused by the content network
    case '10002': // no key
    case '10005': // not in this plan
    case '10010': // a pro key at the demo host
    case '10011': // a demo key at the pro host
      return 'refused';
    case '500':
    case '503':
      return 'transport';
    default:
      return undefined;
  }
}

const status = (code: number, message: string): string =>
  `{"status":{"error_code":${code},"error_message":"${message}"}}`;

/** Shapes of https://docs.coingecko.com/docs/errors-and-rate-limits and of recorded answers; our words. */
const samples: Samples = {
  receivedAt: Date.parse('2026-09-29T10:00:00Z'),
  good: [
    {
      what: 'a price with its time',
      body: '{"tether":{"vnd":25934.21778743,"usd":0.99947779,"last_updated_at":1790675958}}',
      says: { 'USDT/VND': '25934.21778743', 'USDT/USD': '0.99947779' },
    },
    {
      what: 'a whole number of dong',
      body: '{"tether":{"vnd":25934,"usd":1,"last_updated_at":1790675900}}',
      says: { 'USDT/VND': '25934', 'USDT/USD': '1' },
    },
  ],
  bad: [
    { what: 'an unknown coin', body: '{}', failure: 'bad-payload' },
    { what: 'an unknown currency', body: '{"tether":{}}', failure: 'bad-payload' },
    {
      what: 'a coin that is no longer traded',
      body: '{"tether":{"vnd":null,"usd":null,"last_updated_at":1790675958}}',
      failure: 'bad-payload',
    },
    {
      what: 'over the limit',
      status: 429,
      headers: { 'retry-after': '90' },
      body: status(429, 'too many calls'),
      failure: 'rate-limited',
      holdMs: 90_000,
    },
    { what: 'over the limit, under 200', body: status(429, 'too many calls'), failure: 'rate-limited' },
    {
      what: 'over the limit, as a page',
      status: 429,
      body: '<!DOCTYPE html><title>429</title>',
      failure: 'rate-limited',
    },
    { what: 'no key', status: 401, body: status(10002, 'a key is needed'), failure: 'refused' },
    { what: 'no key, under 200', body: `{"error":${status(10002, 'a key is needed')}}`, failure: 'refused' },
    { what: 'not in the plan', status: 401, body: status(10005, 'take a larger plan'), failure: 'refused' },
    { what: 'a pro key at the demo host', status: 400, body: status(10010, 'use the other'), failure: 'refused' },
    { what: 'a demo key at the pro host', status: 400, body: status(10011, 'use the other'), failure: 'refused' },
    { what: 'an error in words', status: 404, body: '{"error":"coin not found"}', failure: 'bad-payload' },
    { what: 'an error of its own, under 200', body: status(1000, 'broken'), failure: 'bad-payload' },
    { what: 'refused by the content network', status: 403, body: '<html>1020</html>', failure: 'refused' },
    { what: 'a server error', status: 500, body: status(500, 'broken'), failure: 'transport' },
    {
      what: 'a feed that stands still',
      body: '{"tether":{"vnd":25934.21778743,"usd":0.99947779,"last_updated_at":1790674700}}',
      failure: 'implausible',
    },
  ],
};

export const coingecko: SourceDefinition = {
  name: 'coingecko',
  role: 'USDT/VND and USDT/USD, primary',
  url: 'https://api.coingecko.com/api/v3',
  pairs: [USDT_VND, USDT_USD],
  cadence: { kind: 'live', maxLagMs: 20 * 60_000 },
  everyMs: 60_000, // its server keeps an answer for a minute
  monthlyCalls: 10_000, // the demo plan: https://docs.coingecko.com/docs/errors-and-rate-limits
  request: ({ url, apiKey }) => {
    const pro = URL.canParse(url) && new URL(url).hostname.startsWith('pro-');
    const header = pro ? 'x-cg-pro-api-key' : 'x-cg-demo-api-key';
    return { url: `${url}/simple/price?${QUERY}`, headers: apiKey === undefined ? {} : { [header]: apiKey } };
  },
  parse: (response, receivedAt) => {
    const { vnd, usd, last_updated_at } = readAnswer(response, receivedAt, PRICE, errorShape).tether;
    const stampMs = last_updated_at * 1000;
    const stamp = liveStamp(stampMs, receivedAt);
    return {
      observations: [
        { pair: USDT_VND, rate: positiveRate(USDT_VND, vnd), basis: 'spot_aggregate', ...stamp },
        { pair: USDT_USD, rate: positiveRate(USDT_USD, usd), basis: 'spot_aggregate', ...stamp },
      ],
      warnings: isInFuture(stampMs, receivedAt) ? [`last_updated_at ${last_updated_at} lies in the future`] : [],
    };
  },
  samples,
};
