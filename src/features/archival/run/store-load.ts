/** How the database is doing, asked between two pieces of work. */
import { sql } from 'kysely';
import type { Db } from '../../../platform/db/port.ts';
import type { Load } from './throttle.ts';

/** The embedded database has no replicas and nobody beside us. */
export const loadOf = (db: Db): Load =>
  db.engine === 'pglite'
    ? { lagMs: () => Promise.resolve(undefined), walBytes: () => Promise.resolve(0n) }
    : {
        lagMs: async () => {
          // A replica that has all is not behind, however long ago the last change was. One that catches up has been
          // behind since it came, at the least, and PostgreSQL may not say how far.
          const { rows } = await sql<{ lag: number | null }>`
            SELECT max(CASE WHEN replay_lsn >= pg_current_wal_lsn() THEN 0 ELSE extract(epoch FROM greatest(replay_lag,
              CASE WHEN state = 'catchup' THEN clock_timestamp() - backend_start ELSE '0' END)) * 1000 END)::float8 AS lag
            FROM pg_stat_replication WHERE state IN ('streaming', 'catchup')`.execute(db.sql);
          return rows[0]?.lag ?? undefined;
        },
        walBytes: async () => {
          const { rows } = await sql<{
            bytes: bigint;
          }>`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS bytes`.execute(db.sql);
          return rows[0]?.bytes ?? 0n;
        },
      };
