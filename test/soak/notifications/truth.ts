/** What must be true of notifications when all of them have been told, whatever died on the way. */
import { sql } from 'kysely';
import type { Db } from '../../../src/platform/db/port.ts';

/** What a receiver heard: how often, by the id that each arrival had. */
export class Arrivals {
  readonly #times = new Map<string, number>();
  all = 0;

  add(messageId: string): void {
    this.all += 1;
    this.#times.set(messageId, this.of(messageId) + 1);
  }

  of(messageId: string): number {
    return this.#times.get(messageId) ?? 0;
  }

  get ids(): Iterable<string> {
    return this.#times.keys();
  }

  /** Those that came more than once. */
  get twice(): readonly string[] {
    return [...this.#times].filter(([, times]) => times > 1).map(([id]) => id);
  }

  /** Arrivals beyond the first of a notification. */
  get duplicates(): number {
    return this.all - this.#times.size;
  }
}

export interface Verdict {
  readonly broken: readonly string[];
  /** Notifications that never arrived. */
  readonly lost: number;
}

export async function verdictOf(db: Db, team: string, arrived: Arrivals): Promise<Verdict> {
  const { rows } = await sql<{
    id: string;
    message_id: string;
    status: string;
    attempts: number;
    tries: number;
    accepted: number;
  }>`
    SELECT l.id, l.message_id, l.status, l.attempts - l.round_from AS attempts, count(a.*)::int AS tries,
      count(*) FILTER (WHERE a.outcome = 'delivered')::int AS accepted
    FROM notification_logs l LEFT JOIN notification_attempts a ON a.notification_id = l.id WHERE l.team = ${team} GROUP BY l.id`.execute(
    db.sql,
  );
  const broken: string[] = [];
  let lost = 0;
  for (const row of rows) {
    if (row.status !== 'delivered') broken.push(`${row.id} ended as ${row.status}`);
    if (arrived.of(row.message_id) === 0) {
      lost += 1;
      broken.push(`${row.id} never arrived`);
    }
    if (row.accepted < 1) broken.push(`${row.id} has no try that succeeded`);
    if (row.tries < row.attempts)
      broken.push(`${row.id} was tried ${row.attempts} times and has ${row.tries} in the log`);
  }
  const ours = new Set(rows.map(({ message_id }) => message_id));
  for (const id of arrived.ids) if (!ours.has(id)) broken.push(`${id} arrived and is nobody's`);
  return { broken, lost };
}

export interface Waiting {
  readonly id: string;
  /** Milliseconds after the first. */
  readonly dueMs: number;
}

/** Notifications to the endpoints of a team, as if they had been queued. */
export async function queue(db: Db, team: string, from: number, waiting: readonly Waiting[]): Promise<void> {
  const list = JSON.stringify(waiting.map(({ id, dueMs }) => ({ id, due: new Date(from + dueMs).toISOString() })));
  await sql`
    INSERT INTO notification_logs (id, event_key, channel, event_type, severity, recipient, recipient_hash, endpoint_id, team, message,
      payload, urgency, message_id, status, next_retry_at, created_at)
    SELECT gen_random_uuid(), w.id, 'telegram', 'payment.completed', 'info', 'chat', e.recipient_hash, e.id, ${team}, 'paid',
      '{"data":null,"incident":null}', 'message', w.id, 'pending', w.due, w.due
    FROM jsonb_to_recordset(${list}::jsonb) AS w (id text, due timestamptz), notification_endpoints e WHERE e.team = ${team}`.execute(
    db.sql,
  );
}
