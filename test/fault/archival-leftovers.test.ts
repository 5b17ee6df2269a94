/** What a killed process leaves behind is taken away when it is old, and what is in use never is. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Spool } from '../../src/features/archival/run/spool.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openColdFolder } from '../../src/platform/objects/cold-folder.ts';
import { openFolderStore } from '../../src/platform/objects/folder.ts';
import { start } from '../support/child.ts';

const [ENDED, LIVE, UNKNOWN] = ['1', '2', '3'].map((n) => `00000000-0000-4000-8000-00000000000${n}`) as [
  string,
  string,
  string,
];

/** As if it had been written two days ago. */
function age(place: string): void {
  const then = Date.now() / 1_000 - 2 * 86_400;
  for (const name of readdirSync(place, { recursive: true, encoding: 'utf8' }))
    utimesSync(join(place, name), then, then);
}

it('unfinished objects and sealed files of a process that was killed', async () => {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-leftovers-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const [folder, spoolFolder] = [join(root, 'cold'), join(root, 'spool')];
  const killed = await start(process.execPath, ['test/fault/cold-put-child.ts', folder, spoolFolder, ENDED]).exited;
  expect(killed).toMatchObject({ signal: 'SIGKILL', output: '' });
  const unfinished = (): readonly string[] => readdirSync(join(folder, '@unfinished'));
  const [left = ''] = unfinished();
  expect(readdirSync(join(folder, '@unfinished', left))).toEqual(['bytes']);
  expect(readdirSync(join(spoolFolder, ENDED)).sort()).toEqual(['object', 'object.sealed']);

  const cold = openColdFolder({ folder, clock: systemClock });
  const spool = new Spool(spoolFolder);
  for (const name of [LIVE, UNKNOWN, 'query-1', 'lost+found', 'probe-1']) {
    mkdirSync(join(spoolFolder, name));
    writeFileSync(join(spoolFolder, name, 'object'), 'rows');
  }
  const asked: string[][] = [];
  const sweep = async (): Promise<void> => {
    await cold.check();
    await spool.sweep((ids) => {
      asked.push([...ids].sort());
      return Promise.resolve(ids.filter((id) => id === ENDED));
    });
  };
  await sweep(); // all of it may be in use
  expect(unfinished()).toEqual([left]);
  expect(readdirSync(spoolFolder)).toHaveLength(6);
  expect(asked).toEqual([]);

  age(root);
  // One put is slow: what it has written is old, and now it writes again.
  let goOn: (() => void) | undefined;
  const slow = openFolderStore({ folder }).put(
    '2023/10/slow',
    (async function* () {
      yield Buffer.from('first ');
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      yield Buffer.from('last');
    })(),
  );
  await expect.poll(() => unfinished().length).toBe(2);
  await expect.poll(() => goOn).toBeDefined();
  await sweep();
  expect(unfinished()).not.toContain(left);
  expect(unfinished()).toHaveLength(1);
  expect(readdirSync(spoolFolder).sort()).toEqual([LIVE, UNKNOWN, 'lost+found'].sort());
  expect(asked).toEqual([[ENDED, LIVE, UNKNOWN]]);
  goOn?.();
  expect(await slow).toMatchObject({ size: 10 });

  // A put that stood still for a day is refused, and is no object of half its bytes.
  let last: (() => void) | undefined;
  const stale = openFolderStore({ folder }).put(
    '2023/10/stale',
    (async function* () {
      yield Buffer.from('first ');
      await new Promise<void>((resolve) => {
        last = resolve;
      });
    })(),
  );
  await expect.poll(() => last).toBeDefined();
  age(join(folder, '@unfinished'));
  await cold.check();
  last?.();
  await expect(stale).rejects.toMatchObject({ code: 'objects.unavailable' });
  expect(await openFolderStore({ folder }).head('2023/10/stale')).toBeUndefined();
  expect(unfinished()).toEqual([]);
});
