/**
 * One process per data folder: the embedded database has no lock of its own, and two processes on one
 * folder silently lose each other's rows. The lock is a file that appears whole or not at all, names
 * its holder, and is taken over when that holder is gone.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { systemClock } from '../clock/system.ts';
import { type Entry, isHeld, readEntry, removeEntry, replaceEntry, takeEntry } from './lock-file.ts';
import { processIdentity } from './process-identity.ts';

const FILE = 'plumbline.lock';

/** Who holds a folder. */
export interface FolderHolder {
  readonly pid: number;
  /** When it took the folder; RFC 3339, UTC. */
  readonly startedAt: string;
  /** Where it can be reached over HTTP, once it listens. */
  readonly url?: string;
}

export interface FolderLock {
  /** Tells others where the holder listens. */
  update(info: { readonly url: string }): void;
  /** Idempotent. */
  release(): void;
}

export interface FolderLockInfo {
  readonly url?: string;
  /** The system's clock unless told. */
  readonly clock?: Clock;
}

/** @throws `db.folder_in_use` (busy), `db.folder_unusable` (invalid) */
export function acquireFolderLock(folder: string, info: FolderLockInfo = {}): FolderLock {
  const file = path.join(folder, FILE);
  const entry: Entry = {
    pid: process.pid,
    startedAt: new Date((info.clock ?? systemClock).now()).toISOString(),
    ...(info.url === undefined ? {} : { url: info.url }),
    id: randomBytes(8).toString('hex'),
    host: hostname(),
    identity: processIdentity(process.pid) ?? null,
  };
  const holder = take(folder, file, entry);
  if (holder !== undefined) throw inUse(folder, file, holder);
  return {
    update: ({ url }) => replaceEntry(file, { ...entry, url }),
    release: () => removeEntry(file, entry),
  };
}

/** The live holder of the folder, if there is one: whom the CLI asks instead of opening the database. */
export function readFolderLock(folder: string): FolderHolder | undefined {
  const entry = readEntry(path.join(folder, FILE));
  if (entry === undefined || !isHeld(entry)) return undefined;
  const { pid, startedAt, url } = entry;
  return url === undefined ? { pid, startedAt } : { pid, startedAt, url };
}

function take(folder: string, file: string, entry: Entry): Entry | undefined {
  try {
    mkdirSync(folder, { recursive: true });
    return takeEntry(file, entry);
  } catch (error) {
    throw new PlumblineError(
      'invalid',
      'db.folder_unusable',
      `the data folder ${folder} cannot be locked: ${messageOf(error)}; it must be writable, on a file system with hard links`,
      { details: { folder }, cause: error },
    );
  }
}

function inUse(folder: string, file: string, { pid, url, host, startedAt }: Entry): PlumblineError {
  const elsewhere = host === hostname() ? '' : ` on ${host}`;
  const remedy =
    url === undefined
      ? 'stop that process first, or use another folder (PLUMBLINE_DATA)'
      : `speak to it at ${url} (PLUMBLINE_URL), or stop it first`;
  const orphan = elsewhere === '' ? '' : `; if nothing runs there any more, delete ${file}`;
  return new PlumblineError(
    'busy',
    'db.folder_in_use',
    `the data folder ${folder} is in use by process ${pid}${elsewhere} since ${startedAt}: ${remedy}${orphan}`,
    { details: { folder, pid, host, startedAt, ...(url === undefined ? {} : { url }) } },
  );
}
