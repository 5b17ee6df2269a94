import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant, parserOf } from './types.ts';

describe('parseInstant', () => {
  it('reads any instant that a Date holds, in any offset', () => {
    const instant = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instant, (date) => {
        const text = date.toISOString().replace('T', ' ').replace('Z', '+00');
        expect(parseInstant(text)).toEqual(date);
      }),
    );
  });

  it.each([
    ['2026-11-23 22:34:00+00', '2026-11-23T22:34:00.000Z'],
    ['2026-11-23 22:34:00.1+00', '2026-11-23T22:34:00.100Z'],
    ['2026-11-23 22:34:00.123999+00', '2026-11-23T22:34:00.123Z'],
    ['2026-11-23 22:34:00+07', '2026-11-23T15:34:00.000Z'],
    ['2026-11-23 22:34:00-03:30', '2026-11-24T02:04:00.000Z'],
  ])('reads %s', (text, iso) => {
    expect(parseInstant(text).toISOString()).toBe(iso);
  });

  it.each(['infinity', '-infinity', '12026-11-23 22:34:00+00', '0044-03-15 12:00:00+00 BC', '2026-11-23'])(
    'refuses %s',
    (text) => {
      expect(() => parseInstant(text)).toThrow(expect.objectContaining({ code: 'db.instant_unrepresentable' }));
    },
  );
});

describe('parserOf', () => {
  it('leaves the text of types that it does not know', () => {
    expect(parserOf(600)('(1,2)')).toBe('(1,2)');
  });
});
