/** Archived rows come back from a store that makes its reader wait: every purpose, both stores, every engine. */
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import type { Db } from '../../src/platform/db/port.ts';
import { createAuditLogs, fill } from '../support/archival.ts';
import { coldS3Bench, folderBench } from '../support/cold-stores.ts';
import { describeEachDb } from '../support/databases.ts';
import { restorable } from '../support/restores.ts';

const texts = async (db: Db, query: string): Promise<readonly string[]> =>
  (await sql<{ text: string }>`${sql.raw(query)}`.execute(db.sql)).rows.map(({ text }) => text);
const ROWS = 'SELECT row_to_json(t)::text AS text FROM audit_logs t ORDER BY id';

describeEachDb('restoring', (open, engine) => {
  it('is quoted, waits for the store, lands, and goes back once', async () => {
    const db = await open();
    const bench = engine === 'PostgreSQL 18' ? await coldS3Bench() : folderBench();
    const { service, archive, ask, later, log, told, remove } = restorable(db, bench);
    onTestFinished(async () => {
      remove();
      await bench.close();
    });
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 800, '115 minutes');
    const before = await texts(db, ROWS);
    const [some = ''] = await texts(
      db,
      "SELECT id::text AS text FROM audit_logs WHERE created_at > '2023-11-05' ORDER BY created_at LIMIT 1",
    );
    await archive('audit_logs', { storage_class: 'DEEP_ARCHIVE' });
    expect(await texts(db, ROWS)).toEqual([]);

    // One row is asked for: refused, priced, and read with its proof by one range once it is there.
    const row = { table: 'audit_logs', what: { kind: 'row', id: some }, purpose: 'read', tier: 'Bulk' } as const;
    await expect(ask({ ...row, tier: 'Expedited' })).rejects.toMatchObject({ code: 'archive.tier_refused' });
    await expect(ask(row, '0.000001')).rejects.toMatchObject({ code: 'archive.cost_exceeded' });
    await expect(ask({ ...row, what: { kind: 'row', id: '7' } })).rejects.toMatchObject({
      code: 'archive.nothing_archived',
    });
    await expect(service.read('audit_logs', some)).rejects.toMatchObject({
      code: 'archive.not_readable',
      message: expect.stringContaining(`--row ${some}`),
    });
    const asked = await ask(row, '1');
    expect(asked).toMatchObject({
      restore: { table: 'public.audit_logs', waitMs: 48 * 3_600_000, requestedBy: 'test', currency: 'USD' },
      objects: [{ state: 'restoring', tier: 'Bulk' }],
    });
    expect(Number(asked.restore.quotedCost)).toBeGreaterThan(0);
    await later(1);
    expect((await service.restores.view(asked.restore.id)).objects).toMatchObject([{ state: 'restoring' }]);
    // Faster, since somebody waits.
    await expect(service.restores.speedUp(asked.restore.id, 'Bulk')).rejects.toMatchObject({
      code: 'archive.not_faster',
    });
    await service.restores.speedUp(asked.restore.id, 'Standard');
    await later(12.1);
    expect((await service.restores.view(asked.restore.id)).objects).toMatchObject([
      { state: 'readable', tier: 'Standard' },
    ]);
    const read = await service.read('audit_logs', some);
    expect(read.row).toBe(before.find((text) => text.includes(some)));
    expect(read.bytesRead).toBeLessThanOrEqual(65_536);
    expect(await texts(db, `SELECT restore_state AS text FROM archived_records WHERE original_id = '${some}'`)).toEqual(
      ['restored'],
    );
    await later(24 * 5);
    expect((await service.restores.view(asked.restore.id)).objects).toMatchObject([{ state: 'expired' }]);
    await expect(service.restores.speedUp(asked.restore.id, 'Standard')).rejects.toMatchObject({
      code: 'archive.restore_over',
    });

    // A time lands beside the table: those rows, and no others.
    const range = { kind: 'range', from: '2023-10-20T00:00:00Z', to: '2023-11-03T12:00:00Z' };
    const landing = await ask({ table: 'audit_logs', what: range, tier: 'Standard' });
    expect(landing.objects).toHaveLength(2);
    await later(12.1);
    const wanted = before.filter((text) => {
      const { created_at } = JSON.parse(text) as { created_at: string };
      return created_at >= '2023-10-20' && created_at < '2023-11-03T12';
    });
    const landed = await service.restores.view(landing.restore.id);
    expect(landed.objects.map(({ state }) => state)).toEqual(['landed', 'landed']);
    expect(landed.objects.reduce((sum, { landedRows }) => sum + landedRows, 0)).toBe(wanted.length);
    expect(
      await texts(
        db,
        `SELECT row AS text FROM archive_restored_rows WHERE restore = '${landing.restore.id}' ORDER BY original_id`,
      ),
    ).toEqual(wanted);
    expect(await texts(db, ROWS)).toEqual([]);
    await expect(sql`UPDATE archive_restored_rows SET row = row || ' '`.execute(db.sql)).rejects.toThrow(/hash/);

    // All of it goes back, twice asked for at once, and each row once; the archive is what it was.
    const all = { kind: 'range', from: '2023-01-01', to: '2024-01-01' };
    const [first, second] = [
      await ask({ table: 'audit_logs', what: all, purpose: 'return' }),
      await ask({ table: 'audit_logs', what: all, purpose: 'return' }),
    ];
    await later(12.1);
    const sums = [];
    for (const { restore } of [first, second]) {
      const { objects } = await service.restores.view(restore.id);
      expect(objects.map(({ state, error }) => ({ state, error }))).toEqual(
        objects.map(() => ({ state: 'landed', error: undefined })),
      );
      sums.push(objects.reduce((sum, { returnedRows }) => sum + returnedRows, 0));
    }
    expect(sums.sort((a, b) => a - b)).toEqual([0, 800]);
    const ready = [asked, landing, first, second].map(({ restore }) => `archive.restore_ready ${restore.id}`);
    expect([...told].sort()).toEqual([...ready].sort());
    expect(await texts(db, ROWS)).toEqual(before);
    expect(await texts(db, 'SELECT DISTINCT restore_state AS text FROM archived_records')).toEqual(['returned']);
    await expect(sql`DELETE FROM archive_returned`.execute(db.sql)).rejects.toThrow(/DELETE refused/);
    for await (const verdict of service.verify({ limit: 10 }, { bytes: true })) expect(verdict.findings).toEqual([]);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);

    // What came back is old, and goes again: the same bytes are the same object.
    await archive('audit_logs', { storage_class: 'DEEP_ARCHIVE' });
    expect(await texts(db, ROWS)).toEqual([]);
    const found = await service.find('audit_logs', some);
    expect(found.map(({ pointer }) => pointer.dataHash)).toEqual([read.dataHash, read.dataHash]);
    expect(new Set(found.map(({ batch }) => batch.object?.key)).size).toBe(1);
    expect(await texts(db, 'SELECT restore_state AS text FROM archived_records GROUP BY 1 ORDER BY 1')).toEqual([
      'archived',
      'returned',
    ]);
    expect((await service.read('audit_logs', some)).row).toBe(read.row);
  }, 120_000);
});
