/**
 * Binance, `ticker/bookTicker`: USDT/USD by two stablecoins that trade against USDT. There is no
 * USDTVND and no USDTUSD; with USDC at a dollar, USDT/USD = 1 / mid(USDCUSDT). One stablecoin alone
 * cannot tell which of the two has left its peg, so FDUSDUSDT has to imply the same.
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 */
import { z } from 'zod';
import { compareDecimal, type Decimal, formatDecimal, rescale } from '../../../kernel/decimal.ts';
import { formatRate, invert, pair, type Rate, rate } from '../../../kernel/rate.ts';
import { decimalString, type ExactJson, JsonNumber } from '../../../platform/http-client/exact-json.ts';
import { SourceFailure } from '../classes.ts';
import { agree, liveStamp } from '../rules.ts';
import type { SourceSettings } from '../settings.ts';
import { type ErrorShape, member, readAnswer, textOf } from './answer.ts';
import { type Reading, type Source, USDT_USD } from './source.ts';

const SYMBOLS = ['USDCUSDT', 'FDUSDUSDT'] as const;
/** The two coins may imply dollars this far apart. */
const DEPEG_LIMIT_BPS = 50;
/** A book wider than this has no price. */
const MAX_BOOK_WIDTH_BPS = 50;
/** What a stablecoin can cost at all. */
const DOLLAR = { min: { units: 5n, scale: 1 }, max: { units: 2n, scale: 0 } };
/** Digits of 1/mid; the published mid is rounded once, after all arithmetic. */
const INVERSE_SCALE = 14;

const TICKERS = z.array(z.object({ symbol: z.string(), bidPrice: decimalString, askPrice: decimalString }));
type Ticker = z.output<typeof TICKERS>[number];

export function binance({ url }: SourceSettings): Source {
  return {
    name: 'binance',
    role: 'USDT/USD, crossed with USD/VND; secondary',
    cadence: 'live',
    disabled: undefined,
    url: `${url}/api/v3/ticker/bookTicker?symbols=${encodeURIComponent(JSON.stringify(SYMBOLS))}`,
    headers: {},
    parse: (response, receivedAt): Reading => {
      const tickers = readAnswer(response, receivedAt, TICKERS, (document) => errorShape(document, receivedAt));
      const [byUsdc, byFdusd] = [impliedUsd(tickers, 'USDCUSDT'), impliedUsd(tickers, 'FDUSDUSDT')];
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
  };
}

function impliedUsd(tickers: readonly Ticker[], symbol: (typeof SYMBOLS)[number]): Rate {
  const ticker = tickers.find((each) => each.symbol === symbol);
  if (ticker === undefined) throw new SourceFailure('bad-payload', `${symbol} is missing`);
  const mid = midOf(symbol, ticker);
  if (compareDecimal(mid, DOLLAR.min) < 0 || compareDecimal(mid, DOLLAR.max) > 0) {
    throw new SourceFailure('implausible', `${symbol} at ${formatDecimal(mid).slice(0, 40)} is far from one dollar`);
  }
  // As if the other stablecoin were the dollar itself; turned round.
  const perUsd = rate(pair('USD', 'USDT'), mid);
  return { pair: USDT_USD, value: invert(perUsd, INVERSE_SCALE, 'half-even').value };
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
