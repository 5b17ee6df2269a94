import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isUuid, parseId, uuidv7 } from './ids.ts';

const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

test('has version 7, the RFC variant, and its time in the first 48 bits', () => {
  fc.assert(
    fc.property(time, random, (epochMs, bytes) => {
      const id = uuidv7(epochMs, bytes);
      expect(isUuid(id)).toBe(true);
      expect(id[14]).toBe('7');
      expect('89ab').toContain(id[19]);
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(epochMs);
    }),
  );
});

test('sorts by time', () => {
  fc.assert(
    fc.property(time, time, random, random, (a, b, x, y) => {
      fc.pre(a < b);
      expect(uuidv7(a, x) < uuidv7(b, y)).toBe(true);
    }),
  );
});

test.each(['', 'x', '0193-', '01939e4e-7cb2-7c00-8000-00000000000G', "'; DROP TABLE"])(
  '%j is refused, and what it should name',
  (text) => {
    expect(() => parseId('reconciliation', text)).toThrow('is not the id of a reconciliation');
  },
);
