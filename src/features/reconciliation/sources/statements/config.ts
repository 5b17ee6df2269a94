/** What a book says of statements, and what is made of it. */
import { z } from 'zod';
import { type BusinessDate, parseBusinessDate } from '../../../../kernel/business-date.ts';
import { messageOf } from '../../../../kernel/errors.ts';
import { HEADER, type HeaderFile } from '../secrets.ts';
import { CSV, type CsvForm } from './csv.ts';
import { SIGNATURE, type SignatureRule } from './signature.ts';
import { ENCODING_NAMES, type Encoding } from './text.ts';

export interface StatementSource {
  readonly account: string;
  readonly from: Place;
  readonly form: Form;
  readonly encoding: Encoding;
  /** The first day that has a statement: nothing is demanded of the day before. */
  readonly since: BusinessDate | undefined;
  /** Days on which the bank books nothing and sends nothing. */
  readonly closed: Closed;
}

export type Place =
  /** `digest`: pattern of a file with the SHA-256 of the file beside it. */
  | { readonly kind: 'file'; readonly pattern: string; readonly digest: string | undefined }
  | {
      readonly kind: 'http';
      readonly pattern: string;
      readonly header: HeaderFile | undefined;
      readonly signature: SignatureRule;
      readonly maxAgeMs: number;
    };

export type Form =
  | { readonly kind: 'csv'; readonly csv: CsvForm }
  | { readonly kind: 'mt940' }
  | { readonly kind: 'camt053' }
  | { readonly kind: 'json' };

export interface Closed {
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
  readonly dates: readonly BusinessDate[];
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

const DATE = z.string('a date in quotes, such as "2026-11-23"').transform((text, context) => {
  try {
    return parseBusinessDate(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});

const hasDate = (pattern: string): boolean => /\{(date|yyyymmdd|yymmdd)\}/.test(pattern);
const PATTERN = z
  .string()
  .min(1)
  .refine(hasDate, 'the pattern has no {date}, {yyyymmdd} or {yymmdd}: every day would read the same statement');

/** The value of a line's key `statement`. */
export const STATEMENT = z
  .strictObject({
    account: z
      .string('the account number, in quotes')
      .regex(/^[A-Za-z0-9][A-Za-z0-9 .-]{0,39}$/, 'letters, digits, space, dot and -'),
    format: z.enum(['csv', 'mt940', 'camt053', 'json']),
    file: PATTERN.optional(),
    sha256_file: PATTERN.optional(),
    url: z
      .string()
      .regex(/^https?:\/\/[^@\s]+$/, 'an http(s) address without user and password')
      .refine(hasDate, 'the address has no {date}, {yyyymmdd} or {yymmdd}')
      .optional(),
    header: HEADER.optional(),
    signature: SIGNATURE.optional(),
    max_age_hours: z.int().min(1).max(8_784).default(48),
    encoding: z.enum(ENCODING_NAMES).default('utf-8'),
    csv: CSV.optional(),
    since: DATE.optional(),
    closed: z
      .array(z.union([z.enum(WEEKDAYS), DATE]))
      .max(400)
      .default([]),
  })
  .superRefine((given, context) => {
    const fault = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    const { file, url, csv, format, signature, header, sha256_file } = given;
    if ((file === undefined) === (url === undefined)) fault('file', 'exactly one of file and url');
    if (url !== undefined && signature === undefined) {
      fault('signature', 'an answer over HTTP has to be signed: name algorithm, header and key_file');
    }
    if (url === undefined && (signature !== undefined || header !== undefined)) {
      fault(signature === undefined ? 'header' : 'signature', 'belongs to a url');
    }
    if (file === undefined && sha256_file !== undefined) fault('sha256_file', 'belongs to a file');
    if ((format === 'csv') !== (csv !== undefined)) fault('csv', 'format csv, and no other, has the key csv');
    if (csv === undefined) return;
    if (csv.columns.account === undefined && !`${file ?? url}`.includes('{account}')) {
      fault('csv', 'nothing says whose statement it is: name the column account, or put {account} into the pattern');
    }
    if (csv.closing === undefined && sha256_file === undefined && url === undefined) {
      fault(
        'csv',
        'a file that lost its last lines would not be noticed: name the text of the closing row (closing), or a file with its SHA-256 (sha256_file)',
      );
    }
  });

export function statementSource(config: z.output<typeof STATEMENT>): StatementSource {
  const weekday = (each: string): number => WEEKDAYS.findIndex((name) => each.startsWith(name));
  return {
    account: config.account,
    from: placeOf(config),
    form: formOf(config),
    encoding: config.encoding,
    since: config.since,
    closed: {
      weekdays: config.closed.map(weekday).filter((each) => each >= 0),
      dates: config.closed.filter((each): each is BusinessDate => weekday(each) < 0),
    },
  };
}

function placeOf({ file, sha256_file, url = '', header, signature, max_age_hours }: z.output<typeof STATEMENT>): Place {
  if (file !== undefined || signature === undefined) {
    return { kind: 'file', pattern: file ?? '', digest: sha256_file };
  }
  return { kind: 'http', pattern: url, header, signature, maxAgeMs: max_age_hours * 3_600_000 };
}

function formOf({ format, csv }: z.output<typeof STATEMENT>): Form {
  if (format !== 'csv') return { kind: format };
  return { kind: 'csv', csv: csv ?? CSV.parse({}) };
}
