import { describe, expect, test } from 'vitest';
import { bundleOfDays, newSigner } from '../../../../test/support/evidence.ts';
import { addDays, parseBusinessDate } from '../../../kernel/business-date.ts';
import type { Json } from '../../../kernel/canonical.ts';
import { makeReport } from '../report.ts';
import { type Bundle, formatBundle, sealBundle } from './bundle.ts';
import { hashOf, RULES } from './header.ts';
import { inputsOf } from './inputs.ts';
import { verifyBundle } from './verify.ts';
import { readBooks } from './verify-report.ts';

const signer = newSigner();

/** The same path of a JSON value with another leaf. */
function withLeaf(value: Json, path: readonly (string | number)[], leaf: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const copy = structuredClone(value) as Record<string | number, Json>;
  copy[key] = withLeaf(copy[key] ?? null, rest, leaf);
  return copy;
}
const change = (bundle: Bundle, path: readonly (string | number)[], leaf: Json): string =>
  formatBundle(withLeaf(bundle as unknown as Json, path, leaf) as unknown as Bundle);

describe('a bundle', () => {
  test('of a month verifies with nothing but its text', () => {
    const text = formatBundle(bundleOfDays(30, signer));
    expect(verifyBundle(text, signer)).toMatchObject({ ok: true, faults: [], reports: 30, key_given: true });
  });

  test('says the same of the same book and readings as ever: what changes this counts up RULES', () => {
    const [report] = bundleOfDays(1, signer).payload.reports;
    // Without the book's name for itself, which has every key that a book may have.
    expect([report?.header.rules, hashOf({ ...report?.report, book: null })]).toEqual([
      RULES,
      '2d8ea80da576a88b2cd956b86fdf03a0307ed58965f86f7fd56e3adb6b4e1004',
    ]);
  });

  test('made before books had a key that they have now is still the same book', () => {
    const { payload } = bundleOfDays(1, signer);
    const [book] = payload.books;
    const [report] = payload.reports;
    if (!book || !report) throw new Error('a book and a report');
    const { haircut_bps: _later, ...document } = book.document;
    const hash = hashOf(document);
    const inputs = report.inputs;
    const { books } = readBooks([{ hash, document }]);
    const old = books.get(hash);
    if (!old) throw new Error('the book is read');
    const made = makeReport(old, inputsOf(old, inputs));
    expect(made.body).toMatchObject({ book: { hash } });
  });

  describe('each kind of tampering is refused and named', () => {
    test('by whoever has the file alone', () => {
      const bundle = bundleOfDays(3, signer);
      const { to } = bundle.payload;
      const at = ['payload', 'reports', 1];
      const [a, b, c] = bundle.payload.reports;
      if (!a || !b || !c) throw new Error('three reports');
      const first = (text: string) => verifyBundle(text, signer).faults[0];
      const date = b.header.business_date;
      const cases: readonly (readonly [string, string, object])[] = [
        [
          'an amount that was read',
          change(bundle, [...at, 'inputs', 'lines', 1, 'amount'], '5001.00'),
          { code: 'report', date, message: expect.stringContaining('/total_assets_vnd') },
        ],
        ['a rate', change(bundle, [...at, 'inputs', 'quotes', 0, 'quote', 'mid'], '26001'), { code: 'report', date }],
        [
          'where a rate came from',
          change(bundle, [...at, 'inputs', 'quotes', 0, 'quote', 'sources', 0, 'source'], 'nobody'),
          { code: 'report', date, message: expect.stringContaining('/quotes/0/sources/0/source') },
        ],
        [
          'evidence of a reading',
          change(bundle, [...at, 'inputs', 'lines', 0, 'evidence', 'block'], '78'),
          { code: 'report', date, message: expect.stringContaining('/lines/0/evidence/block') },
        ],
        [
          'an amount of the report',
          change(bundle, [...at, 'report', 'lines', 0, 'value_vnd'], '1.00'),
          { code: 'report', date, message: expect.stringContaining('/lines/0/value_vnd is "1.00"') },
        ],
        [
          'a column',
          change(bundle, [...at, 'row', 'difference_vnd'], '0.00'),
          { code: 'row', date, message: expect.stringContaining('difference_vnd') },
        ],
        ['who started it', change(bundle, [...at, 'row', 'started_by'], 'nobody'), { code: 'row', date }],
        ['an attempt', change(bundle, [...at, 'attempts'], [{ attempt: 7 }]), { code: 'attempts', date }],
        [
          'which query was asked',
          change(bundle, [...at, 'inputs', 'lines', 0, 'source'], '/assets/2'),
          { code: 'inputs', date, message: expect.stringContaining('/lines/0/source') },
        ],
        [
          'as of when it was asked',
          change(bundle, [...at, 'inputs', 'parameters', 'cut'], '2026-01-01T00:00:00.000Z'),
          { code: 'inputs', date, message: expect.stringContaining('/parameters/cut') },
        ],
        [
          'a line more',
          change(bundle, [...at, 'inputs', 'lines', 0, 'line'], 'gold'),
          { code: 'inputs', date, message: expect.stringContaining('"gold"') },
        ],
        [
          'the snapshot',
          change(bundle, [...at, 'inputs', 'snapshot'], '1:1:'),
          { code: 'row', date, message: expect.stringContaining('snapshot') },
        ],
        [
          'the book',
          change(bundle, ['payload', 'books', 0, 'document', 'tolerance'], '9000000.00'),
          { code: 'book', date: null, message: expect.stringContaining('was changed') },
        ],
        ['no book', change(bundle, ['payload', 'books'], []), { code: 'book' }],
        [
          'a missing day',
          change(bundle, ['payload', 'reports'], [a, c] as unknown as Json),
          { code: 'chain', date: c.header.business_date, message: expect.stringContaining('missing') },
        ],
        [
          'days in another order',
          change(bundle, ['payload', 'reports'], [b, a, c] as unknown as Json),
          { code: 'order', date: a.header.business_date },
        ],
        [
          'contents of two days swapped',
          change(bundle, ['payload', 'reports'], [
            { ...a, report: b.report },
            { ...b, report: a.report },
            c,
          ] as unknown as Json),
          { code: 'report', date: a.header.business_date },
        ],
        ['a day twice', change(bundle, ['payload', 'reports'], [a, b, b, c] as unknown as Json), { code: 'chain' }],
        ['a shorter time', change(bundle, ['payload', 'to'], date), { code: 'order', date: c.header.business_date }],
        [
          'a longer time',
          change(bundle, ['payload', 'to'], addDays(parseBusinessDate(to), 1)),
          { code: 'missing', date: addDays(parseBusinessDate(to), 1) },
        ],
        ['the head', change(bundle, ['payload', 'head', 'hash'], '0'.repeat(64)), { code: 'chain' }],
        ['a header', change(bundle, [...at, 'header', 'rules'], 2), { code: 'rules', date }],
        ['the book of a header', change(bundle, [...at, 'header', 'status'], 'balanced'), { code: 'row', date }],
        ['the name of the book', change(bundle, ['payload', 'book'], 'other'), { code: 'chain' }],
        [
          'the signature',
          change(bundle, ['signature', 'value'], Buffer.alloc(64).toString('base64')),
          { code: 'signature' },
        ],
        ['a field more', change(bundle, ['payload', 'note'], 'all is well'), { code: 'malformed' }],
        ['half of the file', formatBundle(bundle).slice(0, 9_000), { code: 'malformed' }],
        ['nothing', '', { code: 'malformed' }],
      ];
      for (const [what, text, fault] of cases) expect(first(text), what).toMatchObject(fault);
      expect(first(change(bundle, ['signature', 'public_key'], newSigner().publicKey))).toMatchObject({ code: 'key' });
    });

    test('by whoever signs anew with another key, or with the very key', () => {
      const { payload } = bundleOfDays(3, signer);
      const other = newSigner();
      const forged = formatBundle(sealBundle(payload, other));
      expect(verifyBundle(forged, signer).faults).toMatchObject([{ code: 'key' }]);
      expect(verifyBundle(forged)).toMatchObject({ ok: true, key_id: other.keyId, key_given: false });

      // A body with one amount changed, hashed again up to the head of the chain, and signed with the key.
      const [a, b, c] = payload.reports;
      if (!a || !b || !c) throw new Error('three reports');
      const report = { ...b.report, difference_vnd: '1.00' };
      const row = { ...b.row, report_hash: hashOf(report) };
      const header = { ...b.header, report_hash: hashOf(report), row_hash: hashOf(row) };
      const next = { ...c, header: { ...c.header, prev: hashOf(header) } };
      const rehashed = {
        ...payload,
        head: { seq: 2, hash: hashOf(next.header) },
        reports: [a, { ...b, report, row, header }, next],
      };
      const signed = formatBundle(sealBundle(rehashed, signer));
      expect(verifyBundle(signed, signer).faults).toMatchObject([
        { code: 'report', date: b.header.business_date, message: expect.stringContaining('/difference_vnd is "1.00"') },
        { code: 'row', message: expect.stringContaining('report_hash') },
      ]);
      // The same without the rest of the chain.
      const alone = { ...payload, reports: [a, { ...b, report, row, header }, c] };
      expect(verifyBundle(formatBundle(sealBundle(alone, signer)), signer).faults.map(({ code }) => code)).toEqual([
        ...['report', 'row', 'chain'],
      ]);
    });
  });
});
