/** Amounts as people write them: grouped, with their unit, and whole for dong. Never compact, never a float. */
import { type Decimal, isDecimal, scaled, unscaled } from './decimal.ts';

export type Language = 'vi' | 'en';

const LOCALES: Readonly<Record<Language, string>> = { vi: 'vi-VN', en: 'en-US' };
/** What a screen shows of a currency; all digits are in the title. */
const DECIMALS: Readonly<Record<string, number>> = { VND: 0, USD: 2, USDT: 6 };

const formats = new Map<string, Intl.NumberFormat>();

function format(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = `${language} ${JSON.stringify(options)}`;
  const known = formats.get(name) ?? new Intl.NumberFormat(LOCALES[language], options);
  formats.set(name, known);
  return known;
}

/** @param signed with a plus, too */
export function amount(text: string, currency: string, language: Language, signed = false): string {
  if (!isDecimal(text)) return text;
  const digits = DECIMALS[currency] ?? 8;
  const sign = signed ? 'exceptZero' : 'negative';
  if (currency === 'VND' || currency === 'USD') {
    return minus(
      format(language, {
        ...{ style: 'currency', currency, signDisplay: sign },
        ...{ minimumFractionDigits: digits, maximumFractionDigits: digits },
      }).format(text),
    );
  }
  const figure = format(language, { signDisplay: sign, minimumFractionDigits: 2, maximumFractionDigits: digits });
  return `${minus(figure.format(text))}\u00a0${currency}`;
}

/** Every digit that the service sent, with the unit. */
export const exact = (text: string, currency: string, language: Language): string =>
  isDecimal(text) ? `${minus(format(language, { maximumFractionDigits: 20 }).format(text))}\u00a0${currency}` : text;

/** A rate: how much of the second one of the first is worth. */
export function rate(text: string, pair: string, language: Language): string {
  if (!isDecimal(text)) return text;
  const [base, quote] = pair.split('/');
  const digits = quote === 'VND' ? 2 : 6;
  return `${format(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(text)}\u00a0${quote}/${base}`;
}

export const count = (n: number | bigint, language: Language): string => format(language, {}).format(n);

export const figure = (n: number, decimals: number, language: Language): string =>
  minus(format(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(n));

/** @param hundredths of a percent */
export function percent(hundredths: bigint, language: Language, signed = false): string {
  const text: Decimal = unscaled(hundredths, 2);
  const figure = format(language, {
    ...{ minimumFractionDigits: 2, maximumFractionDigits: 2 },
    signDisplay: signed ? 'exceptZero' : 'negative',
  }).format(text);
  return `${minus(figure)}\u00a0%`;
}

/** How far a rate is from another, in hundredths of a percent; undefined where one is none. */
export function deviation(of: string, from: string): bigint | undefined {
  const [a, b] = [scaled(of, 10), scaled(from, 10)];
  return a === undefined || b === undefined || b === 0n ? undefined : ((a - b) * 10_000n) / b;
}

/** The sign that is as wide as a plus. */
const minus = (text: string): string => text.replace('-', '\u2212');
