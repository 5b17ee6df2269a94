/** The database is lost and the store is not; and questions over what can be read. */
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import type { Rebuilding } from '../../src/features/archival/rebuild/rebuild.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createAuditLogs, fill } from '../support/archival.ts';
import { coldS3Bench } from '../support/cold-stores.ts';
import { describeEachPostgres } from '../support/databases.ts';
import { restorable } from '../support/restores.ts';

const texts = async (db: Db, query: string): Promise<readonly string[]> =>
  (await sql<{ text: string }>`${sql.raw(query)}`.execute(db.sql)).rows.map(({ text }) => text);
const RECORDS = `SELECT concat_ws(' ', original_id, data_hash, archive_path, row_number, batch_id, archived_at, storage_class) AS text FROM archived_records ORDER BY 1`;

describeEachPostgres('the store alone', (open, engine) => {
  it.skipIf(engine !== 'PostgreSQL 18')(
    'gives back batches and pointers, and answers questions',
    async () => {
      const db = await open();
      const bench = await coldS3Bench();
      const before = restorable(db, bench);
      onTestFinished(async () => {
        before.remove();
        await bench.close();
      });
      await createAuditLogs(db);
      await fill(db, 'audit_logs', 1, 800, '115 minutes');
      await sql`CREATE TABLE numbered (id bigint PRIMARY KEY, note text, created_at timestamptz NOT NULL)`.execute(
        db.sql,
      );
      await sql`INSERT INTO numbered SELECT 9223372036854775000 + n, 'note ' || n, '2023-10-01' FROM generate_series(1, 50) AS n`.execute(
        db.sql,
      );
      await before.archive('audit_logs');
      await before.archive('numbered', { storage_class: 'STANDARD' });

      // Nothing of GLACIER can be asked about, and the answer says so; then all of it.
      const question = {
        statement: 'SELECT count(*) AS n, sum(amount) AS total FROM audit_logs',
        limit: 10,
        maxBytes: 1e9,
      };
      expect(await before.service.query(question)).toMatchObject({
        rows: [['0', null]],
        notReadable: [{ rows: expect.any(Number) }, {}, {}],
      });
      await before.ask({
        table: 'audit_logs',
        what: { kind: 'range', from: '2023-01-01', to: '2024-01-01' },
        purpose: 'read',
        days: 30,
      });
      // S3 says when they are there; what is said before it is so changes nothing, and makes nobody wait.
      const told = async (keys: readonly string[], bucket = 'archive'): Promise<number> => {
        const records = keys.map((key) => ({
          eventName: 'ObjectRestore:Completed',
          s3: { bucket: { name: bucket }, object: { key } },
        }));
        const { waiting, looked } = await before.service.restores.hint({ Records: records });
        await looked;
        return waiting;
      };
      const restoreStates = (): Promise<readonly string[]> =>
        texts(db, 'SELECT state AS text FROM archive_restore_objects');
      const paths = await texts(
        db,
        "SELECT DISTINCT archive_path AS text FROM archived_records WHERE storage_class = 'GLACIER'",
      );
      expect(await told(paths)).toBe(3);
      expect(await restoreStates()).toEqual(['restoring', 'restoring', 'restoring']);
      bench.advance(6 * 3_600_000);
      expect([await told(['no/such.key']), await told(paths, 'another')]).toEqual([0, 0]);
      expect(await restoreStates()).toEqual(['restoring', 'restoring', 'restoring']);
      const completed = bench.server.events().filter(({ eventName }) => eventName === 's3:ObjectRestore:Completed');
      expect(completed.map(({ key }) => key).sort()).toEqual([...paths].sort());
      expect(await told(completed.map(({ key }) => key))).toBe(3);
      expect(await restoreStates()).toEqual(['readable', 'readable', 'readable']);
      expect(await told(paths)).toBe(0);
      expect(await before.service.query(question)).toMatchObject({
        columns: ['n', 'total'],
        rows: [['800', '400500.00']],
        notReadable: [],
        objectsRead: 3,
      });
      expect(
        (
          await before.service.query({
            ...question,
            statement: "SELECT actor FROM public.audit_logs WHERE after->>'$.n' = '7' AND created_at < '2023-11-01'",
          })
        ).rows,
      ).toHaveLength(1);
      expect((await before.service.query({ ...question, statement: 'SELECT max(id) FROM numbered' })).rows).toEqual([
        ['9223372036854775050'],
      ]);
      for (const statement of [
        "SELECT * FROM read_text('/etc/hostname'), audit_logs",
        "COPY (SELECT * FROM audit_logs) TO 'out.csv'",
        'DROP VIEW audit_logs',
        'SELECT 1 FROM audit_logs; SELECT 2',
        "SET memory_limit = '9GB'",
        'SELECT nothing FROM audit_logs',
      ]) {
        await expect(before.service.query({ ...question, statement }), statement).rejects.toMatchObject({
          code: 'archive.query_invalid',
        });
      }
      await expect(before.service.query({ ...question, maxBytes: 10 })).rejects.toMatchObject({
        code: 'archive.query_too_large',
      });

      const records = await texts(db, RECORDS);
      expect(records).toHaveLength(850);
      // Another database: all that is left is the bucket.
      const fresh = await open();
      const after = restorable(fresh, bench, before.cold);
      onTestFinished(() => after.remove());
      const rebuild = async (): Promise<readonly Rebuilding[]> => {
        const all: Rebuilding[] = [];
        for await (const each of after.service.rebuild('test')) all.push(each);
        return all;
      };
      bench.advance(40 * 86_400_000); // the copies are gone again
      const first = await rebuild();
      expect(first.map(({ state }) => state).sort()).toEqual(['pending', 'pending', 'pending', 'rebuilt']);
      for (const { state, archivePath } of first) {
        if (state === 'pending') await before.cold.restore(archivePath, { days: 3, tier: 'Expedited' });
      }
      bench.advance(6 * 60_000);
      expect((await rebuild()).map(({ state }) => state).sort()).toEqual(['known', 'rebuilt', 'rebuilt', 'rebuilt']);
      expect(await texts(fresh, RECORDS)).toEqual(records);
      for await (const { findings, object } of after.service.verify({ limit: 10 }, { bytes: true })) {
        expect({ findings, object }).toEqual({ findings: [], object: 'bytes' });
      }
      const [id = ''] = await texts(
        fresh,
        "SELECT original_id::text AS text FROM archived_records WHERE table_name = 'public.audit_logs' LIMIT 1",
      );
      expect((await after.service.read('public.audit_logs', id)).row).toContain(id);
      expect((await after.service.read('public.numbered', '9223372036854775001')).row).toContain('note 1"');

      // Without a receipt nothing is claimed.
      const [receipt = ''] = ofKind(await keysOf(before.cold.list('')), /receipt/);
      await before.cold.delete(receipt);
      const other = await open();
      const last = restorable(other, bench, before.cold);
      onTestFinished(() => last.remove());
      const states: string[] = [];
      for await (const { state } of last.service.rebuild('test')) states.push(state);
      expect(states.sort()).toEqual(['rebuilt', 'rebuilt', 'rebuilt', 'unfinished']);
    },
    120_000,
  );
});

const ofKind = (keys: readonly string[], kind: RegExp): readonly string[] => keys.filter((key) => kind.test(key));

async function keysOf(listed: AsyncIterable<{ readonly key: string }>): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of listed) keys.push(key);
  return keys;
}
