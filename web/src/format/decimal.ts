/** Decimal strings, exact: what the API sends is compared and added here without a float. */

/** What Intl.NumberFormat takes as it is, digit by digit. */
export type Decimal = `${number}`;

const FORM = /^-?\d+(\.\d+)?$/;

export const isDecimal = (text: string): text is Decimal => FORM.test(text);

/** All digits at a scale: `12.5` at 2 is 1250n; digits beyond it are cut off. Undefined: it is no decimal. */
export function scaled(text: string, scale: number): bigint | undefined {
  if (!FORM.test(text)) return undefined;
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const digits = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  return text.startsWith('-') ? -digits : digits;
}

/** The other way round. */
export function unscaled(digits: bigint, scale: number): Decimal {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  const decimal = `${digits < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${text.slice(-scale)}`}`;
  return isDecimal(decimal) ? decimal : '0';
}

export const isNegative = (text: string): boolean => text.startsWith('-') && /[1-9]/.test(text);
export const isZero = (text: string): boolean => FORM.test(text) && !/[1-9]/.test(text);

/** For marks on a chart and lengths of bars, whose pixels are coarser than a double. Never for a figure. */
export const pixels = (text: string): number => Number(text);

/** The first over the second, in hundredths of a percent, rounded down. Undefined: there is none. */
export function shareOf(part: string, whole: string): bigint | undefined {
  const [a, b] = [scaled(part, 4), scaled(whole, 4)];
  if (a === undefined || b === undefined || b <= 0n) return undefined;
  const [quotient, rest] = [(a * 10_000n) / b, (a * 10_000n) % b];
  return rest < 0n ? quotient - 1n : quotient;
}
