/** Archival that ends at any step, beside writers, with a store that fails: no row is lost, none is there twice. */
import { mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { parseManifest } from '../../src/features/archival/format/manifest.ts';
import { findPointers } from '../../src/features/archival/pointers/store.ts';
import { readAll } from '../../src/features/archival/run/steps.ts';
import { listBatches, readManifestText } from '../../src/features/archival/run/store-batches.ts';
import { Throttle } from '../../src/features/archival/run/throttle.ts';
import { reconcileArchive } from '../../src/features/archival/verify/reconcile.ts';
import { verifyBatch } from '../../src/features/archival/verify/verify.ts';
import { PlumblineError } from '../../src/kernel/errors.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { sealKey } from '../../src/platform/objects/envelope.ts';
import { sealedStore } from '../../src/platform/objects/sealed-store.ts';
import { archivable, archivedSeqs, census, createAuditLogs, fill, linesOf, policyOf } from '../support/archival.ts';
import { type ColdDouble, coldDouble } from '../support/cold-double.ts';
import { describeEachPostgres, describePostgres } from '../support/databases.ts';
import { interrupted } from '../support/interrupted.ts';
import { mortal } from '../support/mortal.ts';

const died = new Error('the process died');

class InThirties extends Throttle {
  override get chunk(): number {
    return 30;
  }
}

/** In an order in which each leaves something to those after it. */
const STEPS = [
  ...[
    'claimed',
    'export',
    'exported',
    'sweep',
    'put',
    'put done',
    'recover',
    'head',
    'manifest',
    'manifest done',
    'begin',
  ],
  ...['begun', 'chunk', 'chunk written', 'chunks done', 'settle', 'settled', 'receipt', 'receipt done', 'sealed'],
];

/** Nothing that no batch knows is in the store, and each batch is what it says. */
async function sound(db: Db, cold: ColdDouble): Promise<void> {
  const batches = await listBatches(db.sql, { limit: 1_000 });
  cold.thaw();
  for (const batch of batches.filter(({ state }) => state === 'sealed')) {
    expect((await verifyBatch({ db, cold }, batch, { bytes: true })).findings).toEqual([]);
  }
  const known = batches
    .filter(({ state }) => state !== 'abandoned')
    .flatMap(({ object, receiptKey }) => [object?.key, object?.manifestKey, receiptKey]);
  expect([...cold.objects.keys()].filter((key) => !known.includes(key))).toEqual([]);
}

describePostgres('rows that came back', (open) => {
  it('are archived again: as the object that is there, or as one of its own where it is kept otherwise', async () => {
    const db = await open();
    const store = coldDouble();
    await createAuditLogs(db);
    const [first, second] = [sealKey('ab'.repeat(32)), sealKey('cd'.repeat(32))];
    const keys: string[] = [];
    for (const { storage_class, cold } of [
      { storage_class: 'GLACIER', cold: store },
      { storage_class: 'DEEP_ARCHIVE', cold: store },
      { storage_class: 'GLACIER', cold: store },
      { storage_class: 'GLACIER', cold: sealedStore({ store, keys: [first], acceptPlain: true }) },
      { storage_class: 'GLACIER', cold: sealedStore({ store, keys: [second, first], acceptPlain: true }) },
    ] as const) {
      await fill(db, 'audit_logs', 1, 20, '1 hour');
      const table = await archivable(db, cold, 'audit_logs', policyOf({ storage_class }));
      await table.run().finally(() => table.remove());
      const [batch] = await listBatches(db.sql, { limit: 1 });
      keys.push(batch?.object?.key.replace(/.*[/][0-9a-f]{32}[.]/, '') ?? '');
    }
    expect(keys).toEqual(
      ['glacier', 'deep_archive', 'glacier', `glacier-${first.id}`, `glacier-${second.id}`].map(
        (kept) => `${kept}.jsonl.zst`,
      ),
    );
    expect([...store.objects.keys()].filter((key) => key.endsWith('.zst'))).toHaveLength(4);
    store.thaw();
    const cold = sealedStore({ store, keys: [second, first], acceptPlain: true });
    for (const batch of await listBatches(db.sql, { limit: 10 })) {
      expect(batch).toMatchObject({ state: 'sealed', archivedRows: 20 });
      expect(await verifyBatch({ db, cold }, batch, { bytes: true })).toMatchObject({ findings: [], object: 'bytes' });
    }
    const log = { manifests: async function* () {} };
    const { differences, foreign } = await reconcileArchive({ db, cold }, log);
    expect([differences.filter(({ kind }) => kind !== 'unlogged'), foreign]).toEqual([[], 0]);
  });
});

describePostgres('archival that ends at a step', (open) => {
  it('goes on from every step, with or without its spool', async () => {
    const db = await open();
    const cold = coldDouble();
    await createAuditLogs(db);
    const table = await archivable(db, cold, 'audit_logs');
    onTestFinished(() => table.remove());
    const all: string[] = [];
    for (const [round, fatal] of STEPS.entries()) {
      await fill(db, 'audit_logs', 10 * round, 10 * round + 9, '1 hour');
      const { hot: old, cold: gone } = await census(db, cold, table.subject);
      let deaths = 0;
      const dying = table.run({
        onStep: (step) => {
          if (step !== fatal) return;
          deaths += 1;
          throw died;
        },
      });
      await expect(dying, fatal).rejects.toBe(died);
      expect(deaths).toBe(1);
      const { hot, cold: archived } = await census(db, cold, table.subject);
      expect([...hot, ...archived].sort()).toEqual([...old, ...gone].sort());
      all.splice(0, all.length, ...hot, ...archived);
      if (round % 2 === 0) rmSync(table.folder, { recursive: true, force: true });
    }
    await table.run();
    expect(await census(db, cold, table.subject)).toEqual({ hot: [], cold: all.sort() });
    await sound(db, cold);
  }, 120_000);

  it('finds rows while they are leaving, and leaves no room behind in the pointers', async () => {
    const db = await open();
    const cold = coldDouble();
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 100, '1 hour');
    const table = await archivable(db, cold, 'audit_logs');
    onTestFinished(() => table.remove());
    const { hot: start } = await census(db, cold, table.subject);
    const throttle = new InThirties({
      ...{ clock: systemClock, limits: table.policy.policy.throttle, paused: () => Promise.resolve(false) },
      load: { lagMs: () => Promise.resolve(undefined), walBytes: () => Promise.resolve(0n) },
    });
    const dying = table.run({
      throttle,
      onStep: (step) => {
        if (step === 'settle') throw died;
      },
    });
    await expect(dying).rejects.toBe(died);
    const { rows } = await sql<{ id: string }>`SELECT original_id AS id FROM archived_records`.execute(db.sql);
    expect(rows).toHaveLength(100);
    for (const { id } of rows) expect(await findPointers(db.sql, 'public.audit_logs', id)).toHaveLength(1);
    const parts = async (): Promise<unknown> =>
      (
        await sql`
          SELECT (SELECT array_agg(part ORDER BY part) FROM archive_pointers) AS settled,
            (SELECT array_agg(part ORDER BY part) FROM archive_pointer_parts) AS leaving, pg_relation_size('archive_pointer_parts')::integer AS bytes`.execute(
          db.sql,
        )
      ).rows[0];
    expect(await parts()).toMatchObject({ settled: null, leaving: [1, 2, 3, 4] });
    // As an earlier version of the program left it.
    await sql`INSERT INTO archive_pointers SELECT * FROM archive_pointer_parts WHERE part = 2`.execute(db.sql);
    await db.transaction({}, async (tx) => {
      await sql`SELECT set_config('plumbline.archive_exchanges', 'yes', true)`.execute(tx);
      await sql`DELETE FROM archive_pointer_parts WHERE part = 2`.execute(tx);
    });
    for (const { id } of rows) expect(await findPointers(db.sql, 'public.audit_logs', id)).toHaveLength(1);
    await table.run();
    expect(await parts()).toEqual({ settled: [0], leaving: null, bytes: 0 });
    // Killed before it could remove its spool: the run of another day does.
    const [batch] = await listBatches(db.sql, { limit: 1 });
    const left = join(table.folder, batch?.id ?? '');
    mkdirSync(left);
    await table.run();
    expect(readdirSync(table.folder)).toEqual([batch?.id]);
    utimesSync(left, 0, 0);
    await table.run();
    expect(readdirSync(table.folder)).toEqual([]);
    expect(await census(db, cold, table.subject)).toEqual({ hot: [], cold: start });
    await sound(db, cold);
  });

  it('does not take from the store what another process archived anew, when it was slow to sweep', async () => {
    const db = await open();
    const cold = coldDouble();
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 20, '1 hour');
    const table = await archivable(db, cold, 'audit_logs');
    onTestFinished(() => table.remove());
    const { hot: start } = await census(db, cold, table.subject);
    const dying = table.run({
      onStep: (step) => {
        if (step === 'put done') throw died;
      },
    });
    await expect(dying).rejects.toBe(died);
    rmSync(table.folder, { recursive: true, force: true });
    let swept = 0;
    await table.run({
      onStep: async (step) => {
        if (step !== 'sweep' || swept > 0) return;
        swept += 1;
        await table.run(); // the same rows, the same bytes
      },
    });
    expect(swept).toBe(1);
    expect(await census(db, cold, table.subject)).toEqual({ hot: [], cold: start });
    await sound(db, cold);
  });

  it('goes on where the database or the store was lost at any call', async () => {
    const db = await open();
    const cold = coldDouble();
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 30, '1 hour');
    const table = await archivable(db, cold, 'audit_logs');
    onTestFinished(() => table.remove());
    const { hot: start } = await census(db, cold, table.subject);
    for (let death = 1; ; death += 2) {
      const dying = mortal(db, death);
      const ended = await table.run({ db: dying.db }).then(
        () => true,
        (error) => {
          if (!(error instanceof PlumblineError && error.code === 'db.unavailable')) throw error;
          return false;
        },
      );
      const { hot, cold: archived } = await census(db, cold, table.subject);
      expect([...hot, ...archived].sort()).toEqual(start);
      if (ended) break;
    }
    let call = 0;
    for (let fault = 1; fault < 14; fault += 1) {
      await fill(db, 'audit_logs', 100 * fault, 100 * fault + 3, '1 second');
      call = 0;
      const fail = (): void => {
        call += 1;
        if (call === fault) throw new PlumblineError('upstream', 'objects.unavailable', 'no answer');
      };
      const { hot: old, cold: gone } = await census(db, cold, table.subject);
      await table.run({ cold: interrupted(cold, fail, fault % 2 === 0 ? 'before' : 'after') }).catch((error) => {
        if (!(error instanceof PlumblineError && error.code === 'objects.unavailable')) throw error;
      });
      const { hot, cold: archived } = await census(db, cold, table.subject);
      expect([...hot, ...archived].sort()).toEqual([...old, ...gone].sort());
    }
    await table.run();
    expect((await census(db, cold, table.subject)).hot).toEqual([]);
    await sound(db, cold);
  }, 60_000);
});

