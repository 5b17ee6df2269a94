import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArray } from './array-literal.ts';

/** As PostgreSQL's array_out quotes: the empty text, NULL as a word, and what has a special character. */
function write(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(write).join(',')}}`;
  if (value === null) return 'NULL';
  const text = String(value);
  const plain = text !== '' && text.toUpperCase() !== 'NULL' && !/[{}",\\\s]/.test(text);
  return plain ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

const asText = (text: string): string => text;

describe('parseArray', () => {
  it('reads back what PostgreSQL writes', () => {
    const element = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'ab{}",\\ NUL\n1é'), maxLength: 6 }),
      fc.constant(null),
    );
    const nested = fc.oneof(
      fc.array(element, { maxLength: 5 }),
      fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(nested, (value) => {
        expect(parseArray(write(value), asText)).toEqual(value);
      }),
    );
  });

  it('gives each element to its parser, and NULL to none', () => {
    expect(parseArray('{1,NULL,"2"}', (text) => BigInt(text))).toEqual([1n, null, 2n]);
  });

  it('leaves the bounds out', () => {
    expect(parseArray('[0:1]={5,6}', Number)).toEqual([5, 6]);
    expect(parseArray('[1:1][-2:-1]={{7,8}}', Number)).toEqual([[7, 8]]);
  });
});
