/**
 * A name that one holder at a time has, over all processes on one PostgreSQL: an advisory lock held by
 * a session of its own.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { systemClock } from '../clock/system.ts';
import { sqlState } from './errors.ts';
import type { LockOptions } from './port.ts';
import { mapLost, type Target } from './unavailable.ts';

/** 64 bits of SHA-256 of the name: what PostgreSQL's advisory locks are keyed by. */
const lockKey = (name: string): string => createHash('sha256').update(name).digest().readBigInt64BE(0).toString();

/** Milliseconds that giving a lock back may take before its session is cut instead. */
const UNLOCK_TIMEOUT_MS = 5_000;
/** A holder shows that it lives, and a waiter looks, this many times within the bound. */
const SIGNS = 4;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * The lock lives on a connection of its own, outside the pool, so that no number of waiters can starve
 * the statements of the one that works. Should that session die while `work` runs, the lock is free and
 * `work` goes on: what must hold even then is fenced by the caller (a unique key, a compare-and-set).
 * Not re-entrant: asking again for a name that one holds waits for ever.
 */
export async function withLock<T>(
  config: pg.ClientConfig,
  target: Target,
  name: string,
  work: () => Promise<T>,
  { takeOverAfterMs }: LockOptions = {},
): Promise<T> {
  const client = new pg.Client(config);
  client.on('error', () => undefined); // the statements below report what is lost
  const key = lockKey(name);
  try {
    await client.connect();
    await client.query('SET statement_timeout = 0; SET lock_timeout = 0; SET idle_session_timeout = 0');
    // A holder whose machine is gone frees the lock after half a minute, not when the server's own default says.
    await client.query('SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4');
    if (takeOverAfterMs === undefined) await client.query('SELECT pg_advisory_lock($1::bigint)', [key]);
    else await acquireFromTheLiving(client, key, takeOverAfterMs);
  } catch (error) {
    void client.end().catch(() => undefined); // the connection failed before, or is cut by this
    throw mapLost(error, target);
  }
  const stopSigns = takeOverAfterMs === undefined ? undefined : showLife(client, takeOverAfterMs / SIGNS);
  try {
    return await work();
  } finally {
    stopSigns?.();
    await unlock(client, key);
  }
}

/** Waits for the lock, and cuts the session of a holder that has been silent for too long. */
async function acquireFromTheLiving(client: pg.Client, key: string, boundMs: number): Promise<void> {
  const bound = Math.trunc(boundMs);
  await client.query(`SET lock_timeout = ${Math.max(1, Math.trunc(bound / SIGNS))}`);
  for (;;) {
    try {
      await client.query('SELECT pg_advisory_lock($1::bigint)', [key]);
      return;
    } catch (error) {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
    }
    await client.query(SILENT_HOLDER_SQL, [key, bound]).catch((error: unknown) => {
      // Of another role: it cannot be cut by this one, so it is waited for.
      if (sqlState(error) !== '42501') throw error;
    });
  }
}

/**
 * A holder that lives runs a statement now and then, so its session changed its state a short while ago
 * by the server's clock, which neither a pause nor a jump of the holder's own clock moves.
 * https://www.postgresql.org/docs/current/view-pg-locks.html: a bigint key is split over classid and objid.
 */
const SILENT_HOLDER_SQL = `
  SELECT pg_terminate_backend(activity.pid)
  FROM pg_locks AS held JOIN pg_stat_activity AS activity ON activity.pid = held.pid
  WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (held.classid::bigint << 32 | held.objid::bigint) = $1::bigint
    AND activity.state = 'idle'
    AND activity.state_change < clock_timestamp() - $2::integer * interval '1 millisecond'`;

/** @returns what stops it */
function showLife(client: pg.Client, everyMs: number): () => void {
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = systemClock.after(everyMs, () => {
      // A session that was cut shows itself by the fence at the end of the work, not here.
      client.query('SELECT 1').then(next, () => undefined);
    });
  };
  next();
  return () => cancel();
}

/** Never fails: at the latest, the end of the session frees the lock. */
async function unlock(client: pg.Client, key: string): Promise<void> {
  const statement = {
    text: 'SELECT pg_advisory_unlock($1::bigint)',
    values: [key],
    query_timeout: UNLOCK_TIMEOUT_MS,
  };
  try {
    await client.query(statement);
    await client.end();
  } catch {
    void client.end().catch(() => undefined);
  }
}
