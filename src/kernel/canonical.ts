/**
 * Canonical bytes of a JSON value: RFC 8785 (keys sorted by UTF-16 code units, no white space),
 * restricted to what survives every reader exactly: numbers must be safe integers, everything
 * finer is a decimal string already.
 */
import { PlumblineError } from './errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** @throws `canonical.unsafe_number`, `canonical.unpaired_surrogate` (internal) */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'string') {
    if (!value.isWellFormed()) {
      throw new PlumblineError(
        'internal',
        'canonical.unpaired_surrogate',
        'text with half a surrogate pair has no UTF-8 form',
      );
    }
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      throw new PlumblineError(
        'internal',
        'canonical.unsafe_number',
        `${value} is not a safe integer; write it as a decimal string`,
      );
    }
    return JSON.stringify(value === 0 ? 0 : value); // -0 and 0 are one value
  }
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonicalJson(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** `Array.isArray` does not narrow readonly arrays. */
const isArray = (value: readonly Json[] | { readonly [key: string]: Json }): value is readonly Json[] =>
  Array.isArray(value);
