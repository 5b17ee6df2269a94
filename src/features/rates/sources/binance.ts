/**
 * Binance, `ticker/bookTicker`: USDT/USD by two stablecoins that trade against USDT. There is no
 * USDTVND and no USDTUSD; with USDC at a dollar, USDT/USD = 1 / mid(USDCUSDT). One stablecoin alone
 * cannot tell which of the two has left its peg, so FDUSDUSDT has to imply the same.
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 */
import { z } from 'zod';
import { compareDecimal, type Decimal, rescale } from '../../../kernel/decimal.ts';
import { formatRate, invert, pair, type Rate, rate } from '../../../kernel/rate.ts';
import { decimalString, type ExactJson, JsonNumber } from '../../../platform/http-client/exact-json.ts';
import { agree, type Band, implausibility, liveStamp } from '../rules.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import { SourceFailure } from './classes.ts';
import { type Samples, type SourceDefinition, USDT_USD } from './source.ts';

const STABLES = ['USDC', 'FDUSD'] as const;
type Stable = (typeof STABLES)[number];
/** The two coins may imply dollars this far apart. */
const DEPEG_LIMIT_BPS = 50;
/** A book wider than this has no price. */
const MAX_BOOK_WIDTH_BPS = 50;
/** What a stablecoin can cost at all. */
const DOLLAR: Band = { min: { units: 5n, scale: 1 }, max: { units: 2n, scale: 0 } };
/** Digits of 1/mid; the published mid is rounded once, after all arithmetic. */
const INVERSE_SCALE = 14;

/** A pair that is halted would still show its last book, without a time: it is left out of the answer. */
const QUERY = `symbols=${encodeURIComponent(JSON.stringify(STABLES.map((stable) => `${stable}USDT`)))}&symbolStatus=TRADING`;

const TICKERS = z.array(z.object({ symbol: z.string(), bidPrice: decimalString, askPrice: decimalString }));
type Ticker = z.output<typeof TICKERS>[number];

function impliedUsd(tickers: readonly Ticker[], stable: Stable): Rate {
  const symbol = `${stable}USDT`;
  const [ticker, another] = tickers.filter((each) => each.symbol === symbol);
  if (ticker === undefined) throw new SourceFailure('bad-payload', `${symbol} is missing`);
  if (another !== undefined) throw new SourceFailure('bad-payload', `${symbol} is there twice`);
  const mid = rate(pair(stable, 'USDT'), midOf(symbol, ticker));
  const reason = implausibility(mid, DOLLAR);
  if (reason !== undefined) throw new SourceFailure('implausible', reason);
  // As if the other stablecoin were the dollar itself; turned round.
  return { pair: USDT_USD, value: invert(mid, INVERSE_SCALE, 'half-even').value };
}

function midOf(symbol: string, { bidPrice, askPrice }: Ticker): Decimal {
  if (bidPrice.units <= 0n || askPrice.units <= 0n) {
    throw new SourceFailure('implausible', `the book of ${symbol} is empty on one side`);
  }
  if (compareDecimal(bidPrice, askPrice) > 0)
    throw new SourceFailure('implausible', `the book of ${symbol} is crossed`);
  const scale = Math.max(bidPrice.scale, askPrice.scale);
  const bid = rescale(bidPrice, scale, 'down').units;
  const ask = rescale(askPrice, scale, 'down').units;
  if ((ask - bid) * 10_000n > bid * BigInt(MAX_BOOK_WIDTH_BPS)) {
    throw new SourceFailure('implausible', `the book of ${symbol} is wider than ${MAX_BOOK_WIDTH_BPS} basis points`);
  }
  return { units: (bid + ask) * 5n, scale: scale + 1 };
}

/** `{"code":-1121,"msg":"..."}`; a ban says until when: "... until 1711356300000". */
function errorShape(document: ExactJson, receivedAt: number): ErrorShape | undefined {
  const code = member(document, 'code');
  if (!(code instanceof JsonNumber)) return undefined;
  const text = textOf(member(document, 'msg'), 'no message');
  const message = `error ${code.source}: ${text}`;
  if (code.source !== '-1003') return { message };
  const until = /until (\d{13})\b/.exec(text)?.[1];
  return {
    message,
    class: 'rate-limited',
    holdMs: until === undefined ? undefined : Math.max(0, Number(until) - receivedAt),
  };
}

const RECEIVED_AT = Date.parse('2026-09-29T10:00:00Z');

const book = (symbol: string, bid: string, ask: string): string =>
  `{"symbol":"${symbol}","bidPrice":"${bid}","bidQty":"1582340.00000000","askPrice":"${ask}","askQty":"932001.00000000"}`;
const FDUSD = book('FDUSDUSDT', '1.00050000', '1.00060000');
const beside = (usdc: string): string => `[${usdc},${FDUSD}]`;

/**
 * Shapes, codes and the prices' eight digits are of the documentation; the first book is the day's
 * recorded USDC over USDT, to a tenth of a thousandth.
 */
