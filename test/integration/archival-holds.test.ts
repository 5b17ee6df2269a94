/** Legal holds: what is held leaves no table and no store, whatever is done meanwhile. */
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { NEW_HOLD } from '../../src/features/archival/holds/hold.ts';
import type { HoldView } from '../../src/features/archival/holds/holds.ts';
import { idRanges } from '../../src/features/archival/holds/store-held-objects.ts';
import { listBatches } from '../../src/features/archival/run/store-batches.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { archivable, createAuditLogs, fill, policyOf } from '../support/archival.ts';
import { folderBench } from '../support/cold-stores.ts';
import { describePostgres } from '../support/databases.ts';
import { restorable } from '../support/restores.ts';

const ids = async (db: Db, table: string): Promise<readonly string[]> =>
  (
    await sql<{ id: string }>`SELECT id::text AS id FROM ${sql.raw(table)} ORDER BY created_at, id`.execute(db.sql)
  ).rows.map(({ id }) => id);

it('keys that go below zero are two ranges of ids', () => {
  expect(idRanges({ from: '3', to: '3' })).toHaveLength(1);
  expect(idRanges({ from: '-7', to: '-3' }).map(([from, to]) => from < to)).toEqual([true]);
  expect(idRanges({ from: '-7', to: '3' })).toEqual([
    ['00000000-0000-0000-ffff-fffffffffff9', '00000000-0000-0000-ffff-ffffffffffff'],
    ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000003'],
  ]);
});

