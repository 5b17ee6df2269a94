/** Approvals over a database: the same outcomes as the rules, and what the database itself refuses. */
import { sql } from 'kysely';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { register } from '../../src/features/approvals/ports.ts';
import { Approvals } from '../../src/features/approvals/service.ts';
import { archivalActions } from '../../src/features/archival/dangerous.ts';
import { PlumblineError } from '../../src/kernel/errors.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { systemRandom } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import type { Caller } from '../../src/platform/http-server/port.ts';
import { playBoth } from '../support/approval-office.ts';
import { createAuditLogs, fill, policyOf } from '../support/archival.ts';
import { folderBench } from '../support/cold-stores.ts';
import { describeDb, describeEachPostgres, describePostgres } from '../support/databases.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordingLogger } from '../support/reconciliation.ts';
import { restorable } from '../support/restores.ts';

const SEED = Math.floor(Math.random() * 1_000_000_000);
const REASON = 'the provider is wrong since noon';
const person = (name: string): Caller => ({
  ...{ subject: `person:${name}`, via: `key:${name}`, role: 'operator' },
  scopes: new Set(['rates:operate', 'approvals:decide', 'archive:run', 'archive:admin', 'archive:restore']),
});
const [an, binh, chi] = [person('an'), person('binh'), person('chi')];

/** With one action, whose effect is a row in a table of its own. */
async function officeOver(db: Db) {
  await sql`CREATE TABLE effects (n int NOT NULL, approval_id uuid NOT NULL)`.execute(db.sql);
  const clock = new ManualClock();
  const told: string[] = [];
  let fails: Error | undefined;
  const approvals = new Approvals({
    ...{ db, clock, random: systemRandom, log: recordingLogger(), expireMs: 60_000, required: true },
    notices: {
      raise: async (_tx, { event }) => {
        told.push(event);
      },
    },
  });
  approvals.add(
    register({
      ...{ name: 'test.effect', about: 'a row', scope: 'rates:operate', schema: z.strictObject({ n: z.int() }) },
      target: ({ n }) => `effect ${n}`,
      validate: async () => undefined,
      execute: async (tx, { n }, { approvalId }) => {
        await sql`INSERT INTO effects VALUES (${n}, ${approvalId})`.execute(tx);
        if (fails !== undefined) throw fails;
        return { result: { n } };
      },
    }),
  );
  const ask = (n: number, by = an) => approvals.request({ action: 'test.effect', payload: { n }, reason: REASON }, by);
  const effects = async () =>
    (await sql<{ n: number }>`SELECT n FROM effects ORDER BY n`.execute(db.sql)).rows.map(({ n }) => n);
  return {
    ...{ approvals, clock, told, ask, effects },
    failWith: (error: Error | undefined) => {
      fails = error;
    },
  };
}

