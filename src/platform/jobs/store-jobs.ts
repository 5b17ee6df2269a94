/**
 * What pg-boss keeps of its schedules and their slots, read from its tables: any process may look, a worker or not.
 * A record of our own beside it could say something else; that its tables are what is read here is tested on each
 * engine (test/contract/jobs.test.ts).
 */
import { Cron } from 'croner';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db, Tx } from '../db/port.ts';
import type { JobState, ReadJobs } from './port.ts';

const SCHEDULE = z.object({ name: z.string(), cron: z.string(), timezone: z.string() });
const SLOT = z.object({
  name: z.string(),
  state: z.enum(['created', 'retry', 'active', 'completed', 'cancelled', 'failed']),
  started_on: z.date().nullable(),
  completed_on: z.date().nullable(),
  output: z.unknown(),
});
const FAILED = z.object({ name: z.string(), failures: z.bigint() });
/** pg-boss stores an error as its fields. */
const ERROR = z.looseObject({ message: z.string() });

const OUTCOMES = {
  ...{ created: 'waiting', retry: 'waiting', active: 'running' },
  ...{ completed: 'done', cancelled: 'failed', failed: 'failed' },
} as const satisfies Readonly<Record<z.output<typeof SLOT>['state'], NonNullable<JobState['last']>['outcome']>>;

export interface JobBook {
  readonly db: Db;
  /** Of the queue's own tables. */
  readonly schema: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export const jobsIn =
  ({ db, schema, now }: JobBook): ReadJobs =>
  () =>
    db.transaction({ isolation: 'repeatable read', readOnly: true }, async (tx) => {
      if (!(await isThere(tx, schema))) return [];
      const at = new Date(now());
      const slots = await newestSlots(tx, schema);
      const failures = await failuresOf(tx, schema);
      const schedules =
        await sql`SELECT name, cron, timezone FROM ${sql.table(`${schema}.schedule`)} ORDER BY name`.execute(tx);
      return z
        .array(SCHEDULE)
        .parse(schedules.rows)
        .map(({ name, cron, timezone }) => ({
          ...{ name, cron, zone: timezone, last: slots.get(name), failures: failures.get(name) ?? 0 },
          nextAt: new Cron(cron, { paused: true, timezone }).nextRun(at) ?? undefined,
        }));
    });

async function isThere(tx: Tx, schema: string): Promise<boolean> {
  const { rows } = await sql`SELECT to_regclass(${`${schema}.schedule`}) IS NOT NULL AS there`.execute(tx);
  return z.object({ there: z.boolean() }).parse(rows[0]).there;
}

/** One that only waits is the next slot, not the last: it counts where there is no other. */
async function newestSlots(tx: Tx, schema: string): Promise<ReadonlyMap<string, NonNullable<JobState['last']>>> {
  const { rows } = await sql`
    SELECT DISTINCT ON (name) name, state::text AS state, started_on, completed_on, output
    FROM ${sql.table(`${schema}.job`)} WHERE name IN (SELECT name FROM ${sql.table(`${schema}.schedule`)})
    ORDER BY name, started_on DESC NULLS LAST, created_on DESC`.execute(tx);
  return new Map(
    z
      .array(SLOT)
      .parse(rows)
      .map(({ name, state, started_on, completed_on, output }) => [
        name,
        {
          ...{ outcome: OUTCOMES[state], startedAt: started_on ?? undefined, endedAt: completed_on ?? undefined },
          error: OUTCOMES[state] === 'failed' ? (ERROR.safeParse(output).data?.message ?? state) : undefined,
        },
      ]),
  );
}

async function failuresOf(tx: Tx, schema: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql`
    SELECT name, count(*) AS failures FROM ${sql.table(`${schema}.job`)} WHERE state::text = 'failed' GROUP BY name`.execute(
    tx,
  );
  return new Map(
    z
      .array(FAILED)
      .parse(rows)
      .map(({ name, failures }) => [name, Number(failures)]),
  );
}
