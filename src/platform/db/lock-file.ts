/**
 * A lock as a file, for processes that share a folder and nothing else. It appears whole (written
 * aside, then hard-linked to its name, which fails when the name is taken). The difficulty is the
 * holder that died: of those who find out, exactly one may replace its file, and none may replace the
 * file of the one who did. So the right to replace an entry is itself such a lock, named after that
 * entry's id, and an id is never used twice.
 */
import { createHash } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { isSystemError } from '../files/fs.ts';
import { isRunning } from './process-identity.ts';

const ENTRY = z.object({
  pid: z.int().positive(),
  startedAt: z.string(),
  url: z.string().exactOptional(),
  /** Of this taking of the lock. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  /** The machine or container: a process number means something only there. */
  host: z.string(),
  /** Tells the process from a later one with its number; null where the system does not say. */
  identity: z.string().nullable(),
});

export type Entry = Readonly<z.infer<typeof ENTRY>>;

/** pid 0 is nobody's: what a file holds that no holder wrote, such as an empty one after a power loss. */
const orphan = (id: string): Entry => ({ pid: 0, startedAt: '', id, host: hostname(), identity: null });

/** Undefined when there is no file. */
export function readEntry(file: string): Entry | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
  const entry = ENTRY.safeParse(parseJson(text));
  return entry.success ? entry.data : orphan(createHash('sha256').update(text).digest('hex').slice(0, 16));
}

/** An entry of another machine cannot be judged from here, so it counts as held. */
export const isHeld = ({ pid, host, identity }: Entry): boolean =>
  pid > 0 && (host !== hostname() || isRunning(pid, identity));

/** @returns the holder that stands in the way, or undefined when the lock is ours */
export function takeEntry(file: string, entry: Entry): Entry | undefined {
  const aside = `${file}.${entry.pid}.${entry.id}`;
  writeFileSync(aside, JSON.stringify(entry), { flag: 'wx' });
  try {
    for (;;) {
      if (linked(aside, file)) return undefined;
      const holder = readEntry(file);
      if (holder === undefined) continue; // released this instant
      if (isHeld(holder)) return holder;
      const outcome = replaceDead(file, holder, aside, entry);
      if (outcome !== 'changed') return outcome;
    }
  } finally {
    rmSync(aside, { force: true });
  }
}

function replaceDead(file: string, dead: Entry, aside: string, entry: Entry): Entry | undefined | 'changed' {
  const right = `${file}.${dead.id}`;
  const rival = takeEntry(right, entry);
  if (rival !== undefined) return rival;
  try {
    // Held by us alone, and still the dead one's: nobody else can change it now.
    if (readEntry(file)?.id !== dead.id) return 'changed';
    renameSync(aside, file);
    return undefined;
  } finally {
    rmSync(right, { force: true });
  }
}

/** Rewrites the file while it is `entry`'s. */
export function replaceEntry(file: string, entry: Entry): void {
  if (readEntry(file)?.id !== entry.id) return;
  const aside = `${file}.${entry.pid}.${entry.id}`;
  writeFileSync(aside, JSON.stringify(entry));
  renameSync(aside, file);
}

/** Removes the file while it is `entry`'s. */
export function removeEntry(file: string, entry: Entry): void {
  if (readEntry(file)?.id === entry.id) rmSync(file, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