describeDb('approvals', (open, engine) => {
  test(`random steps come to the same by the rules and by the service (from seed ${SEED})`, async () => {
    const db = await open();
    const broken: string[] = [];
    for (let seed = SEED; seed < SEED + (engine === 'PGlite' ? 3 : 8); seed += 1) {
      broken.push(...(await playBoth(seed, db)).map((each) => `seed ${seed}: ${each}`));
    }
    expect(broken).toEqual([]);
  });

  test('what is done stands with its decision, its audit entries and its notice, or not at all', async () => {
    const db = await open();
    const { approvals, clock, told, ask, effects, failWith } = await officeOver(db);
    const row = await ask(1);
    failWith(new Error('the disk is full'));
    await expect(approvals.approve(row.id, row.payload_hash, binh)).rejects.toThrow('disk is full');
    expect([await effects(), (await approvals.get(row.id)).state]).toEqual([[], 'pending']);
    failWith(undefined);
    const done = await approvals.approve(row.id, row.payload_hash, binh);
    expect([await effects(), done.state, done.decided_by]).toEqual([[1], 'executed', 'person:binh']);
    expect(told).toEqual(['approval.requested', 'approval.executed']);

    // What can be done no longer is void, and says why.
    const late = await ask(2);
    failWith(new PlumblineError('conflict', 'test.changed', 'the market has moved'));
    await expect(approvals.approve(late.id, late.payload_hash, binh)).rejects.toMatchObject({ code: 'approvals.void' });
    failWith(undefined);
    expect(await approvals.get(late.id)).toMatchObject({ state: 'void', decision_reason: 'the market has moved' });

    // Nobody alone, nobody late, nothing twice; each attempt is written down.
    const alone = await ask(3);
    await expect(ask(3, binh)).rejects.toMatchObject({
      code: 'approvals.duplicate',
      details: { approval_id: alone.id },
    });
    await expect(approvals.approve(alone.id, alone.payload_hash, { ...an, via: 'session:1' })).rejects.toMatchObject({
      code: 'approvals.same_person',
      kind: 'denied',
    });
    clock.jump(60_000);
    await expect(approvals.approve(alone.id, alone.payload_hash, binh)).rejects.toMatchObject({
      code: 'approvals.expired',
    });
    await approvals.expire();
    expect((await approvals.get(alone.id)).state).toBe('expired');
    const denials = await approvals.denials({ limit: 9 });
    expect(denials.map(({ subject, attempt, code }) => [subject, attempt, code])).toEqual(
      expect.arrayContaining([
        ['person:binh', 'request', 'approvals.duplicate'],
        ['person:an', 'approve', 'approvals.same_person'],
        ['person:binh', 'approve', 'approvals.expired'],
      ]),
    );
    const { rows } = await sql<{ name: string; op: string; actor: string }>`
      SELECT s.name, o.op, o.actor FROM audit_outbox o JOIN audit_streams s ON s.id = o.stream_id
      WHERE o.record_id = ${row.id} ORDER BY o.id`.execute(db.sql);
    expect(rows).toEqual([
      { name: 'approvals', op: 'insert', actor: 'person:an' },
      { name: 'approvals', op: 'update', actor: 'person:binh' },
    ]);
    await refusedByItself(db, await ask(4));
  });
});

/** Whoever writes to the table, with whatever program. */
async function refusedByItself(db: Db, { id }: { readonly id: string }): Promise<void> {
  const set = (text: string) => sql.raw(`UPDATE approvals SET ${text} WHERE id = '${id}'`).execute(db.sql);
  const by = (who: string): string => `decided_by = '${who}', decided_via = 'x', decided_at = requested_at`;
  await expect(set(`state = 'executed', ${by('person:an')}`)).rejects.toThrow(/two_people/);
  await expect(set(`state = 'executed', ${by('plumbline')}`)).rejects.toThrow(/two_people/);
  await expect(set(`state = 'executed', ${by('key:1')}`)).rejects.toThrow(/decider/);
  await expect(set("state = 'executed'")).rejects.toThrow(/decided/);
  await expect(set(`state = 'executed', decided_by = 'person:binh', decided_at = expires_at`)).rejects.toThrow(
    /in_time/,
  );
  await expect(set("requested_by = 'person:binh'")).rejects.toThrow(/stands as it was made/);
  await expect(set(`payload = '{"n":5}', payload_hash = '${sha256Hex('{"n":5}')}'`)).rejects.toThrow(
    /stands as it was made/,
  );
  await expect(set("break_glass = true, state = 'executed'")).rejects.toThrow(/stands as it was made/);
  await expect(set(`reviewed_by = 'person:binh', reviewed_at = now(), review_note = 'x'`)).rejects.toThrow(/reviewed/);
  await expect(sql`DELETE FROM approvals`.execute(db.sql)).rejects.toThrow(/refused/);
  await expect(sql`TRUNCATE approvals CASCADE`.execute(db.sql)).rejects.toThrow(/refused/);
  await expect(sql`DELETE FROM approval_denials`.execute(db.sql)).rejects.toThrow(/refused/);
  const forged = sql`INSERT INTO approvals (id, action, target, payload, payload_hash, reason, requested_by, requested_via,
      requested_at, expires_at, state, decided_by, decided_via, decided_at)
    SELECT '01939e4e-7cb2-7c00-8000-000000000001', action, target, payload, payload_hash, reason, requested_by, requested_via,
      requested_at, expires_at, 'executed', 'person:binh', 'x', requested_at FROM approvals WHERE id = ${id}`;
  await expect(forged.execute(db.sql)).rejects.toThrow(/decided after it was made/);
}

