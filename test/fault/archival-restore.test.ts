/** A process that ends between any two steps of a restore, an encrypted store, and an object that was damaged. */
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { advanceRestores } from '../../src/features/archival/restore/advance.ts';
import { sealKey } from '../../src/platform/objects/envelope.ts';
import { sealedStore } from '../../src/platform/objects/sealed-store.ts';
import { createAuditLogs, fill } from '../support/archival.ts';
import { folderBench } from '../support/cold-stores.ts';
import { describeEachPostgres } from '../support/databases.ts';
import { restorable } from '../support/restores.ts';

class Crash extends Error {}

describeEachPostgres('a restore', (open, engine) => {
  it.skipIf(engine !== 'PostgreSQL 18')(
    'goes on after any step, brings each row back once, and takes nothing of a damaged frame',
    async () => {
      const db = await open();
      const bench = folderBench();
      const plain = bench.open('archive');
      const cold = sealedStore({ store: plain, keys: [sealKey('ab'.repeat(32))], acceptPlain: true });
      const bed = restorable(db, bench, cold);
      onTestFinished(async () => {
        bed.remove();
        await bench.close();
      });
      await createAuditLogs(db);
      await fill(db, 'audit_logs', 1, 2_300, '1 minute');
      const rows = async () =>
        (await sql<{ t: string }>`SELECT row_to_json(t)::text AS t FROM audit_logs t ORDER BY id`.execute(db.sql)).rows;
      const before = await rows();
      await bed.archive('audit_logs', { rows_per_object: 1_150 });
      const what = { kind: 'range', from: '2023-01-01', to: '2024-01-01' };
      const { restore } = await bed.ask({ table: 'audit_logs', what, purpose: 'return' });
      // Each step is the last of some process, once.
      const ended = new Set<string>();
      const crashing = async (): Promise<boolean> => {
        let steps = 0;
        try {
          await advanceRestores({
            ...{ db, cold, log: bed.log, now: () => bench.now() },
            onStep: (step) => {
              const name = `${step} ${steps}`;
              steps += 1;
              if (ended.has(name)) return;
              ended.add(name);
              throw new Crash(name);
            },
          });
          return true;
        } catch (error) {
          if (error instanceof Crash) return false;
          throw error;
        }
      };
      for (let round = 0; !(await crashing()); round += 1) expect(round).toBeLessThan(100);
      bench.advance(5.1 * 3_600_000);
      for (let round = 0; !(await crashing()); round += 1) expect(round).toBeLessThan(100);
      expect(ended.size).toBeGreaterThan(4);
      const { objects } = await bed.service.restores.view(restore.id);
      expect(objects).toMatchObject(objects.map(() => ({ state: 'landed', returnedRows: 1_150 })));
      expect(await rows()).toEqual(before);

      // Again to the archive; then a manifest in the database is exchanged, and a pointer: each is refused by name.
      await bed.archive('audit_logs', { rows_per_object: 1_150 });
      await sql`ALTER TABLE archive_pointers DISABLE TRIGGER ALL`.execute(db.sql);
      await sql`UPDATE archive_pointers SET records = set_byte(records, 40, 255 - get_byte(records, 40)) WHERE batch = 3`.execute(
        db.sql,
      );
      await sql`ALTER TABLE archive_manifests DISABLE TRIGGER ALL`.execute(db.sql);
      await sql`UPDATE archive_manifests SET body = replace(body, '"rows":', '"rows" :') WHERE batch = 4`.execute(
        db.sql,
      );
      const damaged = [];
      for (const batch of [3, 4])
        damaged.push((await bed.ask({ table: 'audit_logs', what: { kind: 'batch', batch } })).restore.id);
      await bed.later(5.1);
      for (const [at, code] of ['archive.pointers_differ', 'archive.manifest_damaged'].entries()) {
        const view = await bed.service.restores.view(damaged[at] ?? '');
        expect(view.objects).toMatchObject([{ state: 'failed', landedRows: 0, error: { code } }]);
      }
      expect(bed.told).toEqual(['archive.verify_failed public.audit_logs', 'archive.verify_failed public.audit_logs']);
    },
    60_000,
  );
});
