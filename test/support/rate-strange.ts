/** What may stand where a figure belongs, and is none; or is one that cannot be true. */
import type { FieldKind } from './rate-fields.ts';

const DIGITS_400 = '9'.repeat(400);
const quote = (text: string): string => JSON.stringify(text);

/** Literals in the place of a JSON number, as they are written. */
const noNumber = (value: string): readonly string[] => [
  '',
  quote(value),
  '"26,105.00"',
  '"26105,00"',
  '"-"',
  '""',
  'null',
  'true',
  'false',
  '[]',
  '{}',
  `[${value}]`,
  `{"value":${value}}`,
  'NaN',
  'Infinity',
  '-Infinity',
  'undefined',
  '26,105.00',
  '26105,00',
  '26 105',
  '２６１０５',
  `+${value}`,
  `0${value}`,
  `${value}.`,
  `.${value}`,
  `${value}%`,
  `${value}e0`,
  `${value}E0`,
  `${value}e-400`,
  '2.6105e4',
  '1e30',
  '1e400',
  '-1e5',
  '1E-5',
  '0x65F9',
  '0b11',
  '26_105',
  '--1',
  '1.2.3',
  DIGITS_400,
  `0.${'0'.repeat(40)}1`,
  '__proto__',
];

/** In the place of a text that holds a figure. */
const noText = (value: string): readonly string[] => [
  '',
  value,
  'null',
  'true',
  '[]',
  '{}',
  `[${quote(value)}]`,
  `{"value":${quote(value)}}`,
  `"${value}`,
  `"\u0000${value}"`,
  ...[
    '',
    '-',
    '.',
    '1.',
    '.5',
    ` ${value}`,
    `${value} `,
    `${value}\n`,
    `\u0000${value}`,
    `\ufeff${value}`,
    `+${value}`,
    `0${value}`,
    `${value}%`,
    `${value}₫`,
    `VND ${value}`,
    `${value}e0`,
    '26,105.00',
    '26105,00',
    '26.105,00',
    "26'105",
    '26_105',
    '26 105',
    '２６１０５',
    '٢٦١٠٥',
    '½',
    '1e5',
    '1E-5',
    '1e30',
    '1e400',
    '0x65F9',
    'NaN',
    'Infinity',
    '-Infinity',
    'null',
    '--1',
    '1.2.3',
    DIGITS_400,
    `0.${'0'.repeat(40)}1`,
  ].map(quote),
];

const noSeconds = (value: string): readonly string[] => [
  '',
  quote(value),
  `${value}.5`,
  `${value}.0`,
  `${value}e0`,
  '1e9',
  '1e400',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  `[${value}]`,
  '"2026-09-29T10:00:00Z"',
  '"-"',
  'NaN',
  `+${value}`,
  `0${value}`,
  '１７９',
  '99999999999999999',
  DIGITS_400,
];

const noDate = (value: string): readonly string[] => [
  '',
  'null',
  'true',
  '20260929',
  '1790640000',
  '[]',
  '{}',
  `[${value}]`,
  ...[
    '',
    'today',
    '2026-13-01',
    '2026-02-30',
    '2026-9-29',
    '2026-09-29 ',
    '2026-09-29T00:00:00Z',
    '29/09/2026',
    '09-29-2026',
    '20260929',
    '２０２６-09-29',
    '2026-09-29\n',
  ].map(quote),
];

/** Every one of them is another word. */
const noWord = (value: string): readonly string[] => [
  '',
  'null',
  'true',
  '0',
  '1',
  '""',
  '[]',
  '{}',
  `[${value}]`,
  value.replaceAll('"', "'"),
  `${value.slice(0, -1)} "`,
  `" ${value.slice(1)}`,
  `${value.slice(0, -1)}\\u0000"`,
  `${value.slice(0, -1)}s"`,
  `${value.slice(0, -2)}"`,
  value.toLowerCase() === value ? value.toUpperCase() : value.toLowerCase(),
  '"BTC"',
  '"IDR"',
  '"＄"',
];

/** What is not of the field's form: each is a bad payload. */
export function malformed(kind: FieldKind, value: string): readonly string[] {
  const all = malformedOf(kind, value);
  return all.filter((each) => each !== value);
}

function malformedOf(kind: FieldKind, value: string): readonly string[] {
  switch (kind) {
    case 'number':
      return noNumber(value);
    case 'text':
    case 'size':
      return noText(value.slice(1, -1));
    case 'seconds':
    case 'late':
      return noSeconds(value);
    case 'date':
      return noDate(value);
    case 'word':
      return noWord(value);
    case 'flag':
      return value === 'true' ? ['', 'false', 'null', '1', '"true"', '[]'] : noWord(value);
    case 'code':
      return ['', 'null', 'true', '1', '[]', '{}', `[${value}]`];
  }
}

/** Of the right form, and impossible. */
export function impossible(kind: FieldKind, value: string): readonly string[] {
  switch (kind) {
    case 'number':
      return ['0', '-0', '0.0', '0.00000000', '-1', `-${value}`, '-26105'];
    case 'text': {
      const bare = value.slice(1, -1);
      return ['0', '0.00000000', '-1', `-${bare}`, '-26105.00'].map(quote);
    }
    case 'size':
      return ['-1', `-${value.slice(1, -1)}`].map(quote);
    case 'seconds':
      return ['0', '-1', '1', '1000000000'];
    case 'date':
      return ['1970-01-01', '2000-02-29', '2025-09-29'].map(quote);
    default:
      return [];
  }
}

/** Other ways to write the same. */
export function same(kind: FieldKind, value: string): readonly string[] {
  switch (kind) {
    case 'number':
      return value.includes('.') ? [`${value}0`, `${value}000`] : [`${value}.0`, `${value}.000`];
    case 'text':
    case 'size': {
      const bare = value.slice(1, -1);
      const point = bare.includes('.') ? '' : '.';
      const escaped = `\\u00${bare.charCodeAt(0).toString(16)}${bare.slice(1)}`;
      return [`"${bare}${point}0"`, `"${bare}${point}0000"`, `"${escaped}"`];
    }
    case 'seconds': // in milliseconds: a time to come, which is not believed
      return [`${value}000`];
    case 'code':
      return ['""', '"ABC"', '"１"', '"-"', '"26,105.00"'].filter((each) => each !== value);
    default:
      return [];
  }
}

/** Anything at all, where nobody looks. */
export const ANYTHING: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1e400',
  '26105',
  '"26,105.00"',
  '""',
  '[]',
  '{}',
  '[[{"tether":{"vnd":1}}]]',
  '{"rates":{"VND":1},"rate":1}',
  '"</script>"',
  DIGITS_400,
];
