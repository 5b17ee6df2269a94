import { describe, expect, it } from 'vitest';
import { EXPECTED } from '../../../../../test/support/statements.ts';
import { formatMoney } from '../../../../kernel/money.ts';
import { parseMt940 } from './mt940.ts';

const page = (lines: readonly string[]): string => `:20:X\n:25:BFTVVNVX/0071000123456\n${lines.join('\n')}\n-\n`;
const FIRST = page([
  ':28C:7/1',
  ':60F:C261122VND1000,',
  ':61:2611231123C500,5NTRFINV-7//FT1',
  'SUPPLEMENT',
  ':86:first line',
  'second line',
  ':61:2611211123RD20,00NCHGNONREF//FT2',
  ':62M:C261123VND1520,50',
]);
const SECOND = page([
  ':28C:7/2',
  ':60M:C261123VND1520,50',
  ':61:261123D1600,50NMSCNONREF',
  ':61:2611231123RCD9,NTRFX//FT4',
  ':62F:D261123VND89,',
  ':64:D261123VND89,',
  ':86:about the whole statement',
]);

const refusal = (text: string): string => {
  try {
    parseMt940(text, EXPECTED);
  } catch (error) {
    return String(error);
  }
  return 'nothing was refused';
};

describe('MT940', () => {
  it('reads pages, all four marks, balances below zero and text of several lines', () => {
    const statement = parseMt940(FIRST + SECOND, EXPECTED);
    expect(statement).toMatchObject({ number: 7, from: '2026-11-23', to: '2026-11-23' });
    expect([statement.opening, statement.closing].map(formatMoney)).toEqual(['1000.00', '-89.00']);
    expect(statement.lines.map(({ id, bookedOn, amount }) => [id, bookedOn, formatMoney(amount)])).toEqual([
      ['FT1', '2026-11-23', '500.50'],
      ['FT2', '2026-11-23', '20.00'],
      ['7/2/1', '2026-11-23', '-1600.50'],
      ['FT4', '2026-11-23', '-9.00'],
    ]);
    expect(statement.lines[0]?.reference).toBe('INV-7\nfirst line\nsecond line\nSUPPLEMENT');
  });

  it('leaves out the statements of other accounts', () => {
    const other = SECOND.replace('0071000123456', '999').replace(':60M:', ':60F:');
    expect(parseMt940(FIRST.replace(':62M:', ':62F:') + other, EXPECTED).lines).toHaveLength(2);
  });

  it.each([
    ['the last page is missing', FIRST, 'it ends with :62M:'],
    ['the first page is missing', SECOND, 'it opens with :60M:'],
    [
      'a page between is missing',
      FIRST + SECOND.replace('7/2', '7/3'),
      'a page is missing: after number 7/1 comes: "7/3"',
    ],
    ['a page opens with something else', FIRST + SECOND.replace('1520,50', '1520,51'), 'does not open with'],
    ['an amount with a point', (FIRST + SECOND).replace('500,5', '500.5'), 'line 5, :61:: not a statement line'],
    [
      'an amount without a comma',
      (FIRST + SECOND).replace('500,5', '500'),
      'line 5, :61:: not an amount with a decimal comma',
    ],
    ['three decimals', (FIRST + SECOND).replace('500,5', '500,500'), '3 digits after ","'],
    [
      'a field of another message',
      (FIRST + SECOND).replace(':86:first', ':13D:first'),
      ':13D:: the field does not belong here',
    ],
    ['a day that is not one', (FIRST + SECOND).replace('2611231123C', '2611321123C'), 'not a date YYMMDD'],
    [
      'an entry of another day',
      (FIRST + SECOND).replace('2611231123C', '2611231122C'),
      "booked on a day that is not the statement's",
    ],
    ['another currency', (FIRST + SECOND).replace('C261122VND', 'C261122USD'), 'the currency is not VND'],
    ['text before the first message', `hello\n${FIRST}`, 'line 1: no message has begun'],
  ])('refuses: %s', (_, text, reason) => {
    expect(refusal(text)).toContain(reason);
  });
});
