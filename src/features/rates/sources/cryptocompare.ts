/**
 * CryptoCompare, `pricemultifull`: USDT in VND and USD with the time of the last trade. Its free tier
 * ended on 2026-05-21: without a key every answer is a 401, so without a key it is not asked.
 * https://developers.coindesk.com/documentation/legacy/Price/multipleSymbolsFullPriceEndpoint
 */
import { z } from 'zod';
import { decimalNumber, type ExactJson, integerNumber, JsonNumber } from '../../../platform/http-client/exact-json.ts';
import { liveStamp } from '../rules.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import { type Observation, positiveRate, type Samples, type SourceDefinition, USDT_USD, USDT_VND } from './source.ts';

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

const RECEIVED_AT = Date.parse('2026-09-29T10:00:00Z');

const raw = (symbol: string, figure: string, more = '', agoSeconds = 20): string =>
  `"${symbol}":{"TYPE":"5","MARKET":"CCCAGG","FROMSYMBOL":"USDT","TOSYMBOL":"${symbol}","PRICE":${figure},"LASTUPDATE":${RECEIVED_AT / 1000 - agoSeconds}${more}}`;
const both = (vnd: string, usd: string): string => `{"RAW":{"USDT":{${vnd},${usd}}},"DISPLAY":{"USDT":{}}}`;
const CONVERTED = ',"CONVERSIONTYPE":"multiply","CONVERSIONSYMBOL":"USD"';
const USD = raw('USD', '0.9995', ',"CONVERSIONTYPE":"direct","CONVERSIONSYMBOL":""');
const error = (type: number, more = ''): string =>
  `{"Response":"Error","Message":"m","HasWarning":false,"Type":${type},"RateLimit":{},"Data":{}${more}}`;

/** Shapes of its documentation and of recorded errors; the figures are the day's recorded ones, rounded. */
const samples: Samples = {
  receivedAt: RECEIVED_AT,
  good: [
    {
      what: 'dong by a conversion, dollars by trades',
      body: both(raw('VND', '25934.2', CONVERTED), USD),
      says: { 'USDT/VND': '25934.2', 'USDT/USD': '0.9995' },
    },
    {
      what: 'nothing said of a conversion',
      body: both(raw('VND', '26012.3'), raw('USD', '1.0003')),
      says: { 'USDT/VND': '26012.3', 'USDT/USD': '1.0003' },
    },
  ],
  bad: [
    { what: 'no key', status: 401, body: '{"Err":{"message":"a key is needed"}}', failure: 'refused' },
    { what: 'no key, under 200', body: '{"Err":{"message":"a key is needed"}}', failure: 'refused' },
    { what: 'over the limit, under 200', body: error(99), failure: 'rate-limited' },
    {
      what: 'over the limit',
      status: 429,
      headers: { 'retry-after': '30' },
      body: error(99),
      failure: 'rate-limited',
      holdMs: 30_000,
    },
    { what: 'no such currency, under 200', body: error(2, ',"ParamWithError":"tsyms"'), failure: 'bad-payload' },
    { what: 'an error of no type', body: '{"Response":"Error"}', failure: 'bad-payload' },
    { what: 'nothing', body: '{}', failure: 'bad-payload' },
    { what: 'no dong', body: `{"RAW":{"USDT":{${USD}}}}`, failure: 'bad-payload' },
    { what: 'a page', body: '<!DOCTYPE html><title>error</title>', failure: 'bad-payload' },
    { what: 'a server error', status: 502, body: '<html>502</html>', failure: 'transport' },
    {
      what: 'another coin',
      body: both(raw('VND', '25934.2').replace('"FROMSYMBOL":"USDT"', '"FROMSYMBOL":"USDC"'), USD),
      failure: 'bad-payload',
    },
    { what: 'dollars in the field of the dong', body: both(raw('VND', '0.9995'), USD), failure: 'implausible' },
    { what: 'a feed that stands still', body: both(raw('VND', '25934.2', '', 1_201), USD), failure: 'implausible' },
  ],
};

export const cryptocompare: SourceDefinition = {
  name: 'cryptocompare',
  role: 'USDT/VND and USDT/USD, tertiary',
  url: 'https://min-api.cryptocompare.com',
  pairs: [USDT_VND, USDT_USD],
  cadence: { kind: 'live', maxLagMs: 20 * 60_000 },
  everyMs: 60_000,
  needsKey: 'its free tier ended on 2026-05-21; set CRYPTOCOMPARE_API_KEY to use it',
  request: ({ url, apiKey }) => ({
    url: `${url}/data/pricemultifull?fsyms=USDT&tsyms=VND,USD`,
    headers: apiKey === undefined ? {} : { authorization: `Apikey ${apiKey}` },
  }),
  parse: (response, receivedAt) => {
    const { VND, USD } = readAnswer(response, receivedAt, PRICES, errorShape).RAW.USDT;
    const observation = (pair: typeof USDT_VND, found: Price): Observation => ({
      pair,
      rate: positiveRate(pair, found.PRICE),
      basis: (found.CONVERSIONTYPE ?? 'direct') === 'direct' ? 'spot_aggregate' : 'spot_conversion',
      ...liveStamp(found.LASTUPDATE * 1000, receivedAt),
    });
    return { observations: [observation(USDT_VND, VND), observation(USDT_USD, USD)], warnings: [] };
  },
  samples,
};
