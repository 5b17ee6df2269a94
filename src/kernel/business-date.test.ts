import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  assertZone,
  businessDateAt,
  endOfDay,
  formatInZone,
  parseBusinessDate,
  startOfDay,
} from './business-date.ts';

const HCM = 'Asia/Ho_Chi_Minh';
const at = (text: string): number => Date.parse(text);

describe('Asia/Ho_Chi_Minh', () => {
  test('a day is [D-1 17:00Z, D 17:00Z)', () => {
    const date = parseBusinessDate('2026-11-23');
    expect(new Date(startOfDay(date, HCM)).toISOString()).toBe('2026-11-22T17:00:00.000Z');
    expect(new Date(endOfDay(date, HCM)).toISOString()).toBe('2026-11-23T17:00:00.000Z');
  });

  test('the last millisecond belongs to the day, the next to the next', () => {
    expect(businessDateAt(at('2026-11-23T16:59:59.999Z'), HCM)).toBe('2026-11-23');
    expect(businessDateAt(at('2026-11-23T17:00:00.000Z'), HCM)).toBe('2026-11-24');
  });

  test('local time is written with its offset', () => {
    expect(formatInZone(at('2026-11-22T17:00:05.250Z'), HCM)).toBe('2026-11-23T00:00:05+07:00');
    expect(formatInZone(at('2026-06-01T12:00:00Z'), 'America/St_Johns')).toBe('2026-06-01T09:30:00-02:30');
  });
});

describe('any zone', () => {
  const zones = fc.constantFrom(
    HCM,
    'UTC',
    'America/New_York',
    'Europe/London',
    'Pacific/Apia',
    'America/Sao_Paulo',
    'Asia/Kathmandu',
  );
  const dates = fc.integer({ min: 0, max: 20_000 }).map((day) => addDays(parseBusinessDate('1990-01-01'), day));

  test('a day starts where its date begins and not a millisecond earlier', () => {
    fc.assert(
      fc.property(zones, dates, (zone, date) => {
        const start = startOfDay(date, zone);
        expect(businessDateAt(start - 1, zone) < date).toBe(true);
        expect(businessDateAt(start, zone) >= date).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('days with 23 and 25 hours', () => {
    const hours = (date: string, zone: string): number => {
      const day = parseBusinessDate(date);
      return (endOfDay(day, zone) - startOfDay(day, zone)) / 3_600_000;
    };
    expect(hours('2026-03-08', 'America/New_York')).toBe(23);
    expect(hours('2026-11-01', 'America/New_York')).toBe(25);
    expect(hours('2018-11-04', 'America/Sao_Paulo')).toBe(23); // midnight itself did not exist
  });
});

test.each(['2026-02-29', '2026-13-01', '2026-1-1', '20261123', 'today', '', '2026-11-23T00:00', '1969-12-31'])(
  '%j is no date',
  (text) => {
    expect(() => parseBusinessDate(text)).toThrow('write YYYY-MM-DD');
  },
);

test('an unknown zone is named', () => {
  expect(() => assertZone('Asia/Saigonn')).toThrow('"Asia/Saigonn" is not a time zone');
});
