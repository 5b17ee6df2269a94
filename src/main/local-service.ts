/**
 * How commands on the same machine find a running service: a file in the data folder, readable by its
 * owner alone, with the address and a key that dies with the process.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const ENTRY = z.object({ url: z.url(), key: z.string(), pid: z.int().positive() });

export interface LocalService {
  readonly url: string;
  readonly key: string;
}

const fileIn = (folder: string): string => join(folder, 'service.json');

/** @returns how to take it back */
export function announceLocalService(folder: string, service: LocalService): () => void {
  mkdirSync(folder, { recursive: true });
  const file = fileIn(folder);
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, JSON.stringify({ ...service, pid: process.pid }), { mode: 0o600 });
  renameSync(aside, file); // whole or not at all, and the last who starts is found
  return () => {
    if (readEntry(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** The service that announced itself here, if its process still runs. */
export function findLocalService(folder: string): LocalService | undefined {
  const entry = readEntry(fileIn(folder));
  return entry !== undefined && isAlive(entry.pid) ? entry : undefined;
}

function readEntry(file: string): z.output<typeof ENTRY> | undefined {
  try {
    return ENTRY.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // no file, or half of one: nobody to speak to
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
