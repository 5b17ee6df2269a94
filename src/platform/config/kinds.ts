/** The kinds of setting: each turns text into an exact value or refuses it. */
import { isIP } from 'node:net';
import { Cron } from 'croner';
import { z } from 'zod';
import { assertZone } from '../../kernel/business-date.ts';
import { parseDecimal } from '../../kernel/decimal.ts';
import type { Setting } from './setting.ts';

type About = Pick<Setting<unknown>, 'about' | 'example'> & { readonly fallback?: string; readonly secret?: boolean };

/** Keeps the type of `about`, so that a setting with a fallback is known to have a value. */
const make = <T, A extends About>(about: A, expected: string, schema: z.ZodType<T>): Setting<T> & A => ({
  ...about,
  expected,
  parse: (value) => schema.safeParse(value).data,
});

export const text = <A extends About>(about: A) => make(about, 'a text', z.string().min(1));

export const oneOf = <const T extends string, A extends About>(values: readonly T[], about: A) =>
  make(about, `one of ${values.join(', ')}`, z.enum(values));

/**
 * Secrets of Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes; several with spaces between them.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const webhookSecrets = <A extends About>(about: A) =>
  make(
    about,
    '`whsec_` and 24 to 64 bytes in base64, or several of them with spaces between',
    z.string().refine((value) => value.trim().split(/\s+/).every(isWebhookSecret)),
  );

function isWebhookSecret(text: string): boolean {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (encoded === undefined) return false;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === encoded;
}

/** Keys of AES-256, 64 hexadecimal digits each, with spaces between them. */
export const aesKeys = <A extends About>(about: A) =>
  make(
    about,
    '64 hexadecimal digits (32 random bytes), or several of them with spaces between',
    z.string().refine((value) =>
      value
        .trim()
        .split(/\s+/)
        .every((key) => /^[0-9a-fA-F]{64}$/.test(key)),
    ),
  );

interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

export const integer = <A extends About>(range: Range, about: A) =>
  make(
    about,
    `a whole number (${range.unit}) from ${range.min} to ${range.max}`,
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .pipe(z.number().min(range.min).max(range.max)),
  );

/** A decimal kept as its exact text. */
export const decimal = <A extends About>(about: A) =>
  make(
    about,
    'a decimal of zero or more, without grouping',
    z.string().refine((value) => !value.startsWith('-') && parseDecimal(value) !== undefined),
  );

export const url = <A extends About>(protocols: readonly string[], about: A) =>
  make(
    about,
    `a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol)),
  );

/** Several, with spaces or commas between them. */
export const urls = <A extends About>(protocols: readonly string[], about: A) =>
  make(
    about,
    `URLs that start with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}, with spaces between them`,
    z
      .string()
      .transform((value) => value.split(/[\s,]+/).filter((each) => each !== ''))
      .refine(
        (values) =>
          values.length > 0 &&
          values.every((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol)),
      ),
  );

/** Addresses and networks (CIDR), with spaces or commas between them. */
export const networks = <A extends About>(about: A) =>
  make(
    about,
    'addresses or networks such as 10.0.0.0/8, with spaces between them',
    z
      .string()
      .transform((value) => value.split(/[\s,]+/).filter((each) => each !== ''))
      .refine((values) => values.length > 0 && values.every(isNetwork)),
  );

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  return family !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}

const MAPPING = /^([^\s,=]{1,200})=(viewer|auditor|operator|admin)$/;

/** `theirs=ours`, with spaces or commas between them. */
export const roleMap = <A extends About>(about: A) =>
  make(
    about,
    '`name=role` with viewer, auditor, operator or admin as role, several with spaces between them',
    z
      .string()
      .transform((value) => value.split(/[\s,]+/).filter((each) => each !== ''))
      .refine((values) => values.length > 0 && values.every((value) => MAPPING.test(value)))
      .transform((values) => new Map(values.map((value): [string, PersonRole] => mapping(value)))),
  );

type PersonRole = 'viewer' | 'auditor' | 'operator' | 'admin';

function mapping(text: string): [string, PersonRole] {
  const [, name = '', role] = MAPPING.exec(text) ?? [];
  return [name, role === 'admin' || role === 'operator' || role === 'auditor' ? role : 'viewer'];
}

export const zone = <A extends About>(about: A) => make(about, 'an IANA time zone', z.string().refine(isZone));

function isZone(name: string): boolean {
  try {
    assertZone(name);
    return true;
  } catch {
    return false;
  }
}

/** https://en.wikipedia.org/wiki/Cron, five fields. */
export const cron = <A extends About>(about: A) => make(about, 'a cron line of five fields', z.string().refine(isCron));

/** A cron line, or `off`. */
export const cronOrOff = <A extends About>(about: A) =>
  make(
    about,
    'a cron line of five fields, or off',
    z.string().refine((value) => value === 'off' || isCron(value)),
  );

function isCron(line: string): boolean {
  if (line.trim().split(/\s+/).length !== 5) return false;
  try {
    return new Cron(line, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

export const HTTP = ['https:', 'http:'] as const;
export const milliseconds = (min: number, max: number) => ({ min, max, unit: 'milliseconds' });
