import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Bundle } from '../../src/features/reconciliation/evidence/bundle.ts';
import { formatBundle, sealBundle } from '../../src/features/reconciliation/evidence/bundle.ts';
import { exportBundle } from '../../src/features/reconciliation/evidence/export.ts';
import { hashOf } from '../../src/features/reconciliation/evidence/header.ts';
import { verifyBundle } from '../../src/features/reconciliation/evidence/verify.ts';
import { addDays } from '../../src/kernel/business-date.ts';
import type { Json } from '../../src/kernel/canonical.ts';
import { describeEachDb, describeEachPostgres } from '../support/databases.ts';
import { evidenceBook, FIRST, newSigner, quotedRate, reportDays } from '../support/evidence.ts';
import { failure } from '../support/failure.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { reconciliationOver, twoSided } from '../support/reconciliation.ts';

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

describeEachDb('evidence of final reports', (open) => {
  test('a day and a month verify with nothing but the file, and the same chain gives the same bytes', async () => {
    const db = await open();
    const { rows, from, to } = await reportDays(db, 30);
    expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'surplus'));
    const day = formatBundle(await exportBundle({ db, book: 'test', signer }, { from: to, to }));
    expect(verifyBundle(day, signer)).toMatchObject({ ok: true, faults: [], reports: 1, key_given: true });
    const month = formatBundle(await exportBundle({ db, book: 'test', signer }, { from, to }));
    expect(verifyBundle(month, signer)).toMatchObject({
      ok: true,
      faults: [],
      reports: 30,
      from,
      to,
      head: { seq: 29 },
    });
    expect(formatBundle(await exportBundle({ db, book: 'test', signer }, { from, to }))).toBe(month);
    // An old day is held against everything that became final since.
    const old = await exportBundle({ db, book: 'test', signer }, { from, to: from });
    expect(verifyBundle(formatBundle(old))).toMatchObject({ ok: true, reports: 1, key_given: false });
    expect(old.payload.links).toHaveLength(29);
  });

  test('an old report is bundled with the book, the attempts and the report that were', async () => {
    const db = await open();
    const broken = reconciliationOver({
      ...{ db, clock: new ManualClock(), rates: { getQuote: () => Promise.reject(new Error('no rate today')) } },
      book: evidenceBook(),
    });
    await broken.service.performDailyReconciliation({ businessDate: FIRST, startedBy: 'test' });
    await reportDays(db, 1);
    const { service } = reconciliationOver({
      ...{ db, clock: new ManualClock(), rates: quotedRate() },
      book: evidenceBook({ version: 2, bank: '70499999.99' }),
    });
    await service.performDailyReconciliation({ businessDate: addDays(FIRST, 1), startedBy: 'test' });
    const again = await service.performDailyReconciliation({
      ...{ businessDate: FIRST, startedBy: 'test', onFinal: 'supersede' as const },
    });
    const bundle = await exportBundle({ db, book: 'test', signer }, { from: FIRST, to: addDays(FIRST, 1) });
    expect(verifyBundle(formatBundle(bundle), signer)).toMatchObject({ ok: true, reports: 2, head: { seq: 2 } });
    const [first] = bundle.payload.reports;
    expect(first?.header).toMatchObject({
      report_id: again.row.id,
      attempt: 3,
      seq: 2,
      supersedes: again.row.supersedes,
    });
    expect(first?.attempts).toMatchObject([
      { attempt: 1, status: 'error', error_message: expect.stringContaining('no rate today') },
      { attempt: 2, id: again.row.supersedes },
    ]);
    expect(bundle.payload.books).toHaveLength(1);
    expect(bundle.payload.books[0]?.document).toMatchObject({ version: 2, assets: [{ id: 'wallet' }, {}, {}] });
    // What stood before is in the chain, and can be shown no more as if it were in force.
    const [link] = bundle.payload.links;
    expect(bundle.payload.links).toEqual([]); // the chain begins with the first report that is in force
    expect(link).toBeUndefined();
  });

  test('a date without a report is named, and so is one that is left out', async () => {
    const db = await open();
    const { service, from } = await reportDays(db, 2);
    await service.performDailyReconciliation({ businessDate: addDays(from, 3), startedBy: 'test' });
    const to = addDays(from, 3);
    const bundle = await exportBundle({ db, book: 'test', signer }, { from, to });
    expect(verifyBundle(formatBundle(bundle), signer).faults).toEqual([
      { code: 'missing', date: addDays(from, 2), message: `${addDays(from, 2)} has no final report` },
    ]);
    const { payload } = bundle;
    const [a, b, d] = payload.reports;
    if (!a || !b || !d) throw new Error('three reports');
    // The platform itself leaves a day out, and signs: the chain tells.
    const hidden = { ...payload, reports: [a, d], links: [b.header] };
    expect(verifyBundle(formatBundle(sealBundle(hidden, signer)), signer).faults[0]).toMatchObject({
      ...{ code: 'missing', date: addDays(from, 1), message: expect.stringContaining('is left out') },
    });
    const cut = { ...payload, reports: [a, d] };
    expect(verifyBundle(formatBundle(sealBundle(cut, signer)), signer).faults[0]).toMatchObject({ code: 'chain' });
  });

  test('evidence is written once, and damaged evidence is not signed', async () => {
    const db = await open();
    const { from } = await reportDays(db, 1);
    for (const statement of ['UPDATE reconciliation_evidence SET seq = 4', 'DELETE FROM reconciliation_books'])
      await expect(sql.raw(statement).execute(db.sql)).rejects.toThrow('written once');
    await sql.raw('ALTER TABLE reconciliation_evidence DISABLE TRIGGER reconciliation_evidence_rows').execute(db.sql);
    await sql.raw('ALTER TABLE reconciliation_evidence DROP CONSTRAINT reconciliation_evidence_header').execute(db.sql);
    await sql
      .raw("UPDATE reconciliation_evidence SET inputs = replace(inputs, '70000000.50', '90000000.50')")
      .execute(db.sql);
    expect(await failure(exportBundle({ db, book: 'test', signer }, { from, to: from }))).toMatchObject({
      ...{ code: 'reconciliation.evidence_damaged', kind: 'integrity' },
      message: expect.stringContaining('is not what its inputs give'),
    });
  });

  test('what cannot be bundled is refused with what to do', async () => {
    const db = await open();
    const deps = { db, book: 'test', signer };
    const day = { from: FIRST, to: FIRST };
    expect(await failure(exportBundle(deps, day))).toMatchObject({ code: 'reconciliation.no_report' });
    expect(await failure(exportBundle({ ...deps, signer: undefined }, day))).toMatchObject({
      code: 'reconciliation.no_signing_key',
    });
    expect(await failure(exportBundle(deps, { from: addDays(FIRST, 1), to: FIRST }))).toMatchObject({
      code: 'reconciliation.bundle_range',
    });
    expect(await failure(exportBundle(deps, { from: FIRST, to: addDays(FIRST, 800) }))).toMatchObject({
      ...{ code: 'reconciliation.bundle_range', message: expect.stringContaining('732 days') },
    });
    await sql
      .raw('CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$')
      .execute(db.sql);
    await sql
      .raw('CREATE TRIGGER a BEFORE INSERT ON reconciliation_evidence FOR EACH ROW EXECUTE FUNCTION nothing()')
      .execute(db.sql);
    await reportDays(db, 1); // as if made before evidence was kept
    expect(await failure(exportBundle(deps, day))).toMatchObject({
      ...{ code: 'reconciliation.no_evidence', message: expect.stringContaining(`--date ${FIRST} --again`) },
    });
  });

  describe('each kind of tampering is refused and named', () => {
    test('by whoever has the file alone', async () => {
      const db = await open();
      const { from, to } = await reportDays(db, 3);
      const bundle = await exportBundle({ db, book: 'test', signer }, { from, to });
      const at = ['payload', 'reports', 1];
      const [a, b, c] = bundle.payload.reports;
      if (!a || !b || !c) throw new Error('three reports');
      const first = (text: string) => verifyBundle(text, signer).faults[0];
      const date = b.header.business_date;
      const cases: readonly (readonly [string, string, object])[] = [
        [
          'an amount that was read',
          change(bundle, [...at, 'inputs', 'lines', 1, 'amount'], '70000001.50'),
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
        ['a longer time', change(bundle, ['payload', 'to'], addDays(to, 1)), { code: 'missing', date: addDays(to, 1) }],
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

    test('by whoever signs anew with another key, or with the very key', async () => {
      const db = await open();
      const { from, to } = await reportDays(db, 3);
      const { payload } = await exportBundle({ db, book: 'test', signer }, { from, to });
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

    test('what was superseded is not shown as if it were in force', async () => {
      const db = await open();
      const { service, from } = await reportDays(db, 1);
      const before = await exportBundle({ db, book: 'test', signer }, { from, to: from });
      await service.performDailyReconciliation({ businessDate: from, onFinal: 'supersede', startedBy: 'test' });
      const after = await exportBundle({ db, book: 'test', signer }, { from, to: from });
      const [now] = after.payload.reports;
      if (!now) throw new Error('a report');
      const stale = { ...before.payload, head: after.payload.head, links: [now.header] };
      expect(verifyBundle(formatBundle(sealBundle(stale, signer)), signer).faults.map(({ code }) => code)).toEqual([
        ...['superseded', 'missing'],
      ]);
      const both = { ...stale, links: [], reports: [...before.payload.reports, now] };
      expect(verifyBundle(formatBundle(sealBundle(both, signer)), signer).faults[0]).toMatchObject({
        code: 'superseded',
      });
    });
  });
});

describeEachPostgres('the chain of headers', (open) => {
  test('is one chain, however many dates become final at once', async () => {
    const db = await open();
    const { service } = reconciliationOver({ db, book: twoSided('10', '10'), clock: new ManualClock() });
    const dates = Array.from({ length: 12 }, (_, day) => addDays(FIRST, day));
    await Promise.all(
      dates.map((businessDate) => service.performDailyReconciliation({ businessDate, startedBy: 'test' })),
    );
    const bundle = await exportBundle({ db, book: 'test', signer }, { from: FIRST, to: addDays(FIRST, 11) });
    expect(verifyBundle(formatBundle(bundle), signer)).toMatchObject({ ok: true, reports: 12, head: { seq: 11 } });
  });
});
