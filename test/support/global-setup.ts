/**
 * One server of each kind for the whole run. A kind that is not installed is said loudly, with the
 * command that installs it; with PLUMBLINE_TEST_REQUIRE_ALL=1 it is a failure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { sayMissing } from './installed.ts';
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

/** Where the program itself keeps what was compiled; processes of tests start in less time by it, too. */
const COMPILED = path.join(tmpdir(), 'node-compile-cache');

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Everything is found before anything is started, so that a refusal leaves no server behind. */
async function findAll(): Promise<Readonly<Record<'redis' | PostgresMajor, string>>> {
  const [redis, fifteen, eighteen] = [findRedis(), await findPostgres(15), await findPostgres(18)];
  if (redis === undefined) sayMissing('Redis', REDIS_PACKAGE);
  if (fifteen === undefined) sayMissing('PostgreSQL 15', POSTGRES_PACKAGE[15]);
  if (eighteen === undefined) sayMissing('PostgreSQL 18', POSTGRES_PACKAGE[18]);
  return { redis: redis ?? '', 15: fifteen ?? '', 18: eighteen ?? '' };
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.env.NODE_COMPILE_CACHE ??= COMPILED; // before the first process of tests is started
  const found = await findAll();
  const running: PostgresServer[] = [];
  const startFound = async (major: PostgresMajor): Promise<string> => {
    if (found[major] === '') return '';
    const server = await startPostgres(found[major]);
    running.push(server);
    return server.url;
  };
  const scratch = mkdtempSync(path.join(tmpdir(), 'plumbline-test-'));
  const teardown = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.stop()));
    rmSync(scratch, { recursive: true, force: true });
  };
  const started = await Promise.allSettled([startFound(15), startFound(18)]);
  const [postgres15, postgres18] = started.map((each) => (each.status === 'fulfilled' ? each.value : undefined));
  if (postgres15 === undefined || postgres18 === undefined) {
    await teardown();
    throw new Error(started.map((each) => (each.status === 'rejected' ? String(each.reason) : '')).join('\n'));
  }
  project.provide('postgres15', postgres15);
  project.provide('postgres18', postgres18);
  project.provide('redisProgram', found.redis);
  project.provide('scratch', scratch);
  const servers = [
    'PGlite in process',
    postgres15 === '' ? [] : `PostgreSQL 15 at ${postgres15}`,
    postgres18 === '' ? [] : `PostgreSQL 18 at ${postgres18}`,
    found.redis === '' ? [] : `Redis from ${found.redis}`,
  ];
  say(`servers of this run: ${servers.flat().join(', ')}`);
  return teardown;
}
