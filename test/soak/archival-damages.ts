/**
 * One damage at a time to an archive that is sound: to objects, manifests and receipts in the store, to pointers and
 * manifests in the database. Verification and reconciliation must find each, and say where it is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { framesOf, parseManifest } from '../../src/features/archival/format/manifest.ts';
import type { LoggedManifest } from '../../src/features/archival/ports.ts';
import type { Batch, BatchObject } from '../../src/features/archival/run/batch.ts';
import { listBatches, readManifestText } from '../../src/features/archival/run/store-batches.ts';
import { reconcileArchive } from '../../src/features/archival/verify/reconcile.ts';
import { verifyBatch } from '../../src/features/archival/verify/verify.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import type { ColdHead, ColdStore } from '../../src/platform/objects/cold-port.ts';
import { archivable, policyOf } from '../support/archival.ts';
import { type ColdDouble, coldDouble } from '../support/cold-double.ts';
import { applyMigrations } from '../support/migrations.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { damageDatabase } from './archival-damages-database.ts';
import { damageStore } from './archival-damages-store.ts';
import { Ledger } from './archival-ledger.ts';
import { Dice } from './month/dice.ts';
import type { Soak } from './soak.ts';

/** What was done, and how each account of it must read: one finding at the least names the place. */
export interface Damage {
  readonly what: string;
  /** Whether a finding is of this damage and says where it is. */
  readonly located: (message: string) => boolean;
}

/** A batch whose rows are archived, and what is known of it while it is sound. */
export interface Sound {
  readonly batch: Batch;
  readonly object: BatchObject;
  readonly receiptKey: string;
  readonly frames: ReturnType<typeof framesOf>;
}

const SAID = 1_000;

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const server = await startPostgres(bin);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-damages-'));
  const db = await openPostgres({ url: server.url });
  const violations: string[] = [];
  const done = new Map<string, number>();
  try {
    await applyMigrations(db);
    const cold = coldDouble();
    const sound = await archive(db, cold, folder);
    const log = sound.map(({ batch, object }) => ({
      ...{ objectKey: object.key, batch: batch.id, manifestSha256: object.manifestSha256 },
    }));
    const clean = await findings(db, cold, log);
    if (clean.length > 0) violations.push(`before any damage: ${clean.join('; ')}`);
    const heads = new Map<string, ColdHead>();
    for await (const { key } of cold.list('')) {
      const head = await cold.head(key);
      if (head !== undefined) heads.set(key, head);
    }
    let [found, located] = [0, 0];
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const dice = new Dice(seed, 'archival damage');
      const { damage, said } = dice.chance(0.5)
        ? await inStore({ dice, db, cold, sound, heads, log })
        : await inDatabase({ dice, db, cold, sound, log });
      done.set(damage.what, (done.get(damage.what) ?? 0) + 1);
      if (said.length > 0) found += 1;
      if (said.some(damage.located)) located += 1;
      else
        violations.push(
          `seed ${seed}: ${damage.what}: ${said.length === 0 ? 'not found' : `found, not located: ${said.slice(0, 3).join('; ')}`}`,
        );
      if ((seed - firstSeed + 1) % SAID === 0)
        console.log(
          `archival-damages: ${seed - firstSeed + 1} done, ${found} found, ${located} located`,
          ...violations,
        );
    }
    const left = await findings(db, cold, log);
    if (left.length > 0) violations.push(`after all of them were mended: ${left.join('; ')}`);
    console.log(`archival-damages: ${seeds} done, ${found} found, ${located} located`);
    for (const [what, times] of [...done].sort()) console.log(`archival-damages: ${times} of ${what}`);
  } finally {
    await db.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return { runs: seeds, violations };
};

/** Batches by rows and by partition, as zstd and as gzip, some with rows that their table kept. */
async function archive(db: Db, cold: ColdDouble, folder: string): Promise<readonly Sound[]> {
  for (const [name, partitioned, format] of [
    ['logs_1', false, 'zstd'],
    ['logs_2', true, 'zstd'],
    ['logs_3', false, 'gzip'],
  ] as const) {
    const ledger = await Ledger.open(db, cold, name, partitioned);
    await ledger.insert(700);
    const policy = policyOf({ storage_class: 'STANDARD', format });
    const table = await archivable(db, cold, name, { ...policy, rows_per_object: 600 }, join(folder, name));
    let kept = 0;
    await table.run({
      onStep: async (step) => {
        if (step !== 'begin' || partitioned || kept > 0) return;
        for (; kept < 20; kept += 1) await ledger.change('kept', 29 * kept);
      },
    });
  }
  const batches = await listBatches(db.sql, { states: ['sealed'], limit: 100 });
  return Promise.all(
    batches.map(async (batch) => {
      const { object, receiptKey, no } = batch;
      if (object === undefined || receiptKey === null) throw new Error(`batch ${no} is not whole`);
      const manifest = parseManifest((await readManifestText(db.sql, no)) ?? '', `of batch ${no}`);
      return { batch, object, receiptKey, frames: framesOf(manifest) };
    }),
  );
}

/** What all checks say. */
async function findings(db: Db, cold: ColdStore, log: readonly LoggedManifest[]): Promise<readonly string[]> {
  const said: string[] = [];
  for (const batch of await listBatches(db.sql, { states: ['committing', 'committed', 'sealed'], limit: 100 })) {
    said.push(...(await verifyBatch({ db, cold }, batch, { bytes: true })).findings.map(({ message }) => message));
  }
  const manifests = async function* () {
    yield* log;
  };
  const { differences } = await reconcileArchive({ db, cold }, { manifests });
  said.push(...differences.map(({ message }) => message));
  return said;
}

interface Scene {
  readonly dice: Dice;
  readonly db: Db;
  readonly cold: ColdDouble;
  readonly sound: readonly Sound[];
  readonly log: readonly LoggedManifest[];
}

interface Seen {
  readonly damage: Damage;
  readonly said: readonly string[];
}

/** As S3: what a HEAD says of an object's checksum is what was uploaded, whatever became of its bytes. */
async function inStore({
  dice,
  db,
  cold,
  sound,
  heads,
  log,
}: Scene & { readonly heads: ReadonlyMap<string, ColdHead> }): Promise<Seen> {
  const before = new Map([...cold.objects].map(([key, stored]) => [key, { ...stored }]));
  const damage = damageStore(dice, cold, sound);
  const told: ColdStore = {
    ...cold,
    head: async (key) => {
      const now = await cold.head(key);
      const first = heads.get(key);
      return now === undefined || first === undefined ? now : { ...now, sha256: first.sha256 };
    },
  };
  const said = await findings(db, told, log);
  cold.objects.clear();
  for (const [key, stored] of before) cold.objects.set(key, stored);
  return { damage, said };
}

class Undo extends Error {}

async function inDatabase({ dice, db, cold, sound, log }: Scene): Promise<Seen> {
  let seen: Seen | undefined;
  await db
    .transaction({}, async (tx) => {
      await sql`SET LOCAL session_replication_role = replica`.execute(tx); // past triggers, as who owns the files
      const damage = await damageDatabase(dice, tx, sound);
      seen = { damage, said: await findings({ ...db, sql: tx }, cold, log) };
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });
  if (seen === undefined) throw new Error('nothing was seen');
  return seen;
}
