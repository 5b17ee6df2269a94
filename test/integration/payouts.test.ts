/** The payout halt: what reports and people do to it, and what the payout worker is told. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Verdict } from '../../src/features/payouts/rules.ts';
import type { HaltRow } from '../../src/features/payouts/store.ts';
import { sqlState } from '../../src/platform/db/errors.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeDb, describeEachPostgres, urlOfDb } from '../support/databases.ts';
import { failure } from '../support/failure.ts';
import { payoutsOver, reconciliationOver, twoSided } from '../support/reconciliation.ts';

const REPORT = '01939e4e-7cb2-7c00-8000-000000000000';
const REASON = 'the missing line is a bank statement that came late';

const verdict = (outcome: 'solvent' | 'deficit', minute: number, difference = '-5000.00') =>
  ({
    ...{ reportId: REPORT, book: 'test', reason: `${outcome} at ${minute}`, outcome, tolerance: '1000.00' },
    asOf: new Date(Date.UTC(2026, 10, 20, 8, minute)),
    observedAt: new Date(Date.UTC(2026, 10, 20, 8, minute)),
    difference: outcome === 'solvent' ? '0.00' : difference,
  }) satisfies Verdict;

const opened = async (db: Db) => {
  const payouts = payoutsOver(db);
  await payouts.open();
  const tell = (each: Verdict) => db.transaction({}, (tx) => payouts.onVerdict(tx, each));
  return { payouts, tell };
};

/** What the payout worker's transaction hears: the version, or the SQLSTATE. */
const ask = async (db: Db, args = '', isolation: 'read committed' | 'repeatable read' = 'read committed') => {
  try {
    return await db.transaction({ isolation }, async (tx) => {
      const { rows } = await sql.raw<{ v: bigint }>(`SELECT payouts_permitted(${args}) AS v`).execute(tx);
      return Number(rows[0]?.v);
    });
  } catch (error) {
    return sqlState(error);
  }
};
const yesOrNo = async (db: Db, args = '') =>
  (await sql.raw<{ v: boolean }>(`SELECT payouts_are_permitted(${args}) AS v`).execute(db.sql)).rows[0]?.v;

const kinds = (rows: readonly HaltRow[]) => rows.map(({ kind }) => kind).reverse();

/** As its owner can, and nobody else: the override ended an hour ago. */
const letOverrideExpire = async (db: Db) => {
  await sql`ALTER TABLE payout_permissions DISABLE TRIGGER payout_permissions_rows`.execute(db.sql);
  await sql`UPDATE payout_permissions SET override_until = clock_timestamp() - interval '1 hour'`.execute(db.sql);
  await sql`ALTER TABLE payout_permissions ENABLE TRIGGER payout_permissions_rows`.execute(db.sql);
};

