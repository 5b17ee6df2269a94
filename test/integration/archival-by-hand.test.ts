/** What an auditor does without us: the script of docs/operations/archive-format.md, on a real object. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { listBatches, readManifestText } from '../../src/features/archival/run/store-batches.ts';
import { archivable, createAuditLogs, fill, policyOf } from '../support/archival.ts';
import { coldDouble } from '../support/cold-double.ts';
import { describePostgres } from '../support/databases.ts';
import { sayMissing } from '../support/installed.ts';

const [, SCRIPT = ''] = /```bash\n([\s\S]*?)```/.exec(readFileSync('docs/operations/archive-format.md', 'utf8')) ?? [];
const lacks = ['zstd', 'openssl'].filter((program) => spawnSync(program, ['--version']).error !== undefined);
for (const program of lacks) sayMissing(program, `apt-get install ${program}`);

describePostgres('one archived row', (open) => {
  it.skipIf(lacks.length > 0)(
    'is verified by zstd, sed and openssl',
    async () => {
      const db = await open();
      await createAuditLogs(db);
      await fill(db, 'audit_logs', 1, 1_101, '1 minute');
      const cold = coldDouble();
      const table = await archivable(db, cold, 'audit_logs', policyOf());
      const folder = mkdtempSync(join(tmpdir(), 'plumbline-hand-'));
      onTestFinished(() => {
        table.remove();
        rmSync(folder, { recursive: true });
      });
      await table.run();
      const [batch] = await listBatches(db.sql, { limit: 1 });
      const [script, manifest, object] = ['verify-row.sh', 'manifest', 'object'].map((name) => join(folder, name));
      if (script === undefined || manifest === undefined || object === undefined) throw new Error('no paths');
      writeFileSync(script, SCRIPT);
      writeFileSync(manifest, (await readManifestText(db.sql, batch?.no ?? 0)) ?? '');
      const bytes = cold.objects.get(batch?.object?.key ?? '')?.bytes ?? Buffer.alloc(0);
      writeFileSync(object, bytes);
      const { rows } = await sql<{ data_hash: string; row_number: number }>`
      SELECT data_hash, row_number FROM archived_records WHERE row_number = 1100`.execute(db.sql);
      const said = execFileSync('bash', [script, manifest, object, '1100'], { encoding: 'utf8' });
      expect(said).toMatch(/^\{"id":"[^\n]+\}\ndata_hash [0-9a-f]{64}\n$/);
      expect(said).toContain(`data_hash ${rows[0]?.data_hash}\n`);
      expect(execFileSync('zstd', ['-dc', object], { encoding: 'utf8' }).split('\n')).toHaveLength(1_102);

      bytes.writeUInt8((bytes.at(-40) ?? 0) ^ 1, bytes.length - 40);
      writeFileSync(object, bytes);
      const damaged = spawnSync('bash', [script, manifest, object, '1100'], { encoding: 'utf8' });
      expect(damaged).toMatchObject({ status: 1, stderr: expect.stringContaining('do not have its root') });
    },
    60_000,
  );
});
