import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock/system.ts';
import { openStateFolder } from './folder.ts';

let base: string;
let folder: string;
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'plumbline-files-'));
  folder = path.join(base, 'made', 'on', 'demand');
});
afterEach(() => rmSync(base, { recursive: true }));

const open = (waitMs?: number) =>
  openStateFolder({ folder, clock: systemClock, ...(waitMs === undefined ? {} : { waitMs }) });

describe('a folder of state', () => {
  it('keeps what was written, for its owner alone, and leaves nothing beside it', async () => {
    const files = open();
    expect(await files.read('state')).toBeUndefined();
    await files.exclusive(async () => {
      await files.write('state', 'one');
      await files.write('state', 'two');
    });
    expect(await open().read('state')).toBe('two');
    expect(statSync(path.join(folder, 'state')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['state']);
  });

  it('lists and removes', async () => {
    const files = open();
    await files.exclusive(async () => {
      await files.write('b', '');
      await files.write('a', '');
      expect(await files.list()).toEqual(['a', 'b']);
      await files.remove('a');
      await files.remove('a');
    });
    expect(await files.list()).toEqual(['b']);
  });

  it('runs one work at a time, whoever opened the folder', async () => {
    const openers = [open(), open(), open()];
    let inside = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    const runs = Array.from({ length: 60 }, (_, index) => openers[index % 3]?.exclusive(work));
    await Promise.all(runs);
  });

  it('goes on after work that failed', async () => {
    const files = open();
    await expect(files.exclusive(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await files.exclusive(async () => 'yes')).toBe('yes');
  });

  it('says who holds it and how to free it', async () => {
    const [holder, waiter] = [open(), open(30)];
    const [inside, hold] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = holder.exclusive(() => {
      inside.resolve();
      return hold.promise;
    });
    await inside.promise;
    await expect(waiter.exclusive(async () => undefined)).rejects.toMatchObject({
      code: 'files.locked',
      kind: 'busy',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    hold.resolve();
    await held;
    await waiter.exclusive(async () => undefined);
  });

  it('takes over from a holder that is gone', async () => {
    const files = open();
    await files.exclusive(async () => {
      const entry = JSON.parse(readFileSync(path.join(folder, 'lock'), 'utf8'));
      writeFileSync(path.join(base, 'dead'), JSON.stringify({ ...entry, pid: 2 ** 22 + 1, id: '0123456789abcdef' }));
    });
    writeFileSync(path.join(folder, 'lock'), readFileSync(path.join(base, 'dead')));
    expect(await files.exclusive(async () => 'mine')).toBe('mine');
  });

  it.each([['lock'], ['../x'], ['a/b'], ['state.new'], ['']])('refuses the name "%s"', async (name) => {
    await expect(open().read(name)).rejects.toMatchObject({ code: 'files.name_malformed' });
  });

  it('says that a folder cannot be used', async () => {
    writeFileSync(path.join(base, 'file'), '');
    const files = openStateFolder({ folder: path.join(base, 'file'), clock: systemClock });
    await expect(files.exclusive(async () => undefined)).rejects.toMatchObject({ code: 'files.unusable' });
  });
});
