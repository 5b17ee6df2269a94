/** Figures and dates as banks write them, read strictly: what could mean two things is refused. */
import { type BusinessDate, parseBusinessDate } from '../../../../kernel/business-date.ts';
import { pow10 } from '../../../../kernel/decimal.ts';
import { PlumblineError } from '../../../../kernel/errors.ts';
import { type Currency, type Money, money } from '../../../../kernel/money.ts';
import { printable } from '../../../../kernel/text.ts';

/** Where in a file something is wrong, and what. */
export const statementFault = (place: string, message: string, value?: string): PlumblineError =>
  new PlumblineError(
    'invalid',
    'statement.refused',
    printable(`${place}: ${message}${value === undefined ? '' : `: "${value.slice(0, 80)}"`}`, 600),
    { details: { place, ...(value === undefined ? {} : { value: value.slice(0, 80) }) } },
  );

export interface NumberForm {
  readonly decimal: '.' | ',';
  /** Between groups of three digits; '' where there are none. */
  readonly grouping: '' | '.' | ',' | ' ' | "'";
}

export const PLAIN: NumberForm = { decimal: '.', grouping: '' };

/**
 * An amount with or without a sign. More written decimals than the currency has are refused even where they
 * are zeros: 1.230 in a currency of two is a thousand written otherwise.
 * @throws `statement.refused` (invalid)
 */
export function readAmount(text: string, currency: Currency, form: NumberForm, place: string): Money {
  const given = text.trim();
  const { decimal, grouping } = form;
  const sign = /^[+-]/.exec(given)?.[0] ?? '';
  const [whole = '', fraction, ...rest] = given.slice(sign.length).split(decimal);
  const isGrouped = grouping !== '' && whole.includes(grouping);
  const groups = isGrouped ? whole.split(grouping) : [whole];
  const isWhole = isGrouped
    ? groups.every((group, index) => (index === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(group))
    : /^\d{1,40}$/.test(whole);
  const digits = fraction ?? '';
  if (!isWhole || rest.length > 0 || (fraction !== undefined && !/^\d{1,30}$/.test(digits))) {
    throw statementFault(place, `not an amount with the decimal mark "${decimal}"${remedy(given, form)}`, text);
  }
  if (digits.length > currency.decimals) {
    throw statementFault(
      place,
      `${digits.length} digits after "${decimal}", where ${currency.code} has ${currency.decimals}${remedy(given, form)}`,
      text,
    );
  }
  const minor = BigInt(groups.join('') + digits) * pow10(currency.decimals - digits.length);
  return money(currency, sign === '-' ? -minor : minor);
}

const remedy = (text: string, { decimal }: NumberForm): string => {
  const other = decimal === '.' ? ',' : '.';
  return text.includes(other) || text.split(decimal).length > 2 || /\d\D\d{3}$/.test(text)
    ? '; declare what the bank writes, decimal: "," and grouping: "." for example'
    : '';
};

const TOKENS: Readonly<Record<string, string>> = { YYYY: '(?<y>\\d{4})', MM: '(?<m>\\d{2})', DD: '(?<d>\\d{2})' };

/** `DD/MM/YYYY`: each of the three once; what else stands there stands there literally. */
export const DATE_FORM = /^(?=.*YYYY)(?=.*MM)(?=.*DD)[YMD./ -]{8,10}$/;

export function dateReader(form: string): (text: string, place: string) => BusinessDate {
  const literal = form.replace(/[./ -]/g, (mark) => `\\${mark === ' ' ? 's' : mark}`);
  const pattern = new RegExp(`^${literal.replace(/YYYY|MM|DD/g, (token) => TOKENS[token] ?? token)}$`);
  return (text, place) => {
    const { y, m, d } = pattern.exec(text.trim())?.groups ?? {};
    try {
      return parseBusinessDate(`${y}-${m}-${d}`);
    } catch {
      throw statementFault(place, `not a date of the form ${form}`, text);
    }
  };
}

const ENCODINGS = { 'utf-8': 'utf-8', 'windows-1252': 'windows-1252', 'windows-1258': 'windows-1258' } as const;
export const ENCODING_NAMES = ['utf-8', 'windows-1252', 'windows-1258'] as const;
export type Encoding = (typeof ENCODING_NAMES)[number];

/** Without a byte order mark. @throws `statement.refused` (invalid) */
export function decode(bytes: Uint8Array, encoding: Encoding, place: string): string {
  try {
    return new TextDecoder(ENCODINGS[encoding], { fatal: true }).decode(bytes);
  } catch {
    throw statementFault(place, `not ${encoding} text; declare the encoding that the bank writes`);
  }
}

/** As one writes account numbers: white space does not count. */
export const sameAccount = (a: string, b: string): boolean => a.replace(/\s/g, '') === b.replace(/\s/g, '');
