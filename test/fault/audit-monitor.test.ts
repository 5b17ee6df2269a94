/** A monitor that looks again and again, restarted in between: what it has seen once cannot be taken back. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Damage } from '../../src/features/audit/verify/damage.ts';
import { Monitor, type MonitorDeps } from '../../src/features/audit/verify/monitor.ts';
import type { Resume } from '../../src/features/audit/verify/tiles.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createTampering } from '../../src/sandbox/tampering.ts';
import { fill, keep, openTestLog, type TestLog, threeDays } from '../support/audit.ts';
import { andRehash, attacked, run } from '../support/audit-attacks.ts';
import { describePostgres } from '../support/databases.ts';

class Memory implements Resume {
  text: string | undefined;
  async load(): Promise<string | undefined> {
    return this.text;
  }
  async save(text: string): Promise<void> {
    this.text = text;
  }
}

interface Told {
  readonly damage: Damage[];
  readonly rollbacks: Damage[];
  readonly failures: unknown[];
}

function monitorOf(test: TestLog, state: Resume, db: Db = test.db, more: Partial<MonitorDeps> = {}) {
  const told: Told = { damage: [], rollbacks: [], failures: [] };
  const monitor = new Monitor({
    ...{ db, state, clock: test.clock, options: { keys: test.keys } },
    onDamage: (damage) => void told.damage.push(...damage),
    onRollback: (rollback) => void told.rollbacks.push(rollback),
    onFailure: (error) => void told.failures.push(error),
    ...more,
  });
  return { monitor, told };
}

describePostgres('a monitor', (open) => {
  it('raises nothing while the log grows, whenever it is restarted', async () => {
    const test = await threeDays(await open());
    const state = new Memory();
    for (let round = 0; round < 6; round += 1) {
      const { monitor, told } = monitorOf(test, state);
      expect(await monitor.look()).toEqual({ size: 619 + round * 150, ok: true, damage: [] });
      expect(await monitor.look()).toMatchObject({ ok: true });
      expect(told).toEqual({ damage: [], rollbacks: [], failures: [] });
      await fill(test.log, 150, 2_000 + round * 150);
      if (round % 2 === 0) await keep(test, await test.sign(), 'witnessed');
    }
  });

  it('finds what the sandbox does to a report, and nothing once that is mended; a live log is left alone', async () => {
    const test = await openTestLog(await open());
    const { db, log, clock } = test;
    const tampering = createTampering({ db, clock });
    const report = (total: string | null) =>
      log.append({
        ...{ stream: 'reconciliation_logs', recordId: 'report', op: 'update', actor: 'tester' },
        content: { record: { total_assets_vnd: total } },
      });
    await report(null);
    await expect(tampering.tamper()).rejects.toMatchObject({ code: 'sandbox.nothing_to_tamper' });
    await report('900.00');
    await report('-90.50');
    // These reports are in the log alone.
    const { monitor } = monitorOf(test, new Memory(), db, { options: { keys: test.keys, rows: 'none' } });
    expect(await monitor.look()).toMatchObject({ ok: true });

    const [second, first] = [await tampering.tamper(), await tampering.tamper()]; // the newest first, and none twice
    expect(await tampering.tampered()).toMatchObject([{ index: first }, { index: second }]);
    expect((await monitor.look()).damage).toMatchObject([
      { kind: 'payload-altered', index: first },
      { kind: 'payload-altered', index: second },
    ]);
    await expect(tampering.tamper()).rejects.toMatchObject({ code: 'sandbox.nothing_to_tamper' });
    await expect(sql`UPDATE audit_payloads SET record = ''`.execute(db.sql)).rejects.toThrow('refused'); // guarded again

    expect(await tampering.mendLog()).toBe(2);
    expect(await tampering.tampered()).toEqual([]);
    expect(await monitor.look()).toMatchObject({ ok: true, damage: [] });

    await report('1.00');
    await log.configured('settings', { by: 'a live service', changes: null, secrets: {}, document: {} });
    await expect(tampering.tamper()).rejects.toMatchObject({ code: 'sandbox.live_log' });
  });

  it('finds what is changed behind it, and tells it once', async () => {
    const test = await threeDays(await open());
    const state = new Memory();
    await monitorOf(test, state).monitor.look();
    const edit = (at: number) => run(sql`UPDATE audit_leaves SET actor = 'somebody else' WHERE idx = ${at}`);
    const cases = [
      { attack: edit(600), kind: 'leaf-altered', index: 600 },
      { attack: edit(100), kind: 'leaf-altered', index: 100 },
      {
        attack: run(sql`UPDATE audit_payloads SET record = '{}' WHERE idx = 300`),
        kind: 'payload-altered',
        index: 300,
      },
      { attack: run(sql`DELETE FROM audit_payloads WHERE idx = 7`), kind: 'payload-missing', index: 7 },
      { attack: andRehash(edit(100)), kind: 'fork' },
      { attack: run(sql`DELETE FROM accounts WHERE id = 7`), kind: 'row-missing' },
    ];
    for (const { attack, ...expected } of cases) {
      const saved = Object.assign(new Memory(), { text: state.text });
      const told = await attacked(test.db, attack, async (db) => {
        const { monitor, told: news } = monitorOf(test, saved, db, { rowsEveryMs: 0 });
        for (let look = 0; look < 3; look += 1) await monitor.look();
        return news;
      });
      expect(told.damage.filter(({ kind }) => kind === expected.kind)).toMatchObject([expected]);
      expect(told.rollbacks).toEqual([]);
    }
  });

  it('finds an old backup that was put back, also after its own restart', async () => {
    const test = await threeDays(await open());
    const state = new Memory();
    await monitorOf(test, state).monitor.look();
    const forget = [sql`DELETE FROM audit_checkpoints`, sql`DELETE FROM audit_published`];
    const cut = [sql`DELETE FROM audit_leaves WHERE idx >= 610`, sql`DELETE FROM audit_payloads WHERE idx >= 610`];
    const told = await attacked(test.db, andRehash(run(...forget, ...cut)), async (db) => {
      const { monitor, told: news } = monitorOf(test, state, db);
      await monitor.look();
      await monitor.look();
      return news;
    });
    expect(told.rollbacks).toMatchObject([{ kind: 'rollback', index: 610, size: 619 }]);
    expect(await monitorOf(test, state).monitor.look()).toMatchObject({ ok: true, size: 619 });
  });

  it('looks by itself, and says when it cannot', async () => {
    const test = await threeDays(await open());
    const broken: Resume = { load: () => Promise.reject(new Error('no disk')), save: async () => undefined };
    const { monitor, told } = monitorOf(test, broken);
    monitor.start();
    await expect.poll(() => told.failures.length).toBe(1);
    await test.clock.advance(5_000);
    await expect.poll(() => told.failures.length).toBe(2);
    await monitor.stop();
  });
});