describeDb('payouts', (open) => {
  it('are halted by a deficit in the transaction of its report, and released by a later report', async () => {
    const db = await open();
    const { payouts } = await opened(db);
    const run = async (assets: string) => {
      const { service } = reconciliationOver({ db, book: twoSided(assets, '5000'), halts: payouts });
      const { row } = await service.performDailyReconciliation({ onFinal: 'supersede' });
      return row;
    };
    expect(await ask(db)).toBe(0);
    const deficit = await run('1');
    expect(await payouts.permission()).toMatchObject({
      ...{ state: 'halted', report_id: deficit.id, verdict: 'deficit', difference: '-4999.00', version: 1n },
      reason: expect.stringContaining('-4999.00'),
    });
    expect(await ask(db)).toBe('PL001');
    expect(await yesOrNo(db)).toBe(false);
    const unreadable = reconciliationOver({ db, book: twoSided('1/0', '5000'), halts: payouts });
    const error = await unreadable.service.performDailyReconciliation({ onFinal: 'supersede' });
    expect(error.row.status).toBe('error');
    expect(await ask(db)).toBe('PL001');
    const solvent = await run('5000');
    expect(await payouts.permission()).toMatchObject({ state: 'permitted', report_id: solvent.id, version: 2n });
    expect(await ask(db)).toBe(2);
    expect(kinds(await payouts.history({ limit: 9 }))).toEqual(['halted', 'released']);
  });

  it('are left as they were where the report is not committed', async () => {
    const db = await open();
    const { payouts } = await opened(db);
    const lost = db.transaction({}, async (tx) => {
      await payouts.onVerdict(tx, verdict('deficit', 1));
      throw new Error('the commit is lost');
    });
    await expect(lost).rejects.toThrow('the commit is lost');
    expect(await ask(db)).toBe(0);
  });

  it('fail closed where nothing is known, and say what is missing', async () => {
    const db = await open();
    expect(await ask(db)).toBe('PL002');
    expect(await yesOrNo(db, `'test'`)).toBe(false);
    const { payouts, tell } = await opened(db);
    expect(await ask(db, `'tset'`)).toBe('PL002');
    expect(await ask(db, `NULL, interval '1 day'`)).toBe('PL003');
    await tell(verdict('solvent', 1));
    expect(await ask(db, `'test', interval '100 years'`)).toBe(0);
    expect(await ask(db, `'test', interval '1 second'`)).toBe('PL003');
    await payoutsOver(db, { book: 'second', beforeFirstReport: 'halted' }).open();
    expect(await ask(db)).toBe('PL002');
    expect(await ask(db, `'second'`)).toBe('PL001');
    expect(await ask(db, `'test'`)).toBe(0);
    expect((await payouts.permission()).book).toBe('test');
  });

  it('pass for the hours of an override that two people made', async () => {
    const db = await open();
    const { payouts, tell } = await opened(db);
    await tell(verdict('deficit', 1));
    const request = await payouts.requestOverride({ reason: REASON, hours: 2 }, 'key:a');
    expect(await ask(db)).toBe('PL001');
    expect(await failure(payouts.approveOverride(request.id, 'key:a'))).toMatchObject({
      ...{ kind: 'denied', code: 'payouts.same_person' },
    });
    const approved = await payouts.approveOverride(request.id, 'key:b');
    expect(approved).toMatchObject({ subject: 'key:b', requested_by: 'key:a', override_id: request.id });
    expect((approved.until?.getTime() ?? 0) - approved.at.getTime()).toBe(2 * 3_600_000);
    expect(await ask(db)).toBe(3);
    expect(await failure(payouts.approveOverride(request.id, 'key:c'))).toMatchObject({
      code: 'payouts.override_settled',
    });
    await tell(verdict('deficit', 2));
    expect(await ask(db)).toBe(3);
    await letOverrideExpire(db);
    expect(await ask(db)).toBe('PL001');
    await payouts.endExpired();
    await payouts.endExpired();
    expect(kinds(await payouts.history({ limit: 9 }))).toEqual([
      ...['halted', 'override_requested', 'override_approved', 'override_ended'],
    ]);
    expect((await payouts.history({ limit: 1 }))[0]).toMatchObject({
      subject: 'plumbline',
      reason: 'its time is over',
    });
  });

  it('are halted again by a deficit larger than what was overridden, and by anybody who ends the override', async () => {
    const db = await open();
    const { payouts, tell } = await opened(db);
    await tell(verdict('deficit', 1));
    const first = await payouts.requestOverride({ reason: REASON, hours: 2 }, 'key:a');
    await payouts.approveOverride(first.id, 'key:b');
    await tell(verdict('deficit', 2, '-6000.01'));
    expect(await ask(db)).toBe('PL001');
    const late = await payouts.requestOverride({ reason: REASON, hours: 2 }, 'key:a');
    await tell(verdict('deficit', 3, '-9000.00'));
    expect(await failure(payouts.approveOverride(late.id, 'key:b'))).toMatchObject({
      ...{ code: 'payouts.override_void', message: expect.stringContaining('-9000.00 now') },
    });
    const second = await payouts.requestOverride({ reason: REASON, hours: 2 }, 'key:a');
    await payouts.approveOverride(second.id, 'key:b');
    const third = await payouts.requestOverride({ reason: REASON, hours: 4 }, 'key:b');
    await payouts.approveOverride(third.id, 'key:a');
    expect(typeof (await ask(db))).toBe('number');
    expect(await failure(payouts.endOverride(second.id, REASON, 'key:a'))).toMatchObject({
      code: 'payouts.override_settled',
    });
    await payouts.endOverride(third.id, REASON, 'key:a');
    expect(await ask(db)).toBe('PL001');
    await tell(verdict('solvent', 4));
    const old = await payouts.history({ limit: 1 });
    expect(old[0]).toMatchObject({ kind: 'released' });
    expect(await failure(payouts.requestOverride({ reason: REASON, hours: 2 }, 'key:a'))).toMatchObject({
      code: 'payouts.not_halted',
    });
    await tell(verdict('deficit', 5, '-1500.00'));
    expect(await failure(payouts.approveOverride(late.id, 'key:b'))).toMatchObject({ code: 'payouts.override_void' });
    expect(await failure(payouts.requestOverride({ reason: REASON, hours: 25 }, 'key:a'))).toMatchObject({
      code: 'payouts.override_too_long',
    });
  });

  it('are audited, and the database itself refuses what must not happen', async () => {
    const db = await open();
    const { payouts, tell } = await opened(db);
    await tell(verdict('deficit', 1));
    const request = await payouts.requestOverride({ reason: REASON, hours: 2 }, 'key:a');
    const { rows } = await sql<{ name: string; op: string }>`
      SELECT s.name, o.op FROM audit_outbox o JOIN audit_streams s ON s.id = o.stream_id
      WHERE s.name LIKE 'payout%' ORDER BY o.id`.execute(db.sql);
    expect(rows.map(({ name, op }) => `${op} ${name}`)).toEqual([
      ...['insert payout_permissions', 'update payout_permissions', 'insert payout_halts'],
      ...['update payout_permissions', 'insert payout_halts'],
    ]);
    const id = request.id;
    for (const statement of [
      'DELETE FROM payout_permissions',
      'TRUNCATE payout_permissions CASCADE',
      "UPDATE payout_permissions SET state = 'permitted'",
      "UPDATE payout_permissions SET state = 'permitted', version = version + 1",
      'UPDATE payout_permissions SET version = version - 1',
      `UPDATE payout_permissions SET override_id = '${id}', override_until = now() + interval '1 hour'`,
      'DELETE FROM payout_halts',
      "UPDATE payout_halts SET reason = 'x'",
      `INSERT INTO payout_halts (id, book, version, at, kind, subject, reason, override_id, requested_by, until)
        VALUES (gen_random_uuid(), 'test', 3, now(), 'override_approved', 'key:a', 'x', '${id}', 'key:a', now() + interval '1 hour')`,
      `INSERT INTO payout_halts (id, book, version, at, kind, subject, reason, override_id, requested_by, until)
        VALUES (gen_random_uuid(), 'test', 3, now(), 'override_approved', 'key:a', 'x', '${id}', 'key:z', now() + interval '1 hour')`,
    ]) {
      await expect(sql.raw(statement).execute(db.sql), statement).rejects.toThrow();
    }
    expect(await payouts.permission()).toMatchObject({ state: 'halted', version: 2n });
  });

  it('are counted by date of the report, not of the run: a catch-up does not release', async () => {
    const db = await open();
    const { payouts, tell } = await opened(db);
    await tell(verdict('deficit', 30));
    await tell({ ...verdict('solvent', 10), observedAt: new Date(Date.UTC(2026, 10, 21)) });
    expect((await payouts.permission()).state).toBe('halted');
  });
});

