/** Every operation of archival once, for whoever holds answers against their schemas. */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../../src/platform/db/port.ts';
import { createAuditLogs, fill } from './archival.ts';

interface Caller {
  readonly act: (path: string, body: unknown) => Promise<unknown>;
  readonly get: (path: string) => Promise<{ readonly status: number; readonly body: unknown }>;
}

type WithId = { readonly id: string };

/** The store's waits have to be short. @returns the paths that were read and did not answer with 200 */
export async function askAllOfArchival({ act, get }: Caller, db: Db): Promise<readonly string[]> {
  await createAuditLogs(db, 'old_logs');
  await fill(db, 'old_logs', 1, 2_500);
  const policy = { column: 'created_at', age_days: 90, throttle: { busy_percent: 100 } };
  await act('/v1/archive/plan', { table: 'old_logs', policy });
  await act('/v1/archive/policies', { table: 'old_logs', policy });
  const start = async (table: string): Promise<string> =>
    `/v1/archive/runs/${((await act('/v1/archive/runs', { table })) as WithId).id}`;
  const ended = async (run: string): Promise<void> => {
    while (((await get(run)).body as { state: string }).state === 'running') await delay(20);
  };
  const at = await start('old_logs');
  for (const word of ['pause', 'resume', 'stop']) await act(`${at}/${word}`, {});
  await ended(at);
  await ended(await start('public.old_logs'));
  const { rows } = await sql<WithId>`SELECT original_id AS id FROM archived_records ORDER BY 1 LIMIT 1`.execute(db.sql);
  const id = rows[0]?.id ?? '';
  const held = { kind: 'keys', from: id, to: id };
  const hold = (await act('/v1/archive/holds', { table: 'old_logs', rows: held, reason: 'order 7' })) as WithId;
  await act(`/v1/archive/holds/${hold.id}/release`, { reason: 'closed' });
  const what = { table: 'old_logs', what: { kind: 'row', id }, purpose: 'land' };
  await act('/v1/archive/restores/quote', what);
  const restore = (await act('/v1/archive/restores', { ...what, tier: 'Bulk' })) as WithId;
  await act(`/v1/archive/restores/${restore.id}/speed-up`, { tier: 'Standard' });
  const { job } = (await act('/v1/archive/checksums', { table: 'old_logs' })) as { readonly job: string };
  await act('/v1/archive/events', { Service: 'Amazon S3', Event: 's3:TestEvent' });
  await act('/v1/archive/query', { sql: 'SELECT count(*) AS n FROM old_logs' });
  await act('/v1/archive/rebuild', {});
  while ((await get(`/v1/archive/records/old_logs/${id}`)).status === 409) await delay(50); // until it is thawed
  const faults: string[] = [];
  for (const path of [
    '/v1/archive/policies',
    '/v1/archive/policies/old_logs',
    '/v1/archive/plan?table=old_logs',
    '/v1/archive/runs',
    at,
    '/v1/archive/batches',
    `/v1/archive/records?table=old_logs&id=${id}`,
    `/v1/archive/records/old_logs/${id}`,
    '/v1/archive/summary',
    '/v1/archive/holds?released=true',
    `/v1/archive/holds/${hold.id}`,
    '/v1/archive/restores',
    `/v1/archive/restores/${restore.id}`,
    '/v1/archive/verification',
    '/v1/archive/reconciliation',
    `/v1/archive/checksums/${job}`,
  ]) {
    const { status } = await get(path);
    if (status !== 200) faults.push(`${path} answered ${status}`);
  }
  return faults;
}
