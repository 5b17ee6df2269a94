/**
 * Kills the process that reconciles at one step of its run, and lets the next one complete the date:
 * however it died, there is one final report and one notification. The seed is the step.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { openPostgres } from '../../src/platform/db/pg.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { start } from '../support/child.ts';
import { applyMigrations } from '../support/migrations.ts';
import { administer, findPostgres, startPostgres, urlOf } from '../support/postgres.ts';
import type { Soak } from './soak.ts';

const DATE = '2026-11-20';

/** @param killAt at which step the process kills itself; 0: never */
export const reconcileInChild = (url: string, killAt = 0) => startChild(url, DATE, killAt).exited;

/** @param more see the child */
export const startChild = (url: string, date: string, killAt: number, ...more: readonly string[]) =>
  start(process.execPath, ['test/fault/reconcile-child.ts', url, date, String(killAt), ...more]);

interface Traces {
  readonly attempts: readonly { readonly status: string; readonly supersedes: string | null }[];
  readonly finals: number;
  readonly told: number;
}

export async function tracesIn(db: Db): Promise<Traces> {
  const { rows: attempts } = await sql<{ status: string; supersedes: string | null }>`
    SELECT status, supersedes FROM reconciliation_logs ORDER BY attempt`.execute(db.sql);
  const { rows: told } = await sql`SELECT FROM notification_logs WHERE event_type = 'solvency.deficit'`.execute(db.sql);
  return { attempts, finals: attempts.filter(({ status }) => status === 'deficit').length, told: told.length };
}

/** The number of steps that a whole run takes, on a database of its own. */
export async function stepsOfARun(url: string): Promise<number> {
  const { output } = await reconcileInChild(url);
  const steps = Number(/steps (\d+)/.exec(output)?.[1]);
  if (Number.isNaN(steps)) throw new Error(`the run did not end:\n${output}`);
  return steps;
}

/** @returns which rules were broken by a process that died at that step */
export async function killAndComplete(db: Db, url: string, killAt: number): Promise<readonly string[]> {
  const killed = await reconcileInChild(url, killAt);
  const before = await tracesIn(db);
  const next = await reconcileInChild(url);
  const after = await tracesIn(db);
  const rules: readonly [boolean, string][] = [
    [killed.signal === 'SIGKILL', `was not killed: ${killed.output}`],
    [next.code === 0, `the next run failed: ${next.output}`],
    [after.finals === 1, `${after.finals} final reports`],
    [after.told === 1, `${after.told} notifications`],
    [after.attempts.every(({ status }) => status !== 'in_progress'), 'an attempt is still in progress'],
    [before.finals === 0 || after.attempts.length === before.attempts.length, 'a report that was final was made again'],
  ];
  return rules.flatMap(([holds, broken]) => (holds ? [] : [`seed ${killAt}: killed at step ${killAt}: ${broken}`]));
}

export const run: Soak = async ({ seeds, firstSeed }) => {
  const bin = await findPostgres(18);
  if (bin === undefined) throw new Error('PostgreSQL 18 is not installed: npm ci');
  const server = await startPostgres(bin);
  const onNewDatabase = async <T>(work: (db: Db, url: string) => Promise<T>): Promise<T> => {
    const name = `soak_${randomBytes(6).toString('hex')}`;
    await administer(server.url, `CREATE DATABASE ${name}`);
    const url = urlOf(server.url, name);
    const db = await openPostgres({ url, poolSize: 2 });
    try {
      await applyMigrations(db);
      return await work(db, url);
    } finally {
      await db.close();
      await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
    }
  };
  try {
    const steps = await onNewDatabase((_db, url) => stepsOfARun(url));
    const violations: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      violations.push(...(await onNewDatabase((db, url) => killAndComplete(db, url, ((seed - 1) % steps) + 1))));
    }
    return { runs: seeds, violations };
  } finally {
    await server.stop();
  }
};
