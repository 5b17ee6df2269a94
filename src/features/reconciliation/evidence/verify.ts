/**
 * Verifies a bundle offline: every verdict is derived again from readings and rates, every hash and the
 * chain of headers is checked, and that no business date is missing. Pure.
 */
import { addDays, parseBusinessDate } from '../../../kernel/business-date.ts';
import { messageOf } from '../../../kernel/errors.ts';
import { isSignedBy, type PublicKey, publicKeyOf } from '../signing.ts';
import { type Bundle, type Payload, parseBundle, signedText } from './bundle.ts';
import type { BundleFault } from './fault.ts';
import { GENESIS, type Header, hashOf } from './header.ts';
import { readBooks, verifyReport } from './verify-report.ts';

export interface Verification {
  readonly ok: boolean;
  readonly faults: readonly BundleFault[];
  readonly book: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly reports: number;
  /** To be held against what others keep of the chain, such as the audit log. */
  readonly head: { readonly seq: number; readonly hash: string } | null;
  readonly key_id: string | null;
  /** False: the key is the one that the bundle brings, which proves that it is whole, and not whose it is. */
  readonly key_given: boolean;
}

/** @param key PEM or base64 of the key that must have signed; without it the bundle's own is taken */
export function verifyBundle(text: string, key?: PublicKey): Verification {
  const given = key !== undefined;
  let bundle: Bundle;
  try {
    bundle = parseBundle(text);
  } catch (error) {
    const faults: readonly BundleFault[] = [{ code: 'malformed', date: null, message: messageOf(error) }];
    return {
      ok: false,
      faults,
      book: null,
      from: null,
      to: null,
      reports: 0,
      head: null,
      key_id: null,
      key_given: given,
    };
  }
  const { payload, signature } = bundle;
  const { books, faults } = readBooks(payload.books);
  const all = [
    ...faults,
    ...payload.reports.flatMap((report) => verifyReport(report, books)),
    ...verifyChain(payload),
    ...verifyDates(payload),
    ...verifySignature(bundle, key),
  ];
  return {
    ...{ ok: all.length === 0, faults: all, book: payload.book, from: payload.from, to: payload.to },
    ...{ reports: payload.reports.length, head: payload.head, key_id: signature.key_id, key_given: given },
  };
}

const headersOf = ({ reports, links }: Payload): readonly Header[] =>
  [...reports.map(({ header }) => header), ...links].sort((a, b) => a.seq - b.seq);

function verifyChain(payload: Payload): readonly BundleFault[] {
  const faults: BundleFault[] = [];
  const headers = headersOf(payload);
  let before: { readonly seq: number; readonly hash: string } | undefined;
  for (const header of headers) {
    const fault = (message: string) => faults.push({ code: 'chain', date: header.business_date, message });
    if (header.book !== payload.book) fault(`header ${header.seq} is of book ${header.book}, not ${payload.book}`);
    if (before !== undefined && header.seq !== before.seq + 1)
      fault(`after header ${before.seq} comes ${header.seq}; what is between is missing`);
    else if (before !== undefined && header.prev !== before.hash)
      fault(`header ${header.seq} follows ${header.prev}, the one before it hashes to ${before.hash}`);
    if ((header.seq === 0) !== (header.prev === GENESIS)) fault(`header ${header.seq} follows ${header.prev}`);
    before = { seq: header.seq, hash: hashOf(header) };
  }
  const { head } = payload;
  if (before !== undefined && (before.seq !== head.seq || before.hash !== head.hash)) {
    const message = `the chain ends with header ${before.seq}, ${before.hash}; the bundle's head is ${head.seq}, ${head.hash}`;
    faults.push({ code: 'chain', date: null, message });
  }
  return faults;
}

/** Each date has exactly one report, and it is the one in force. */
function verifyDates(payload: Payload): readonly BundleFault[] {
  const { reports, links, from, to } = payload;
  const faults: BundleFault[] = [];
  const replaced = new Map(
    headersOf(payload).flatMap(({ supersedes, report_id }) => (supersedes === null ? [] : [[supersedes, report_id]])),
  );
  const seen = new Set<string>();
  let last = '';
  for (const { header } of reports) {
    const { business_date: date, report_id: id } = header;
    const fault = (code: BundleFault['code'], message: string) => faults.push({ code, date, message });
    if (seen.has(date)) fault('double', `${date} has two reports`);
    else if (date < last) fault('order', `${date} stands after ${last}`);
    if (date < from || date > to) fault('order', `${date} is not within ${from} and ${to}`);
    const by = replaced.get(id);
    if (by !== undefined) fault('superseded', `report ${id} is in force no more: ${by} has taken its place`);
    seen.add(date);
    last = date;
  }
  for (const { business_date: date, report_id: id } of links) {
    if (date < from || date > to || replaced.has(id)) continue;
    faults.push({ code: 'missing', date, message: `report ${id} of ${date} is in force, and is left out` });
  }
  const end = parseBusinessDate(to);
  for (let date = parseBusinessDate(from); date <= end; date = addDays(date, 1))
    if (!seen.has(date)) faults.push({ code: 'missing', date, message: `${date} has no final report` });
  return faults;
}

function verifySignature({ payload, signature }: Bundle, key: PublicKey | undefined): readonly BundleFault[] {
  const fault = (code: BundleFault['code'], message: string) => [{ code, date: null, message }];
  try {
    const own = publicKeyOf(signature.public_key, 'the key of the bundle');
    if (own.keyId !== signature.key_id)
      return fault('key', `the key of the bundle is ${own.keyId}, not ${signature.key_id}`);
    if (key !== undefined && key.publicKey !== own.publicKey)
      return fault('key', `the bundle is signed by key ${own.keyId}, not by the key ${key.keyId} that was given`);
    if (isSignedBy(own.key, signedText(payload), signature.value)) return [];
    return fault(
      'signature',
      `the signature of key ${own.keyId} is of something else: the bundle was changed after it was signed`,
    );
  } catch (error) {
    return fault('key', messageOf(error));
  }
}
