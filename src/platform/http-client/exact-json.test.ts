import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  decimalNumber,
  decimalString,
  type ExactJson,
  integerNumber,
  JsonNumber,
  parseExactJson,
} from './exact-json.ts';

/** Writes an exact document back; what JSON.stringify would do if numbers were texts. */
function write(value: ExactJson): string {
  if (value instanceof JsonNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map((each: ExactJson) => write(each)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, each]) => `${JSON.stringify(key)}:${write(each)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value);
}

const number = fc
  .tuple(
    fc.boolean(),
    fc.bigInt(0n, 10n ** 30n),
    fc.option(fc.stringMatching(/^\d{1,20}$/)),
    fc.option(fc.integer({ min: -400, max: 400 })),
  )
  .map(
    ([minus, whole, fraction, exponent]) =>
      new JsonNumber(
        `${minus ? '-' : ''}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`,
      ),
  );
const key = fc.string().filter((text) => text !== '__proto__' && !/^\d+$/.test(text)); // integer keys are reordered
const { document } = fc.letrec<{ document: ExactJson }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.string(),
    number,
    fc.array(tie('document'), { maxLength: 4 }),
    fc.dictionary(key, tie('document'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('exact JSON', () => {
  it('gives every number as it was written, at any depth', () => {
    fc.assert(
      fc.property(document, (value) => {
        const text = write(value);
        expect(write(parseExactJson(text))).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps 1e400, 1e30 and a trailing zero apart from every other number', () => {
    expect(parseExactJson('[1e400, 1e30, 26105.10]')).toEqual([
      new JsonNumber('1e400'),
      new JsonNumber('1e30'),
      new JsonNumber('26105.10'),
    ]);
  });

  it.each([['{"__proto__":{"a":1}}'], ['[{"a":{"__proto__":1}}]']])('refuses the key __proto__: %s', (text) => {
    expect(() => parseExactJson(text)).toThrow(expect.objectContaining({ code: 'json.malformed' }));
  });

  it.each([['<html>'], [''], ['{"a":01}'], ['{"a":1,}'], ['NaN'], ['{"a":Infinity}'], ['"\u0001"']])(
    'refuses what is not JSON: %j',
    (text) => {
      expect(() => parseExactJson(text)).toThrow(expect.objectContaining({ code: 'json.malformed' }));
    },
  );

  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  it.each([[65], [10_000], [200_000]])('refuses %i levels, and stays alive', (depth) => {
    expect(() => parseExactJson(nested(depth))).toThrow(expect.objectContaining({ code: 'json.malformed' }));
    expect(() => parseExactJson('['.repeat(depth))).toThrow(expect.objectContaining({ code: 'json.malformed' }));
    expect(parseExactJson(`[${nested(63)},${nested(63)}]`)).toHaveLength(2);
  });

  it.each([
    ['{"a":1,"a":2}'],
    ['{"a":1,"a":1}'],
    ['[{"b":{"a":1,"c":":","a":1}}]'],
    ['{"a":1,"\\u0061":2}'],
    ['{"a\\"":1,"a\\"":2}'],
  ])('refuses a key that is written twice: %s', (text) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(() => parseExactJson(text)).toThrow(
      expect.objectContaining({ code: 'json.malformed', message: expect.stringContaining('twice') }),
    );
  });

  it('tells colons and brackets in texts from those between them', () => {
    const text = '{"a:b":"{[:\\"::","c":[":",{"d":":\\\\"}]}';
    expect(write(parseExactJson(text))).toBe(text);
  });
});

describe('schemas over exact JSON', () => {
  const price = z.object({ price: decimalNumber });
  const refused = (text: string): boolean => !price.safeParse(parseExactJson(text)).success;

  it('takes a plain decimal number exactly', () => {
    expect(price.parse(parseExactJson('{"price":25934.21778743}'))).toEqual({
      price: { units: 2593421778743n, scale: 8 },
    });
  });

  it.each([['1e30'], ['1e400'], ['"26105"'], ['"26,105.00"'], ['null'], ['true'], ['[1]'], ['{}']])(
    'refuses %s where a decimal number belongs',
    (literal) => {
      expect(refused(`{"price":${literal}}`)).toBe(true);
    },
  );

  it.each([
    ['26,105.00'],
    ['1e5'],
    ['+1'],
    [' 1'],
    ['0x10'],
    ['1.'],
    ['.5'],
    ['NaN'],
    ['Infinity'],
    ['２６'],
    ['-'],
    [''],
  ])('refuses "%s" as a decimal string', (text) => {
    expect(decimalString.safeParse(text).success).toBe(false);
  });

  it('takes integers that a double holds exactly, and no others', () => {
    expect(integerNumber.parse(new JsonNumber('1711356300'))).toBe(1711356300);
    for (const source of ['9007199254740993', '1.0', '1e3', '-']) {
      expect(integerNumber.safeParse(new JsonNumber(source)).success).toBe(false);
    }
  });
});
