/**
 * Archival that ends at any step, statement or call of the store, with a lost spool or a writer in between, again and
 * again: after each of them every row is in the table or archived, as it was written last.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Throttle } from '../../src/features/archival/run/throttle.ts';
import { isPlumblineError, PlumblineError } from '../../src/kernel/errors.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import type { ColdStore } from '../../src/platform/objects/cold-port.ts';
import { archivable, type Bench, policyOf } from '../support/archival.ts';
import { coldDouble } from '../support/cold-double.ts';
import { interrupted } from '../support/interrupted.ts';
import { applyMigrations } from '../support/migrations.ts';
import { mortal } from '../support/mortal.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { Ledger } from './archival-ledger.ts';
import { Dice } from './month/dice.ts';
import type { Soak } from './soak.ts';

/** Faults of one table; the next has another, so that what was archived before is not read again. */
const TABLE = 100;
const SAID = 1_000;
/** Steps inside a transaction, where a writer would wait for us and we for it. */
const INSIDE = new Set(['chunk written', 'dropped']);

class InFew extends Throttle {
  override get chunk(): number {
    return 4;
  }
}

class Died extends Error {
  override readonly name = 'Died';
}

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(15);
  if (bin === undefined) throw new Error('PostgreSQL 15 is not installed');
  const server = await startPostgres(bin);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-faults-'));
  const db = await openPostgres({ url: server.url });
  const told = new Map<string, number>();
  const violations: string[] = [];
  try {
    await applyMigrations(db);
    for (let from = firstSeed; from < firstSeed + seeds; from += TABLE) {
      const to = Math.min(from + TABLE, firstSeed + seeds);
      violations.push(...(await faults(db, folder, { from, to }, told)));
      if ((to - firstSeed) % SAID === 0)
        console.log(`archival-faults: ${to - firstSeed} done, ${violations.length} violations`);
    }
  } finally {
    await db.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`archival-faults: ${[...told].map(([what, times]) => `${times} ${what}`).join(', ')}`);
  return { runs: seeds, violations };
};

async function faults(
  db: Db,
  folder: string,
  { from, to }: { readonly from: number; readonly to: number },
  told: Map<string, number>,
): Promise<readonly string[]> {
  const chance = new Dice(from, 'archival table');
  const cold = coldDouble();
  const ledger = await Ledger.open(db, cold, `logs_${from}`, chance.chance(0.5));
  const policy = policyOf({ storage_class: 'STANDARD', format: chance.chance(0.2) ? 'gzip' : 'zstd' });
  const small = { ...policy, rows_per_object: 15 };
  const table = await archivable(db, cold, ledger.table, small, join(folder, ledger.table));
  const throttle = () =>
    new InFew({
      ...{ clock: systemClock, limits: policy.throttle, paused: () => Promise.resolve(false) },
      load: { lagMs: () => Promise.resolve(undefined), walBytes: () => Promise.resolve(0n) },
    });
  const violations: string[] = [];
  for (let seed = from; seed < to; seed += 1) {
    const dice = new Dice(seed, 'archival fault');
    await ledger.insert(dice.whole(1, 20));
    const { what, error } = await fault({ dice, db, cold, ledger, table, throttle });
    const died = error === undefined ? `${what}, which did not come` : what;
    told.set(died, (told.get(died) ?? 0) + 1);
    if (error !== undefined && !expected(error, what)) violations.push(`seed ${seed}: ${what}: ${String(error)}`);
    if (dice.chance(0.25)) rmSync(table.folder, { recursive: true, force: true });
    violations.push(...(await ledger.judge()).map((each) => `seed ${seed}: ${what}: ${each}`));
  }
  await table.run();
  await table.run();
  violations.push(...(await ledger.judge()), ...(await ledger.settled(cold.list(''))));
  told.set('changes in between', (told.get('changes in between') ?? 0) + ledger.changes);
  table.remove();
  await ledger.drop();
  return violations.map((each) => `seeds ${from} to ${to - 1}: ${each}`);
}

interface Scene {
  readonly dice: Dice;
  readonly db: Db;
  readonly cold: ColdStore;
  readonly ledger: Ledger;
  readonly table: Bench;
  readonly throttle: () => Throttle;
}

const KINDS = ['death at a step', 'lost database', 'lost store', 'lost answer of the store', 'second process'] as const;

/** One run, and what it met. */
async function fault({ dice, db, cold, ledger, table, throttle }: Scene): Promise<{
  readonly what: (typeof KINDS)[number];
  readonly error: unknown;
}> {
  const what = dice.weighed<(typeof KINDS)[number]>([
    [4, KINDS[0]],
    [3, KINDS[1]],
    [1, KINDS[2]],
    [1, KINDS[3]],
    [1, KINDS[4]],
  ]);
  const at = Math.floor(dice.scaled(1, what === 'lost database' ? 250 : what.includes('store') ? 12 : 40));
  const writes = dice.chance(0.6) ? dice.whole(1, Math.min(at, 20)) : 0;
  const dying = what === 'lost database' ? mortal(db, at, 'for good').db : db;
  let [step, call] = [0, 0];
  const failing = (): void => {
    call += 1;
    if (call === at) throw new PlumblineError('upstream', 'objects.unavailable', 'no answer');
  };
  const store = what.includes('store') ? interrupted(cold, failing, what === 'lost store' ? 'before' : 'after') : cold;
  const onStep = async (name: string): Promise<void> => {
    step += 1;
    if (step === writes && !INSIDE.has(name))
      for (let n = dice.whole(1, 3); n > 0; n -= 1) await ledger.write(dice, dice.whole(0, 12));
    if (step !== at) return;
    if (what === 'death at a step') throw new Died(name);
    if (what === 'second process' && !INSIDE.has(name)) await table.run({ throttle: throttle() });
  };
  try {
    await table.run({ db: dying, cold: store, throttle: throttle(), onStep });
    return { what, error: undefined };
  } catch (error) {
    return { what, error };
  }
}

/** Who was taken over from finds its batch, its spool or its partition in the hands of another. */
function expected(error: unknown, what: (typeof KINDS)[number]): boolean {
  if (error instanceof Died) return true;
  if (isPlumblineError(error))
    return ['db.unavailable', 'objects.unavailable'].includes(error.code) || what === 'second process';
  return what === 'second process' && error instanceof Error && /ENOENT|does not exist/.test(error.message);
}
