/** Statements from files in every format, and over HTTP with both signatures: one suite. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { STATEMENT, statementSource } from '../../src/features/reconciliation/sources/statements/config.ts';
import {
  readStatement,
  type StatementDeps,
  type StatementReading,
} from '../../src/features/reconciliation/sources/statements/read.ts';
import { addDays, type BusinessDate } from '../../src/kernel/business-date.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { formatMoney } from '../../src/kernel/money.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { fileReader } from '../../src/platform/files/reader.ts';
import { createHttpClient } from '../../src/platform/http-client/undici.ts';
import { type Bank, startBank } from '../support/bank.ts';
import { ACCOUNT, DATE, FORMATS, statementOf, VND, ZONE } from '../support/statements.ts';

const clock = { ...systemClock, now: () => Date.parse('2026-11-24T01:00:00Z') };
const http = createHttpClient({ clock });
const deps: StatementDeps = { http, clock, files: fileReader, timeoutMs: 5_000 };
const BEFORE = addDays(DATE, -1);
const yesterday = statementOf(0n, [{ id: 'FT0', minor: 100_000n, reference: 'first' }], BEFORE);
const today = statementOf(100_000n, [
  { id: 'FT1', minor: 250_050n, reference: 'INV-7 & co' },
  { id: 'FT2', minor: -50n, reference: 'fee' },
]);
const jsonFormat = FORMATS.find(({ name }) => name === 'json');
if (jsonFormat === undefined) throw new Error('no format json');

let folder: string;
let bank: Bank;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'plumbline-statements-'));
  bank = await startBank();
  writeFileSync(path.join(folder, 'ed25519'), bank.publicKey);
  writeFileSync(path.join(folder, 'hmac-sha256'), `${bank.secret}\n`);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await bank.close();
  await http.close();
});

const read = (config: object, date: BusinessDate = DATE): Promise<StatementReading> =>
  readStatement(deps, statementSource(STATEMENT.parse({ account: ACCOUNT, ...config })), VND, { date, zone: ZONE });
const show = (reading: StatementReading): string =>
  reading.kind === 'read' ? `${formatMoney(reading.amount)} at ${reading.at}` : reading.reason;

describe.each(FORMATS)('a file of $name', ({ name, write, config }) => {
  const file = (date: string): string => path.join(folder, name, `${date}.txt`);
  const source = () => ({ ...config, file: file('{date}') });
  beforeEach(() => {
    mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(file(BEFORE), write(yesterday, 6));
    writeFileSync(file(DATE), write(today, 7));
  });

  it('tells the closing balance of the day, with its lines', async () => {
    const reading = await read(source());
    expect(show(reading)).toBe('3500.00 at cut');
    expect(reading.statement?.lines.map(({ id, amount }) => [id, formatMoney(amount)])).toEqual([
      ['FT1', '2500.50'],
      ['FT2', '-0.50'],
    ]);
    expect(reading.kind === 'read' && reading.evidence).toMatchObject({
      place: file(DATE),
      sha256: sha256Hex(write(today, 7)),
      lines: 2,
    });
  });

  it('refuses a day that is not there, and one whose day before is not there', async () => {
    expect(show(await read(source(), addDays(DATE, 1)))).toContain(
      `${file('2026-11-24')}: the statement of 2026-11-24 is not there`,
    );
    expect(show(await read(source(), BEFORE))).toContain('the statement of 2026-11-21 is not there');
    expect(show(await read({ ...source(), since: BEFORE }, BEFORE))).toBe('1000.00 at cut');
    expect(show(await read({ ...source(), since: DATE }, BEFORE))).toContain('begin on 2026-11-23');
  });

  it('refuses an opening balance that is not what the day before closed with', async () => {
    writeFileSync(
      file(BEFORE),
      write(statementOf(0n, [{ id: 'FT0', minor: 100_001n, reference: 'first' }], BEFORE), 6),
    );
    expect(show(await read(source()))).toContain(
      'opens with 1000.00 VND; the statement of 2026-11-22 closed with 1000.01 VND',
    );
  });

  it('takes the last open day before a day on which the bank is closed, without its lines', async () => {
    const closed = { ...source(), closed: ['2026-11-24'] };
    const reading = await read(closed, addDays(DATE, 1));
    expect(show(reading)).toBe('3500.00 at cut');
    expect(reading.statement).toBeUndefined();
  });

  it('compares the SHA-256 beside it', async () => {
    const checked = { ...source(), sha256_file: `${file('{date}')}.sha256` };
    expect(show(await read(checked))).toContain('.sha256: the SHA-256 of the statement is not there');
    writeFileSync(`${file(DATE)}.sha256`, `${sha256Hex(write(today, 7))}  ${DATE}.txt\n`);
    writeFileSync(`${file(BEFORE)}.sha256`, sha256Hex(write(yesterday, 6)));
    expect(show(await read(checked))).toBe('3500.00 at cut');
    writeFileSync(`${file(DATE)}.sha256`, sha256Hex('something else'));
    expect(show(await read(checked))).toContain('its SHA-256 is not that in');
  });

  if (name === 'mt940' || name.startsWith('camt')) {
    it('refuses a gap in the numbers of the statements', async () => {
      writeFileSync(file(DATE), write(today, 8));
      expect(show(await read(source()))).toContain('is number 8; the statement of 2026-11-22 was number 6');
    });
  }
});

describe.each(['ed25519', 'hmac-sha256'])('an answer signed with %s', (algorithm) => {
  const source = (change = {}) => ({
    format: 'json',
    url: `${bank.url}/${algorithm}/{date}?key=sesame`,
    signature: { algorithm, header: 'X-Signature', key_file: path.join(folder, algorithm) },
    since: DATE,
    ...change,
  });
  const body = jsonFormat.write(today);
  beforeEach(() => {
    bank.statements.set(DATE, body);
    bank.disturb = () => undefined;
  });

  it('tells the closing balance', async () => {
    expect(show(await read(source()))).toBe('3500.00 at cut');
  });

  it.each([
    ['none', () => ({ body, signature: '' }), 'the answer is not signed: it has no header X-Signature'],
    ['no signature at all', () => ({ body, signature: 'hello' }), 'neither base64 nor hexadecimal'],
    [
      'of other bytes',
      () => ({ body: `${body} `, signature: bank.sign(algorithm, body) }),
      'is not that of these bytes',
    ],
    ['of an error', () => ({ status: 500, body: '{}' }), 'answered with status 500'],
    ['of nothing', () => ({ body: '' }), 'answered with an empty body'],
    ['of an error under 200', () => ({ body: '{"error":"busy"}' }), 'expected string'],
  ])('refuses a signature: %s', async (_, answer, reason) => {
    bank.disturb = answer;
    const reading = await read(source());
    expect(reading.kind).toBe('unreadable');
    expect(show(reading)).toContain(reason);
    expect(show(reading)).not.toContain('sesame');
  });

  it('refuses one that is old, and one that was given before the day was over', async () => {
    expect(show(await read(source({ max_age_hours: 2 })))).toBe('3500.00 at cut');
    bank.disturb = () => ({ body: body.replace('23:30:00Z', '17:00:00Z') });
    expect(show(await read(source({ max_age_hours: 2 })))).toContain('more than 2 h ago');
    bank.disturb = () => ({ body: body.replace('23:30:00Z', '16:59:59Z') });
    expect(show(await read(source()))).toContain('issued before its last day was over');
    bank.disturb = () => ({ body: body.replace('2026-11-23T23:30:00Z', '2026-11-24T03:00:00Z') });
    expect(show(await read(source()))).toContain('issued in the future');
  });
});

describe('a statement of a book', () => {
  const faults = (config: object): readonly string[] => {
    const parsed = STATEMENT.safeParse({ account: ACCOUNT, format: 'mt940', file: '/x/{date}', ...config });
    return parsed.success ? [] : parsed.error.issues.map(({ path: at, message }) => `/${at.join('/')}: ${message}`);
  };
  const columns = {
    id: 'id',
    date: 'date',
    amount: 'amount',
    balance: 'balance',
    reference: 'text',
    account: 'account',
  };

  it.each([
    [{ file: '/x/statement.txt' }, '/file: the pattern has no {date}'],
    [{ url: 'https://bank.example/{date}' }, '/file: exactly one of file and url'],
    [{ file: undefined, url: 'https://bank.example/{date}' }, '/signature: an answer over HTTP has to be signed'],
    [{ format: 'csv' }, '/csv: format csv, and no other, has the key csv'],
    [{ format: 'csv', csv: { columns } }, '/csv: a file that lost its last lines would not be noticed'],
    [
      { format: 'csv', csv: { closing: 'END', columns: { ...columns, account: undefined } } },
      '/csv: nothing says whose statement it is',
    ],
    [
      { format: 'csv', csv: { closing: 'END', columns: { ...columns, debit: 'out' } } },
      '/csv/columns: either amount, or both',
    ],
    [
      { format: 'csv', csv: { closing: 'END', decimal: ',', grouping: ',', columns } },
      '/csv/grouping: "," is the decimal mark',
    ],
  ])('refuses %j', (config, fault) => {
    expect(faults(config).join('\n')).toContain(fault);
  });
});
