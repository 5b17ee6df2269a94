/**
 * A filled sandbox for a whole suite, on every engine: filling takes seconds, so it is done once. Before
 * it, another process begins the same fill and is killed in the middle.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { z } from 'zod';
import { type BusinessDate, parseBusinessDate } from '../../src/kernel/business-date.ts';
import { sha256Hex } from '../../src/kernel/hash.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { openPglite } from '../../src/platform/db/pglite.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createSandbox, type Filled, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { start } from './child.ts';
import { madeDataFolder } from './pglite.ts';
import { administer, urlOf } from './postgres.ts';

export const SANDBOX_DATE: BusinessDate = parseBusinessDate('2026-11-23');

export interface Progress {
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

export interface FilledSandbox {
  readonly db: Db;
  readonly sandbox: Sandbox;
  /** What two fills at once answered. */
  readonly fills: readonly Filled[];
  /** What they said meanwhile. */
  readonly progress: readonly Progress[];
  /** What the killed process had come to. */
  readonly killedAt: string;
}

interface Target {
  readonly open: () => Promise<Db>;
  /** JavaScript that opens the same database in another process. */
  readonly script: string;
  readonly dispose: () => Promise<void>;
}

const source = (file: string): string => JSON.stringify(pathToFileURL(path.resolve('src', file)).href);

async function inFolder(): Promise<Target> {
  const folder = await madeDataFolder();
  return {
    open: () => openPglite({ folder }),
    script: `(await import(${source('platform/db/pglite.ts')})).openPglite({ folder: ${JSON.stringify(folder)} })`,
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function onServer(serverUrl: string): Promise<Target> {
  const name = `sandbox_${randomBytes(8).toString('hex')}`;
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = urlOf(serverUrl, name);
  return {
    open: () => openPostgres({ url }),
    script: `(await import(${source('platform/db/pg.ts')})).openPostgres({ url: ${JSON.stringify(url)} })`,
    dispose: () => administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** Begins to fill in another process, which is killed as soon as it has written the first payments. */
async function killInTheMiddle({ script }: Target): Promise<string> {
  const program = `
    const { createSandbox } = await import(${source('sandbox/sandbox.ts')});
    const { systemClock } = await import(${source('platform/clock/system.ts')});
    const db = await ${script};
    const onProgress = (step) => process.stdout.write('wrote ' + step + '\\n');
    await createSandbox({ db, clock: systemClock }).fill({ date: '${SANDBOX_DATE}', onProgress });
    process.stdout.write('the end');`;
  const child = start(process.execPath, ['--input-type=module', '--eval', program]);
  await child.said('wrote payments', 60_000);
  child.process.kill('SIGKILL');
  const { signal, output } = await child.exited;
  if (signal !== 'SIGKILL' || output.includes('the end'))
    throw new Error(`the fill was not killed in time:\n${output}`);
  return 'payments';
}

export function describeFilledSandbox(name: string, suite: (of: () => FilledSandbox) => void): void {
  const engines = [
    ['PGlite', inFolder],
    ['PostgreSQL 15', () => onServer(inject('postgres15'))],
  ] as const;
  const installed = {
    PGlite: true,
    'PostgreSQL 15': inject('postgres15') !== '',
  };
  for (const [engine, create] of engines) {
    describe.skipIf(!installed[engine])(`${name} on ${engine}`, () => {
      let current: FilledSandbox | undefined;
      const cleanups: (() => Promise<void>)[] = [];
      beforeAll(async () => {
        const target = await create();
        cleanups.push(target.dispose);
        const killedAt = await killInTheMiddle(target);
        const db = await target.open();
        cleanups.push(() => db.close());
        const sandbox = createSandbox({ db, clock: systemClock });
        const progress: Progress[] = [];
        const onProgress = (step: string, done: number, total: number): void => {
          progress.push({ step, done, total });
        };
        const other = createSandbox({ db, clock: systemClock });
        const fills = await Promise.all([
          sandbox.fill({ date: SANDBOX_DATE, onProgress }),
          other.fill({ date: SANDBOX_DATE, onProgress }),
        ]);
        current = { db, sandbox, fills, progress, killedAt };
      }, 180_000);
      afterAll(async () => {
        for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
      });
      suite(() => {
        if (current === undefined) throw new Error('the sandbox was not filled');
        return current;
      });
    });
  }
}

const TABLES = z.array(z.object({ name: z.string() }));
const DIGEST = z.object({ digest: z.string() });

/** SHA-256 over the rows of all tables of the sandbox but `thefts`, as the text that the database writes. */
export async function digestOf(db: Db): Promise<string> {
  const { rows } = await sql`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = 'sandbox' AND tablename <> 'thefts'`.execute(db.sql);
  const names = TABLES.parse(rows).map(({ name }) => name);
  return await digestOfTables(db, names);
}

/** Of the tables that a thief can reach. */
export const moneyDigestOf = (db: Db): Promise<string> => digestOfTables(db, ['bank_accounts', 'treasury_wallets']);

async function digestOfTables(db: Db, names: readonly string[]): Promise<string> {
  const digests: string[] = [];
  for (const name of [...names].sort()) {
    const { rows } = await sql`
      SELECT encode(sha256(coalesce(string_agg(row, '' ORDER BY row COLLATE "C"), '')::bytea), 'hex') AS digest
      FROM (SELECT md5(t::text) AS row FROM ${sql.table(`sandbox.${name}`)} AS t) AS rows`.execute(db.sql);
    digests.push(`${name}:${DIGEST.parse(rows[0]).digest}`);
  }
  return sha256Hex(digests.join('\n'));
}
