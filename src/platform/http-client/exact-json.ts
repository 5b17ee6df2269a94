/**
 * JSON without floats: a number arrives as the digits that were sent. `JSON.parse` hands its reviver
 * the source text of each primitive (https://github.com/tc39/proposal-json-parse-with-source), so
 * 26105.10 keeps its zero and 1e400 is not Infinity.
 */
import { z } from 'zod';
import { type Decimal, parseDecimal } from '../../kernel/decimal.ts';
import { PlumblineError } from '../../kernel/errors.ts';

/** A JSON number as it was written. */
export class JsonNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

export type ExactJson =
  | null
  | boolean
  | string
  | JsonNumber
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

interface ReviverContext {
  readonly source?: string;
}

// The compiler's library does not know the reviver's third argument yet.
const parseWithSource: (
  text: string,
  reviver: (this: unknown, key: string, value: unknown, context?: ReviverContext) => unknown,
) => unknown = JSON.parse;

/** Nobody's document is nested deeper; how deep the stack would reach depends on who calls. */
const MAX_DEPTH = 64;

/** @throws `json.malformed` (invalid): no JSON, nested too deep, with a key twice, or with a `__proto__` key */
export function parseExactJson(text: string): ExactJson {
  try {
    const written = countMembers(text);
    let members = -1; // the reviver is given the whole document too, as the member of a holder
    const document = parseWithSource(text, function (key, value, context) {
      if (key === '__proto__') throw new SyntaxError('the key __proto__ is refused');
      if (!Array.isArray(this)) members += 1;
      if (typeof value !== 'number') return value;
      if (context?.source === undefined) throw new SyntaxError('a number came without its source text');
      return new JsonNumber(context.source);
    });
    // JSON.parse takes the last of two and says nothing; which of them was meant, nobody can tell.
    if (members !== written) throw new SyntaxError('a key is written twice');
    // Exactly these shapes come out: JSON.parse makes no others, and every number is replaced.
    return document as ExactJson;
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'nested too deep';
    throw new PlumblineError('invalid', 'json.malformed', `not JSON: ${reason.slice(0, 200)}`, { cause: error });
  }
}

/** The members of all objects as they are written: one for each colon outside of strings. */
function countMembers(text: string): number {
  let members = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (quoted) {
      if (character === BACKSLASH) at += 1;
      else if (character === QUOTE) quoted = false;
    } else if (character === QUOTE) quoted = true;
    else if (character === COLON) members += 1;
    else if (character === OPEN_OBJECT || character === OPEN_ARRAY) {
      depth += 1;
      if (depth > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH}`);
    } else if (character === CLOSE_OBJECT || character === CLOSE_ARRAY) depth -= 1;
  }
  return members;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

function toDecimal(source: string, context: z.core.$RefinementCtx): Decimal {
  const decimal = parseDecimal(source);
  if (decimal !== undefined) return decimal;
  context.addIssue({ code: 'custom', message: `"${source.slice(0, 40)}" is not a plain decimal` });
  return z.NEVER;
}

/** A JSON number that is a plain decimal: no exponent. */
export const decimalNumber = z
  .instanceof(JsonNumber, { error: 'expected a number' })
  .transform(({ source }, context) => toDecimal(source, context));

/** A JSON string that holds a plain decimal: no grouping, no exponent, no sign but minus. */
export const decimalString = z.string().transform(toDecimal);

/** A JSON number that is a safe integer: times, codes, counts. */
export const integerNumber = z
  .instanceof(JsonNumber, { error: 'expected an integer' })
  .transform(({ source }, context): number => {
    const value = /^-?\d{1,16}$/.test(source) ? Number(source) : Number.NaN;
    if (Number.isSafeInteger(value)) return value;
    context.addIssue({ code: 'custom', message: `"${source.slice(0, 40)}" is not an integer` });
    return z.NEVER;
  });
