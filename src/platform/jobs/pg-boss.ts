/** Schedules by pg-boss, a queue in the database that is there anyway, embedded or served. */
import { type ConstructorOptions, PgBoss, type Db as QueueDb } from 'pg-boss';
import { messageOf, PlumblineError } from '../../kernel/errors.ts';
import { type EmbeddedSession, embeddedSession } from '../db/embedded.ts';
import type { Db } from '../db/port.ts';
import type { Logger } from '../telemetry/port.ts';
import type { Jobs, ScheduledJob } from './port.ts';

export interface JobsOptions {
  readonly db: Db;
  /** Connection string of the same database, where it is a server: the queue keeps its own connections. */
  readonly url?: string;
  readonly log: Logger;
  /** Of the queue's own tables; `plumbline_jobs` unless told. */
  readonly schema?: string;
  /** Seconds between two looks at the schedules, and between two looks for work; 10 unless told, 45 at the most. */
  readonly pollSeconds?: number;
}

const STOP_TIMEOUT_MS = 30_000;

const QUEUE = {
  // One that waits is enough: a run catches up whatever is due, however many slots were missed.
  policy: 'short',
  retryLimit: 0,
  expireInSeconds: 3_600,
  deleteAfterSeconds: 7 * 86_400,
} as const;

export function createJobs(options: JobsOptions): Jobs {
  const { log, pollSeconds = 10 } = options;
  let boss: PgBoss | undefined;

  const run = async (job: ScheduledJob): Promise<void> => {
    try {
      await job.run();
      log.debug({ job: job.name }, 'scheduled job done');
    } catch (error) {
      log.error({ job: job.name, err: error }, 'scheduled job failed; its next slot tries again');
      throw error; // the queue's history says so too
    }
  };

  const begin = async (queue: PgBoss, jobs: readonly ScheduledJob[]): Promise<void> => {
    await queue.start();
    const names = new Set(jobs.map((job) => job.name));
    for (const { name, key } of await queue.getSchedules()) {
      if (!names.has(name)) await queue.unschedule(name, key);
    }
    for (const job of jobs) {
      await queue.createQueue(job.name, QUEUE);
      // Slots that fell while no worker ran are made up for by one run.
      await queue.schedule(job.name, job.cron, null, { tz: job.zone, missed: 'once' });
      await queue.work(job.name, { pollingIntervalSeconds: pollSeconds }, () => run(job));
    }
  };

  const stop = async (): Promise<void> => {
    const queue = boss;
    boss = undefined;
    await queue?.stop({ graceful: true, timeout: STOP_TIMEOUT_MS });
  };

  return {
    start: async (jobs) => {
      const queue = new PgBoss({
        ...connection(options),
        schema: options.schema ?? 'plumbline_jobs',
        cronMonitorIntervalSeconds: pollSeconds,
        cronWorkerIntervalSeconds: pollSeconds,
        registerInstance: false, // for dashboards that nobody here opens
      });
      queue.on('error', (error) => log.error({ code: 'jobs.queue', err: error }, 'the job queue met an error'));
      queue.on('warning', ({ message, data }) => log.warn({ code: 'jobs.queue', data }, message));
      boss = queue;
      try {
        await begin(queue, jobs);
      } catch (error) {
        await stop();
        throw new PlumblineError('upstream', 'jobs.unavailable', `the job queue cannot start: ${messageOf(error)}`, {
          cause: error,
        });
      }
    },
    stop,
  };
}

/** @throws `jobs.url_missing` (internal) */
function connection({ db, url }: JobsOptions): ConstructorOptions {
  const session = embeddedSession(db);
  if (session !== undefined) return { db: embedded(session), backend: 'pglite' };
  if (url === undefined) {
    throw new PlumblineError(
      'internal',
      'jobs.url_missing',
      'a database server needs a connection string for its jobs',
    );
  }
  return {
    connectionString: url,
    application_name: 'plumbline-jobs',
    max: 3,
    // The queue's driver reads times in this form alone, and says nothing when it meets another.
    options: '-c datestyle=ISO,MDY -c timezone=UTC',
    backend: 'postgres',
  };
}

/**
 * The queue on the embedded database's one connection, in turns with everybody else. Its own adapter
 * (`fromPglite`) would roll a failed batch back in a second step, which another statement can precede.
 */
const embedded = (session: EmbeddedSession): QueueDb => ({
  executeSql: async (text, values) => {
    if (values !== undefined && values.length > 0) return { rows: [...(await session.query(text, values)).rows] };
    return { rows: (await session.exec(text)).flatMap((result) => [...result.rows]) };
  },
});
