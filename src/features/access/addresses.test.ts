import { describe, expect, test } from 'vitest';
import { parseAddresses } from './addresses.ts';

test.each([
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.1.2.3', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '192.0.2.8', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['2001:db8::/32', '2001:db8:1::1', true],
  ['2001:db8::/32', '2001:db9::1', false],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['::1', '::1', true],
  ['10.0.0.0/8', 'not an address', false],
])('%s and %s: %s', (network, address, expected) => {
  expect(parseAddresses([network]).includes(address)).toBe(expected);
});

test('a list is any of its networks', () => {
  const list = parseAddresses(['10.0.0.0/8', '192.0.2.1']);
  expect(['10.0.0.1', '192.0.2.1', '192.0.2.2'].map((each) => list.includes(each))).toEqual([true, true, false]);
});

describe('is refused, with its place', () => {
  test.each([
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '::/129',
    'fe80::1%eth0',
    '',
    'localhost',
  ])('%j', (text) => {
    expect(() => parseAddresses(['::1', text])).toThrow(
      expect.objectContaining({
        code: 'access.address_malformed',
        faults: [expect.objectContaining({ pointer: '/addresses/1' })],
      }),
    );
  });
});