describeEachPostgres('archival beside writers', (open) => {
  it('never loses a change, an insertion or a deletion', async () => {
    const db = await open();
    const cold = coldDouble();
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 4_000, '11 minutes');
    await sql`CREATE TABLE changes (id uuid PRIMARY KEY, actor text)`.execute(db.sql);
    const table = await archivable(db, cold, 'audit_logs', policyOf({ rows_per_object: 2_000 }));
    onTestFinished(() => table.remove());
    let going = true;
    let changed = 0;
    const write = async (seed: number): Promise<void> => {
      for (let n = seed; going; n += 7) {
        // A change that was acknowledged is written down in its own transaction.
        await db.transaction({}, async (tx) => {
          const { rows } = await sql<{ id: string; actor: string }>`
            UPDATE audit_logs SET actor = 'changed ' || ${n}::text WHERE id = (SELECT id FROM audit_logs OFFSET ${n % 900} LIMIT 1) RETURNING id, actor`.execute(
            tx,
          );
          for (const { id, actor } of rows) {
            changed += 1;
            await sql`INSERT INTO changes VALUES (${id}, ${actor}) ON CONFLICT (id) DO UPDATE SET actor = excluded.actor`.execute(
              tx,
            );
          }
        });
        await fill(db, 'audit_logs', 100_000 + n * 100, 100_000 + n * 100, '1 second', '2023-10-06');
      }
    };
    const writers = [write(1), write(2), write(3)];
    for (let run = 0; run < 3; run += 1) await table.run();
    going = false;
    await Promise.all(writers);
    expect(changed).toBeGreaterThan(0);
    await table.run();
    // Every row is cold by now, and what was said of it last is what is there.
    expect((await census(db, cold, table.subject)).hot).toEqual([]);
    const { rows } = await sql<{ original_id: string; n: bigint }>`
      SELECT original_id, count(*) AS n FROM archived_records GROUP BY 1 HAVING count(*) > 1`.execute(db.sql);
    expect(rows).toEqual([]);
    const last = new Map(
      (await sql<{ id: string; actor: string }>`SELECT id, actor FROM changes`.execute(db.sql)).rows.map(
        ({ id, actor }) => [id, actor],
      ),
    );
    const archived = new Map<string, string>();
    cold.thaw();
    for (const batch of await listBatches(db.sql, { states: ['sealed'], limit: 100 })) {
      const manifest = parseManifest((await readManifestText(db.sql, batch.no)) ?? '', 'm');
      const lines = await linesOf(manifest, await readAll(cold, manifest.object.key));
      for (const seq of await archivedSeqs(db, batch.no)) {
        const { id, actor } = JSON.parse(lines[seq] ?? '{}');
        archived.set(id, actor);
      }
    }
    for (const [id, actor] of last) expect(archived.get(id), id).toBe(actor);
    await sound(db, cold);
  }, 120_000);

  it('leaves a row that somebody holds, and takes nothing over from who has it', async () => {
    const db = await open();
    const cold = coldDouble();
    await createAuditLogs(db);
    await fill(db, 'audit_logs', 1, 50);
    const table = await archivable(db, cold, 'audit_logs');
    onTestFinished(() => table.remove());
    await db.transaction({}, async (tx) => {
      await sql`SELECT FROM audit_logs ORDER BY created_at LIMIT 2 FOR KEY SHARE`.execute(tx);
      await table.run();
    });
    expect((await census(db, cold, table.subject)).hot).toHaveLength(2);
    // A process that was taken over from changes nothing any more.
    await fill(db, 'audit_logs', 100, 200);
    let taken = 0;
    const zombie = table.run({
      onStep: async (step) => {
        if (step !== 'chunk' || taken > 0) return;
        taken += 1;
        await table.run(); // somebody else, while this one sleeps
      },
    });
    await expect(zombie).rejects.toMatchObject({ code: 'archive.fenced' });
    const { hot, cold: archived } = await census(db, cold, table.subject);
    expect([hot.length, archived.length]).toEqual([0, 151]);
    await sound(db, cold);
  });
});
