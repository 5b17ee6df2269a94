/**
 * CAMT.053, the bank-to-customer statement of ISO 20022, versions .001.02 and .001.08 (message definitions:
 * https://www.iso20022.org/iso-20022-message-definitions). Only booked entries count. No document type and
 * no entity is read: a statement needs none.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { type BusinessDate, businessDateAt, parseBusinessDate } from '../../../../kernel/business-date.ts';
import { messageOf } from '../../../../kernel/errors.ts';
import { type Money, money } from '../../../../kernel/money.ts';
import { printable } from '../../../../kernel/text.ts';
import type { StatementLine } from '../statement.ts';
import { check, type Expected, firstDay, type ParsedStatement } from './parsed.ts';
import { PLAIN, readAmount, sameAccount, statementFault } from './text.ts';
import { childOf, childrenOf, type Element, textOf, toElement } from './xml.ts';

const NAMESPACE = /xmlns(?::\w+)?="urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d{2})"/;
const VERSIONS = ['02', '08'];

/** @throws `statement.refused` (invalid) */
export function parseCamt053(text: string, expected: Expected): ParsedStatement {
  const { place } = expected;
  if (/<!(DOCTYPE|ENTITY)/i.test(text))
    throw statementFault(place, 'a document type or an entity has no place in a statement');
  const version = NAMESPACE.exec(text)?.[1];
  if (version === undefined || !VERSIONS.includes(version)) {
    throw statementFault(place, `not a document of camt.053.001.${VERSIONS.join(' or .')}`, version);
  }
  const statements = statementsOf(text, place);
  const own = statements.filter((each) => sameAccount(accountOf(each), expected.account));
  const [statement, second] = own;
  if (statement === undefined) {
    const found = statements.map(accountOf).join(', ');
    throw statementFault(place, `there is no statement of account ${expected.account}, only of`, found || 'none');
  }
  if (second !== undefined)
    throw statementFault(place, `two statements of account ${expected.account} in one document`);
  assertWhole(statement, place);
  return readStatement(statement, entryLines(text, statements, statement), expected);
}

function statementsOf(text: string, place: string): readonly Element[] {
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) throw statementFault(`${place} line ${verdict.err.line}`, `not XML: ${verdict.err.msg}`);
  const parser = new XMLParser({
    processEntities: false,
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    parseAttributeValue: false,
    removeNSPrefix: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
  });
  let document: unknown;
  try {
    document = parser.parse(text);
  } catch (error) {
    throw statementFault(place, `not XML: ${messageOf(error)}`);
  }
  const message = childOf(toElement(document), 'Document', 'BkToCstmrStmt');
  return message === undefined ? [] : childrenOf(message, 'Stmt');
}

function accountOf(statement: Element): string {
  const id = childOf(statement, 'Acct', 'Id');
  return id === undefined ? '' : (textOf(id, 'IBAN') ?? textOf(id, 'Othr', 'Id') ?? '');
}

/** A page of a statement would close with an interim balance, and its lines would be a part. */
function assertWhole(statement: Element, place: string): void {
  const page = childOf(statement, 'StmtPgntn');
  if (page === undefined) return;
  if (textOf(page, 'PgNb') === '1' && textOf(page, 'LastPgInd') === 'true') return;
  throw statementFault(
    place,
    'the statement comes in pages; ask the bank for the whole in one document',
    textOf(page, 'PgNb'),
  );
}

/** The lines of the file on which the statement's entries begin, in their order. */
function entryLines(text: string, statements: readonly Element[], own: Element): readonly number[] {
  const before = statements
    .slice(0, statements.indexOf(own))
    .reduce((sum, each) => sum + childrenOf(each, 'Ntry').length, 0);
  const all: number[] = [];
  text.split('\n').forEach((line, index) => {
    for (const _ of line.matchAll(/<(?:\w+:)?Ntry[\s>]/g)) all.push(index + 1);
  });
  return all.slice(before);
}

function readStatement(statement: Element, lines: readonly number[], expected: Expected): ParsedStatement {
  const { place, account, currency } = expected;
  const code = textOf(statement, 'Acct', 'Ccy');
  if (code !== undefined && code !== currency.code)
    throw statementFault(place, `the currency is not ${currency.code}`, code);
  const closing = balanceOf(statement, ['CLBD'], expected);
  // OPBD is this statement's opening balance, PRCD the closing balance of the one before.
  const opening = balanceOf(statement, ['OPBD', 'PRCD'], expected);
  const placeOf = (index: number): string => `${place} line ${lines[index] ?? '?'}, Ntry ${index + 1}`;
  const booked = childrenOf(statement, 'Ntry')
    .map((entry, index) => ({ entry, at: placeOf(index) }))
    .filter(({ entry, at }) => isBooked(entry, at));
  const sequence = textOf(statement, 'ElctrncSeqNb') ?? '';
  const parsed: ParsedStatement = {
    account,
    number: /^\d{1,15}$/.test(sequence) ? Number(sequence) : undefined,
    from: opening.type === 'PRCD' ? firstDay(opening.date, closing.date) : opening.date,
    to: closing.date,
    opening: opening.amount,
    closing: closing.amount,
    lines: booked.map(({ entry, at }) => lineOf(entry, at, expected)),
  };
  return check(parsed, expected, (index) => booked[index]?.at ?? place);
}

