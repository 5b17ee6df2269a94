/**
 * MT940, the customer statement message of SWIFT (Standards MT, category 9, MT 940). Amounts have a
 * decimal comma, always; a long statement comes in several messages of one number (:28C:), with interim
 * balances (:60M:, :62M:) between them.
 */
import { type BusinessDate, parseBusinessDate } from '../../../../kernel/business-date.ts';
import { type Money, money } from '../../../../kernel/money.ts';
import { printable } from '../../../../kernel/text.ts';
import type { StatementLine } from '../statement.ts';
import { check, type Expected, firstDay, type ParsedStatement } from './parsed.ts';
import { readAmount, sameAccount, statementFault } from './text.ts';

interface Field {
  readonly tag: string;
  readonly value: string;
  /** In the file, from 1. */
  readonly line: number;
}

const TAG = /^:(\d{2}[A-Z]?):(.*)$/;

/** @throws `statement.refused` (invalid) */
export function parseMt940(text: string, expected: Expected): ParsedStatement {
  const messages = messagesOf(text, expected);
  const pages = messages.map((fields) => pageOf(fields, expected));
  const others = pages.filter(({ account }) => !isAccount(account, expected));
  const [first, ...rest] = pages.filter(({ account }) => isAccount(account, expected));
  if (first === undefined) {
    const found = [...new Set(others.map(({ account }) => account))].join(', ');
    throw statementFault(
      expected.place,
      `there is no statement of account ${expected.account}, only of`,
      found || 'none',
    );
  }
  const { page, lines } = joined([first, ...rest], expected);
  const statement: ParsedStatement = {
    account: expected.account,
    number: page.number,
    from: firstDay(first.opening.date, page.closing.date),
    to: page.closing.date,
    opening: first.opening.amount,
    closing: page.closing.amount,
    lines: lines.map(({ line }) => line),
  };
  return check(statement, expected, (index) => `${expected.place} line ${lines[index]?.at}`);
}

/** Some banks put their BIC before the account, or the currency behind it. */
const isAccount = (said: string, { account, currency }: Expected): boolean => {
  const own = said.includes('/') ? said.slice(said.indexOf('/') + 1) : said;
  return [said, own].some((each) => sameAccount(each, account) || sameAccount(each, `${account}${currency.code}`));
};

/** Fields of each message. What follows a field on lines of their own belongs to it. */
function messagesOf(text: string, { place }: Expected): readonly (readonly Field[])[] {
  const messages: Field[][] = [];
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const line = index + 1;
    // Blocks 1 to 3 and the braces of block 4 are the envelope.
    const content = raw.replace(/^(\{[1235]:.*?\})*(\{4:)?/, '');
    if (/^-\}?(\{5:.*\})?$/.test(content) || content === '') return;
    const [, tag, value = ''] = TAG.exec(content) ?? [];
    if (tag === '20') messages.push([]);
    const message = messages.at(-1);
    if (message === undefined) throw statementFault(`${place} line ${line}`, 'no message has begun (:20:)', content);
    const last = message.at(-1);
    if (tag !== undefined) message.push({ tag, value, line });
    else if (last !== undefined) message[message.length - 1] = { ...last, value: `${last.value}\n${content}` };
  });
  return messages;
}

interface Balance {
  readonly amount: Money;
  readonly date: BusinessDate;
  readonly isFinal: boolean;
}
interface Placed {
  readonly line: StatementLine;
  readonly at: number;
}
interface Page {
  readonly account: string;
  readonly number: number;
  readonly sequence: number | undefined;
  readonly opening: Balance;
  readonly closing: Balance;
  readonly lines: readonly Placed[];
  readonly at: string;
}

/** In this order; what stands elsewhere is not the standard's, and what is unknown is not read over. */
const STAGES: Readonly<Record<string, number>> = {
  '20': 0,
  '21': 1,
  '25': 2,
  '25P': 2,
  '28C': 3,
  '28': 3,
  '60F': 4,
  '60M': 4,
  '61': 5,
  '86': 5,
  '62F': 6,
  '62M': 6,
  '64': 7,
  '65': 7,
};

function pageOf(fields: readonly Field[], expected: Expected): Page {
  const placeOf = ({ tag, line }: Field): string => `${expected.place} line ${line}, :${tag}:`;
  const at = `${expected.place} line ${fields[0]?.line ?? 1}`;
  let stage = 0;
  for (const field of fields) {
    const next = STAGES[field.tag];
    // Information about the whole statement follows its closing balance.
    if (field.tag === '86' && stage >= 6) continue;
    if (next === undefined || next < stage)
      throw statementFault(placeOf(field), 'the field does not belong here', field.value);
    stage = next;
  }
  const one = (...tags: readonly string[]): Field => {
    const [field, second] = fields.filter(({ tag }) => tags.includes(tag));
    if (field === undefined) throw statementFault(at, `the message has no :${tags.join(': or :')}:`);
    if (second !== undefined) throw statementFault(placeOf(second), 'the message has this field twice', second.value);
    return field;
  };
  const numbered = one('28C', '28');
  const [, number, sequence] = /^(\d{1,5})(?:\/(\d{1,5}))?$/.exec(numbered.value) ?? [];
  if (number === undefined) throw statementFault(placeOf(numbered), 'not a statement number', numbered.value);
  const opening = balanceOf(one('60F', '60M'), expected, placeOf);
  const closing = balanceOf(one('62F', '62M'), expected, placeOf);
  const lines: Placed[] = [];
  fields.forEach((field, index) => {
    if (field.tag !== '61') return;
    const next = fields[index + 1];
    const told = next?.tag === '86' ? next.value : '';
    const id = `${number}/${sequence ?? 1}/${lines.length + 1}`;
    lines.push({ at: field.line, line: lineOf(field, told, { id, closing, expected, place: placeOf(field) }) });
  });
  return {
    account: one('25', '25P').value.split('\n')[0] ?? '',
    number: Number(number),
    sequence: sequence === undefined ? undefined : Number(sequence),
    opening,
    closing,
    lines,
    at,
  };
}

