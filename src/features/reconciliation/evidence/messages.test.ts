import { expect, test } from 'vitest';
import { type Language, MESSAGES, sayIn, showDecimal } from './messages.ts';

const holes = (text: string): readonly string[] => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

test('both languages have every message, with the same holes, and in words of their own', () => {
  expect(Object.keys(MESSAGES.vi).sort()).toEqual(Object.keys(MESSAGES.en).sort());
  for (const [key, english] of Object.entries(MESSAGES.en)) {
    const vietnamese = Object.entries(MESSAGES.vi).find(([other]) => other === key)?.[1] ?? '';
    expect(vietnamese, key).not.toBe('');
    expect(holes(vietnamese), key).toEqual(holes(english));
    expect(vietnamese === english, key).toBe(false);
    expect(vietnamese.normalize('NFC'), key).toBe(vietnamese);
  }
  expect(sayIn('vi')('page', { page: '1', pages: '2' })).toBe('Trang 1 / 2');
});

test.each<[string, Language, number, string]>([
  ['1234567.80', 'en', 2, '1,234,567.80'],
  ['1234567.80', 'vi', 2, '1.234.567,80'],
  ['-1000.00', 'vi', 2, '-1.000,00'],
  ['0.000000000000000001', 'en', 2, '0.000000000000000001'],
  ['1.500000000000000000', 'en', 2, '1.50'],
  ['25934.21778743', 'vi', 0, '25.934,21778743'],
  ['26000', 'en', 2, '26,000'],
  ['98765432109876543210.99', 'en', 2, '98,765,432,109,876,543,210.99'],
])('%s is shown in %s with at least %i decimals as %s', (text, language, least, shown) => {
  expect(showDecimal(text, language, least)).toBe(shown);
});
