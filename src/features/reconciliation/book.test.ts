import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isPlumblineError } from '../../kernel/errors.ts';
import { formatMoney } from '../../kernel/money.ts';
import { parseBook } from './book.ts';

const BOOK = `
book: test
version: 1
currency: VND
zone: Asia/Ho_Chi_Minh
tolerance: "1000.00"
assets:
  - { id: pool, title: Pool, currency: VND, sql: "SELECT 1::numeric AS amount" }
liabilities:
  - { id: owed, title: Owed, currency: VND, sql: "SELECT 1::numeric AS amount" }
`;

function faultsOf(text: string): readonly string[] {
  try {
    parseBook(text, 'test.yaml');
  } catch (error) {
    if (isPlumblineError(error)) return error.faults.map(({ pointer, message }) => `${pointer} ${message}`);
    throw error;
  }
  return [];
}

test('the reference book is the formula of the specification', () => {
  const book = parseBook(readFileSync('books/reference.yaml', 'utf8'), 'reference.yaml');
  const sides = (side: string) =>
    book.lines.filter((line) => line.side === side).map(({ id, sign }) => `${sign === 1 ? '+' : '-'}${id}`);
  expect(sides('asset').filter((id) => !id.startsWith('+hot_wallet_'))).toEqual([
    '+vnd_pool',
    '+fee_revenue',
    '+otc_spread',
    '-expenses',
  ]);
  expect(sides('asset').filter((id) => id.startsWith('+hot_wallet_'))).toHaveLength(3);
  expect(sides('liability')).toEqual(['+merchant_available', '+merchant_pending', '+merchant_reserved']);
  expect(formatMoney(book.tolerance)).toBe('1000.00');
});

describe('what is wrong is named with its place', () => {
  test.each([
    ['zone: Asia/Ho_Chi_Minh', 'zone: Asia/Saigonn', '/zone "Asia/Saigonn" is not a time zone'],
    ['tolerance: "1000.00"', 'tolerance: 1000', '/tolerance a decimal in quotes'],
    ['tolerance: "1000.00"', 'tolerance: "1,000"', '/tolerance "1,000" is not an amount of VND'],
    ['tolerance: "1000.00"', 'tolerance: "-1"', '/tolerance tolerance -1 is below zero'],
    ['currency: VND\nzone', 'currency: XXX\nzone', '/currency unknown currency "XXX"; accepted'],
    ['id: owed', 'id: pool', '/pool two lines have the id "pool"'],
    ['id: owed', 'id: Owed!', '/liabilities/0/id lower case letters'],
    ['version: 1', 'version: 1\nnotes: x', '/ Unrecognized key: "notes"'],
    ['book: test', 'book: test\nbook: again', ' Map keys must be unique'],
    ['book: test', 'book: [', ''],
  ])('%j -> %j', (right, wrong, fault) => {
    expect(BOOK).toContain(right);
    expect(faultsOf(BOOK.replace(right, wrong)).join('\n')).toContain(fault);
    expect(faultsOf(BOOK.replace(right, wrong))).not.toEqual([]);
  });

  test('several at once', () => {
    const wrong = BOOK.replace('Asia/Ho_Chi_Minh', 'nowhere')
      .replace('"1000.00"', '"x"')
      .replace('id: owed', 'id: pool');
    expect(faultsOf(wrong)).toHaveLength(3);
  });

  test('a line has one source, not two and not none', () => {
    expect(faultsOf(BOOK.replace('sql: "SELECT 1::numeric AS amount" }', '}'))).toEqual([
      '/assets/0 exactly one of sql, http, wallet and statement',
    ]);
  });
});

describe('hash', () => {
  const hash = (text: string, overrides = {}) => parseBook(text, 'test.yaml', overrides).hash;

  test('does not hang on the order of keys or on comments', () => {
    expect(hash(`# a comment${BOOK.replace('book: test\nversion: 1', 'version: 1\nbook: test')}`)).toBe(hash(BOOK));
  });

  test('changes with the formula and with what overrides it', () => {
    expect(hash(BOOK.replace('SELECT 1', 'SELECT 2'))).not.toBe(hash(BOOK));
    expect(hash(BOOK, { tolerance: '5' })).not.toBe(hash(BOOK));
    expect(hash(BOOK, { schema: 'sandbox' })).not.toBe(hash(BOOK));
  });
});
