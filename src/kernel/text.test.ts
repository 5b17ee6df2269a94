import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical.ts';
import { printable } from './text.ts';

test('what is left can be stored, hashed and shown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = printable(text);
      expect(shown).not.toContain('\u0000');
      expect(() => canonicalJson(shown)).not.toThrow();
    }),
  );
});

test('NUL, escape and half a pair are replaced; lines, Vietnamese and emoji stay', () => {
  expect(printable('a\u0000b\u001b[2J\ud83d')).toBe('a\ufffdb\ufffd[2J\ufffd');
  expect(printable('Thâm hụt\n😀')).toBe('Thâm hụt\n😀');
  expect(printable('x'.repeat(10), 3)).toBe('xxx');
});
