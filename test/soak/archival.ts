/**
 * Processes that archive a table, each killed at any instant (SIGKILL) and followed by another, beside writers that
 * change and add rows: every row is hot or cold, once, in the form that was acknowledged last. The seed says when
 * a process is killed and whether its spool is lost. In the end the archive is asked, rebuilt and given back.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { parseManifest } from '../../src/features/archival/format/manifest.ts';
import { readAll } from '../../src/features/archival/run/steps.ts';
import { listBatches, readManifestText } from '../../src/features/archival/run/store-batches.ts';
import { verifyBatch } from '../../src/features/archival/verify/verify.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { openColdFolder } from '../../src/platform/objects/cold-folder.ts';
import type { ColdStore } from '../../src/platform/objects/cold-port.ts';
import { archivable, archivedSeqs, createAuditLogs, fill, linesOf, policyOf } from '../support/archival.ts';
import { start } from '../support/child.ts';
import { applyMigrations } from '../support/migrations.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { afterwards } from './archival-afterwards.ts';
import { Dice } from './month/dice.ts';
import type { Soak } from './soak.ts';

const ROW = z.object({ id: z.string(), actor: z.string() });

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const server = await startPostgres(bin);
  try {
    return { runs: seeds, violations: await kills(server.url, seeds, firstSeed) };
  } finally {
    await server.stop();
  }
};

/** @returns which rules were broken by so many deaths in a row */
async function kills(url: string, times: number, firstSeed: number): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-archival-'));
  const db = await openPostgres({ url });
  // Objects that can be read at once: whether they are what they must be is the question here.
  const cold = openColdFolder({ folder: join(folder, 'cold'), clock: systemClock });
  const spool = join(folder, 'spool');
  const violations: string[] = [];
  try {
    await applyMigrations(db);
    await createAuditLogs(db);
    await sql`CREATE TABLE said (id uuid PRIMARY KEY, actor text NOT NULL)`.execute(db.sql);
    for (let seed = firstSeed; seed < firstSeed + times; seed += 1) {
      const dice = new Dice(seed, 'archival');
      await fill(db, 'audit_logs', seed * 10_000, seed * 10_000 + 2_999, '13 minutes', '2023-08-01');
      const child = start(process.execPath, ['test/fault/archival-child.ts', url, join(folder, 'cold'), spool]);
      await child.said('archiving', 60_000);
      const killing = delay(dice.between(0, 900)).then(() => child.process.kill('SIGKILL'));
      for (let n = 0; n < 12; n += 1) await change(db, `seed ${seed} change ${n}`, Math.floor(dice.between(0, 2_000)));
      await killing;
      await child.exited.catch(() => undefined);
      if (dice.chance(0.25)) rmSync(spool, { recursive: true, force: true });
      violations.push(...(await judge(db, 3_000 * (seed - firstSeed + 1))).map((each) => `seed ${seed}: ${each}`));
    }
    const last = await archivable(
      db,
      cold,
      'audit_logs',
      policyOf({ storage_class: 'STANDARD', rows_per_object: 2_000 }),
      spool,
    );
    await last.run();
    await last.run();
    violations.push(...(await sound(db, cold)));
    const { rows } = await sql<{ n: bigint }>`SELECT count(*) AS n FROM audit_logs`.execute(db.sql);
    if (rows[0]?.n !== 0n) violations.push(`${rows[0]?.n} rows are in the table after the last run`);
    violations.push(...(await afterwards(db, cold, url)));
  } finally {
    await db.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return violations;
}

/** A change that was acknowledged is written down in its own transaction. */
const change = (db: Db, actor: string, offset: number): Promise<void> =>
  db.transaction({}, async (tx) => {
    await sql`
      WITH changed AS (UPDATE audit_logs SET actor = ${actor} WHERE id = (SELECT id FROM audit_logs ORDER BY created_at OFFSET ${offset} LIMIT 1) RETURNING id)
      INSERT INTO said SELECT id, ${actor} FROM changed ON CONFLICT (id) DO UPDATE SET actor = excluded.actor`.execute(
      tx,
    );
  });

/** Each row is in the table or has a pointer, never both and never none. */
async function judge(db: Db, expected: number): Promise<readonly string[]> {
  const { rows } = await sql<{ hot: bigint; cold: bigint; both: bigint; twice: bigint }>`
    WITH archived AS MATERIALIZED (SELECT original_id AS id, count(*) AS n FROM archived_records GROUP BY 1)
    SELECT (SELECT count(*) FROM audit_logs) AS hot, (SELECT count(*) FROM archived) AS cold,
      (SELECT count(*) FROM archived JOIN audit_logs USING (id)) AS both, (SELECT count(*) FROM archived WHERE n > 1) AS twice`.execute(
    db.sql,
  );
  const [found] = rows;
  if (found === undefined) return ['nothing was counted'];
  return [
    ...(found.hot + found.cold === BigInt(expected)
      ? []
      : [`${found.hot} hot and ${found.cold} cold rows of ${expected}`]),
    ...(found.both === 0n ? [] : [`${found.both} rows are hot and cold`]),
    ...(found.twice === 0n ? [] : [`${found.twice} rows have two pointers`]),
  ];
}

/** Every batch is what it says, the last word on each row is in its object, and nothing is in the store besides. */
async function sound(db: Db, cold: ColdStore): Promise<readonly string[]> {
  const violations: string[] = [];
  const batches = await listBatches(db.sql, { limit: 100_000 });
  const sealed = batches.filter(({ state }) => state === 'sealed');
  for (const batch of sealed) {
    const { findings } = await verifyBatch({ db, cold }, batch, { bytes: true });
    violations.push(...findings.map(({ message }) => message));
  }
  const last = new Map<string, string>();
  for (const { no, object } of sealed) {
    const manifest = parseManifest((await readManifestText(db.sql, no)) ?? '', `of batch ${no}`);
    const lines = await linesOf(manifest, await readAll(cold, object?.key ?? ''));
    for (const seq of await archivedSeqs(db, no)) {
      const { id, actor } = ROW.parse(JSON.parse(lines[seq] ?? '{}'));
      last.set(id, actor);
    }
  }
  const { rows } = await sql<{ id: string; actor: string }>`SELECT id, actor FROM said`.execute(db.sql);
  if (rows.length === 0) violations.push('no change raced a run');
  for (const { id, actor } of rows) {
    if (last.get(id) !== actor) violations.push(`row ${id} was last "${actor}" and is archived as "${last.get(id)}"`);
  }
  const known = new Set(sealed.flatMap(({ object, receiptKey }) => [object?.key, object?.manifestKey, receiptKey]));
  const named = new Set(sealed.map(({ object }) => object?.previousManifestSha256));
  for (const { object, state } of batches) {
    if (state === 'abandoned' && named.has(object?.manifestSha256)) known.add(object?.manifestKey);
  }
  for await (const { key } of cold.list('')) if (!known.has(key)) violations.push(`${key} is an orphan`);
  return violations;
}
