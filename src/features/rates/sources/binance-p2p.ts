/**
 * Binance P2P: USDT/VND in the street, what somebody who sells USDT is paid by other people. The address
 * is undocumented and may go at any time, so it is a reference beside the rate. The first advertisement
 * is often bait, of a size that nobody could use: the figure is the median of the first five that take
 * a real amount. It is what https://p2p.binance.com/en/trade/sell/USDT?fiat=VND asks.
 */
import { z } from 'zod';
import { compareDecimal, type Decimal, formatDecimal, rescale } from '../../../kernel/decimal.ts';
import { rate } from '../../../kernel/rate.ts';
import { decimalString, type ExactJson } from '../../../platform/http-client/exact-json.ts';
import { type Band, implausibility, liveStamp } from '../rules.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import { SourceFailure } from './classes.ts';
import { positiveRate, type Samples, type SourceDefinition, USDT_VND } from './source.ts';

/** Dong that an advertisement has to take. */
const AMOUNT: Decimal = { units: 50_000_000n, scale: 0 };
const TOP = 5;
/** What a USDT can cost at all: a price in another unit would otherwise pass for a lack of size. */
const POSSIBLE: Band = { min: { units: 5_000n, scale: 0 }, max: { units: 200_000n, scale: 0 } };

/** SELL is the asker's side. */
const QUESTION = JSON.stringify({
  asset: 'USDT',
  fiat: 'VND',
  tradeType: 'SELL',
  page: 1,
  rows: 10, // the answers are long: twenty would not pass under the cap of a body
  payTypes: [],
  countries: [],
  proMerchantAds: false,
  publisherType: 'merchant',
  transAmount: formatDecimal(AMOUNT),
});

const ADV = z.object({
  price: decimalString,
  /** USDT that are left. */
  surplusAmount: decimalString,
  /** Dong of one trade. */
  minSingleTransAmount: decimalString,
  maxSingleTransAmount: decimalString.optional(),
  asset: z.literal('USDT').optional(),
  fiatUnit: z.literal('VND').optional(),
});
type Adv = z.output<typeof ADV>;

const ANSWER = z.object({
  code: z.literal('000000'),
  success: z.literal(true).optional(),
  data: z.array(z.object({ adv: ADV })),
});

/** `{"code":"000002","message":"...","data":null,"success":false}`. */
function errorShape(document: ExactJson): ErrorShape | undefined {
  const code = member(document, 'code');
  if (code === undefined || code === '000000') return undefined;
  return { message: `error ${textOf(code, 'of no code')}: ${textOf(member(document, 'message'), 'no message')}` };
}

/** @param ads best first, as they are sent */
function priceOf(ads: readonly Adv[]): Decimal {
  for (const { price, surplusAmount, minSingleTransAmount, maxSingleTransAmount = AMOUNT } of ads) {
    const sizes = [surplusAmount, minSingleTransAmount, maxSingleTransAmount];
    if (price.units <= 0n || sizes.some(({ units }) => units < 0n)) {
      throw new SourceFailure('implausible', 'an ad has a price of zero, or a figure below it');
    }
  }
  const ofAnySize = rate(USDT_VND, medianPrice(ads, 'there is no ad'));
  const reason = implausibility(ofAnySize, POSSIBLE);
  if (reason !== undefined) throw new SourceFailure('implausible', reason);
  return medianPrice(ads.filter(takesAmount), `there is no ad that takes ${formatDecimal(AMOUNT)} VND`);
}

function takesAmount({ price, surplusAmount, minSingleTransAmount, maxSingleTransAmount = AMOUNT }: Adv): boolean {
  const worth = { units: surplusAmount.units * price.units, scale: surplusAmount.scale + price.scale };
  const least = compareDecimal(minSingleTransAmount, AMOUNT);
  return least <= 0 && compareDecimal(maxSingleTransAmount, AMOUNT) >= 0 && compareDecimal(worth, AMOUNT) >= 0;
}

/** Of the first five; of an even number, the middle of the middle two. */
function medianPrice(ads: readonly Adv[], ifNone: string): Decimal {
  const prices = ads.slice(0, TOP).map(({ price }) => price);
  prices.sort(compareDecimal);
  const [low, high] = [prices[Math.floor((prices.length - 1) / 2)], prices[Math.floor(prices.length / 2)]];
  if (low === undefined || high === undefined) throw new SourceFailure('bad-payload', ifNone);
  const scale = Math.max(low.scale, high.scale);
  return { units: (rescale(low, scale, 'down').units + rescale(high, scale, 'down').units) * 5n, scale: scale + 1 };
}

