/**
 * An account's balance as its bank tells it: the statement of the day, checked in itself and against the
 * statement of the day before. Whatever does not fit is a reason, never a figure.
 */
import { addDays, type BusinessDate } from '../../../../kernel/business-date.ts';
import type { Clock } from '../../../../kernel/clock.ts';
import { isPlumblineError, messageOf } from '../../../../kernel/errors.ts';
import { sha256Hex } from '../../../../kernel/hash.ts';
import { type Currency, formatMoney } from '../../../../kernel/money.ts';
import { printable } from '../../../../kernel/text.ts';
import type { FileReader } from '../../../../platform/files/port.ts';
import type { HttpBytesClient } from '../../../../platform/http-client/port.ts';
import type { Reading } from '../../ports.ts';
import { headersOf } from '../secrets.ts';
import type { Statement } from '../statement.ts';
import { parseCamt053 } from './camt053.ts';
import type { Closed, StatementSource } from './config.ts';
import { parseCsv } from './csv.ts';
import { parseJsonStatement } from './json.ts';
import { parseMt940 } from './mt940.ts';
import { checkContinues, type Expected, type ParsedStatement } from './parsed.ts';
import { verifySignature } from './signature.ts';
import { decode, statementFault } from './text.ts';

export interface StatementDeps {
  readonly http: HttpBytesClient;
  readonly clock: Clock;
  readonly files: FileReader;
  readonly timeoutMs: number;
}

export interface StatementRequest {
  readonly date: BusinessDate;
  /** The zone of the business date. */
  readonly zone: string;
}

/** With the statement where the bank booked on that day: its lines are what is matched. */
export type StatementReading = Reading & { readonly statement?: Statement };

const MAX_BYTES = 64 * 1024 * 1024;
/** Longer than any run of holidays. */
const MAX_CLOSED_DAYS = 31;

/** The closing balance of the day in the line's currency; on days on which the bank is closed, that of the last day before. */
export async function readStatement(
  deps: StatementDeps,
  source: StatementSource,
  currency: Currency,
  { date, zone }: StatementRequest,
): Promise<StatementReading> {
  try {
    if (source.since !== undefined && date < source.since) {
      return unreadable(`the statements of ${source.account} begin on ${source.since}, after ${date}`);
    }
    const day = openDay(date, source);
    const statement = await load(deps, source, currency, { date: day, zone });
    if (statement.from !== source.since && day !== source.since) {
      const before = openDay(addDays(statement.from, -1), source);
      const place = placeOf(source, day);
      checkContinues(await load(deps, source, currency, { date: before, zone, anyAge: true }), statement, place);
    }
    const reading: Reading = {
      kind: 'read',
      at: 'cut',
      amount: statement.closing,
      evidence: {
        account: source.account,
        format: source.form.kind,
        place: placeOf(source, day),
        statement_of: day,
        sha256: statement.sha256,
        opening: formatMoney(statement.opening),
        closing: formatMoney(statement.closing),
        lines: statement.lines.length,
      },
    };
    return day === date ? { ...reading, statement: plain(statement) } : reading;
  } catch (error) {
    return unreadable(isPlumblineError(error) ? error.message : `the statement could not be read: ${messageOf(error)}`);
  }
}

const unreadable = (reason: string): StatementReading => ({ kind: 'unreadable', reason: printable(reason) });

const plain = ({ account, from, to, opening, closing, lines }: ParsedStatement): Statement => ({
  account,
  from,
  to,
  opening,
  closing,
  lines,
});

/** The day itself, or the last before it on which the bank is open. */
function openDay(date: BusinessDate, { closed, account }: StatementSource): BusinessDate {
  for (let day = date, back = 0; back <= MAX_CLOSED_DAYS; day = addDays(day, -1), back += 1) {
    if (!isClosed(day, closed)) return day;
  }
  throw statementFault(
    `account ${account}`,
    `closed on each of the ${MAX_CLOSED_DAYS} days before ${date}; check "closed"`,
  );
}

const isClosed = (date: BusinessDate, { weekdays, dates }: Closed): boolean =>
  weekdays.includes(new Date(`${date}T00:00:00Z`).getUTCDay()) || dates.includes(date);