describeEachPostgres('the payout worker', (open) => {
  it('may ask and nothing else, and is ended where it hangs', async () => {
    const owner = await open();
    const { tell } = await opened(owner);
    const role = `payer_${crypto.randomUUID().replaceAll('-', '')}`;
    await sql.raw(`CREATE ROLE ${role} LOGIN`).execute(owner.sql);
    await sql`SELECT payouts_grant(${role})`.execute(owner.sql);
    const url = new URL(urlOfDb(owner) ?? '');
    url.username = role;
    const db = await openPostgres({ url: url.href });
    try {
      expect(await ask(db)).toBe(0);
      expect(await yesOrNo(db)).toBe(true);
      await tell(verdict('deficit', 1));
      expect(await ask(db)).toBe('PL001');
      for (const statement of [
        'SELECT * FROM payout_permissions',
        "UPDATE payout_permissions SET state = 'permitted'",
        'INSERT INTO payout_halts DEFAULT VALUES',
        'SELECT * FROM payout_webhooks',
        "SELECT * FROM payouts_look('test', NULL)",
        `SELECT payouts_grant('${role}')`,
      ]) {
        await expect(sql.raw(statement).execute(db.sql), statement).rejects.toThrow('permission denied');
      }
      const idle = await db.transaction({}, async (tx) => {
        await sql`SELECT payouts_are_permitted()`.execute(tx);
        return (
          await sql<{ v: string }>`SELECT current_setting('idle_in_transaction_session_timeout') AS v`.execute(tx)
        ).rows[0]?.v;
      });
      expect(idle).toBe('10s');
    } finally {
      await db.close();
      await sql.raw(`DROP OWNED BY ${role}`).execute(owner.sql);
      await sql.raw(`DROP ROLE ${role}`).execute(owner.sql);
    }
  });

  it('with an older snapshot than the halt is refused, too', async () => {
    const db = await open();
    const { tell } = await opened(db);
    const late = db.transaction({ isolation: 'repeatable read' }, async (tx) => {
      await sql`SELECT count(*) FROM payout_permissions`.execute(tx); // the snapshot
      await tell(verdict('deficit', 1));
      await sql`SELECT payouts_permitted()`.execute(tx);
    });
    expect(sqlState(await failure(late))).toBe('40001');
    expect(await ask(db, '', 'repeatable read')).toBe('PL001');
  });

  it('that does not end is not waited for without end, and the halt says so', async () => {
    const db = await open();
    const payouts = payoutsOver(db, { holdMs: 200 });
    await payouts.open();
    await db.transaction({}, async (tx) => {
      await sql`SELECT payouts_permitted()`.execute(tx);
      await db.transaction({}, (halting) => payouts.onVerdict(halting, verdict('deficit', 1)));
    });
    expect((await payouts.history({ limit: 1 }))[0]).toMatchObject({ kind: 'halted', unwaited: true });
    expect(await ask(db)).toBe('PL001');
  });
});
