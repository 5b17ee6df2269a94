/** What each provider's parser reads of a body, and how: everything else in it may be anything. */
import type { FailureClass } from '../../src/features/rates/sources/classes.ts';

/**
 * `number` and `text` are figures of the rate, `size` an amount that is a text, `seconds` a time,
 * `late` a time that may also lie long ago, `date` a date, `word` one that has to be right, `code` a
 * text of any content, `flag` a literal that has to be right where it stands at all.
 */
export type FieldKind = 'number' | 'text' | 'size' | 'seconds' | 'late' | 'date' | 'word' | 'code' | 'flag';

export interface Field {
  /** Of the place's path. */
  readonly path: RegExp;
  readonly kind: FieldKind;
  /** It may be left out. */
  readonly optional?: true;
}

/** What the messages say of figures in another unit, all of them in the same. */
interface UnitWords {
  readonly hundredfold: string;
  readonly hundredth: string;
  readonly inverted: string;
}

export interface Fields {
  readonly fields: readonly Field[];
  /** The figures that are in dong; absent: none is. */
  readonly dong?: RegExp;
  readonly unitWords: UnitWords;
  /** What a figure of zero is; `implausible` unless told. */
  readonly zeroIs?: FailureClass;
  /** Elements of which there has to be exactly one. */
  readonly needed?: RegExp;
  /** Elements of which there may be any number. */
  readonly extra?: RegExp;
  /** The order of elements means something. */
  readonly ordered?: true;
}

const UNITS: UnitWords = { hundredfold: '10^2 too large', hundredth: '10^2 too small', inverted: 'inverted' };

export const FIELDS: { readonly [source: string]: Fields } = {
  coingecko: {
    fields: [
      { path: /^tether\.(vnd|usd)$/, kind: 'number' },
      { path: /^tether\.last_updated_at$/, kind: 'seconds' },
    ],
    dong: /vnd$/,
    unitWords: UNITS,
  },
  binance: {
    fields: [
      { path: /\.(bid|ask)Price$/, kind: 'text' },
      { path: /\.symbol$/, kind: 'word' },
    ],
    // What a dollar costs in dollars is the same the other way round; the two sides of a book are not.
    unitWords: { ...UNITS, inverted: 'crossed' },
    needed: /^(USDC|FDUSD)USDT$/,
  },
  cryptocompare: {
    fields: [
      { path: /\.PRICE$/, kind: 'number' },
      { path: /\.LASTUPDATE$/, kind: 'seconds' },
      { path: /\.(FROM|TO)SYMBOL$/, kind: 'word' },
      { path: /\.CONVERSIONTYPE$/, kind: 'code', optional: true },
    ],
    dong: /VND\.PRICE$/,
    unitWords: UNITS,
  },
  vietcombank: {
    fields: [
      { path: /^Data\.USD\.(transfer|sell)$/, kind: 'text' },
      { path: /^Data\.USD\.currencyCode$/, kind: 'word' },
      { path: /^Data\.[A-Z]+\.currencyCode$/, kind: 'code' },
    ],
    dong: /./,
    unitWords: UNITS,
    zeroIs: 'bad-payload', // it means that the bank does not quote
    needed: /^Data\.USD$/,
    extra: /^Data\.[A-Z]+$/,
  },
  'open-er-api': {
    fields: [
      { path: /^rates\.VND$/, kind: 'number' },
      { path: /^time_last_update_unix$/, kind: 'seconds' },
      { path: /^time_(next_update|eol)_unix$/, kind: 'late' },
      { path: /^(result|base_code)$/, kind: 'word' },
    ],
    dong: /./,
    unitWords: UNITS,
  },
  frankfurter: {
    fields: [
      { path: /^rate$/, kind: 'number' },
      { path: /^date$/, kind: 'date' },
      { path: /^(base|quote)$/, kind: 'word' },
    ],
    dong: /./,
    unitWords: UNITS,
  },
  'binance-p2p': {
    fields: [
      { path: /\.adv\.price$/, kind: 'text' },
      { path: /\.adv\.(surplusAmount|minSingleTransAmount)$/, kind: 'size' },
      { path: /\.adv\.maxSingleTransAmount$/, kind: 'size', optional: true },
      { path: /\.adv\.(asset|fiatUnit)$/, kind: 'flag', optional: true },
      { path: /^code$/, kind: 'word' },
      { path: /^success$/, kind: 'flag', optional: true },
    ],
    dong: /./,
    unitWords: UNITS,
    ordered: true,
  },
};
