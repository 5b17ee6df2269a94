/** Archival over HTTP and on the command line, in the whole service; and what is found when somebody tampers. */
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { startApp } from '../support/app.ts';
import { createAuditLogs, fill } from '../support/archival.ts';
import { coldDouble } from '../support/cold-double.ts';
import { describeEachPostgres, urlOfDb } from '../support/databases.ts';
import { plumbline } from '../support/program.ts';
import { recordingLogger } from '../support/reconciliation.ts';

const AMOUNT = z.string();
const MONEY = z.looseObject({
  ...{ database_month: AMOUNT, archive_month: AMOUNT, saving_month: AMOUNT, upload: AMOUNT },
});
const POLICY = { column: 'created_at', age_days: 90, throttle: { busy_percent: 100 } };

describeEachPostgres('archival in the service', (open, engine) => {
  it.skipIf(engine !== 'PostgreSQL 18')(
    'is planned, run, watched, verified, and finds whatever was tampered with',
    async () => {
      const db = await open();
      await createAuditLogs(db);
      await fill(db, 'audit_logs', 1, 2_500);
      const cold = coldDouble();
      const service = await startApp({
        ...{ db, env: { DATABASE_URL: urlOfDb(db) ?? '' }, warm: false },
        compose: { adapters: { db, cold, log: recordingLogger() } },
      });
      onTestFinished(() => service.close());
      const { request, post, url, key } = service;
      const cli = (...args: string[]) =>
        plumbline(['archive', ...args], {
          PLUMBLINE_URL: url,
          PLUMBLINE_API_KEY: key('archive:read', 'archive:run', 'archive:admin', 'archive:restore'),
        });

      // Refused, with the field and the remedy, before anything is touched.
      for (const [policy, code, says] of [
        [{ ...POLICY, age_days: 0 }, 'archive.policy_invalid', /written now/],
        [{ ...POLICY, hold_days: 365 }, 'archive.policy_invalid', /younger than the legal hold of 365 days/],
        [{ ...POLICY, purge_only: true, legal_hold: true }, 'archive.policy_invalid', /release the hold/],
        [{ ...POLICY, column: 'born' }, 'archive.table_unfit', /no column ..born..; there are id, actor/],
        [{ ...POLICY, key: 'actor' }, 'archive.table_unfit', /a row is named by a uuid/],
      ] as const) {
        const refused = await post('/v1/archive/policies', { table: 'audit_logs', policy });
        expect(refused).toMatchObject({ status: 422, body: { code } });
        expect(refused.text).toMatch(says);
      }
      expect(await post('/v1/archive/policies', { table: 'nowhere', policy: POLICY })).toMatchObject({ status: 404 });
      expect(await post('/v1/archive/runs', { table: 'audit_logs' })).toMatchObject({
        ...{ status: 404, body: { code: 'archive.policy_unknown' } },
      });
      const reader = { authorization: `Bearer ${key('archive:read')}` };
      expect(await post('/v1/archive/runs', { table: 'audit_logs' }, reader)).toMatchObject({ status: 403 });
      expect(await post('/v1/archive/plan', { table: 'audit_logs', policy: POLICY }, reader)).toMatchObject({
        ...{ status: 200, body: { possible: true, rows: 2_500, objects: 3, prices: { region: 'us-east-1' } } },
      });

      const set = await cli('policy', 'set', 'audit_logs', '--column', 'created_at', '--age', '30', '--busy', '100');
      expect(set).toMatchObject({ status: 0, stdout: expect.stringContaining('public.audit_logs: version 1') });
      // What is not said stays as it is.
      expect(await cli('policy', 'set', 'audit_logs', '--age', '90')).toMatchObject({ status: 0 });
      expect((await request('/v1/archive/policies/audit_logs')).body).toMatchObject({
        data: [
          { version: 2, policy: { age_days: 90, throttle: { busy_percent: 100 } } },
          { version: 1, policy: { age_days: 30 }, set_by: 'test' },
        ],
      });
      const plan = await cli('plan', 'audit_logs');
      expect(plan).toMatchObject({ status: 0, stdout: expect.stringMatching(/2500 in 3 months .2023-10 to 2023-12/) });

      const behind = { table: 'public.audit_logs', due_rows: 2_500, oldest_due_at: '2023-10-05T00:37:00.000Z' };
      expect((await request('/v1/archive/summary')).body).toMatchObject({
        ...{ tables: [behind], archived_rows: '0', objects: 0, saving_month: '0.000000', currency: 'USD' },
      });

      const run = await cli('run', 'audit_logs');
      expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/done {2}2500 of 2500 rows in 3 objects/) });
      const summary = (await request('/v1/archive/summary')).body;
      expect(summary).toMatchObject({
        ...{ tables: [{ due_rows: 0, oldest_due_at: null }], archived_rows: '2500', objects: 3 },
      });
      // Three small objects, with all that is billed for each, beside half a megabyte in the database.
      const { database_month, archive_month, saving_month, upload } = MONEY.parse(summary);
      expect([database_month, archive_month, upload].every((amount) => /^0\.\d{6}$/.test(amount))).toBe(true);
      expect(Number(saving_month)).toBeCloseTo(Number(database_month) - Number(archive_month), 5);
      const { rows } = await sql<{ id: string; hash: string }>`
        SELECT original_id AS id, data_hash AS hash FROM archived_records ORDER BY 1 LIMIT 1`.execute(db.sql);
      const [row] = rows;
      const found = await request(`/v1/archive/records?table=audit_logs&id=${row?.id ?? ''}`);
      expect([found.status, found.text.includes(row?.hash ?? 'none')]).toEqual([200, true]);
      expect((await request('/v1/archive/records?table=audit_logs&id=nonsense')).status).toBe(422);
      expect((await request('/v1/archive/records?table=audit_logs&id=7')).status).toBe(404);
      const runs = await request('/v1/archive/runs');
      expect(runs.body).toMatchObject({ data: [{ state: 'done', rows_done: '2500', error: null }] });
      const [, id] = /"id":"([0-9a-f-]{36})"/.exec(runs.text) ?? [];
      expect(await post(`/v1/archive/runs/${id}/stop`, {})).toMatchObject({
        ...{ status: 409, body: { code: 'archive.run_ended' } },
      });
      expect(await post('/v1/archive/runs/nonsense/pause', {})).toMatchObject({ status: 404 });
      expect((await request('/v1/archive/batches?state=sealed')).text).toContain('2023/12/audit_logs/');
      const verified = async (): Promise<string> => (await request('/v1/archive/verification?bytes=true')).text;
      const reconciled = async (): Promise<string> => (await request('/v1/archive/reconciliation')).text;
      expect(await verified()).not.toContain('"sound":false');
      expect(JSON.parse(await reconciled())).toMatchObject({
        ...{ sound: true, batches: 3, objects: 3, manifests: 3, logged: 3, foreign: 0 },
      });

      // Kept by order, and let go again.
      const held = {
        table: 'audit_logs',
        rows: { kind: 'keys', from: row?.id ?? '', to: row?.id ?? '' },
        reason: 'case 7',
      };
      expect(await post('/v1/archive/holds', held, reader)).toMatchObject({ status: 403 });
      expect(await post('/v1/archive/holds', { ...held, reason: ' ' })).toMatchObject({ status: 422 });
      expect(await cli('hold', 'place', 'audit_logs', '--key', row?.id ?? '', '--reason', 'case 7')).toMatchObject({
        ...{
          status: 0,
          stdout: expect.stringMatching(/by test: case 7\n {2}objects {5}1, of which the store keeps 1\n/),
        },
      });
      const [, hold = ''] = /"id":"([0-9a-f-]{36})"/.exec((await request('/v1/archive/holds')).text) ?? [];
      expect(await cli('hold', 'release', hold, '--reason', 'closed')).toMatchObject({
        ...{ status: 0, stdout: expect.stringMatching(/released {4}\S+ by test: closed/) },
      });
      expect((await request(`/v1/archive/holds/${hold}`)).body).toMatchObject({ objects_kept: 0, rows: held.rows });

      // Rows come back: quoted, refused without the scope, asked for, followed, read, and asked about.
      const what = { table: 'audit_logs', what: { kind: 'row', id: row?.id ?? '' }, purpose: 'read' };
      expect(await post('/v1/archive/restores', what, reader)).toMatchObject({ status: 403 });
      expect(await post('/v1/archive/restores/quote', what, reader)).toMatchObject({
        ...{ status: 200, body: { objects: 1, rows: 1, currency: 'USD', wait_seconds: 5 * 3_600 } },
      });
      expect(await cli('query', 'SELECT count(*) AS n FROM audit_logs')).toMatchObject({
        ...{ status: 7, stdout: expect.stringMatching(/INCOMPLETE: 3 objects/) },
      });
      expect(await cli('restore', 'audit_logs', '--row', row?.id ?? '')).toMatchObject({
        ...{ status: 0, stdout: expect.stringContaining('nothing was asked of the store') },
      });
      expect(await post('/v1/archive/restores', { ...what, max_cost: '0' })).toMatchObject({ status: 409 });
      expect(await post('/v1/archive/restores', { ...what, max_cost: '1' })).toMatchObject({
        ...{ status: 202, body: { table: 'public.audit_logs', purpose: 'read', objects: [{ tier: 'Standard' }] } },
      });
      expect(await cli('restores')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('1 objects, 0 rows landed'),
      });
      expect(await cli('read', 'audit_logs', row?.id ?? '')).toMatchObject({
        ...{ status: 0, stdout: expect.stringContaining(`data_hash    ${row?.hash}`) },
      });
      expect(await cli('rebuild')).toMatchObject({ status: 0, stdout: expect.stringContaining('3 known') });
      expect((await request('/v1/archive/restores/nonsense')).status).toBe(404);

      // One damage of each kind, each found and named.
      const keys = [...cold.objects.keys()].sort();
      const flip = (name: string, at: number): void => {
        const bytes = cold.objects.get(name)?.bytes;
        bytes?.writeUInt8((bytes[at] ?? 0) ^ 4, at);
      };
      cold.thaw();
      const ofKind = (kind: RegExp): string => keys.find((each) => kind.test(each)) ?? '';
      for (const [name, at, says] of [
        [ofKind(/jsonl/), 500, /frame 0 \(bytes 0 to/],
        [ofKind(/manifest/), 100, /the manifest [^ ]* is not the one that was stored/],
        [ofKind(/receipt/), 20, /the receipt [^ ]* is not the one that was stored/],
      ] as const) {
        flip(name, at);
        expect(await verified()).toMatch(says);
        flip(name, at);
      }
      expect(await verified()).not.toContain('"sound":false');

      const tamper = async (statement: string, says: RegExp, undo: string): Promise<void> => {
        await sql.raw(`ALTER TABLE archive_pointers DISABLE TRIGGER ALL; ${statement}`).execute(db.sql);
        expect(await verified(), statement).toMatch(says);
        await sql.raw(`${undo}; ALTER TABLE archive_pointers ENABLE TRIGGER ALL`).execute(db.sql);
      };
      const keep = 'CREATE TABLE kept AS SELECT * FROM archive_pointers';
      const undo = 'DELETE FROM archive_pointers; INSERT INTO archive_pointers SELECT * FROM kept; DROP TABLE kept';
      const first = '(batch, part, lo) = (SELECT batch, part, lo FROM archive_pointers ORDER BY 1, 2, 3 LIMIT 1)';
      await tamper(
        `${keep}; UPDATE archive_pointers SET records = set_byte(records, 30, get_byte(records, 30) # 1) WHERE ${first}`,
        /batch \d: pointers of rows \d+ to \d+ are not those that were written \(frame \d\)/,
        undo,
      );
      await tamper(
        `${keep}; UPDATE archive_pointers SET records = substring(records FROM 53) WHERE ${first}`,
        /batch \d: row \d+ of the object has no pointer/,
        undo,
      );
      await tamper(
        `${keep}; UPDATE archive_pointers SET records = records || substring(records FROM 1 FOR 52) WHERE (batch, part, lo) = (SELECT batch, part, lo FROM archive_pointers WHERE octet_length(records) < 7000 ORDER BY 1 LIMIT 1)`,
        /batch \d: row \d+ of the object has two pointers/,
        undo,
      );

      cold.objects.set('2023/10/audit_logs/0123456789abcdef0123456789abcdef.jsonl.zst', {
        ...{ bytes: Buffer.from('x'), options: { storageClass: 'GLACIER' }, at: new Date(), restored: false },
      });
      const lost = keys.findLast((each) => /jsonl/.test(each)) ?? '';
      cold.objects.delete(lost);
      await sql
        .raw(
          "ALTER TABLE archive_batches DISABLE TRIGGER ALL; UPDATE archive_batches SET manifest_sha256 = sha256('x') WHERE no = 2; ALTER TABLE archive_batches ENABLE TRIGGER ALL",
        )
        .execute(db.sql);
      const differing = await cli('reconcile');
      expect(differing.status).toBe(8);
      for (const says of [
        /ORPHAN {2}2023\/10\/audit_logs\/0123456789abcdef/,
        new RegExp(`PHANTOM {2}batch 3 names ${lost}`),
        /MISMATCH {2}.*is not the manifest that batch 2 names/,
        /MISMATCH {2}the audit log has the manifest/,
        /CHAIN {2}the manifest of batch 3 names/,
      ]) {
        expect(differing.stdout).toMatch(says);
      }
      expect(await cli('verify')).toMatchObject({ status: 8, stdout: expect.stringContaining('ARE NOT WHAT') });
    },
    120_000,
  );
});
