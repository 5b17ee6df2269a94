import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { formatBundle, sealBundle } from '../../src/features/reconciliation/evidence/bundle.ts';
import { exportBundle } from '../../src/features/reconciliation/evidence/export.ts';
import { verifyBundle } from '../../src/features/reconciliation/evidence/verify.ts';
import { addDays } from '../../src/kernel/business-date.ts';
import { describeDb, describeEachPostgres } from '../support/databases.ts';
import { evidenceBook, FIRST, newSigner, quotedRate, reportDays } from '../support/evidence.ts';
import { failure } from '../support/failure.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { reconciliationOver, twoSided } from '../support/reconciliation.ts';

const signer = newSigner();

describeDb('evidence of final reports', (open) => {
  test('a day and a range verify with nothing but the file, and the same chain gives the same bytes', async () => {
    const db = await open();
    const { rows, from, to } = await reportDays(db, 5);
    expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'surplus'));
    const day = formatBundle(await exportBundle({ db, book: 'test', signer }, { from: to, to }));
    expect(verifyBundle(day, signer)).toMatchObject({ ok: true, faults: [], reports: 1, key_given: true });
    const range = formatBundle(await exportBundle({ db, book: 'test', signer }, { from, to }));
    expect(verifyBundle(range, signer)).toMatchObject({
      ok: true,
      faults: [],
      reports: 5,
      from,
      to,
      head: { seq: 4 },
    });
    expect(formatBundle(await exportBundle({ db, book: 'test', signer }, { from, to }))).toBe(range);
    // An old day is held against everything that became final since.
    const old = await exportBundle({ db, book: 'test', signer }, { from, to: from });
    expect(verifyBundle(formatBundle(old))).toMatchObject({ ok: true, reports: 1, key_given: false });
    expect(old.payload.links).toHaveLength(4);
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
    expect(bundle.payload.links).toEqual([]); // the chain begins with the first report that is in force
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
