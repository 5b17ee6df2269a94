/** `plumbline audit`. */
import { expect, test } from 'vitest';
import { inProcessApi } from '../../src/apps/cli/api.ts';
import { auditCommands } from '../../src/features/audit/commands.ts';
import { parseReceipt } from '../../src/features/audit/tlog/receipt.ts';
import { type Leaf, settled, signer, sizeOf, withService } from '../support/audit-service.ts';
import { sharedPglite } from '../support/pglite.ts';
import { plumbline } from '../support/program.ts';
import { runHere } from '../support/run-here.ts';

test('the audit log is operated by its commands', async () => {
  const db = await sharedPglite('migrated');
  await withService(db, async (service) => {
    const env = {
      PLUMBLINE_URL: service.url,
      PLUMBLINE_API_KEY: service.key('audit:read', 'audit:append', 'audit:admin'),
    };
    const api = inProcessApi(service.app.server, env.PLUMBLINE_API_KEY, service.app.random);
    const run = (...args: readonly string[]) => runHere(auditCommands, api, ['audit', ...args]);
    const json = async (...args: readonly string[]): Promise<unknown> => {
      const { status, stdout, stderr } = await runHere(auditCommands, api, ['--json', 'audit', ...args]);
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    expect((await run('streams', 'add', 'refunds', '--unsalted')).stdout).toBe('refunds, not salted\n');
    const record = ['--record', '{"amount":"10.50"}', '--actor', 'user 7'];
    const { index } = (await json('append', 'refunds', 'refund/1', 'insert', ...record)) as Leaf;
    const inexact = await run('append', 'refunds', 'refund/1', 'update', '--record', '{"amount":1.0}');
    expect([inexact.status, inexact.stderr]).toEqual([4, expect.stringContaining('audit.record_not_canonical')]);
    expect((await run('list', '--stream', 'refunds')).stdout).toMatch(/refund\/1 +insert +user 7/);
    expect((await run('show', String(index))).stdout).toContain('{"amount":"10.50"}');
    expect((await run('history', 'refunds', 'refund/1')).stdout).toContain('insert by user 7');
    expect((await run('streams')).stdout).toMatch(/refunds +no +1 +[0-9a-f]{64}/);
    expect((await run('days')).stdout).toContain('no day has ended yet');
    expect(await json('prove', String(index))).toMatchObject({ index, hashes: expect.any(Array) });
    expect(await json('prove', '--from', '1', '--to', '2')).toMatchObject({ from: 1, to: 2 });
    expect(await run('receipt', String(index))).toMatchObject({ status: 7 });
    await settled(service);
    const note = await signer.publish(db, await sizeOf(service));
    expect((await run('checkpoint')).stdout).toBe(note);
    const receipt = (await run('receipt', String(index))).stdout;
    expect(parseReceipt(receipt)).toMatchObject({ index, checkpoint: note });
    const log = await plumbline(['audit', 'log'], env); // as a process of its own, which knows the command
    expect(log.stdout).toContain('log        localhost/log');
    expect((await run('watch', 'payment_quotes', '--without', 'rate', '--no-snapshot')).stdout).toContain('0 rows');
    expect((await run('watches')).stdout).toMatch(/public.payment_quotes +payment_quotes +id +rate +yes/);
    expect((await run('unwatch', 'payment_quotes')).status).toBe(0);
    const redact = ['redact', '--reason', 'a test', '--stream', 'refunds', '--record', 'refund/1'];
    expect((await run(...redact, '--dry-run')).stdout).toBe('1 records would be forgotten\n');
    expect((await run(...redact)).stdout).toMatch(/^1 records are forgotten; leaf \d+ says so\n$/);
    expect((await run('show', String(index))).stdout).toContain('forgotten: leaf');
    expect(await run('redact', '--reason', 'a test')).toMatchObject({ status: 4 });
    expect(await run('show', '100000')).toMatchObject({ status: 6 });
  });
  await db.close();
}, 60_000);
