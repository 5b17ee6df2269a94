/** One process per data folder, with real processes. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlumblineError } from '../../src/kernel/errors.ts';
import { acquireFolderLock, readFolderLock } from '../../src/platform/db/folder-lock.ts';
import { processIdentity } from '../../src/platform/db/process-identity.ts';
import { type Child, start, stop } from '../support/child.ts';

const CHILD = fileURLToPath(new URL('folder-lock-child.ts', import.meta.url));

describe('the lock of a data folder', () => {
  let folder: string;
  let file: string;
  const children: Child[] = [];
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'plumbline-lock-')), 'data');
    file = path.join(folder, 'plumbline.lock');
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => stop(child, 'SIGKILL')));
    rmSync(path.dirname(folder), { recursive: true });
  });

  const takers = async (count: number, folders: readonly string[]): Promise<readonly string[][]> => {
    const signal = path.join(path.dirname(folder), `signal-${children.length}`);
    const started = Array.from({ length: count }, () => start(process.execPath, [CHILD, signal, ...folders]));
    children.push(...started);
    await Promise.all(started.map((child) => child.said('ready')));
    writeFileSync(signal, '');
    await Promise.all(started.map((child) => child.said('done')));
    return started.map((child) => JSON.parse(/\[.*\]/.exec(child.output())?.[0] ?? '[]'));
  };

  const refusal = (): PlumblineError => {
    try {
      acquireFolderLock(folder).release();
    } catch (error) {
      if (error instanceof PlumblineError) return error;
      throw error;
    }
    throw new Error('the lock was given');
  };

  it('is held, seen and given back', () => {
    const lock = acquireFolderLock(folder);
    expect(readFolderLock(folder)).toMatchObject({ pid: process.pid });
    expect(readFolderLock(folder)).not.toHaveProperty('url');
    lock.update({ url: 'http://127.0.0.1:8080' });
    expect(readFolderLock(folder)).toMatchObject({ pid: process.pid, url: 'http://127.0.0.1:8080' });
    lock.release();
    lock.release();
    expect(readFolderLock(folder)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is refused to a second taker in one line: which folder, which process, what to do', async () => {
    await takers(1, [folder]);
    const error = refusal();
    const { pid } = readFolderLock(folder) ?? {};
    expect(error).toMatchObject({ code: 'db.folder_in_use', kind: 'busy', details: { folder, pid } });
    expect(error.message).toContain(folder);
    expect(error.message).toContain(`process ${pid}`);
    expect(error.message).toContain('PLUMBLINE_DATA');
    expect(error.message).not.toContain('\n');
  });

  it('names the address of the holder where it has one, and is refused within one process as well', () => {
    const lock = acquireFolderLock(folder, { url: 'http://127.0.0.1:9999' });
    expect(refusal().message).toContain('http://127.0.0.1:9999');
    lock.release();
  });

  it('is taken over when its holder was killed', async () => {
    await takers(1, [folder]);
    expect(readFolderLock(folder)).toBeDefined();
    await Promise.all(children.splice(0).map((child) => stop(child, 'SIGKILL')));
    expect(readFolderLock(folder)).toBeUndefined();
    const lock = acquireFolderLock(folder);
    expect(readFolderLock(folder)).toMatchObject({ pid: process.pid });
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  const entry = (fields: object): string =>
    JSON.stringify({
      pid: process.pid,
      startedAt: '2026-11-23T00:00:00.000Z',
      id: '0123456789abcdef',
      host: hostname(),
      identity: processIdentity(process.pid) ?? null,
      ...fields,
    });
  const plant = (at: string, text: string): void => {
    mkdirSync(at, { recursive: true });
    writeFileSync(path.join(at, 'plumbline.lock'), text);
  };

  it('is taken over when the number of its holder was given to another process', () => {
    plant(folder, entry({ identity: 'another boot:1' }));
    acquireFolderLock(folder).release();
  });

  it('is taken over when the file is empty or torn, as after a loss of power', () => {
    for (const text of ['', '{"pid":', 'null', entry({ pid: 'x' })]) {
      plant(folder, text);
      acquireFolderLock(folder).release();
    }
  });

  it('is not judged from another machine, and says how to free it', () => {
    plant(folder, entry({ host: 'another-machine', pid: 1, identity: null }));
    expect(refusal().message).toContain('process 1 on another-machine');
    expect(refusal().message).toContain(`delete ${file}`);
  });

  it('is released by its holder alone', () => {
    const lock = acquireFolderLock(folder);
    writeFileSync(file, entry({ id: 'ffffffffffffffff' }));
    lock.update({ url: 'http://127.0.0.1:1' });
    lock.release();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ id: 'ffffffffffffffff' });
    expect(readFileSync(file, 'utf8')).not.toContain('url');
  });

  it('says that a folder cannot be locked', () => {
    writeFileSync(folder, 'a file where the folder should be');
    expect(refusal()).toMatchObject({ code: 'db.folder_unusable', kind: 'invalid' });
  });

  it('goes to exactly one of the processes that race for it, free or stale', async () => {
    const dead = { identity: 'another boot:1' };
    const folders = Array.from({ length: 150 }, (_, index) => {
      const at = path.join(path.dirname(folder), `race-${index}`);
      if (index % 3 === 1) plant(at, entry({ ...dead, id: index.toString(16).padStart(16, '0') }));
      if (index % 3 === 2) {
        // A taker died in the middle of taking over: its right to do so is stale too.
        plant(at, entry({ ...dead, id: 'aaaaaaaaaaaaaaaa' }));
        writeFileSync(path.join(at, 'plumbline.lock.aaaaaaaaaaaaaaaa'), entry({ ...dead, id: 'bbbbbbbbbbbbbbbb' }));
      }
      return at;
    });
    const answers = await takers(6, folders);
    for (const [index, at] of folders.entries()) {
      const here = answers.map((answer) => answer[index]).sort();
      expect(here).toEqual([...Array(5).fill('db.folder_in_use'), 'won']);
      expect(readdirSync(at)).toEqual(['plumbline.lock']);
    }
  });
});
