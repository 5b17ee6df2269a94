/**
 * What a locked rate comes to for an amount. The side is the customer's: who sells the base currency is
 * paid at the bid, who buys it pays the ask. What is due to the platform rounds up, what it pays rounds
 * down, so that a promise never costs it more than it said. Pure.
 */
import { divide, formatDecimal, pow10, type Rounding, rescale } from '../../../kernel/decimal.ts';
import { PlumblineError } from '../../../kernel/errors.ts';
import { type Currency, displayMoney, formatMoney, type Money } from '../../../kernel/money.ts';
import { type Pair, pairName, type Rate } from '../../../kernel/rate.ts';

/** What the customer does with the base currency. */
export type Side = 'sell' | 'buy';

export interface Priced {
  readonly rate: Rate;
  readonly base: Money;
  readonly quote: Money;
  /** The side whose amount was given. */
  readonly fixed: 'base' | 'quote';
}

export interface Sides {
  readonly pair: Pair;
  readonly bid: Rate;
  readonly ask: Rate;
}

/** @throws `quotes.amount_not_positive`, `quotes.amount_too_small` (invalid) */
export function priced(side: Side, amount: Money, sides: Sides, base: Currency, quote: Currency): Priced {
  if (amount.minor <= 0n) {
    throw refused('quotes.amount_not_positive', `amount: ${formatMoney(amount)} is not above zero`);
  }
  const rate = side === 'sell' ? sides.bid : sides.ask;
  const fixed = amount.currency.code === base.code ? 'base' : 'quote';
  // The customer gives the base when selling and the quote when buying: what is given rounds up.
  const given = side === 'sell' ? 'base' : 'quote';
  const rounding: Rounding = fixed === given ? 'floor' : 'ceil';
  const other = fixed === 'base' ? times(amount, rate, quote, rounding) : over(amount, rate, base, rounding);
  if (other.minor <= 0n) {
    const least = formatDecimal({ units: 1n, scale: other.currency.shown });
    throw refused(
      'quotes.amount_too_small',
      `amount: ${displayMoney(amount)} ${amount.currency.code} is less than the least amount of ${pairName(sides.pair)}, ${least} ${other.currency.code}`,
    );
  }
  return fixed === 'base' ? { rate, base: amount, quote: other, fixed } : { rate, base: other, quote: amount, fixed };
}

/** amount x rate, with as many digits as people pay with. */
function times(amount: Money, { value }: Rate, to: Currency, rounding: Rounding): Money {
  const product = { units: amount.minor * value.units, scale: amount.currency.decimals + value.scale };
  return payable(rescale(product, to.shown, rounding).units, to);
}

/** amount / rate, with as many digits as people pay with. */
function over(amount: Money, { value }: Rate, to: Currency, rounding: Rounding): Money {
  const numerator = amount.minor * pow10(value.scale + to.shown);
  return payable(divide(numerator, value.units * pow10(amount.currency.decimals), rounding), to);
}

const payable = (units: bigint, currency: Currency): Money => ({
  currency,
  minor: units * pow10(currency.decimals - currency.shown),
});

const refused = (code: string, message: string): PlumblineError =>
  new PlumblineError('invalid', code, message, { faults: [{ pointer: '/amount', message }] });
