/** The SQL of runs: what is shown of them, and what people want of them. */
import { type Selectable, sql } from 'kysely';
import type { Sql, Tx } from '../../../platform/db/port.ts';

type Runs = {
  readonly id: string;
  readonly table_name: string;
  readonly policy_version: number;
  readonly started_by: string;
  readonly started_at: Date;
  readonly beat_at: Date;
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  readonly wanted: 'run' | 'pause' | 'stop';
  readonly phase: string;
  readonly rows_total: bigint | null;
  readonly rows_done: bigint;
  readonly rows_kept: bigint;
  readonly objects_done: number;
  readonly bytes_done: bigint;
  readonly ended_at: Date | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
};
export type RunRow = Selectable<Runs>;
export type Wanted = RunRow['wanted'];

const tables = (db: Sql | Tx) => db.$extendTables<{ archive_runs: Runs }>();

/** A run that has not shown itself for so long has lost its process. Milliseconds. */
export const LOST_AFTER_MS = 60_000;

export interface NewRun {
  readonly id: string;
  readonly table: string;
  readonly policyVersion: number;
  readonly by: string;
  readonly at: Date;
}

/** @returns undefined where another run of the table is alive */
export async function insertRun(tx: Tx, run: NewRun): Promise<RunRow | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`archive-runs/${run.table}`}, 0))`.execute(tx);
  const lost = new Date(run.at.getTime() - LOST_AFTER_MS);
  await sql`
    UPDATE archive_runs SET state = 'failed', ended_at = ${run.at}, error_code = 'archive.run_lost', error_message = 'its process ended'
    WHERE table_name = ${run.table} AND state = 'running' AND beat_at < ${lost}`.execute(tx);
  const live = await tables(tx)
    .selectFrom('archive_runs')
    .select('id')
    .where('table_name', '=', run.table)
    .where('state', '=', 'running')
    .executeTakeFirst();
  if (live !== undefined) return undefined;
  return tables(tx)
    .insertInto('archive_runs')
    .values({
      ...{ id: run.id, table_name: run.table, policy_version: run.policyVersion, started_by: run.by },
      ...{ started_at: run.at, beat_at: run.at, state: 'running', wanted: 'run', phase: 'starting', rows_total: null },
      ...{ rows_done: 0n, rows_kept: 0n, objects_done: 0, bytes_done: 0n },
      ...{ ended_at: null, error_code: null, error_message: null },
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type Shown = Partial<
  Pick<RunRow, 'phase' | 'rows_total' | 'rows_done' | 'rows_kept' | 'objects_done' | 'bytes_done'>
>;

/** Shows that the run lives and how far it is. @returns what is wanted of it; undefined where it has ended */
export async function beat(db: Sql, id: string, shown: Shown, at: Date): Promise<Wanted | undefined> {
  const row = await tables(db)
    .updateTable('archive_runs')
    .set({ ...shown, beat_at: at })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .returning('wanted')
    .executeTakeFirst();
  return row?.wanted;
}

export async function endRun(
  db: Sql,
  id: string,
  state: 'done' | 'stopped' | 'failed',
  shown: Shown,
  error: { readonly code: string; readonly message: string } | undefined,
  at: Date,
): Promise<void> {
  await tables(db)
    .updateTable('archive_runs')
    .set({
      ...shown,
      ...{ state, phase: '', ended_at: at, beat_at: at },
      ...{ error_code: error?.code ?? null, error_message: error?.message.slice(0, 2_000) ?? null },
    })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .execute();
}

/** @returns undefined where there is no such run, or it has ended */
export const setWanted = (db: Sql, id: string, wanted: Wanted): Promise<RunRow | undefined> =>
  tables(db)
    .updateTable('archive_runs')
    .set({ wanted })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .returningAll()
    .executeTakeFirst();

export const findRun = (db: Sql, id: string): Promise<RunRow | undefined> =>
  tables(db).selectFrom('archive_runs').selectAll().where('id', '=', id).executeTakeFirst();

/** Newest first. */
export const listRuns = (db: Sql, limit: number): Promise<readonly RunRow[]> =>
  tables(db)
    .selectFrom('archive_runs')
    .selectAll()
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