const ad = (price: string, surplus: string, least = '5000000', most = '500000000', fiat = 'VND'): string =>
  `{"adv":{"advNo":"128961904778835${surplus.length}","asset":"USDT","fiatUnit":"${fiat}","price":"${price}","surplusAmount":"${surplus}","tradableQuantity":"${surplus}","minSingleTransAmount":"${least}","maxSingleTransAmount":"${most}"},"advertiser":{"userType":"merchant","monthFinishRate":0.998}}`;
const list = (...ads: readonly string[]): string =>
  `{"code":"000000","message":null,"data":[${ads.join(',')}],"total":${ads.length},"success":true}`;

/** Shapes of recorded answers; 26162 was a recorded price of 2026-10-08. Sizes and the other prices are made up. */
const samples: Samples = {
  receivedAt: Date.parse('2026-10-08T03:00:00Z'),
  good: [
    {
      what: 'bait, five of size in some order, and a worse one',
      body: list(
        ad('26190', '900.50'),
        ad('26188', '99000.00', '60000000'),
        ad('26186', '99000.00', '1000000', '49999999'),
        ad('26165', '15000.00'),
        ad('26160', '1912.00'),
        ad('26163', '4100.25'),
        ad('26155', '8000.00'),
        ad('26162', '22000.00', '50000000'),
        ad('25000', '8000.00'),
      ),
      says: { 'USDT/VND': '26162' },
    },
    {
      what: 'two of size',
      body: list(ad('26110', '15000.00'), ad('26109.5', '4100.00')),
      says: { 'USDT/VND': '26109.75' },
    },
    {
      what: 'as little as it takes',
      body: '{"code":"000000","data":[{"adv":{"price":"26162","surplusAmount":"1912","minSingleTransAmount":"50000000"}}]}',
      says: { 'USDT/VND': '26162' },
    },
  ],
  bad: [
    { what: 'no ad', body: list(), failure: 'bad-payload' },
    { what: 'no ad of size', body: list(ad('26190', '900.50'), ad('26188', '1909.00')), failure: 'bad-payload' },
    { what: 'no data', body: '{"code":"000000","message":null,"data":null,"success":true}', failure: 'bad-payload' },
    {
      what: 'an error under 200',
      body: '{"code":"000002","message":"a parameter is wrong","data":null,"success":false}',
      failure: 'bad-payload',
    },
    {
      what: 'an error that brings ads',
      body: list(ad('26162', '15000')).replace('000000', '100001'),
      failure: 'bad-payload',
    },
    {
      what: 'a failure with the code of success',
      body: list(ad('26162', '15000')).replace('true', 'false'),
      failure: 'bad-payload',
    },
    { what: 'nothing', body: '{}', failure: 'bad-payload' },
    { what: 'the firewall', status: 403, body: '<html>403</html>', failure: 'refused' },
    { what: 'the challenge of the firewall', status: 202, body: '', failure: 'bad-payload' },
    { what: 'a forbidden place', status: 451, body: '', failure: 'refused' },
    {
      what: 'too many calls',
      status: 429,
      headers: { 'retry-after': '60' },
      body: '',
      failure: 'rate-limited',
      holdMs: 60_000,
    },
    { what: 'a server error', status: 502, body: '<html>502</html>', failure: 'transport' },
    {
      what: 'an ad in another currency',
      body: list(ad('26162', '15000'), ad('15900', '15000', '1', '99999999', 'IDR')),
      failure: 'bad-payload',
    },
    { what: 'an ad for another coin', body: list(ad('26162', '15000')).replace('USDT', 'BTC'), failure: 'bad-payload' },
    { what: 'commas', body: list(ad('26,162.00', '15000')), failure: 'bad-payload' },
    { what: 'an ad for nothing', body: list(ad('26162', '15000'), ad('0', '15000')), failure: 'implausible' },
    { what: 'less than nothing left', body: list(ad('26162', '15000'), ad('26160', '-1')), failure: 'implausible' },
    { what: 'thousands of dong', body: list(ad('26.162', '15000'), ad('26.160', '15000')), failure: 'implausible' },
  ],
};

export const binanceP2p: SourceDefinition = {
  name: 'binance-p2p',
  role: 'USDT/VND in the street, a reference beside the rate',
  url: 'https://p2p.binance.com',
  pairs: [USDT_VND],
  cadence: { kind: 'live', maxLagMs: 60_000 },
  everyMs: 5 * 60_000,
  request: ({ url }) => ({
    url: `${url}/bapi/c2c/v2/friendly/c2c/adv/search`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: QUESTION,
  }),
  parse: (response, receivedAt) => {
    const ads = readAnswer(response, receivedAt, ANSWER, errorShape).data.map(({ adv }) => adv);
    const price = positiveRate(USDT_VND, priceOf(ads));
    // The answer carries no time of its own.
    const stamp = liveStamp(receivedAt, receivedAt);
    return { observations: [{ pair: USDT_VND, rate: price, basis: 'p2p_bid', ...stamp }], warnings: [] };
  },
  samples,
};
