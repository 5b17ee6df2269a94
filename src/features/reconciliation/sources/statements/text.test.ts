import { describe, expect, it } from 'vitest';
import { EXPECTED, FORMATS, statementOf, VND } from '../../../../../test/support/statements.ts';
import { formatMoney } from '../../../../kernel/money.ts';
import { parseCamt053 } from './camt053.ts';
import { CSV, parseCsv } from './csv.ts';
import { dateReader, type NumberForm, PLAIN, readAmount } from './text.ts';

const EUROPEAN: NumberForm = { decimal: ',', grouping: '.' };
const amount = (text: string, form: NumberForm): string => formatMoney(readAmount(text, VND, form, 'x line 3'));

describe('amounts', () => {
  it.each([
    ['1234', PLAIN, '1234.00'],
    ['-0.5', PLAIN, '-0.50'],
    ['+007.25', PLAIN, '7.25'],
    ['1.234.567,5', EUROPEAN, '1234567.50'],
    ['1234567', EUROPEAN, '1234567.00'],
    ["1'234.50", { decimal: '.', grouping: "'" } as const, '1234.50'],
  ])('reads %s', (text, form, right) => {
    expect(amount(text, form)).toBe(right);
  });

  it.each([
    ['1234,50', PLAIN],
    ['1,234.50', PLAIN],
    ['1.230', PLAIN],
    ['1.000.000', PLAIN],
    ['12.34,5', EUROPEAN],
    ['1234.567', EUROPEAN],
    ['1,2,3', EUROPEAN],
    ['', PLAIN],
    ['1e3', PLAIN],
    ['--1', PLAIN],
    ['1.', PLAIN],
    ['(1.00)', PLAIN],
    ['١٢', PLAIN],
  ])('refuses %s and says where', (text, form) => {
    expect(() => amount(text, form)).toThrow(expect.objectContaining({ code: 'statement.refused' }));
    expect(() => amount(text, form)).toThrow(`x line 3: `);
  });

  it('names the remedy of a decimal comma', () => {
    expect(() => amount('1234,50', PLAIN)).toThrow(/"1234,50"/);
    expect(() => amount('1234,50', PLAIN)).toThrow(/decimal: ","/);
  });
});

describe('dates', () => {
  it('reads what was declared, and nothing else', () => {
    expect(dateReader('DD/MM/YYYY')('23/11/2026', 'x')).toBe('2026-11-23');
    expect(dateReader('YYYYMMDD')('20261123', 'x')).toBe('2026-11-23');
    expect(() => dateReader('DD/MM/YYYY')('11/23/2026', 'x line 3')).toThrow(
      'x line 3: not a date of the form DD/MM/YYYY',
    );
    expect(() => dateReader('DD.MM.YYYY')('23-11-2026', 'x')).toThrow();
  });
});

describe('CSV', () => {
  const form = CSV.parse({
    closing: 'END',
    columns: { id: 'id', date: 'date', amount: 'amount', balance: 'balance', reference: 'text' },
  });
  const rows = (...lines: readonly string[]): string => ['id,date,amount,balance,text', ...lines].join('\n');

  it('takes the opening balance from the first line where no row tells it', () => {
    const text = rows('A,2026-11-23,5.00,15.00,x', 'B,2026-11-23,-1.00,14.00,y', ',,,14.00,END');
    const { opening, closing } = parseCsv(text, form, EXPECTED);
    expect([opening, closing].map(formatMoney)).toEqual(['10.00', '14.00']);
    const newest = rows(',,,14.00,END', 'B,2026-11-23,-1.00,14.00,y', 'A,2026-11-23,5.00,15.00,x').split('\n');
    expect(() => parseCsv(newest.join('\n'), form, EXPECTED)).toThrow('"END", is not where it belongs');
  });

  it.each([
    [
      rows('A,2026-11-23,"5,00",15.00,x', ',,,15.00,END'),
      'statement line 2, amount: not an amount with the decimal mark "."',
    ],
    [
      rows('A,2026-11-23,5.00,15.00,x', 'B,2026-11-23,1.00,15.00,y', ',,,15.00,END'),
      'statement line 3, balance: the balance is not',
    ],
    [rows('A,2026-11-23,5.00,15.00', ',,,15.00,END'), 'statement line 2: 4 columns, the header has 5'],
    [rows('A,2026-11-23,5.00,15.00,x'), 'is not where it belongs'],
    [rows(',,,15.00,END'), 'line 2, date: not a date'],
    ['id,date\n1,2', 'there is no column'],
    ['"', 'not CSV'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseCsv(text, form, EXPECTED)).toThrow(reason);
  });
});

describe('CAMT.053', () => {
  const text =
    FORMATS.find(({ name }) => name.endsWith('08'))?.write(
      statementOf(0n, [{ id: 'A', minor: 5n, reference: 'a & b' }]),
    ) ?? '';

  it.each([
    ['an entity', text.replace('<Document', '<!DOCTYPE x [<!ENTITY e "1">]><Document'), 'a document type or an entity'],
    ['another version', text.replace('001.08', '001.06'), 'not a document of camt.053.001.02 or .08: "06"'],
    [
      'an unknown status',
      text.replace('<Cd>BOOK</Cd>', '<Cd>MAYBE</Cd>'),
      'line 8, Ntry 1: the status is neither BOOK',
    ],
    ['no side', text.replaceAll('<CdtDbtInd>CRDT</CdtDbtInd>', ''), 'CdtDbtInd is neither CRDT nor DBIT'],
    ['two closing balances', text.replace('OPBD', 'CLBD'), 'the balance CLBD is there twice'],
    [
      'a part of the pages',
      text.replace('<Acct>', '<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn><Acct>'),
      'comes in pages',
    ],
    ['an entry without an id', text.replace('<AcctSvcrRef>A</AcctSvcrRef>', ''), 'the line has no id'],
  ])('refuses %s', (_, changed, reason) => {
    expect(() => parseCamt053(changed, EXPECTED)).toThrow(reason);
  });

  it('reads the time of a booking in the zone of the book', () => {
    const late = text.replace('<BookgDt><Dt>2026-11-23</Dt>', '<BookgDt><DtTm>2026-11-22T17:30:00Z</DtTm>');
    expect(parseCamt053(late, EXPECTED).lines[0]).toMatchObject({
      bookedOn: '2026-11-23',
      bookedAt: new Date('2026-11-22T17:30:00Z'),
      reference: 'a & b',
    });
  });
});
