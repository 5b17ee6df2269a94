/** The two queues of the bench of notifications, filled. */
import { sql } from 'kysely';
import { PgBoss } from 'pg-boss';
import type { Db } from '../src/platform/db/port.ts';
import { notifyWorld } from '../test/support/notifications.ts';

export const JOBS = 'empty';

/** To 1,000 endpoints, as of merchants, each with a text of its own; all are due. */
export async function queueNotifications(db: Db, count: number): Promise<void> {
  const world = notifyWorld(db);
  for (let nth = 0; nth < 1_000; nth += 1) await world.endpoint('bench', `-100${nth}`);
  await sql`
    WITH e AS (SELECT id, recipient_hash, row_number() OVER () AS nth FROM notification_endpoints)
    INSERT INTO notification_logs (id, event_key, channel, event_type, severity, recipient, recipient_hash, endpoint_id, team, message, payload,
      urgency, message_id, status, next_retry_at, created_at)
    SELECT uuidv7(), 'bench/' || n, 'telegram', 'payment.completed', 'info', 'chat ***', e.recipient_hash, e.id, 'bench', 'Paid ' || n || '.00',
      ('{"data":{"amount":"' || n || '.00"},"incident":null}')::jsonb, 'message', 'bench-' || n, 'pending', '2026-01-01'::timestamptz + n * interval '1 ms', now()
    FROM generate_series(1, ${count}) AS n JOIN e ON e.nth = 1 + n % 1000`.execute(db.sql);
  await sql`VACUUM ANALYZE notification_logs`.execute(db.sql);
}

export async function queueJobs(url: string, db: Db, count: number): Promise<void> {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false, max: 2 });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(JOBS, { retryLimit: 0 });
  const batch = 10_000;
  for (let from = 0; from < count; from += batch) {
    await boss.insert(
      JOBS,
      Array.from({ length: Math.min(batch, count - from) }, () => ({ data: {} })),
    );
  }
  await boss.stop({ graceful: false });
  await sql`ANALYZE`.execute(db.sql);
}