describeEachPostgres('approvals at the same instant', (open) => {
  test('of many who approve, reject and withdraw one request, one does; the same is asked for once', async () => {
    const db = await open();
    const { approvals, ask, effects } = await officeOver(db);
    const asked = await Promise.allSettled([an, binh, chi, an, binh, chi].map((by) => ask(1, by)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [row] = await approvals.list({ limit: 1 });
    if (row === undefined) throw new Error('nothing was asked for');
    const others = [an, binh, chi].filter(({ subject }) => subject !== row.requested_by);
    const owner = [an, binh, chi].find(({ subject }) => subject === row.requested_by) ?? an;
    const settled = await Promise.allSettled([
      ...[...others, ...others].map((by) => approvals.approve(row.id, row.payload_hash, by)),
      ...others.map((by) => approvals.reject(row.id, REASON, by)),
      approvals.withdraw(row.id, owner),
    ]);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(
      settled.filter(({ status }) => status === 'rejected').map((each) => ('reason' in each ? each.reason.code : '')),
    ).toEqual(Array.from({ length: 6 }, () => 'approvals.settled'));
    expect(await effects()).toHaveLength((await approvals.get(row.id)).state === 'executed' ? 1 : 0);
  });
});

describePostgres('what of archival needs two people', (open) => {
  test('a first deletion, a policy that keeps less, a restore, the end of a hold: by two, as it was looked at, or not at all', async () => {
    const db = await open();
    const { approvals } = await officeOver(db);
    const bench = folderBench();
    const bed = restorable(db, bench, undefined, { permitsRequired: true });
    const { service } = bed;
    onTestFinished(async () => {
      await service.stop();
      bed.remove();
      await bench.close();
    });
    const { restore, policy, deletion, release } = archivalActions(service);
    approvals.add(register(restore), register(policy), register(deletion), register(release));
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 300);
    const table = 'public.audit_logs';
    const asks = (action: string, payload: unknown, by = an) =>
      approvals.request({ action, payload, reason: REASON }, by);
    const byTwo = async (action: string, payload: unknown) => {
      const row = await asks(action, payload);
      await expect(approvals.approve(row.id, row.payload_hash, an)).rejects.toMatchObject({
        code: 'approvals.same_person',
      });
      return approvals.approve(row.id, row.payload_hash, binh);
    };

    // Nothing of the table was ever deleted: not by hand, and not by the schedule.
    const first = policyOf({ storage_class: 'STANDARD', legal_hold: false, retention: null });
    await service.setPolicy('audit_logs', first, 'person:an');
    await expect(service.start('audit_logs', 'person:an')).rejects.toMatchObject({
      ...{ code: 'archive.deletion_unpermitted', kind: 'denied' },
    });
    await service.runScheduled();
    expect(await service.runs(5)).toEqual([]);
    await expect(asks('archive.deletion.permit', { table, policy_version: 2 })).rejects.toMatchObject({
      code: 'archive.policy_changed',
    });
    await byTwo('archive.deletion.permit', { table, policy_version: 1 });
    const archived = async (name: string) => {
      const { id } = await service.start(name, 'person:an');
      await vi.waitUntil(async () => (await service.run(id)).state !== 'running', { timeout: 30_000, interval: 50 });
      const { state, rows_done, rows_kept } = await service.run(id);
      return { state, rows_done, rows_kept };
    };
    expect(await archived('audit_logs')).toEqual({ state: 'done', rows_done: 300n, rows_kept: 0n });

    // Our own rows of old notifications by a policy like any other: docs/operations/notifications.md.
    const own = policyOf({ age_days: 400, storage_class: 'STANDARD' });
    expect(await service.setPolicy('notification_logs', own, 'person:an')).toMatchObject({ version: 1 });
    await sql`
      INSERT INTO notification_logs (id, event_key, channel, event_type, severity, recipient, message, payload, status, created_at, sent_at)
      SELECT gen_random_uuid(), 'old/' || n, 'email', 'payment.completed', 'info', 'a***@example.com', 'm', '{}', 'delivered', t, t
      FROM generate_series(1, 20) AS n, (SELECT '2023-10-05'::timestamptz AS t) AS of`.execute(db.sql);
    expect(await service.plan('notification_logs')).toMatchObject({ faults: [], rows: 20 });
    await byTwo('archive.deletion.permit', { table: 'public.notification_logs', policy_version: 1 });
    expect(await archived('notification_logs')).toEqual({ state: 'done', rows_done: 20n, rows_kept: 0n });

    // What both have looked at is what is changed: a version that came between makes it void.
    const less = { ...first, age_days: first.age_days - 1 };
    const late = await asks('archive.policy.change', { table, based_on: 1, policy: less });
    await service.setPolicy('audit_logs', { ...first, enabled: false }, 'person:chi');
    await expect(approvals.approve(late.id, late.payload_hash, binh)).rejects.toMatchObject({
      ...{ code: 'approvals.void', details: { because: 'archive.policy_changed' } },
    });
    const changed = await byTwo('archive.policy.change', { table, based_on: 2, policy: less });
    expect(JSON.parse(changed.result ?? '')).toEqual({ table, version: 3 });
    expect((await service.versions('audit_logs'))[0]).toMatchObject({ version: 3, setBy: 'person:an', policy: less });

    // A restore is written with both names, and is quoted again when it is approved.
    const request = { table, what: { kind: 'batch', batch: 1 }, purpose: 'read' };
    await expect(
      asks('archive.restore', { request: { ...request, what: { kind: 'batch', batch: 9 } }, max_cost: null }),
    ).rejects.toMatchObject({ code: 'archive.nothing_archived' });
    const restored = await byTwo('archive.restore', { request, max_cost: '1' });
    const { restore_id } = z.object({ restore_id: z.uuid() }).parse(JSON.parse(restored.result ?? ''));
    expect(await service.restores.view(restore_id)).toMatchObject({
      restore: { requestedBy: 'person:an', approvedBy: 'person:binh', table },
      objects: [{ state: 'readable' }],
    });
    // A hold ends by two, and once.
    const { hold } = await service.hold(
      { table: 'audit_logs', rows: { kind: 'time', from: '2023-10-01', to: '2023-10-02' }, reason: 'court order 7' },
      'person:an',
    );
    const again = await asks('archive.hold.release', { hold: hold.id, reason: 'by mistake' });
    await byTwo('archive.hold.release', { hold: hold.id, reason: 'the case is closed' });
    expect((await service.holds.view(hold.id)).hold.release).toMatchObject({
      ...{ by: 'person:an', approvedBy: 'person:binh', reason: 'the case is closed' },
    });
    await expect(approvals.approve(again.id, again.payload_hash, binh)).rejects.toMatchObject({
      ...{ code: 'approvals.void', details: { because: 'archive.hold_released' } },
    });
    // Who decided is who decided, whatever the action wrote as of whoever asked.
    const { rows } = await sql<{ said: string }>`
      SELECT DISTINCT s.name || ' ' || o.op || ' by ' || o.actor AS said FROM audit_outbox o JOIN audit_streams s ON s.id = o.stream_id
      WHERE s.name IN ('approvals', 'archive_deletion_permits') AND o.actor LIKE 'person:%' ORDER BY 1`.execute(db.sql);
    expect(rows.map(({ said }) => said)).toEqual([
      'approvals insert by person:an',
      'approvals update by person:binh',
      'archive_deletion_permits insert by person:binh',
    ]);
  });
});
