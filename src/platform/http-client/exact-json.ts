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
  reviver: (key: string, value: unknown, context?: ReviverContext) => unknown,
) => unknown = JSON.parse;

function revive(key: string, value: unknown, context?: ReviverContext): unknown {
  if (key === '__proto__') throw new SyntaxError('the key __proto__ is refused');
  if (typeof value !== 'number') return value;
  if (context?.source === undefined) throw new SyntaxError('a number came without its source text');
  return new JsonNumber(context.source);
}

/** @throws `json.malformed` (invalid): no JSON, nested too deep, or with a `__proto__` key */
export function parseExactJson(text: string): ExactJson {
  try {
    // Exactly these shapes come out: JSON.parse makes no others, and revive replaces every number.
    return parseWithSource(text, revive) as ExactJson;
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'nested too deep';
    throw new PlumblineError('invalid', 'json.malformed', `not JSON: ${reason.slice(0, 200)}`, { cause: error });
  }
}

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
