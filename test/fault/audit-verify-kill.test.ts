/** A verification that is killed goes on where it was: what is done again is one interval at the most. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { generateSigningKey } from '../../src/features/audit/tlog/keys.ts';
import { ORIGIN } from '../support/audit.ts';
import { writeTiles } from '../support/audit-tiles.ts';
import { start } from '../support/child.ts';

const SEGMENT = 8_192;
const folder = mkdtempSync(join(tmpdir(), 'plumbline-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('survives kill -9 again and again', { timeout: 120_000 }, async () => {
  const key = generateSigningKey(ORIGIN, 'ed25519', () => 0);
  await writeTiles(folder, key, { size: 12 * SEGMENT + 100 });
  const child = () => {
    const args = [
      resolve('test/fault/audit-verify-child.ts'),
      folder,
      key.vkey,
      join(folder, 'state'),
      `${2 * SEGMENT}`,
    ];
    return start(process.execPath, args);
  };
  for (const at of [3, 7, 11]) {
    const running = child();
    await running.said(`verified ${at * SEGMENT}.`);
    running.process.kill('SIGKILL');
    expect((await running.exited).signal).toBe('SIGKILL');
  }
  const { output } = await child().exited;
  const [, from = ''] = /\{"ok":true,"from":(\d+)\}/.exec(output) ?? [];
  expect(Number(from)).toBeGreaterThanOrEqual(9 * SEGMENT); // it was killed when it had told of 11, 2 are an interval
});
