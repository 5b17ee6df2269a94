/** The SQL of the webhooks that tell of decisions about payouts. */
import { sql } from 'kysely';
import type { PayoutHaltId as HaltId } from '../../kernel/ids.ts';
import type { Sql, Tx } from '../../platform/db/port.ts';

type Webhooks = {
  readonly halt_id: HaltId;
  readonly body: string;
  readonly status: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly next_attempt_at: Date;
  readonly last_error: string | null;
  readonly created_at: Date;
  readonly settled_at: Date | null;
};

type Tables = { payout_webhooks: Webhooks };

export interface Due {
  readonly halt_id: HaltId;
  readonly body: string;
  /** This one included. */
  readonly attempts: number;
  readonly created_at: Date;
}

const tables = (db: Sql | Tx) => db.$extendTables<Tables>();
const inMs = (ms: number) => sql<Date>`clock_timestamp() + ${ms}::float8 * interval '1 millisecond'`;

export async function enqueueWebhook(tx: Tx, haltId: HaltId, body: string, at: Date): Promise<void> {
  await tables(tx)
    .insertInto('payout_webhooks')
    .values({
      halt_id: haltId,
      body,
      status: 'pending',
      attempts: 0,
      next_attempt_at: at,
      last_error: null,
      created_at: at,
      settled_at: null,
    })
    .execute();
}

/**
 * Takes the oldest that is due, for `leaseMs`: if its taker dies, it is due again afterwards.
 * @returns undefined where none is due
 */
export const takeDue = (db: Sql, leaseMs: number): Promise<Due | undefined> =>
  tables(db)
    .updateTable('payout_webhooks')
    .set(({ eb }) => ({ attempts: eb('attempts', '+', 1), next_attempt_at: inMs(leaseMs) }))
    .where('halt_id', '=', ({ selectFrom }) =>
      selectFrom('payout_webhooks')
        .select('halt_id')
        .where('status', '=', 'pending')
        .where('next_attempt_at', '<=', sql<Date>`clock_timestamp()`)
        .orderBy('next_attempt_at')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['halt_id', 'body', 'attempts', 'created_at'])
    .executeTakeFirst();

export type Settled =
  | { readonly status: 'delivered' }
  | { readonly status: 'dead'; readonly error: string }
  | { readonly status: 'pending'; readonly error: string; readonly waitMs: number };

/**
 * What came of an attempt. One that somebody else has begun anew in the meantime is left alone.
 * @returns when it is tried again, where it is
 */
export async function settleWebhook(tx: Tx, { halt_id, attempts }: Due, settled: Settled): Promise<Date | null> {
  const over = settled.status !== 'pending';
  const row = await tables(tx)
    .updateTable('payout_webhooks')
    .set({
      status: settled.status,
      last_error: settled.status === 'delivered' ? null : settled.error,
      settled_at: over ? sql<Date>`clock_timestamp()` : null,
      ...(settled.status === 'pending' ? { next_attempt_at: inMs(settled.waitMs) } : {}),
    })
    .where('halt_id', '=', halt_id)
    .where('attempts', '=', attempts)
    .where('status', '=', 'pending')
    .returning('next_attempt_at')
    .executeTakeFirst();
  return over ? null : (row?.next_attempt_at ?? null);
}
