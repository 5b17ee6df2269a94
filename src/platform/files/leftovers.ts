/** What a process that was killed left in a folder: taken away when nothing was written to it for a day. */
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Nothing that is in use stands still for so long. Milliseconds. */
const SAFE_AGE_MS = 86_400_000;
const SWEPT = '.swept';
const PROBE = 'probe-';

/**
 * @param whether asked of each name in the folder that is old enough; all of them unless told
 * @returns the names that are gone
 */
export async function sweepLeftovers(
  folder: string,
  whether: (names: readonly string[]) => Promise<readonly string[]> = (names) => Promise.resolve(names),
): Promise<readonly string[]> {
  const names = await namesIn(folder);
  if (names.length === 0) return [];
  // The file system's own clock is the one that times in it are of.
  const probe = await mkdtemp(path.join(folder, PROBE));
  const now = (await stat(probe)).mtimeMs;
  await rm(probe, { recursive: true });
  const old: string[] = [];
  for (const name of names) {
    const written = name.endsWith(SWEPT) ? undefined : await lastWritten(path.join(folder, name));
    if (written !== undefined && now - written > SAFE_AGE_MS) old.push(name);
  }
  const own = old.filter((name) => name.startsWith(PROBE));
  const others = old.filter((name) => !name.startsWith(PROBE));
  const gone = [...own, ...(others.length === 0 ? [] : await whether(others))];
  // Under its own name it is gone at once: who would go on with it finds nothing, and not half of it.
  for (const name of gone) {
    await rename(path.join(folder, name), path.join(folder, name + SWEPT)).catch(() => undefined); // somebody was faster
  }
  for (const name of [...names.filter((each) => each.endsWith(SWEPT)), ...gone.map((each) => each + SWEPT)]) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
  return gone;
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** The newest time in it, epoch milliseconds; undefined where it is gone. */
async function lastWritten(place: string): Promise<number | undefined> {
  const there = await stat(place).catch(() => undefined);
  if (there === undefined) return undefined;
  const times = [there.mtimeMs];
  if (there.isDirectory()) {
    for (const name of await namesIn(place)) times.push((await lastWritten(path.join(place, name))) ?? 0);
  }
  return Math.max(...times);
}
