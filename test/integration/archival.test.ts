/** Rows go from a table to an object, and pointers stay: the protocol on every engine. */
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { parseManifest } from '../../src/features/archival/format/manifest.ts';
import { readRow } from '../../src/features/archival/format/object-reader.ts';
import { findPointers } from '../../src/features/archival/pointers/store.ts';
import { listBatches, readManifestText } from '../../src/features/archival/run/store-batches.ts';
import { verifyBatch } from '../../src/features/archival/verify/verify.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { archivable, census, createAuditLogs, fill, policyOf } from '../support/archival.ts';
import { coldDouble } from '../support/cold-double.ts';
import { describeEachDb } from '../support/databases.ts';

const count = async (db: Db, from: string): Promise<number> =>
  Number((await sql<{ n: bigint }>`SELECT count(*) AS n FROM ${sql.raw(from)}`.execute(db.sql)).rows[0]?.n);

describeEachDb('archiving a table', (open) => {
  it('moves what is old, month by month, and finds each row again', async () => {
    const db = await open();
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 3_000);
    await fill(db, 'audit_logs', 10_001, 10_020, '1 second', '2024-05-30');
    const cold = coldDouble();
    const table = await archivable(db, cold, 'audit_logs', policyOf({ rows_per_object: 1_000 }));
    onTestFinished(() => table.remove());
    const before = await census(db, cold, table.subject);
    await table.run();

    const after = await census(db, cold, table.subject);
    expect(after.hot).toHaveLength(20);
    expect([...after.hot, ...after.cold].sort()).toEqual(before.hot);
    const batches = await listBatches(db.sql, { limit: 100 });
    expect(
      batches.map(({ state, archivedRows, keptRows, parts }) => ({ state, archivedRows, keptRows, parts })),
    ).toEqual(batches.map(({ object }) => ({ state: 'sealed', archivedRows: object?.rows, keptRows: 0, parts: 0 })));
    expect(batches.map(({ object }) => object?.key.slice(0, 19)).reverse()).toEqual([
      '2023/10/audit_logs/',
      '2023/10/audit_logs/',
      '2023/11/audit_logs/',
      '2023/11/audit_logs/',
      '2023/12/audit_logs/',
    ]);
    expect(await count(db, 'archived_records')).toBe(3_000);
    expect(cold.objects.size).toBe(3 * batches.length);

    const { rows } = await sql<{
      original_id: string;
      s3_bucket: string;
      archive_path: string;
      data_hash: string;
      storage_class: string;
      table_name: string;
      row_number: number;
    }>`
      SELECT * FROM archived_records ORDER BY original_id LIMIT 3 OFFSET 1000`.execute(db.sql);
    cold.thaw();
    for (const row of rows) {
      expect(row).toMatchObject({ s3_bucket: 'cold-test', storage_class: 'GLACIER', table_name: 'public.audit_logs' });
      const [pointer] = await findPointers(db.sql, 'public.audit_logs', row.original_id);
      expect(pointer).toMatchObject({ seq: row.row_number, dataHash: row.data_hash });
      const manifest = parseManifest((await readManifestText(db.sql, pointer?.batch ?? 0)) ?? '', 'm');
      const read = await readRow(cold, manifest, pointer?.seq ?? 0);
      expect(read.dataHash).toBe(row.data_hash);
      expect(JSON.parse(read.row.toString())).toMatchObject({ id: row.original_id });
      expect(read.bytesRead).toBeLessThanOrEqual(65_536);
    }
    expect(await findPointers(db.sql, 'public.audit_logs', '00000000-0000-4000-8000-000000000000')).toEqual([]);
    for (const batch of batches) expect((await verifyBatch({ db, cold }, batch, { bytes: true })).findings).toEqual([]);

    // Again: nothing is left to do, and nothing is done.
    await table.run();
    expect(await listBatches(db.sql, { limit: 100 })).toHaveLength(batches.length);
    await expect(sql`UPDATE archive_pointers SET part = 7`.execute(db.sql)).rejects.toThrow(/refused/);
    await expect(sql`DELETE FROM archive_pointers`.execute(db.sql)).rejects.toThrow(/refused/);
    await expect(sql`DELETE FROM archive_batches`.execute(db.sql)).rejects.toThrow(/refused/);
    await expect(sql`UPDATE archive_batches SET object_key = 'x'`.execute(db.sql)).rejects.toThrow(/refused/);
  }, 120_000);

  it('makes the same objects some rows at a time, where others are to be left their share', async () => {
    const db = await open();
    const made: Record<string, { readonly objects: readonly unknown[]; readonly copies: number }> = {};
    for (const [name, busy] of [
      ['at_once', 100],
      ['in_turns', 90],
      ['unordered', 90],
    ] as const) {
      await createAuditLogs(db, name);
      // Rows of one time would be sorted again for every few of them.
      if (name === 'unordered')
        await sql.raw(`DROP INDEX ${name}_created_at_id_idx; CREATE INDEX ON ${name} (created_at)`).execute(db.sql);
      await fill(db, name, 1, 3_000, '1 minute');
      await fill(db, name, 10_001, 11_000, '1 minute'); // each as old as another
      const cold = coldDouble();
      const policy = policyOf({ rows_per_object: 2_500, throttle: { ...policyOf().throttle, busy_percent: busy } });
      const table = await archivable(db, cold, name, policy);
      onTestFinished(() => table.remove());
      let copies = 0;
      const counted: Db = {
        ...db,
        copyOut: (...of) => {
          copies += 1;
          return db.copyOut(...of);
        },
      };
      await table.run({ db: counted });
      const batches = await listBatches(db.sql, { table: `public.${name}`, limit: 10 });
      const objects = batches.map(({ object, archivedRows }) => [object?.sha256, object?.merkleRoot, archivedRows]);
      made[name] = { objects, copies };
    }
    expect(made.at_once?.objects).toHaveLength(2);
    expect(made.in_turns?.objects).toEqual(made.at_once?.objects);
    expect(made.in_turns?.copies).toBeGreaterThan(2 * (made.at_once?.copies ?? 0));
    expect(made.unordered).toEqual(made.at_once);
  }, 120_000);
});
