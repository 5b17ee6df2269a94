/** State in a folder of the local disk: temporary file, fsync, rename, fsync of the folder. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { type Entry, removeEntry, takeEntry } from '../db/lock-file.ts';
import { processIdentity } from '../db/process-identity.ts';
import { syncFolder, unlessMissing } from './fs.ts';
import type { StateFolder } from './port.ts';

const LOCK = 'lock';
/** Of what is being written; the lock's holder alone writes, so one name does. */
const UNFINISHED = '.new';
const NAME = /^[a-z0-9][a-z0-9_.-]{0,99}$/;
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 50;

export interface StateFolderOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** How long a turn is waited for; 10,000 unless told. */
  readonly waitMs?: number;
}

export function openStateFolder({ folder: given, clock, waitMs = 10_000 }: StateFolderOptions): StateFolder {
  const folder = path.resolve(given);
  let before: Promise<unknown> = Promise.resolve();

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof PlumblineError ? error : unusable(folder, error);
    }
  };

  /** Waits for a process that holds the folder, which is a matter of milliseconds, or says who does. */
  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    const file = path.join(folder, LOCK);
    const entry: Entry = {
      pid: process.pid,
      startedAt: new Date(clock.now()).toISOString(),
      id: randomBytes(8).toString('hex'),
      host: hostname(),
      identity: processIdentity(process.pid) ?? null,
    };
    const end = clock.monotonic() + waitMs;
    await guarded(async () => {
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      if (made !== undefined) await syncFolder(path.dirname(made));
    });
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const holder = await guarded(async () => takeEntry(file, entry));
      if (holder === undefined) break;
      if (clock.monotonic() >= end) throw held(folder, file, holder);
      await clock.sleep(wait);
    }
    try {
      return await work();
    } finally {
      removeEntry(file, entry);
    }
  };

  return {
    path: folder,
    read: (name) => guarded(() => readText(placeOf(folder, name))),
    write: (name, text) =>
      guarded(async () => {
        const place = placeOf(folder, name);
        const file = await open(place + UNFINISHED, 'w', 0o600);
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(place + UNFINISHED, place);
        await syncFolder(folder);
      }),
    remove: (name) =>
      guarded(async () => {
        await rm(placeOf(folder, name), { force: true });
        await syncFolder(folder);
      }),
    list: () =>
      guarded(async () => {
        const names = (await unlessMissing(readdir(folder))) ?? [];
        return names.filter((name) => NAME.test(name) && !name.endsWith(UNFINISHED) && !name.startsWith(LOCK)).sort();
      }),
    exclusive: (work) => {
      const turn = before.then(() => locked(work));
      before = turn.catch(() => undefined);
      return turn;
    },
  };
}

function placeOf(folder: string, name: string): string {
  if (NAME.test(name) && !name.endsWith(UNFINISHED) && !name.startsWith(LOCK)) return path.join(folder, name);
  throw new PlumblineError('internal', 'files.name_malformed', `"${name}" is not the name of a state file`);
}

const readText = (place: string): Promise<string | undefined> => unlessMissing(readFile(place, 'utf8'));

const held = (folder: string, file: string, { pid, host, startedAt }: Entry): PlumblineError =>
  new PlumblineError(
    'busy',
    'files.locked',
    `the folder ${folder} is held by process ${pid} on ${host} since ${startedAt}; if nothing runs there any more, delete ${file}`,
    { details: { folder, pid, host } },
  );

const unusable = (folder: string, cause: unknown): PlumblineError =>
  new PlumblineError(
    'upstream',
    'files.unusable',
    `the folder ${folder} cannot be used: ${messageOf(cause)}; check its owner and its free space`,
    { details: { folder }, cause },
  );