const fill = (pattern: string, account: string, date: BusinessDate, inUrl: boolean): string =>
  pattern
    .replaceAll('{date}', date)
    .replaceAll('{yyyymmdd}', date.replaceAll('-', ''))
    .replaceAll('{yymmdd}', date.replaceAll('-', '').slice(2))
    .replaceAll('{account}', inUrl ? encodeURIComponent(account) : account);

/** For messages and evidence: of an address, not the query, which may hold a secret. */
function placeOf({ from, account }: StatementSource, date: BusinessDate): string {
  const filled = fill(from.pattern, account, date, from.kind === 'http');
  return from.kind === 'http' && URL.canParse(filled) ? new URL(filled).origin + new URL(filled).pathname : filled;
}

/** With the hash of the bytes that it was read from. */
async function load(
  deps: StatementDeps,
  source: StatementSource,
  currency: Currency,
  { date, zone, anyAge = false }: StatementRequest & { readonly anyAge?: boolean },
): Promise<ParsedStatement & { readonly sha256: string }> {
  const place = placeOf(source, date);
  const bytes = await bytesOf(deps, source, date, place);
  if (bytes.length === 0) throw statementFault(place, 'is empty');
  const expected: Expected = { place, account: source.account, currency, date, zone };
  const statement = parse(decode(bytes, source.encoding, place), source, expected, { nowMs: deps.clock.now(), anyAge });
  return { ...statement, sha256: sha256Hex(bytes) };
}

function parse(
  text: string,
  { form, from }: StatementSource,
  expected: Expected,
  { nowMs, anyAge }: { readonly nowMs: number; readonly anyAge: boolean },
): ParsedStatement {
  switch (form.kind) {
    case 'csv':
      return parseCsv(text, form.csv, expected);
    case 'mt940':
      return parseMt940(text, expected);
    case 'camt053':
      return parseCamt053(text, expected);
    case 'json': {
      // Of the day before only what it closed with matters, and that never changes.
      const maxAgeMs = from.kind === 'http' && !anyAge ? from.maxAgeMs : undefined;
      return parseJsonStatement(text, expected, { nowMs, maxAgeMs });
    }
  }
}

function bytesOf(deps: StatementDeps, source: StatementSource, date: BusinessDate, place: string): Promise<Uint8Array> {
  return source.from.kind === 'file'
    ? fileBytes(deps, source, source.from, date)
    : httpBytes(deps, source, source.from, date, place);
}

const absent = (date: BusinessDate): string =>
  `the statement of ${date} is not there; a day on which the bank books nothing belongs under "closed"`;

async function fileBytes(
  { files }: StatementDeps,
  { account }: StatementSource,
  { pattern, digest }: Extract<StatementSource['from'], { readonly kind: 'file' }>,
  date: BusinessDate,
): Promise<Uint8Array> {
  const path = fill(pattern, account, date, false);
  const bytes = await files.read(path, MAX_BYTES);
  if (bytes === undefined) throw statementFault(path, absent(date));
  if (digest === undefined) return bytes;
  const digestPath = fill(digest, account, date, false);
  const said = await files.read(digestPath, 4_096);
  const right = said && /^[0-9a-f]{64}(?=\s|$)/i.exec(Buffer.from(said).toString('latin1').trim())?.[0];
  if (right === undefined) throw statementFault(digestPath, 'the SHA-256 of the statement is not there');
  if (right.toLowerCase() !== sha256Hex(bytes)) throw statementFault(path, `its SHA-256 is not that in ${digestPath}`);
  return bytes;
}

async function httpBytes(
  { http, files, timeoutMs }: StatementDeps,
  { account }: StatementSource,
  { pattern, header, signature }: Extract<StatementSource['from'], { readonly kind: 'http' }>,
  date: BusinessDate,
  place: string,
): Promise<Uint8Array> {
  const url = fill(pattern, account, date, true);
  const headers = await headersOf(files, header);
  const response = await http.sendBytes({ url, headers, timeoutMs, maxBytes: MAX_BYTES });
  if (response.status === 404) throw statementFault(place, absent(date));
  if (response.status !== 200) throw statementFault(place, `answered with status ${response.status}`);
  if (response.body.length === 0) throw statementFault(place, 'answered with an empty body');
  await verifySignature(files, signature, response.body, response.headers, place);
  return response.body;
}
