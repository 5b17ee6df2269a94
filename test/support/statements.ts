/** One statement written in each of the formats, as banks write them. */

import type { Statement } from '../../src/features/reconciliation/sources/statement.ts';
import { parseCamt053 } from '../../src/features/reconciliation/sources/statements/camt053.ts';
import { CSV, parseCsv } from '../../src/features/reconciliation/sources/statements/csv.ts';
import { parseJsonStatement } from '../../src/features/reconciliation/sources/statements/json.ts';
import { parseMt940 } from '../../src/features/reconciliation/sources/statements/mt940.ts';
import type { Expected } from '../../src/features/reconciliation/sources/statements/parsed.ts';
import type { BusinessDate } from '../../src/kernel/business-date.ts';
import { Currencies, type Currency, formatMoney, type Money, money } from '../../src/kernel/money.ts';

export const VND: Currency = new Currencies([{ code: 'VND', decimals: 2, shown: 0 }]).get('VND');
export const DATE = '2026-11-23' as BusinessDate;
export const ACCOUNT = '0071000123456';
export const ZONE = 'Asia/Ho_Chi_Minh';
export const EXPECTED: Expected = { place: 'statement', account: ACCOUNT, currency: VND, date: DATE, zone: ZONE };

export interface Movement {
  readonly id: string;
  readonly minor: bigint;
  readonly reference: string;
}

export function statementOf(opening: bigint, movements: readonly Movement[], date: BusinessDate = DATE): Statement {
  return {
    account: ACCOUNT,
    from: date,
    to: date,
    opening: money(VND, opening),
    closing: money(
      VND,
      movements.reduce((sum, { minor }) => sum + minor, opening),
    ),
    lines: movements.map(({ id, minor, reference }) => ({
      id,
      bookedOn: date,
      amount: money(VND, minor),
      reference,
      counterparty: '',
    })),
  };
}

export interface Written {
  readonly name: string;
  write(statement: Statement, number?: number): string;
  parse(text: string, expected: Expected): Statement;
  /** Of a book. */
  readonly config: object;
}