const samples: Samples = {
  receivedAt: RECEIVED_AT,
  good: [
    {
      what: 'two books above par',
      body: beside(book('USDCUSDT', '1.00040000', '1.00050000')),
      says: { 'USDT/USD': '0.99955020240892' }, // 1 / 1.00045 = 0.99955020240891...
    },
    {
      what: 'two books below par, in the other order',
      body: `[${book('FDUSDUSDT', '0.99870000', '0.99880000')},${book('USDCUSDT', '0.99990000', '1.00000000')}]`,
      says: { 'USDT/USD': '1.00005000250013' }, // 1 / 0.99995 = 1.00005000250012500...
    },
  ],
  bad: [
    { what: 'an unknown symbol', status: 400, body: '{"code":-1121,"msg":"unknown symbol"}', failure: 'bad-payload' },
    { what: 'a wrong status', status: 400, body: '{"code":-1220,"msg":"not in that status"}', failure: 'bad-payload' },
    { what: 'an error under 200', body: '{"code":-1000,"msg":"something broke"}', failure: 'bad-payload' },
    {
      what: 'too many calls',
      status: 429,
      headers: { 'retry-after': '5' },
      body: '{"code":-1003,"msg":"too much weight"}',
      failure: 'rate-limited',
      holdMs: 5_000,
    },
    {
      what: 'a ban',
      status: 418,
      body: `{"code":-1003,"msg":"this address is banned until ${RECEIVED_AT + 120_000}, wait"}`,
      failure: 'rate-limited',
      holdMs: 120_000,
    },
    {
      what: 'a ban under 200',
      body: `{"code":-1003,"msg":"banned until ${RECEIVED_AT + 9_000}"}`,
      failure: 'rate-limited',
      holdMs: 9_000,
    },
    {
      what: 'a ban beyond belief',
      status: 418,
      body: '{"code":-1003,"msg":"banned until 9999999999999"}',
      failure: 'rate-limited',
      holdMs: 259_200_000, // the longest that it bans
    },
    { what: 'the firewall', status: 403, body: '<html>403</html>', failure: 'refused' },
    { what: 'a forbidden place', status: 451, body: '{"code":0,"msg":"restricted location"}', failure: 'refused' },
    { what: 'the challenge of the firewall', status: 202, body: '', failure: 'bad-payload' },
    { what: 'a server error', status: 503, body: '', failure: 'transport' },
    { what: 'both pairs halted', body: '[]', failure: 'bad-payload' },
    { what: 'one pair halted', body: `[${FDUSD}]`, failure: 'bad-payload' },
    { what: 'the other pair halted', body: `[${book('USDCUSDT', '1.0', '1.0')}]`, failure: 'bad-payload' },
    {
      what: 'two books of one pair',
      body: `[${book('USDCUSDT', '1.0004', '1.0005')},${beside(book('USDCUSDT', '1.0009', '1.0010')).slice(1)}`,
      failure: 'bad-payload',
    },
    { what: 'an empty book', body: beside(book('USDCUSDT', '0.00000000', '0.00000000')), failure: 'implausible' },
    { what: 'half a book', body: beside(book('USDCUSDT', '0.00000000', '1.00050000')), failure: 'implausible' },
    { what: 'a crossed book', body: beside(book('USDCUSDT', '1.0006', '1.0005')), failure: 'implausible' },
    { what: 'a wide book', body: beside(book('USDCUSDT', '0.9950', '1.0060')), failure: 'implausible' },
    { what: 'one coin off its peg', body: beside(book('USDCUSDT', '1.00605', '1.00607')), failure: 'implausible' },
    { what: 'dong in the book', body: beside(book('USDCUSDT', '26105.0', '26105.1')), failure: 'implausible' },
    { what: 'commas', body: beside(book('USDCUSDT', '1,000.5', '1,000.6')), failure: 'bad-payload' },
    {
      what: 'numbers for texts',
      body: beside('{"symbol":"USDCUSDT","bidPrice":1.0004,"askPrice":1.0005}'),
      failure: 'bad-payload',
    },
  ],
};

export const binance: SourceDefinition = {
  name: 'binance',
  role: 'USDT/USD, crossed with USD/VND; secondary',
  url: 'https://data-api.binance.vision',
  pairs: [USDT_USD],
  cadence: { kind: 'live', maxLagMs: 60_000 },
  everyMs: 15_000,
  request: ({ url }) => ({ url: `${url}/api/v3/ticker/bookTicker?${QUERY}` }),
  parse: (response, receivedAt) => {
    const tickers = readAnswer(response, receivedAt, TICKERS, (document) => errorShape(document, receivedAt));
    const [byUsdc, byFdusd] = [impliedUsd(tickers, 'USDC'), impliedUsd(tickers, 'FDUSD')];
    if (!agree(byUsdc, byFdusd, DEPEG_LIMIT_BPS)) {
      throw new SourceFailure(
        'implausible',
        `USDT/USD is ${formatRate(byUsdc)} by USDC and ${formatRate(byFdusd)} by FDUSD: one of them has left its peg`,
      );
    }
    // The answer carries no time of its own.
    const stamp = liveStamp(receivedAt, receivedAt);
    return { observations: [{ pair: USDT_USD, rate: byUsdc, basis: 'book_mid', ...stamp }], warnings: [] };
  },
  samples,
};
