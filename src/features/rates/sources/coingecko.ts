/**
 * CoinGecko, `simple/price`: USDT in VND and in USD, one call for both.
 * https://docs.coingecko.com/reference/simple-price
 */
import { z } from 'zod';
import { decimalNumber, type ExactJson, integerNumber, JsonNumber } from '../../../platform/http-client/exact-json.ts';
import type { FailureClass } from '../classes.ts';
import { isInFuture, liveStamp } from '../rules.ts';
import type { SourceSettings } from '../settings.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import { positiveRate, type Reading, type Source, USDT_USD, USDT_VND } from './source.ts';

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

export function coingecko({ url, apiKey }: SourceSettings): Source {
  const pro = URL.canParse(url) && new URL(url).hostname.startsWith('pro-');
  const header = pro ? 'x-cg-pro-api-key' : 'x-cg-demo-api-key';
  return {
    name: 'coingecko',
    role: 'USDT/VND and USDT/USD, primary',
    cadence: 'live',
    disabled: undefined,
    url: `${url}/simple/price?${QUERY}`,
    headers: apiKey === undefined ? {} : { [header]: apiKey },
    parse: (response, receivedAt): Reading => {
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
  };
}

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
