/**
 * Archival whose process is killed at random moments, with writers beside it: after each kill every row is in the
 * table or archived, as it was written last; in the end the store answers questions, makes a lost database again and
 * gives every row back.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { openColdFolder } from '../../src/platform/objects/cold-folder.ts';
import type { ColdListed, ColdStore } from '../../src/platform/objects/cold-port.ts';
import { archivable, policyOf } from '../support/archival.ts';
import { start } from '../support/child.ts';
import { applyMigrations } from '../support/migrations.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { afterwards } from './archival-afterwards.ts';
import { Ledger } from './archival-ledger.ts';
import { Dice } from './month/dice.ts';
import type { Soak } from './soak.ts';

/** Kills of one table; the next has another, so that what was archived before is not read again. */
const TABLE = 20;
const ROWS = 1_500;
const CHUNK = 150;
/** From a process that has hardly begun to one that has ended. */
const [SHORTEST_MS, LONGEST_MS] = [5, 1_500];

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const server = await startPostgres(bin);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-archival-'));
  const db = await openPostgres({ url: server.url });
  // Objects that can be read at once: whether they are what they must be is the question here.
  const cold = openColdFolder({ folder: join(folder, 'cold'), clock: systemClock });
  const violations: string[] = [];
  const told = { killed: 0, ended: 0, changes: 0 };
  try {
    await applyMigrations(db);
    for (let from = firstSeed; from < firstSeed + seeds; from += TABLE) {
      const to = Math.min(from + TABLE, firstSeed + seeds);
      const last = to === firstSeed + seeds;
      // The rows of the last table are put back, and partitions that were dropped do not come again.
      const partitioned = !last && new Dice(from, 'archival table').chance(0.5);
      const name = `logs_${from}`;
      const ledger = await Ledger.open(db, cold, name, partitioned);
      await kills({ db, cold, url: server.url, folder }, ledger, { from, to }, told, violations);
      if (last) violations.push(...(await afterwards(db, cold, server.url, ledger)));
      await ledger.drop();
      console.log(`archival: ${to - firstSeed} done, ${violations.length} violations`);
    }
  } finally {
    await db.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (told.killed === 0 || told.changes === 0) violations.push('no run was killed, or no change raced one');
  console.log(`archival: ${told.killed} runs were killed, ${told.ended} had ended; ${told.changes} changes raced them`);
  return { runs: seeds, violations };
};

interface Place {
  readonly db: Db;
  readonly cold: ColdStore;
  readonly url: string;
  readonly folder: string;
}

/** So many deaths in a row of what archives one table. */
async function kills(
  { db, cold, url, folder }: Place,
  ledger: Ledger,
  { from, to }: { readonly from: number; readonly to: number },
  told: { killed: number; ended: number; changes: number },
  violations: string[],
): Promise<void> {
  const name = ledger.table;
  const spool = join(folder, name);
  const violate = (seed: string, found: readonly string[]): void => {
    violations.push(...found.map((each) => `seed ${seed}: ${each}`));
  };
  for (let seed = from; seed < to; seed += 1) {
    const dice = new Dice(seed, 'archival');
    await ledger.insert(ROWS);
    const args = [url, join(folder, 'cold'), spool, name, String(CHUNK)];
    const child = start(process.execPath, ['test/fault/archival-child.ts', ...args]);
    await child.said('archiving', 600_000); // it may be the last of many that wait for a processor
    const killing = delay(dice.scaled(SHORTEST_MS, LONGEST_MS)).then(() => child.process.kill('SIGKILL'));
    for (let n = 0; n < 12; n += 1) {
      const offset = dice.whole(0, ROWS);
      await ledger.write(dice, offset);
    }
    const killed = await killing;
    await child.exited.catch(() => undefined);
    if (killed) told.killed += 1;
    else told.ended += 1;
    if (dice.chance(0.25)) rmSync(spool, { recursive: true, force: true });
    violate(String(seed), await ledger.judge());
  }
  told.changes += ledger.changes;
  const policy = policyOf({ storage_class: 'STANDARD', rows_per_object: 1_000 });
  const last = await archivable(db, cold, name, policy, spool);
  await last.run();
  await last.run();
  violate(`${from} to ${to - 1}`, [...(await ledger.judge()), ...(await ledger.settled(ofTable(cold, name)))]);
}

async function* ofTable(cold: ColdStore, name: string): AsyncIterable<ColdListed> {
  for await (const listed of cold.list('')) if (listed.key.includes(`/${name}/`)) yield listed;
}