describePostgres('a legal hold', (open) => {
  it('keeps rows in their table and objects in the store, until it is released', async () => {
    const db = await open();
    const bench = folderBench();
    const { service, cold, archive, log, remove } = restorable(db, bench);
    onTestFinished(async () => {
      remove();
      await bench.close();
    });
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 60, '12 hours'); // of October and November
    const all = await ids(db, 'audit_logs');
    const hold = (rows: unknown, reason = 'court order 7'): Promise<HoldView> =>
      service.hold(NEW_HOLD.parse({ table: 'audit_logs', rows, reason }), 'lawyer');

    await expect(hold({ kind: 'time', from: '2023-10-10', to: '2023-10-12' })).rejects.toMatchObject({
      code: 'archive.policy_unknown',
    });
    await service.setPolicy('audit_logs', policyOf({ storage_class: 'STANDARD' }), 'test');
    for (const [rows, code] of [
      [{ kind: 'time', from: '2023-10-12', to: '2023-10-12' }, 'archive.range_empty'],
      [{ kind: 'keys', from: '7', to: '9' }, 'archive.key_malformed'],
      [{ kind: 'keys', from: 'x', to: 'y' }, 'archive.key_malformed'],
      [{ kind: 'keys', from: all[0]?.replace(/^./, 'f'), to: all[0]?.replace(/^./, '0') }, 'archive.range_empty'],
    ] as const)
      await expect(hold(rows)).rejects.toMatchObject({ code, kind: 'invalid' });

    const [early = '', late = ''] = [all[0], all[55]];
    const byTime = await hold({ kind: 'time', from: '2023-10-10', to: '2023-10-12T06:00:00+06:00' });
    const byKey = await hold({ kind: 'keys', from: late, to: late });
    expect(byTime).toMatchObject({ hold: { placedBy: 'lawyer', reason: 'court order 7' }, objects: { all: 0 } });
    expect(await service.plan('audit_logs')).toMatchObject({
      rows: 55,
      risks: expect.arrayContaining([expect.objectContaining({ code: 'held' })]),
    });
    await archive('audit_logs', { storage_class: 'STANDARD' });
    const kept = await ids(db, 'audit_logs');
    expect(kept).toHaveLength(5);
    expect(kept).toContain(late);
    await archive('audit_logs', { storage_class: 'STANDARD', purge_only: true });
    expect(await ids(db, 'audit_logs')).toEqual(kept);

    // An archived row: its object, manifest and receipt are not deleted by anybody.
    const archived = await hold({ kind: 'keys', from: early, to: early });
    expect(archived.objects).toEqual({ all: 1, protected: 1, error: undefined });
    const wide = await hold({ kind: 'time', from: '2023-10-01', to: '2023-11-01' }, 'the regulator asks');
    expect(wide.objects).toEqual({ all: 1, protected: 1, error: undefined });
    const batch = (await listBatches(db.sql, { limit: 50, states: ['sealed'] })).find(
      ({ range }) => range.from < '2023-11',
    );
    const keys = [batch?.object?.key ?? '', batch?.object?.manifestKey ?? '', batch?.receiptKey ?? ''];
    for (const key of keys) await expect(cold.delete(key)).rejects.toMatchObject({ code: 'objects.locked' });

    // Released once; what another hold keeps stays.
    const released = await service.holds.release(archived.hold.id, 'the case is closed', 'test');
    expect(released.hold.release).toMatchObject({ by: 'test', reason: 'the case is closed', approvedBy: null });
    await expect(service.holds.release(archived.hold.id, 'again', 'test')).rejects.toMatchObject({
      code: 'archive.hold_released',
    });
    await expect(service.holds.release('nonsense', 'again', 'test')).rejects.toMatchObject({
      code: 'archive.hold_unknown',
    });
    expect((await cold.head(keys[0] ?? ''))?.legalHold).toBe(true);
    await service.holds.release(wide.hold.id, 'the regulator has its answer', 'test');
    for (const key of keys) expect((await cold.head(key))?.legalHold).toBe(false);
    await expect(sql`UPDATE archive_holds SET reason = 'another'`.execute(db.sql)).rejects.toThrow(/refused/);
    await expect(sql`DELETE FROM archive_holds`.execute(db.sql)).rejects.toThrow(/refused/);

    // The others leave when nothing holds them any more; who asked for what is on its way into the audit log.
    expect((await service.holds.list({ released: false, limit: 9 })).map(({ hold: { id } }) => id).sort()).toEqual(
      [byKey.hold.id, byTime.hold.id].sort(),
    );
    expect(await service.holds.list({ table: 'public.other', released: true, limit: 9 })).toEqual([]);
    for (const { hold: each } of [byTime, byKey]) await service.holds.release(each.id, 'over', 'test');
    await archive('audit_logs', { storage_class: 'STANDARD' });
    expect(await ids(db, 'audit_logs')).toEqual([]);
    const { rows: logged } = await sql<{ n: bigint }>`
      SELECT count(*) AS n FROM audit_outbox o JOIN audit_streams s ON s.id = o.stream_id WHERE s.name = 'archive_holds'`.execute(
      db.sql,
    );
    expect(Number(logged[0]?.n)).toBe(8);
    expect(log.lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  }, 60_000);

  it('placed while rows are leaving keeps them, and a partition that has some of them', async () => {
    const db = await open();
    const bench = folderBench();
    const { service, cold, remove } = restorable(db, bench);
    onTestFinished(async () => {
      remove();
      await bench.close();
    });
    await sql
      .raw(
        `CREATE TABLE logs (id uuid NOT NULL, actor text NOT NULL, amount numeric, after jsonb, ip inet, created_at timestamptz NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
         CREATE TABLE logs_10 PARTITION OF logs FOR VALUES FROM ('2023-10-01') TO ('2023-11-01');
         CREATE TABLE logs_11 PARTITION OF logs FOR VALUES FROM ('2023-11-01') TO ('2023-12-01')`,
      )
      .execute(db.sql);
    await fill(db, 'logs', 1, 60, '12 hours');
    const [first = ''] = await ids(db, 'logs');
    await service.setPolicy('logs', policyOf(), 'test');
    const table = await archivable(db, cold, 'logs');
    onTestFinished(() => table.remove());
    await table.run({
      now: () => bench.now(),
      onStep: async (step) => {
        if (step !== 'put' || (await ids(db, 'logs')).length < 60) return; // exported, and not gone yet
        const rows = { kind: 'keys', from: first, to: first };
        await service.hold(NEW_HOLD.parse({ table: 'logs', rows, reason: 'now' }), 'lawyer');
      },
    });
    expect(await ids(db, 'logs')).toEqual([first]);
    expect((await listBatches(db.sql, { limit: 9 })).map(({ way, keptRows }) => `${way} ${keptRows}`)).toEqual([
      'partition 0',
      'partition 1',
    ]);
    await table.run({ now: () => bench.now() });
    expect(await ids(db, 'logs')).toEqual([first]);
  }, 60_000);
});
