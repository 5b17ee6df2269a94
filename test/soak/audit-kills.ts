/**
 * Processes that write, drain and sign, each killed at any instant (SIGKILL) and followed by another: what
 * was acknowledged is in the log once, what was signed is a beginning of it, and no size goes back. The
 * seed says when the process is killed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { watch } from '../../src/features/audit/capture/watch.ts';
import { assureStream } from '../../src/features/audit/log/store.ts';
import { nodesOf } from '../../src/features/audit/log/tile-reader.ts';
import { AuditLog } from '../../src/features/audit/service.ts';
import { rootAt } from '../../src/features/audit/tlog/proofs.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { start } from '../support/child.ts';
import { applyMigrations } from '../support/migrations.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { judge } from './audit.ts';
import { Dice } from './month/dice.ts';
import type { Soak } from './soak.ts';

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
export async function kills(url: string, times: number, firstSeed: number): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-signer-'));
  const db = await openPostgres({ url });
  const violations: string[] = [];
  try {
    await applyMigrations(db);
    const log = new AuditLog({
      db,
      clock: systemClock,
      random: systemRandom,
      origin: 'example.org/kills',
      zone: 'UTC',
    });
    await log.open();
    await assureStream(db.sql, 'direct', false);
    await sql`CREATE TABLE business (id text PRIMARY KEY, n integer NOT NULL)`.execute(db.sql);
    await watch(db, { table: 'business', salted: false, actor: 'soak' });
    const acknowledged = new Map<string, number>();
    const signed = new Map<number, string>();
    const traded = new Set<string>();
    let largest = 0;
    for (let seed = firstSeed; seed < firstSeed + times; seed += 1) {
      const child = start(process.execPath, ['test/fault/audit-child.ts', url, folder, `c${seed}`]);
      await child.said(seed % 2 === 0 ? 'signed ' : 'leaf ', 60_000); // every other one has lived long enough to sign
      await delay(new Dice(seed, 'kills').between(0, 250));
      child.process.kill('SIGKILL');
      const { output, code } = await child.exited;
      if (code !== null) violations.push(`seed ${seed}: the process ended by itself: ${output.slice(-300)}`);
      for (const line of output.split('\n').slice(0, -1)) {
        const [what, id = '', value = ''] = line.split(' ');
        if (what === 'leaf') acknowledged.set(id, Number(value));
        if (what === 'traded') traded.add(id);
        if (what !== 'signed') continue;
        const size = Number(id);
        if (size < largest) violations.push(`seed ${seed}: ${size} was signed after ${largest}`);
        if ((signed.get(size) ?? value) !== value)
          violations.push(`seed ${seed}: size ${size} was signed with two roots`);
        signed.set(size, value);
        largest = Math.max(largest, size);
      }
    }
    await log.drainAll();
    // What was committed and never said so is there as well: it is in the table.
    const { rows } = await sql<{ id: string }>`SELECT id FROM business`.execute(db.sql);
    violations.push(
      ...(await judge(
        db,
        acknowledged,
        rows.map(({ id }) => id),
      )),
    );
    for (const id of traded)
      if (!rows.some((row) => row.id === id)) violations.push(`${id} was acknowledged and is gone`);
    for (const [size, root] of signed) {
      const now = (await rootAt(nodesOf(db.sql, size), size)).toString('hex');
      if (now !== root) violations.push(`the log no longer begins with what was signed at size ${size}`);
    }
    if (acknowledged.size === 0 || signed.size === 0) violations.push('nothing was written, or nothing signed');
    return violations;
  } finally {
    await db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
