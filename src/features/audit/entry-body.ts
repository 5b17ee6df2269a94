/**
 * The body of entries. A number has one form in what is recorded: 1.50, 1e3, 1.0 and whatever is beyond
 * 2^53 are refused as they were written, before a float has changed them.
 */
import type { Json } from '../../kernel/canonical.ts';
import { PlumblineError } from '../../kernel/errors.ts';
import { type ExactJson, JsonNumber, parseExactJson } from '../../platform/http-client/exact-json.ts';

/** @throws `json.malformed`, `audit.record_not_canonical` (invalid) */
export const parseEntryBody = (text: string): Json => exact(parseExactJson(text), '');

const WHOLE = /^(0|-?[1-9]\d{0,15})$/;

function exact(value: ExactJson, pointer: string): Json {
  if (value instanceof JsonNumber) return numberOf(value.source, pointer);
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map((each, at) => exact(each, `${pointer}/${at}`));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      exact(each, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 60)}`),
    ]),
  );
}

function numberOf(source: string, pointer: string): number {
  const value = WHOLE.test(source) ? Number(source) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new PlumblineError(
    'invalid',
    'audit.record_not_canonical',
    `${pointer.slice(0, 200)}: ${source.slice(0, 40)} is not a whole number below 2^53 in digits; write it as text: "${source.slice(0, 40)}"`,
    { faults: [{ pointer: pointer.slice(0, 200), message: 'must be a whole number, or text' }] },
  );
}

/** `Array.isArray` does not narrow readonly arrays. */
const isList = (value: readonly ExactJson[] | { readonly [key: string]: ExactJson }): value is readonly ExactJson[] =>
  Array.isArray(value);