/** Version 02 has the status as text, version 08 as a code. Pending and informational entries moved nothing yet. */
function isBooked(entry: Element, place: string): boolean {
  const status = textOf(entry, 'Sts', 'Cd') ?? textOf(entry, 'Sts');
  if (status === 'BOOK') return true;
  if (status === 'PDNG' || status === 'INFO' || status === 'FUTR') return false;
  throw statementFault(place, 'the status is neither BOOK nor PDNG, INFO or FUTR', status ?? '');
}

interface Balance {
  readonly type: string;
  readonly amount: Money;
  readonly date: BusinessDate;
}

function balanceOf(statement: Element, types: readonly string[], expected: Expected): Balance {
  for (const type of types) {
    const [balance, second] = childrenOf(statement, 'Bal').filter(
      (each) => textOf(each, 'Tp', 'CdOrPrtry', 'Cd') === type,
    );
    if (second !== undefined) throw statementFault(expected.place, `the balance ${type} is there twice`);
    if (balance === undefined) continue;
    const place = `${expected.place}, balance ${type}`;
    return { type, amount: amountOf(balance, place, expected), date: dateOf(balance, 'Dt', place, expected).date };
  }
  throw statementFault(expected.place, `the statement has no balance ${types.join(' or ')}`);
}

function amountOf(element: Element, place: string, { currency }: Expected): Money {
  const code = childOf(element, 'Amt')?.attributes.get('Ccy');
  if (code !== currency.code) throw statementFault(place, `the currency is not ${currency.code}`, code ?? '');
  const text = textOf(element, 'Amt') ?? '';
  if (!/^\d/.test(text)) throw statementFault(place, 'not an amount; its sign stands in CdtDbtInd', text);
  const amount = readAmount(text, currency, PLAIN, place);
  const side = textOf(element, 'CdtDbtInd');
  if (side === 'CRDT') return amount;
  if (side === 'DBIT') return money(currency, -amount.minor);
  throw statementFault(place, 'CdtDbtInd is neither CRDT nor DBIT', side ?? '');
}

interface When {
  readonly date: BusinessDate;
  readonly instant: Date | undefined;
}

/** A date, or a time whose offset says on which date of the book's zone it falls. */
function dateOf(element: Element, name: string, place: string, { zone }: Expected): When {
  const time = textOf(element, name, 'DtTm');
  const date = textOf(element, name, 'Dt') ?? time?.slice(0, 10) ?? '';
  try {
    if (time !== undefined && /(Z|[+-]\d{2}:\d{2})$/.test(time) && !Number.isNaN(Date.parse(time))) {
      const instant = new Date(time);
      return { date: businessDateAt(instant.getTime(), zone), instant };
    }
    // XML Schema lets a date have an offset of its own, which does not move it.
    return { date: parseBusinessDate(date.replace(/(Z|[+-]\d{2}:\d{2})$/, '')), instant: undefined };
  } catch {
    throw statementFault(place, `${name} is no date`, date);
  }
}

/** CdtDbtInd is the way the money went; RvslInd beside it only says that it went back. */
function lineOf(entry: Element, place: string, expected: Expected): StatementLine {
  const booked = dateOf(entry, 'BookgDt', place, expected);
  const amount = amountOf(entry, place, expected);
  const details = childrenOf(entry, 'NtryDtls').flatMap((each) => childrenOf(each, 'TxDtls'));
  const party = amount.minor < 0n ? 'Cdtr' : 'Dbtr';
  const told = details.flatMap((each) => [
    textOf(each, 'Refs', 'EndToEndId'),
    ...childrenOf(childOf(each, 'RmtInf'), 'Ustrd').map((text) => textOf(text)),
  ]);
  const names = details.map(
    (each) => textOf(each, 'RltdPties', party, 'Pty', 'Nm') ?? textOf(each, 'RltdPties', party, 'Nm'),
  );
  const text = (parts: readonly (string | undefined)[]): string =>
    printable([...new Set(parts.filter((part) => part !== undefined && part !== ''))].join('\n'));
  return {
    id: textOf(entry, 'AcctSvcrRef') ?? textOf(entry, 'NtryRef') ?? '',
    bookedOn: booked.date,
    bookedAt: booked.instant,
    amount,
    reference: text([...told, textOf(entry, 'AddtlNtryInf')]),
    counterparty: text(names),
  };
}
