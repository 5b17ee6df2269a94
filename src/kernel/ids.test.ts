import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idSequence, isUuid, parseId, uuidv7 } from './ids.ts';

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

test('a sequence gives the ids that its clock and its random bytes make, and none twice', () => {
  let nowMs = 1_790_000_000_000;
  let byte = 0;
  const given: number[] = [];
  const bytes = (length: number): Uint8Array => {
    const batch = Uint8Array.from({ length }, () => (byte = (byte * 31 + 7) % 256));
    given.push(...batch);
    return batch;
  };
  const clock = { now: () => nowMs, monotonic: () => 0, sleep: () => Promise.resolve(), after: () => () => {} };
  const next = idSequence(clock, { bytes, fraction: () => 0 });
  const made = Array.from({ length: 600 }, (_, index) => {
    if (index % 7 === 0) nowMs += 1;
    return { id: next(), epochMs: nowMs };
  });
  for (const [index, { id, epochMs }] of made.entries()) {
    expect(id).toBe(uuidv7(epochMs, Uint8Array.from(given.slice(index * 10, index * 10 + 10))));
  }
  expect(new Set(made.map(({ id }) => id)).size).toBe(600);
});

test.each(['', 'x', '0193-', '01939e4e-7cb2-7c00-8000-00000000000G', "'; DROP TABLE"])(
  '%j is refused, and what it should name',
  (text) => {
    expect(() => parseId('reconciliation', text)).toThrow('is not the id of a reconciliation');
  },
);