const BALANCE = /^([CD])(\d{6})([A-Z]{3})(\d[\d,]{0,14})$/;

function balanceOf(field: Field, { currency }: Expected, placeOf: (field: Field) => string): Balance {
  const place = placeOf(field);
  const [, mark, date = '', code, amount = ''] = BALANCE.exec(field.value) ?? [];
  if (mark === undefined) throw statementFault(place, 'not a balance such as C261123VND1234,56', field.value);
  if (code !== currency.code) throw statementFault(place, `the currency is not ${currency.code}`, field.value);
  const value = amountOf(amount, currency, place);
  return {
    amount: mark === 'D' ? money(currency, -value.minor) : value,
    date: dateOf(date, place),
    isFinal: field.tag.endsWith('F'),
  };
}

/** 15d: the comma is there even where nothing follows it. */
function amountOf(text: string, currency: Expected['currency'], place: string): Money {
  if (!/^\d+,\d*$/.test(text))
    throw statementFault(place, 'not an amount with a decimal comma, which MT940 always has', text);
  return readAmount(text.replace(/,$/, ''), currency, { decimal: ',', grouping: '' }, place);
}

/** Two digits of a year: 80 to 99 are the last century's. */
function dateOf(yymmdd: string, place: string): BusinessDate {
  const century = Number(yymmdd.slice(0, 2)) >= 80 ? '19' : '20';
  try {
    return parseBusinessDate(`${century}${yymmdd.slice(0, 2)}-${yymmdd.slice(2, 4)}-${yymmdd.slice(4)}`);
  } catch {
    throw statementFault(place, 'not a date YYMMDD', yymmdd);
  }
}

/** Value date, entry date, mark, funds code, amount, type, reference of the owner // of the bank, then details. */
const MOVEMENT =
  /^(\d{6})(\d{4})?(R?[CD])([A-Z])?(\d[\d,]{0,14})([NSF][A-Z0-9]{3})([^\n]*?)(?:\/\/([^\n]{1,16}))?(?:\n([\s\S]*))?$/;

interface LineContext {
  readonly id: string;
  readonly closing: Balance;
  readonly expected: Expected;
  readonly place: string;
}

function lineOf({ value }: Field, told: string, { id, closing, expected, place }: LineContext): StatementLine {
  const [, valueDate = '', entry, mark = '', , digits = '', , owner = '', bank, details = ''] =
    MOVEMENT.exec(value) ?? [];
  if (valueDate === '') throw statementFault(place, 'not a statement line', value);
  const amount = amountOf(digits, expected.currency, place);
  dateOf(valueDate, place);
  // RD takes a debit back, RC a credit.
  const isReceived = mark === 'C' || mark === 'RD';
  const own = bank === undefined || bank === 'NONREF' ? id : bank.trim();
  return {
    id: own,
    // A line without an entry date was booked on the statement's day.
    bookedOn: entry === undefined ? closing.date : entryDate(entry, closing.date, place),
    amount: isReceived ? amount : money(amount.currency, -amount.minor),
    reference: printable([owner === 'NONREF' ? '' : owner, told, details].filter((part) => part !== '').join('\n')),
    counterparty: '',
  };
}

/** Without its year: that of the closing balance, or the one before where that would lie ahead of it. */
function entryDate(mmdd: string, closing: BusinessDate, place: string): BusinessDate {
  const inYear = (year: number): string => `${year}-${mmdd.slice(0, 2)}-${mmdd.slice(2)}`;
  const year = Number(closing.slice(0, 4));
  try {
    return parseBusinessDate(inYear(year) <= closing ? inYear(year) : inYear(year - 1));
  } catch {
    throw statementFault(place, 'not an entry date MMDD', mmdd);
  }
}

/** Pages of one statement, and statements of one day, follow each other without a gap. */
function joined(
  pages: readonly [Page, ...Page[]],
  expected: Expected,
): { readonly page: Page; readonly lines: readonly Placed[] } {
  const [first, ...rest] = pages;
  if (!first.opening.isFinal)
    throw statementFault(first.at, 'the first page of the statement is missing: it opens with :60M:');
  if (first.sequence !== undefined && first.sequence > 1) {
    throw statementFault(
      first.at,
      'the first page of the statement is missing: the sequence number is',
      String(first.sequence),
    );
  }
  let page = first;
  const lines = [...first.lines];
  for (const next of rest) {
    const isSameStatement = !page.closing.isFinal;
    const fits = isSameStatement
      ? !next.opening.isFinal && next.number === page.number && follows(page.sequence, next.sequence)
      : next.opening.isFinal && next.number === page.number + 1 && (next.sequence ?? 1) === 1;
    if (!fits) {
      throw statementFault(next.at, `a page is missing: after number ${numberOf(page)} comes`, numberOf(next));
    }
    if (next.opening.amount.minor !== page.closing.amount.minor) {
      throw statementFault(next.at, 'the page does not open with what the page before closed with');
    }
    lines.push(...next.lines);
    page = next;
  }
  if (!page.closing.isFinal)
    throw statementFault(expected.place, 'the last page of the statement is missing: it ends with :62M:');
  return { page, lines };
}

const follows = (before: number | undefined, after: number | undefined): boolean =>
  before !== undefined && after === before + 1;
const numberOf = ({ number, sequence }: Page): string =>
  sequence === undefined ? `${number}` : `${number}/${sequence}`;
