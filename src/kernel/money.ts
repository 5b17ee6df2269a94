/**
 * Money is an integer count of a currency's minor units. Adding two currencies is an error, rounding
 * is named by who asks for it, and the text form is a plain decimal string, in JSON too.
 */
import { formatDecimal, normalize, parseDecimal, pow10, type Rounding, rescale } from './decimal.ts';
import { PlumblineError } from './errors.ts';

export interface Currency {
  /** 2 to 10 capital letters or digits, a letter first: VND, USDT. */
  readonly code: string;
  /** Digits after the point in minor units; what tables and JSON carry. */
  readonly decimals: number;
  /** Digits after the point that people see. VND has 2 in tables and none on screens. */
  readonly shown: number;
}

export interface Money {
  readonly currency: Currency;
  readonly minor: bigint;
}

/** A closed set of currencies: a code that is not in it is an error that names the accepted ones. */
export class Currencies {
  readonly #byCode: ReadonlyMap<string, Currency>;

  constructor(currencies: readonly Currency[]) {
    this.#byCode = new Map(currencies.map((currency) => [currency.code, currency]));
  }

  get codes(): readonly string[] {
    return [...this.#byCode.keys()].sort();
  }

  has(code: string): boolean {
    return this.#byCode.has(code);
  }

  /** @throws `currency.unknown` (missing) */
  get(code: string): Currency {
    const currency = this.#byCode.get(code);
    if (currency === undefined) {
      throw new PlumblineError(
        'missing',
        'currency.unknown',
        `unknown currency "${code}"; accepted: ${this.codes.join(', ')}`,
        { details: { currency: code, accepted: this.codes } },
      );
    }
    return currency;
  }

  /** These currencies with `more` added; one of the same code replaces. */
  with(more: readonly Currency[]): Currencies {
    return new Currencies([...this.#byCode.values(), ...more]);
  }
}

/**
 * The reference platform's currencies. Stablecoins carry 18 decimals, because that is what BNB Smart
 * Chain's USDT contract counts in (TRON, Ethereum and Solana count in 6, which fits within).
 */
export const DEFAULT_CURRENCIES = new Currencies([
  { code: 'VND', decimals: 2, shown: 0 },
  { code: 'USD', decimals: 2, shown: 2 },
  { code: 'USDT', decimals: 18, shown: 6 },
  { code: 'USDC', decimals: 18, shown: 6 },
]);

export const money = (currency: Currency, minor: bigint): Money => ({ currency, minor });
export const zero = (currency: Currency): Money => ({ currency, minor: 0n });

/**
 * Exact: an amount with more digits than the currency has is refused, never rounded.
 * @throws `money.malformed`, `money.excess_precision` (invalid)
 */
export function parseMoney(currency: Currency, text: string): Money {
  const decimal = parseDecimal(text);
  if (decimal === undefined) {
    throw new PlumblineError(
      'invalid',
      'money.malformed',
      `"${text.slice(0, 80)}" is not an amount of ${currency.code}; write a plain decimal such as "1234.50"`,
      { details: { currency: currency.code, value: text.slice(0, 80) } },
    );
  }
  const shortest = normalize(decimal);
  if (shortest.scale > currency.decimals) {
    throw new PlumblineError(
      'invalid',
      'money.excess_precision',
      `${text} has ${shortest.scale} decimals, ${currency.code} has ${currency.decimals}; round it where it comes from`,
      { details: { currency: currency.code, value: text, decimals: currency.decimals } },
    );
  }
  return { currency, minor: shortest.units * pow10(currency.decimals - shortest.scale) };
}

/** All of the currency's digits: `1234.50`. What JSON and the database carry. */
export const formatMoney = (value: Money): string =>
  formatDecimal({ units: value.minor, scale: value.currency.decimals });

/**
 * For people: grouped by commas, with as many digits as people use, more only where leaving them
 * out would hide something: `25,934`, `-1,000.01`.
 */
export function displayMoney(value: Money, atLeast = value.currency.shown): string {
  const { currency } = value;
  const exact = normalize({ units: value.minor, scale: currency.decimals });
  const text = formatDecimal(rescale(exact, Math.max(exact.scale, atLeast), 'down'));
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** @throws `money.currency_mismatch` (internal): the caller mixed currencies */
function assertSame(a: Money, b: Money): void {
  if (a.currency.code !== b.currency.code || a.currency.decimals !== b.currency.decimals) {
    throw new PlumblineError(
      'internal',
      'money.currency_mismatch',
      `cannot combine ${a.currency.code} with ${b.currency.code}; value one in the other first`,
    );
  }
}

export function add(a: Money, b: Money): Money {
  assertSame(a, b);
  return { currency: a.currency, minor: a.minor + b.minor };
}

export function subtract(a: Money, b: Money): Money {
  assertSame(a, b);
  return { currency: a.currency, minor: a.minor - b.minor };
}

export const negate = (value: Money): Money => ({ currency: value.currency, minor: -value.minor });

/** The amount as a multiple of `units / 10^scale`, in `currency`, rounded as named. */
export function multiply(
  value: Money,
  factor: { readonly units: bigint; readonly scale: number },
  currency: Currency,
  rounding: Rounding,
): Money {
  const product = { units: value.minor * factor.units, scale: value.currency.decimals + factor.scale };
  return { currency, minor: rescale(product, currency.decimals, rounding).units };
}
