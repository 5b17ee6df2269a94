/** The rates in each provider's own JSON, true or as the fault has it. */
import { type Decimal, divide, formatDecimal, pow10, rescale } from '../../kernel/decimal.ts';
import type { RecordedRates } from '../data/recorded-rates.ts';
import type { Fault, ProviderName } from './faults.ts';
import { decimal } from './market.ts';

/** What the provider knows: `rates` as of `now`, epoch milliseconds. */
export interface Knowledge {
  readonly now: number;
  readonly rates: RecordedRates;
}

/** A figure as the provider writes it: a JSON number, or inside a JSON string. */
type Write = (value: Decimal) => string;

/** @param date which the question named, where it named one */
export function bodyOf(provider: ProviderName, { now, rates }: Knowledge, fault: Fault, date: string): string {
  const number: Write = (value) => figure(value, fault);
  const text: Write = (value) => `"${number(value).replaceAll('"', '')}"`;
  const usdVnd = decimal(rates.usdVnd);
  const usdtVnd = decimal(rates.usdtVnd);
  const usdtUsd = decimal(rates.usdtUsd);
  const seconds = Math.floor(now / 1000);
  switch (provider) {
    case 'coingecko':
      return `{"tether":{"vnd":${number(usdtVnd)},"usd":${number(usdtUsd)},"last_updated_at":${seconds}}}`;
    case 'binance': {
      const usdc = quotient(decimal(rates.usdcVnd), usdtVnd);
      const fdusd = quotient({ units: 1n, scale: 0 }, usdtUsd);
      return `[${ticker('USDCUSDT', usdc, text)},${ticker('FDUSDUSDT', fdusd, text)}]`;
    }
    case 'cryptocompare':
      return `{"RAW":{"USDT":{${raw('VND', number(usdtVnd), seconds)},${raw('USD', number(usdtUsd), seconds)}}},"DISPLAY":{"USDT":{}}}`;
    case 'vietcombank':
      return bankTable(usdVnd, text, date);
    case 'open-er-api': {
      const today = Math.floor(seconds / 86_400) * 86_400;
      return `{"result":"success","provider":"https://www.exchangerate-api.com","time_last_update_unix":${today},"time_next_update_unix":${today + 86_400},"time_eol_unix":0,"base_code":"USD","rates":{"USD":1,"VND":${number(usdVnd)}}}`;
    }
    case 'frankfurter': {
      const day = new Date(now).toISOString().slice(0, 10);
      return `{"date":"${day}","base":"USD","quote":"VND","rate":${number(rescale(usdVnd, 0, 'half-even'))}}`;
    }
    case 'binance-p2p':
      return advertisements(rescale(usdtVnd, 0, 'half-even'), text);
  }
}

/** Digits of a figure that is turned round. */
const INVERSE_SCALE = 16;

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
    case 'inverted': {
      const units = divide(pow10(value.scale + INVERSE_SCALE), value.units, 'half-even');
      return formatDecimal({ units, scale: INVERSE_SCALE });
    }
    default:
      return formatDecimal(value);
  }
}

/** One tick of 0.0001 to either side of the price. */
function ticker(symbol: string, price: Decimal, text: Write): string {
  const at = (offset: bigint): string => text({ ...price, units: price.units + offset });
  return `{"symbol":"${symbol}","bidPrice":${at(-10_000n)},"bidQty":"1582340.00000000","askPrice":${at(10_000n)},"askQty":"932001.00000000"}`;
}

function raw(symbol: string, price: string, seconds: number): string {
  const [type, by] = symbol === 'USD' ? ['direct', ''] : ['multiply', 'USD'];
  return `"${symbol}":{"TYPE":"5","MARKET":"CCCAGG","FROMSYMBOL":"USDT","TOSYMBOL":"${symbol}","FLAGS":"2049","PRICE":${price},"LASTUPDATE":${seconds},"CONVERSIONTYPE":"${type}","CONVERSIONSYMBOL":"${by}"}`;
}

/** As far from the middle as the bank's rates were on 2026-09-06, in basis points. */
const BANK_HALF_WIDTH_BPS = 73n;

/** Another currency is not quoted in cash, and the stamp is of the evening to come. */
function bankTable(usdVnd: Decimal, text: Write, date: string): string {
  const at = (bps: bigint): Decimal =>
    rescale({ units: usdVnd.units * (10_000n + bps), scale: usdVnd.scale + 4 }, 2, 'half-even');
  const transfer = at(-BANK_HALF_WIDTH_BPS);
  const cash = { ...transfer, units: transfer.units - 3_000n };
  const row = (code: string, figures: readonly string[]): string =>
    `{"currencyName":"${code}","currencyCode":"${code}","cash":${figures[0]},"transfer":${figures[1]},"sell":${figures[2]}}`;
  const dollars = row('USD', [text(cash), text(transfer), text(at(BANK_HALF_WIDTH_BPS))]);
  return `{"Count":2,"Date":"${date}T00:00:00","UpdatedDate":"${date}T23:00:00+07:00","Data":[${row('DKK', ['"0"', '"4012.36"', '"4166.05"'])},${dollars}]}`;
}

/** Dong above the middle, and USDT that are left: bait first, then five of size, then one that nobody takes. */
const ADS: readonly (readonly [offset: bigint, surplus: string])[] = [
  [60n, '310.50'],
  [5n, '18400.00'],
  [2n, '5210.75'],
  [0n, '31000.00'],
  [-3n, '12050.10'],
  [-4n, '9800.00'],
  [-90n, '70000.00'],
];

function advertisements(usdtVnd: Decimal, text: Write): string {
  const ads = ADS.map(([offset, surplus], index) => {
    const price = text({ ...usdtVnd, units: usdtVnd.units + offset });
    return `{"adv":{"advNo":"1289619047788359270${index}","asset":"USDT","fiatUnit":"VND","price":${price},"surplusAmount":"${surplus}","tradableQuantity":"${surplus}","minSingleTransAmount":"5000000","maxSingleTransAmount":"900000000"},"advertiser":{"userType":"merchant","monthFinishRate":0.991}}`;
  });
  return `{"code":"000000","message":null,"data":[${ads.join(',')}],"total":${ads.length},"success":true}`;
}

/** a / b to 8 digits. */
const quotient = (a: Decimal, b: Decimal): Decimal => ({
  units: divide(a.units * pow10(b.scale + 8), b.units * pow10(a.scale), 'half-even'),
  scale: 8,
});
