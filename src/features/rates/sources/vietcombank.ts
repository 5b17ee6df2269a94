/**
 * Vietcombank's table of rates, as its website reads it: USD/VND, the middle between what the bank pays
 * for dollars on an account (`transfer`) and what it takes for them (`sell`). How far the two lie apart
 * is the bank's price, not a doubt about the rate: it never widens ours.
 */
import { z } from 'zod';
import { businessDateAt } from '../../../kernel/business-date.ts';
import { type Decimal, formatDecimal, parseDecimal, rescale } from '../../../kernel/decimal.ts';
import { liveStamp } from '../rules.ts';
import { readAnswer } from './answer.ts';
import { SourceFailure } from './classes.ts';
import { positiveRate, type Samples, type SourceDefinition, USD_VND } from './source.ts';

/** Without a date there is nothing at the address; with yesterday's, yesterday's rates. The day is Vietnam's. */
const ZONE = 'Asia/Ho_Chi_Minh';
/** Some 1.5 % on the recorded days; further apart, one of the two is wrong. */
const MAX_WIDTH_BPS = 500;

/**
 * Texts, "0" where the bank does not quote. `UpdatedDate` is stamped 23:00 of the day, in the future all
 * day long, so it is not read. On a weekend the last session's figures come: they are what the bank says.
 */
const TABLE = z.object({ Data: z.array(z.looseObject({ currencyCode: z.string() })) });
type Row = z.output<typeof TABLE>['Data'][number];

function dollars(rows: readonly Row[]): Row {
  const [row, another] = rows.filter(({ currencyCode }) => currencyCode === 'USD');
  if (row === undefined) throw new SourceFailure('bad-payload', 'USD is missing');
  if (another !== undefined) throw new SourceFailure('bad-payload', 'USD is there twice');
  return row;
}

function quoted(row: Row, side: 'transfer' | 'sell'): Decimal {
  const text = row[side];
  const value = typeof text === 'string' ? parseDecimal(text) : undefined;
  if (value === undefined) throw new SourceFailure('bad-payload', `${side} of USD is not a text with a plain decimal`);
  if (value.units === 0n) throw new SourceFailure('bad-payload', `the bank quotes no ${side} rate of USD`);
  return value;
}

function middle(row: Row): Decimal {
  const [transfer, sell] = [quoted(row, 'transfer'), quoted(row, 'sell')];
  const scale = Math.max(transfer.scale, sell.scale);
  const low = rescale(transfer, scale, 'down').units;
  const high = rescale(sell, scale, 'down').units;
  const both = `transfer ${formatDecimal(transfer)} and sell ${formatDecimal(sell)}`.slice(0, 100);
  if (high < low) {
    throw new SourceFailure('implausible', `${both} are the wrong way round: exchanged, or the figures are inverted`);
  }
  if ((high - low) * 10_000n > low * BigInt(MAX_WIDTH_BPS)) {
    throw new SourceFailure('implausible', `${both} are further apart than ${MAX_WIDTH_BPS} basis points`);
  }
  return { units: (low + high) * 5n, scale: scale + 1 };
}

const table = (rows: string, updated = '2026-09-05T23:00:00+07:00'): string =>
  `{"Count":3,"Date":"2026-09-06T00:00:00","UpdatedDate":"${updated}","Data":[${rows}]}`;
const row = (code: string, cash: string, transfer: string, sell: string): string =>
  `{"currencyName":"${code}","currencyCode":"${code}","cash":"${cash}","transfer":"${transfer}","sell":"${sell}","icon":"/flags/${code}.png"}`;
const EUR = row('EUR', '29710.00', '30010.10', '31276.43');
const DKK = row('DKK', '0', '4012.36', '4166.05');
const usd = (transfer: string, sell: string): string =>
  table(`${EUR},${DKK},${row('USD', '25845.00', transfer, sell)}`);

/** The first two are what the bank quoted on 2026-09-06, a Sunday, and on 2026-08-05; other currencies are made up. */
const samples: Samples = {
  receivedAt: Date.parse('2026-09-06T03:00:00Z'),
  good: [
    { what: 'the last session, on a Sunday', body: usd('25875.00', '26255.00'), says: { 'USD/VND': '26065' } },
    {
      what: 'a stamp in the evening to come, and no cash',
      body: table(`${row('USD', '0', '26050.00', '26460.00')},${EUR}`, '2026-09-06T23:00:00+07:00'),
      says: { 'USD/VND': '26255' },
    },
    { what: 'halves of a dong', body: usd('25875.25', '26255.50'), says: { 'USD/VND': '26065.375' } },
  ],
  bad: [
    { what: 'no date in the question', status: 404, body: '<html>404</html>', failure: 'bad-payload' },
    { what: 'a page', body: '<!DOCTYPE html><title>Vietcombank</title>', failure: 'bad-payload' },
    { what: 'the firewall', status: 403, body: '<html>403</html>', failure: 'refused' },
    {
      what: 'too many calls',
      status: 429,
      headers: { 'retry-after': '300' },
      body: '',
      failure: 'rate-limited',
      holdMs: 300_000,
    },
    { what: 'a server error', status: 502, body: '<html>502</html>', failure: 'transport' },
    { what: 'nothing', body: '{}', failure: 'bad-payload' },
    { what: 'an empty table', body: '{"Count":0,"Data":[]}', failure: 'bad-payload' },
    { what: 'no dollars', body: table(`${EUR},${DKK}`), failure: 'bad-payload' },
    {
      what: 'dollars twice',
      body: table(`${row('USD', '0', '25875', '26255')},${row('USD', '0', '25900', '26280')}`),
      failure: 'bad-payload',
    },
    { what: 'dollars not bought', body: usd('0', '26255.00'), failure: 'bad-payload' },
    { what: 'dollars not sold', body: usd('25875.00', '0'), failure: 'bad-payload' },
    { what: 'a dash', body: usd('-', '26255.00'), failure: 'bad-payload' },
    { what: 'the commas of its other list', body: usd('26,135.00', '26,355.00'), failure: 'bad-payload' },
    { what: 'a bank that loses', body: usd('26255.00', '25875.00'), failure: 'implausible' },
    { what: 'more than 5 % apart', body: usd('25000.00', '26251.00'), failure: 'implausible' },
    { what: 'hundreds of dong', body: usd('258.75', '262.55'), failure: 'implausible' },
  ],
};

export const vietcombank: SourceDefinition = {
  name: 'vietcombank',
  role: "USD/VND, the bank's own through the day",
  url: 'https://www.vietcombank.com.vn',
  pairs: [USD_VND],
  cadence: { kind: 'live', maxLagMs: 24 * 3_600_000 },
  everyMs: 5 * 60_000, // what the bank asks for beside its other list of the same rates
  request: ({ url }, now) => ({ url: `${url}/api/exchangerates?date=${businessDateAt(now, ZONE)}` }),
  parse: (response, receivedAt) => {
    const { Data } = readAnswer(response, receivedAt, TABLE, () => undefined);
    const rate = positiveRate(USD_VND, middle(dollars(Data)));
    const stamp = liveStamp(receivedAt, receivedAt);
    return { observations: [{ pair: USD_VND, rate, basis: 'bank_mid', ...stamp }], warnings: [] };
  },
  samples,
};
