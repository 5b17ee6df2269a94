/**
 * One server of each kind for the whole run. A kind that is not installed is said loudly, with the
 * command that installs it; with PLUMBLINE_TEST_REQUIRE_ALL=1 it is a failure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { findPostgres, POSTGRES_PACKAGE, type PostgresMajor, type PostgresServer, startPostgres } from './postgres.ts';
import { findRedis, REDIS_PACKAGE } from './redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser URLs of the maintenance databases; an empty text where that version is not installed. */
    postgres15: string;
    postgres18: string;
    /** The program, for tests that start their own; an empty text where it is not installed. */
    redisProgram: string;
    /** A folder of this run, removed at its end. */
    scratch: string;
  }
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function missing(what: string, remedy: string): void {
  const line = `TESTS ARE SKIPPED: ${what} is not installed; install it with: ${remedy}`;
  if (process.env.PLUMBLINE_TEST_REQUIRE_ALL === '1') throw new Error(line);
  say(line);
}

async function postgres(major: PostgresMajor): Promise<PostgresServer | undefined> {
  const bin = await findPostgres(major);
  if (bin === undefined) missing(`PostgreSQL ${major}`, POSTGRES_PACKAGE[major]);
  return bin === undefined ? undefined : await startPostgres(bin);
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = findRedis();
  if (redis === undefined) missing('Redis', REDIS_PACKAGE);
  const [postgres15, postgres18] = await Promise.all([postgres(15), postgres(18)]);
  project.provide('postgres15', postgres15?.url ?? '');
  project.provide('postgres18', postgres18?.url ?? '');
  project.provide('redisProgram', redis ?? '');
  const scratch = mkdtempSync(path.join(tmpdir(), 'plumbline-test-'));
  project.provide('scratch', scratch);
  const running = [
    'PGlite in process',
    postgres15 === undefined ? '' : `PostgreSQL 15 on port ${postgres15.port}`,
    postgres18 === undefined ? '' : `PostgreSQL 18 on port ${postgres18.port}`,
    redis === undefined ? '' : `Redis (${redis})`,
  ];
  say(`servers of this run: ${running.filter((line) => line !== '').join(', ')}`);
  return async () => {
    await Promise.all([postgres15?.stop(), postgres18?.stop()]);
    rmSync(scratch, { recursive: true, force: true });
  };
}