const absolute = (amount: Money): Money => (amount.minor < 0n ? money(amount.currency, -amount.minor) : amount);
const running = ({ opening, lines }: Statement): readonly Money[] => {
  let minor = opening.minor;
  return lines.map(({ amount }) => {
    minor += amount.minor;
    return money(opening.currency, minor);
  });
};
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** 1.234.567,50 */
const european = (amount: Money): string => {
  const [whole = '', fraction = ''] = formatMoney(amount).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, '.')},${fraction}`;
};

const CSV_FORM = {
  delimiter: ';',
  decimal: ',',
  grouping: '.',
  date: 'DD/MM/YYYY',
  opening: 'SO DU DAU KY',
  closing: 'SO DU CUOI KY',
  columns: {
    id: 'So CT',
    date: 'Ngay',
    debit: 'Ghi no',
    credit: 'Ghi co',
    balance: 'So du',
    reference: 'Noi dung',
    account: 'Tai khoan',
  },
};

const csv: Written = {
  name: 'csv',
  config: { format: 'csv', csv: CSV_FORM },
  write(statement) {
    const day = statement.to.split('-').reverse().join('/');
    const balances = running(statement);
    const row = (...cells: readonly string[]): string => [statement.account, day, ...cells].join(';');
    return [
      'Tai khoan;Ngay;So CT;Ghi no;Ghi co;So du;Noi dung',
      row('', '', '', european(statement.opening), CSV_FORM.opening),
      ...statement.lines.map(({ id, amount, reference }, index) =>
        row(
          id,
          amount.minor < 0n ? european(absolute(amount)) : '',
          amount.minor < 0n ? '' : european(amount),
          european(balances[index] ?? statement.opening),
          quoted(reference),
        ),
      ),
      row('', '', '', european(statement.closing), CSV_FORM.closing),
      '',
    ].join('\r\n');
  },
  parse: (text, expected) => parseCsv(text, CSV.parse(CSV_FORM), expected),
};

const comma = (amount: Money): string => formatMoney(absolute(amount)).replace('.', ',');
const yymmdd = (date: BusinessDate): string => date.replaceAll('-', '').slice(2);
const swiftBalance = (tag: string, date: BusinessDate, amount: Money): string =>
  `:${tag}:${amount.minor < 0n ? 'D' : 'C'}${yymmdd(date)}${amount.currency.code}${comma(amount)}`;

const mt940: Written = {
  name: 'mt940',
  config: { format: 'mt940' },
  write({ account, to, opening, closing, lines }, number = 7) {
    return [
      '{1:F01BFTVVNVXAXXX0000000000}{2:I940PLUMBLINEXXXN}{4:',
      ':20:STMT',
      `:25:${account}`,
      `:28C:${number}/1`,
      swiftBalance('60F', to, opening),
      ...lines.flatMap(({ id, amount, reference }) => [
        `:61:${yymmdd(to)}${to.slice(5).replace('-', '')}${amount.minor < 0n ? 'D' : 'C'}${comma(amount)}NTRFNONREF//${id}`,
        `:86:${reference}`,
      ]),
      swiftBalance('62F', to, closing),
      '-}',
      '',
    ].join('\r\n');
  },
  parse: parseMt940,
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function camt(version: '02' | '08'): Written {
  const amount = (value: Money): string =>
    `<Amt Ccy="${value.currency.code}">${formatMoney(absolute(value))}</Amt><CdtDbtInd>${value.minor < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd>`;
  const balance = (code: string, value: Money, date: BusinessDate): string =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>${amount(value)}<Dt><Dt>${date}</Dt></Dt></Bal>`;
  const status = (code: string): string => (version === '02' ? `<Sts>${code}</Sts>` : `<Sts><Cd>${code}</Cd></Sts>`);
  return {
    name: `camt.053.001.${version}`,
    config: { format: 'camt053' },
    write({ account, to, opening, closing, lines }, number = 7) {
      return [
        '<?xml version="1.0" encoding="UTF-8"?>',
        `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.${version}"><BkToCstmrStmt>`,
        `<GrpHdr><MsgId>M1</MsgId><CreDtTm>${to}T23:59:59+07:00</CreDtTm></GrpHdr>`,
        `<Stmt><Id>S1</Id><ElctrncSeqNb>${number}</ElctrncSeqNb>`,
        `<Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>${opening.currency.code}</Ccy></Acct>`,
        balance('OPBD', opening, to),
        balance('CLBD', closing, to),
        ...lines.map(
          ({ id, amount: value, reference }) =>
            `<Ntry>${amount(value)}${status('BOOK')}<BookgDt><Dt>${to}</Dt></BookgDt><AcctSvcrRef>${id}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>${escaped(reference)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`,
        ),
        `<Ntry>${amount(money(opening.currency, 12_345n))}${status('PDNG')}<AcctSvcrRef>PENDING</AcctSvcrRef></Ntry>`,
        '</Stmt></BkToCstmrStmt></Document>',
        '',
      ].join('\n');
    },
    parse: parseCamt053,
  };
}

const json: Written = {
  name: 'json',
  config: { format: 'json' },
  write: ({ account, from, to, opening, closing, lines }) =>
    JSON.stringify(
      {
        account,
        currency: opening.currency.code,
        from,
        to,
        issued_at: `${to}T23:30:00Z`,
        opening: formatMoney(opening),
        closing: formatMoney(closing),
        lines: lines.map(({ id, bookedOn, amount, reference }) => ({
          id,
          booked_on: bookedOn,
          amount: formatMoney(amount),
          reference,
        })),
      },
      undefined,
      1,
    ),
  parse: (text, expected) =>
    parseJsonStatement(text, expected, { nowMs: Date.parse('2026-11-30T00:00:00Z'), maxAgeMs: undefined }),
};

export const FORMATS: readonly Written[] = [csv, mt940, camt('02'), camt('08'), json];
