/** Signers that are killed: what was signed is never signed otherwise, and nothing goes back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderKeys } from '../../src/features/audit/signer/keys.ts';
import { openSigner } from '../../src/features/audit/signer/signer.ts';
import { systemClock } from '../../src/platform/clock/system.ts';
import { openStateFolder } from '../../src/platform/files/folder.ts';
import { start } from '../support/child.ts';
import { testTree } from '../support/tree.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'plumbline-signer-'));
});
afterEach(() => rmSync(base, { recursive: true }));

const child = (folder: string) => start(process.execPath, [path.resolve('test/fault/audit-signer-child.ts'), folder]);
const open = (folder: string) => {
  const files = openStateFolder({ folder, clock: systemClock });
  return openSigner({ files, ring: folderKeys(files, systemClock), origin: 'log.example/crash', clock: systemClock });
};

describe('a signer that is killed while it signs', () => {
  it('never goes back and never signs two trees of one size, 30 times', { timeout: 120_000 }, async () => {
    const honest = testTree();
    const roots = new Map<number, string>();
    let size = 0;
    let signed = 0;
    for (let round = 0; round < 30; round += 1) {
      const process = child(base);
      await process.said('ready');
      while (process.output().split('\n').length < 2 + (round % 4)) await delay(1);
      await delay(Math.random() * 40);
      process.process.kill('SIGKILL');
      const { output } = await process.exited;
      expect(output).not.toMatch(/FORKED|ERROR/);
      for (const [, at = '', root = ''] of output.matchAll(/^(\d+) ([0-9a-f]{64})$/gm)) {
        signed += 1;
        expect(Number(at)).toBeGreaterThan(size);
        size = Number(at);
        expect(roots.get(size) ?? root).toBe(root);
        roots.set(size, root);
      }
      const last = await (await open(base)).last();
      expect(last.size).toBeGreaterThanOrEqual(size);
      if (last.size > honest.size) honest.grow(last.size - honest.size);
      expect(last.root).toEqual(await honest.root(last.size));
      size = last.size;
    }
    expect(signed).toBeGreaterThan(30);
  });

  it('can be started again wherever its first start was cut off, 20 times', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 20; round += 1) {
      const folder = path.join(base, String(round));
      const process = child(folder);
      await delay(100 + Math.random() * 150);
      process.process.kill('SIGKILL');
      await process.exited;
      const signer = await open(folder);
      const { size } = await signer.last();
      const tree = testTree(size + 1);
      await signer.sign({ size: size + 1, root: await tree.root(), proof: await tree.proof(size, size + 1) });
      expect(await signer.keys()).toHaveLength(1);
    }
  });

  it('shares its folder with others that sign at the same time', { timeout: 60_000 }, async () => {
    const processes = [child(base), child(base), child(base)];
    await Promise.all(processes.map((each) => each.said('ready')));
    await delay(500);
    const roots = new Map<string, string>();
    for (const each of processes) {
      each.process.kill('SIGKILL');
      const { output } = await each.exited;
      expect(output).not.toContain('FORKED');
      for (const [, at = '', root = ''] of output.matchAll(/^(\d+) ([0-9a-f]{64})$/gm)) {
        expect(roots.get(at) ?? root).toBe(root);
        roots.set(at, root);
      }
    }
    expect(roots.size).toBeGreaterThan(0);
  });
});
