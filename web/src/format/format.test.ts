import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amount, deviation, exact, percent, rate } from './amount.ts';
import { isNegative, isZero, scaled, shareOf, unscaled } from './decimal.ts';
import { businessDate, dateTime, fromNow, instantOf } from './time.ts';

const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');

test.each([
  ['16612801826.64', 'VND', 'vi', '16.612.801.827 ₫'],
  ['16612801826.64', 'VND', 'en', '₫16,612,801,827'],
  ['-3387198173.36', 'VND', 'vi', '\u22123.387.198.173 ₫'],
  ['-0.4', 'VND', 'vi', '0 ₫'],
  ['12345678901234567890.12', 'VND', 'en', '₫12,345,678,901,234,567,890'],
  ['221885.874117000000000000', 'USDT', 'vi', '221.885,874117 USDT'],
  ['34966.5', 'USDT', 'en', '34,966.50 USDT'],
  ['nonsense', 'VND', 'en', 'nonsense'],
] as const)('%s %s in %s is %s', (text, currency, language, shown) => {
  expect(plain(amount(text, currency, language))).toBe(shown);
});

test('no digit is lost where all are asked for', () => {
  expect(plain(exact('67366.471767039824251139', 'USDT', 'en'))).toBe('67,366.471767039824251139 USDT');
  expect(plain(rate('25934.21778743', 'USDT/VND', 'vi'))).toBe('25.934,22 VND/USDT');
  expect(plain(percent(10237n, 'vi'))).toBe('102,37 %');
  expect(deviation('26712.24', '25934.21')).toBe(300n);
});

test('decimals are scaled and unscaled exactly', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.integer({ min: 0, max: 18 }),
      (digits, scale) => {
        expect(scaled(unscaled(digits, scale), scale)).toBe(digits);
      },
    ),
    { numRuns: 100 },
  );
  expect([isNegative('-0.00'), isNegative('-0.01'), isZero('-0.00'), isZero('0.01')]).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(scaled('1e3', 2)).toBeUndefined();
});

test('a share is rounded down, so that short of all is never all', () => {
  expect(shareOf('99.9999', '100')).toBe(9_999n);
  expect(shareOf('714813970234.64', '698201168408.00')).toBe(10_237n);
  expect(shareOf('-1', '3')).toBe(-3_334n);
  expect(shareOf('1', '0')).toBeUndefined();
});

test('times stand in the zone of the platform, with its name', () => {
  expect(dateTime('2026-11-26T02:00:50.660Z', 'Asia/Ho_Chi_Minh')).toBe('26/11/2026 09:00:50 GMT+7');
  expect(dateTime('2026-11-25T17:00:00Z', 'Asia/Ho_Chi_Minh')).toBe('26/11/2026 00:00:00 GMT+7');
  expect(businessDate('2026-11-25')).toBe('25/11/2026');
  expect(fromNow(-57_000, 'vi')).toBe('57 giây trước');
  expect(fromNow(7_200_000, 'en')).toBe('in 2 hours');
});

test.each([
  ['2026-11-26T09:00', 'Asia/Ho_Chi_Minh', '2026-11-26T02:00:00.000Z'],
  ['2026-07-01T12:00', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'],
  ['2026-10-25T12:00', 'Europe/Berlin', '2026-10-25T11:00:00.000Z'],
  ['', 'Asia/Ho_Chi_Minh', undefined],
])('%s on a clock in %s', (local, zone, instant) => expect(instantOf(local, zone)).toBe(instant));
