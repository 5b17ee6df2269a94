/**
 * How the text of each PostgreSQL type becomes a JavaScript value, for both engines alike. What is not
 * listed stays the text that the database wrote (numeric, date, uuid, interval, ...).
 * Object ids: https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
 */
import { PlumblineError } from '../../kernel/errors.ts';
import { parseArray } from './array-literal.ts';

type Parse = (text: string) => unknown;

const toNumber: Parse = (text) => Number(text);
const toJson: Parse = (text) => JSON.parse(text);

/** Single values, by object id. */
const SINGLE: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [16, (text) => text === 't'], // bool
  [17, (text) => Buffer.from(text.slice(2), 'hex')], // bytea, `\x0a1b`
  [20, (text) => BigInt(text)], // int8
  [21, toNumber], // int2
  [23, toNumber], // int4
  [26, toNumber], // oid
  [700, toNumber], // float4
  [701, toNumber], // float8
  [114, toJson], // json
  [3802, toJson], // jsonb
  [1184, parseInstant], // timestamptz
]);

/** The element type of each array type. */
const ELEMENT: ReadonlyMap<number, number> = new Map([
  [199, 114],
  [1000, 16],
  [1001, 17],
  [1003, 19],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1014, 1042],
  [1015, 1043],
  [1016, 20],
  [1021, 700],
  [1022, 701],
  [1028, 26],
  [1115, 1114],
  [1182, 1082],
  [1185, 1184],
  [1231, 1700],
  [2951, 2950],
  [3807, 3802],
]);

const asText: Parse = (text) => text;

export function parserOf(oid: number): Parse {
  const element = ELEMENT.get(oid);
  if (element === undefined) return SINGLE.get(oid) ?? asText;
  const parse = SINGLE.get(element) ?? asText;
  return (text) => parseArray(text, parse);
}

/**
 * Every type that this module or the embedded engine has a parser for. The engine's own would turn a
 * date into a Date and a small int8 into a number.
 */
export const PARSED_TYPES: readonly number[] = [...SINGLE.keys(), ...ELEMENT.keys(), 1082, 1114, 1700];

const INSTANT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?([+-]\d\d)(?::(\d\d))?$/;

/**
 * `2026-11-23 22:34:00.123456+00`. A Date counts milliseconds: finer digits are cut off.
 * @throws `db.instant_unrepresentable` (integrity): infinity, or a year outside 0000 to 9999
 */
export function parseInstant(text: string): Date {
  const match = INSTANT.exec(text);
  if (match === null) {
    throw new PlumblineError(
      'integrity',
      'db.instant_unrepresentable',
      `the database holds the time "${text}", which has no exact form here; times are finite and between the years 0 and 9999`,
    );
  }
  const [, date, time, fraction = '.000', hours, minutes = '00'] = match;
  return new Date(`${date}T${time}${fraction.padEnd(4, '0').slice(0, 4)}${hours}:${minutes}`);
}

/**
 * What every session is set to, so that the texts above have one form and a query one meaning,
 * whatever the server's configuration or the role's defaults say.
 */
export const SESSION_SQL = `
  SET TIME ZONE 'UTC';
  SET datestyle = 'ISO, MDY';
  SET intervalstyle = 'iso_8601';
  SET bytea_output = 'hex';
  SET extra_float_digits = 1;
  SET standard_conforming_strings = on;
`;
