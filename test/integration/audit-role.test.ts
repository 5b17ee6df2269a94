/** A role that does not own the log: it appends and reads, and can do nothing else. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { recordConfiguration } from '../../src/features/audit/configuration/recorder.ts';
import { assureStream } from '../../src/features/audit/log/store.ts';
import { AuditLog } from '../../src/features/audit/service.ts';
import { systemClock, systemRandom } from '../../src/platform/clock/system.ts';
import { openPostgres } from '../../src/platform/db/pg.ts';
import { describeEachPostgres, urlOfDb } from '../support/databases.ts';

const deps = { clock: systemClock, random: systemRandom, origin: 'example.org/audit', zone: 'UTC' };

describeEachPostgres('a role that audit_grant() was called for', (open) => {
  it('appends and reads, and neither changes, removes nor adds a row by itself', async () => {
    const owner = await open();
    await new AuditLog({ db: owner, ...deps }).open();
    await assureStream(owner.sql, 'payments', true);
    const role = `app_${crypto.randomUUID().replaceAll('-', '')}`;
    await sql.raw(`CREATE ROLE ${role} LOGIN`).execute(owner.sql);
    await sql`SELECT audit_grant(${role})`.execute(owner.sql);
    const url = new URL(urlOfDb(owner) ?? '');
    url.username = role;
    const db = await openPostgres({ url: url.href });
    try {
      const log = new AuditLog({ db, ...deps });
      await log.open();
      const entry = {
        stream: 'payments',
        recordId: 'p 1',
        op: 'paid',
        actor: 'app',
        content: { record: { amount: '1.50' } },
      };
      expect((await log.append(entry)).leaf).toMatchObject({ index: 0, recordId: 'p 1' });
      await sql`SELECT audit_capture('payments', 'p 2', 'paid', '{}')`.execute(db.sql);
      expect(await log.drain()).toBe(1);
      expect((await sql`SELECT FROM transaction_hashes`.execute(db.sql)).rows).toHaveLength(2);
      const settings = { name: 'settings', document: { ZONE: 'UTC' }, secrets: { KEY: 'secret' } };
      expect(await recordConfiguration({ log, db, random: systemRandom }, [settings], 'app')).toEqual(['settings']);
      for (const statement of [
        "UPDATE audit_leaves SET actor = 'x'",
        'DELETE FROM audit_leaves',
        'TRUNCATE audit_leaves',
        'UPDATE audit_log SET size = 9',
        'DELETE FROM audit_payloads',
        'INSERT INTO audit_leaves SELECT idx + 10, seq + 10, at_us, stream_id, idem, data_hash, leaf_hash, record_id, op, actor FROM audit_leaves',
        'INSERT INTO audit_redactions VALUES (0, 1)',
        'UPDATE audit_streams SET size = 9',
        'DELETE FROM audit_days',
        'DELETE FROM audit_checkpoints',
        'ALTER TABLE audit_leaves DISABLE TRIGGER ALL',
        'DROP TABLE audit_leaves',
        `SELECT audit_grant('${role}')`,
        "INSERT INTO audit_outbox (stream_id, record_id, op, actor, record) VALUES (1, 'x', 'x', 'x', '{}')",
      ]) {
        await expect(sql.raw(statement).execute(db.sql), statement).rejects.toThrow(/permission denied|must be owner/);
      }
    } finally {
      await db.close();
      await sql.raw(`DROP OWNED BY ${role}`).execute(owner.sql);
      await sql.raw(`DROP ROLE ${role}`).execute(owner.sql);
    }
  });
});
