/**
 * CryptoCompare, `pricemultifull`: USDT in VND and USD with the time of the last trade. Its free tier
 * ended on 2026-05-21: without a key every answer is a 401, so without a key it is not asked.
 * https://developers.coindesk.com/documentation/legacy/Price/multipleSymbolsFullPriceEndpoint
 */
import { z } from 'zod';
import { decimalNumber, type ExactJson, integerNumber, JsonNumber } from '../../../platform/http-client/exact-json.ts';
import { liveStamp } from '../rules.ts';
import type { SourceSettings } from '../settings.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import { type Observation, positiveRate, type Reading, type Source, USDT_USD, USDT_VND } from './source.ts';

/** The symbols are echoed: a figure of another pair is not ours. */
const price = (currency: string) =>
  z.object({
    FROMSYMBOL: z.literal('USDT'),
    TOSYMBOL: z.literal(currency),
    PRICE: decimalNumber,
    /** Seconds. */
    LASTUPDATE: integerNumber,
    /** `direct`, or how the price was computed from another pair. */
    CONVERSIONTYPE: z.string().optional(),
  });

const PRICES = z.object({ RAW: z.object({ USDT: z.object({ VND: price('VND'), USD: price('USD') }) }) });
type Price = z.output<typeof PRICES>['RAW']['USDT']['VND'];

export function cryptocompare({ url, apiKey }: SourceSettings): Source {
  return {
    name: 'cryptocompare',
    role: 'USDT/VND and USDT/USD, tertiary',
    cadence: 'live',
    disabled: apiKey === undefined ? 'it has no free tier; set CRYPTOCOMPARE_API_KEY to use it' : undefined,
    url: `${url}/data/pricemultifull?fsyms=USDT&tsyms=VND,USD`,
    headers: apiKey === undefined ? {} : { authorization: `Apikey ${apiKey}` },
    parse: (response, receivedAt): Reading => {
      const { VND, USD } = readAnswer(response, receivedAt, PRICES, errorShape).RAW.USDT;
      const observation = (pair: typeof USDT_VND, found: Price): Observation => ({
        pair,
        rate: positiveRate(pair, found.PRICE),
        basis: (found.CONVERSIONTYPE ?? 'direct') === 'direct' ? 'spot_aggregate' : 'spot_conversion',
        ...liveStamp(found.LASTUPDATE * 1000, receivedAt),
      });
      return { observations: [observation(USDT_VND, VND), observation(USDT_USD, USD)], warnings: [] };
    },
  };
}

/** `{"Response":"Error","Message":"...","Type":99}` under 200 (99: over the limit), `{"Err":{...}}` under 401. */
function errorShape(document: ExactJson): ErrorShape | undefined {
  const refusal = member(document, 'Err');
  if (refusal !== undefined) {
    return { message: textOf(member(refusal, 'message'), 'no message'), class: 'refused' };
  }
  if (member(document, 'Response') !== 'Error') return undefined;
  const type = member(document, 'Type');
  const code = type instanceof JsonNumber ? type.source : 'unknown';
  const message = `error of type ${code}: ${textOf(member(document, 'Message'), 'no message')}`;
  return { message, class: code === '99' ? 'rate-limited' : undefined };
}
